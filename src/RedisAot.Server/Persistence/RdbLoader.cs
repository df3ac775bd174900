using System.Globalization;
using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>How a data set is loaded.</summary>
[Flags]
internal enum RdbLoadOptions
{
    None = 0,

    /// <summary>Keys that are there already are replaced, not an error.</summary>
    Merge = 1,

    /// <summary>The data are the base of an append-only file: keys past their time are loaded too, for what follows counts on them.</summary>
    BaseOfAof = 2,
}

/// <summary>Reads an RDB file or stream into the databases. Used under the execution lock.</summary>
internal sealed class RdbLoader(RedisServer server, RdbReader reader, RdbLoadOptions options) : RdbParser(reader)
{
    private const int MaxEmptyKeysLogged = 10;

    /// <summary>What a key takes in a file at the least: its type, its length, a byte, a value.</summary>
    private const int MinKeyBytes = 4;

    private readonly LoadQueue _queue = new(server, (options & RdbLoadOptions.Merge) != 0);
    private long _emptyKeysSkipped;

    /// <summary>Called after each key, so that a long loading can let others in; may be null.</summary>
    public Action? AfterKey { get; init; }

    /// <summary>Keys loaded so far.</summary>
    public long KeysLoaded => _queue.KeysLoaded;

    /// <summary>Keys that were past their time and hence not loaded.</summary>
    public long KeysExpired { get; private set; }

    /// <summary>What the server that wrote the data used, in bytes; 0 when they do not say.</summary>
    public long UsedMemoryWhenWritten { get; private set; }

    /// <summary>Loads everything.</summary>
    /// <exception cref="RdbException">The data cannot be loaded; what came before the fault has been.</exception>
    public void Load()
    {
        using (_queue)
        {
            Parse();
            _queue.Flush();
        }
        if (_emptyKeysSkipped > 0)
            ServerLog.Warning($"Done loading RDB, keys loaded: {KeysLoaded}, keys expired: {KeysExpired}, empty keys skipped: {_emptyKeysSkipped}.");
        else
            ServerLog.Notice($"Done loading RDB, keys loaded: {KeysLoaded}, keys expired: {KeysExpired}.");
    }

    /// <inheritdoc/>
    protected override void OnDatabase(ulong number)
    {
        if (number >= (ulong)server.Databases.Length)
        {
            throw new RdbException(
                RdbError.Unsupported,
                $"FATAL: Data file was created with a Redis server configured to handle more than {server.Databases.Length} databases. Exiting");
        }
        _queue.Select(server.Databases[number]);
    }

    /// <inheritdoc/>
    protected override void OnSizes(ulong keys, ulong expiring) =>
        _queue.Database.Keys.Reserve((long)Math.Min(keys, (ulong)Reader.Remaining / MinKeyBytes));

    /// <inheritdoc/>
    protected override void OnAux(string name, ReadOnlySpan<byte> value)
    {
        NumberText.TryParseLong(value, out long number);
        switch (name.ToLowerInvariant())
        {
            case "redis-ver" or "valkey-ver":
                ServerLog.Notice($"Loading RDB produced by version {Encoding.UTF8.GetString(value)}");
                break;
            case "ctime":
                ServerLog.Notice($"RDB age {Math.Max(0, server.Clock.NowMs / 1000 - number)} seconds");
                break;
            case "used-mem":
                UsedMemoryWhenWritten = number;
                ServerLog.Notice(string.Create(CultureInfo.InvariantCulture, $"RDB memory usage when created {number / 1048576.0:F2} Mb"));
                break;
            case "aof-preamble" when number != 0:
                ServerLog.Notice("RDB has an AOF tail");
                break;
            case "aof-base" when number != 0:
                ServerLog.Notice("RDB is base AOF");
                break;
            case "redis-bits" or "lua" or "aof-preamble" or "aof-base" or "repl-stream-db" or "repl-id" or "repl-offset":
                break;
            default:
                if (name.StartsWith('%'))
                    ServerLog.Notice($"RDB '{name}': {Encoding.UTF8.GetString(value)}");
                else
                    ServerLog.Debug($"Unrecognized RDB AUX field: '{name}'");
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnModuleAux(string module) => throw new RdbException(
        RdbError.Unsupported, $"The RDB file contains AUX module data I can't load: no matching module '{module}'");

    /// <inheritdoc/>
    protected override void OnFunction(RdbOpcode opcode) =>
        throw new RdbException(RdbError.Unsupported, "Failed loading library: functions are not supported yet");

    /// <inheritdoc/>
    protected override void OnKey(RdbType type, ReadOnlySpan<byte> key)
    {
        if (TryReadValue(type, key, out KeyEntry entry))
        {
            if (IsPast(ExpireAtMs))
            {
                LoadQueue.Free(entry);
                KeysExpired++;
            }
            else
            {
                _queue.Add(entry, ExpireAtMs, IdleSeconds, Frequency);
            }
        }
        AfterKey?.Invoke();
    }

    /// <inheritdoc/>
    protected override void OnChecksum(ulong stated, ulong computed)
    {
        if (!server.Config.RdbChecksum || server.Snapshots.SkipsChecksums)
            return;
        if (stated == 0)
        {
            ServerLog.Warning("RDB file was saved with checksum disabled: no check performed.");
        }
        else if (stated != computed)
        {
            ServerLog.Warning($"Wrong RDB checksum expected: ({computed:x}) but got ({stated:x}). Aborting now.");
            throw RdbException.Corrupt("RDB CRC error");
        }
    }

    private bool TryReadValue(RdbType type, ReadOnlySpan<byte> key, out KeyEntry entry)
    {
        try
        {
            entry = RdbValue.Read(Reader, type, key, ExpireAtMs != KeyEntry.NoExpiry, server.Config);
            return true;
        }
        catch (RdbException e) when (e.Error == RdbError.EmptyKey)
        {
            // Old versions had faults by which empty collections were written; they were not there for any client.
            if (_emptyKeysSkipped++ < MaxEmptyKeysLogged)
                ServerLog.Warning($"rdbLoadObject skipping empty key: {Encoding.UTF8.GetString(key)}");
            entry = default;
            return false;
        }
    }

    // A replica leaves it to its master to say that a key has expired.
    private bool IsPast(long expireAtMs) =>
        expireAtMs != KeyEntry.NoExpiry && expireAtMs < server.Clock.NowMs && server.Config.ReplicaOfHost == null
            && (options & RdbLoadOptions.BaseOfAof) == 0;
}
