using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
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
internal sealed unsafe class RdbLoader(RedisServer server, RdbReader reader, RdbLoadOptions options)
{
    private const int MaxEmptyKeysLogged = 10;
    private const int HeaderBytes = 9;

    /// <summary>Versions from this one on end with a checksum.</summary>
    private const int FirstVersionWithChecksum = 5;

    private byte[] _key = new byte[256];
    private Database _database = server.Databases[0];
    private long _emptyKeysSkipped;

    // What opcodes have said about the key that follows.
    private long _expireAtMs = KeyEntry.NoExpiry;
    private long _idleSeconds = -1;
    private long _frequency = -1;

    /// <summary>Called after each key, so that a long loading can let others in; may be null.</summary>
    public Action? AfterKey { get; init; }

    /// <summary>Keys loaded so far.</summary>
    public long KeysLoaded { get; private set; }

    /// <summary>Keys that were past their time and hence not loaded.</summary>
    public long KeysExpired { get; private set; }

    /// <summary>What the server that wrote the data used, in bytes; 0 when they do not say.</summary>
    public long UsedMemoryWhenWritten { get; private set; }

    /// <summary>Loads everything.</summary>
    /// <exception cref="RdbException">The data cannot be loaded; what came before the fault has been.</exception>
    public void Load()
    {
        ReadHeader();
        for (byte type = reader.ReadByte(); type != (byte)RdbOpcode.End; type = reader.ReadByte())
        {
            if (type >= (byte)RdbOpcode.SlotInfo)
                ReadOpcode((RdbOpcode)type);
            else
                ReadKey((RdbType)type);
        }
        if (reader.Version >= FirstVersionWithChecksum)
            CheckChecksum();
        if (_emptyKeysSkipped > 0)
            ServerLog.Warning($"Done loading RDB, keys loaded: {KeysLoaded}, keys expired: {KeysExpired}, empty keys skipped: {_emptyKeysSkipped}.");
        else
            ServerLog.Notice($"Done loading RDB, keys loaded: {KeysLoaded}, keys expired: {KeysExpired}.");
    }

    /// <summary>"REDIS" and four digits, or Valkey's "VALKEY" and three.</summary>
    private void ReadHeader()
    {
        ReadOnlySpan<byte> header = reader.Take(HeaderBytes);
        bool isValkey = header.StartsWith("VALKEY"u8);
        if (!isValkey && !header.StartsWith("REDIS"u8))
            throw RdbException.Corrupt("Wrong signature trying to load DB from file");
        if (!NumberText.TryParseLong(header[(isValkey ? 6 : 5)..].TrimStart((byte)'0'), out long version)
            || !RdbVersion.IsKnown((int)version) || isValkey != version >= RdbVersion.Valkey)
            throw new RdbException(RdbError.Unsupported, $"Can't handle RDB format version {version}");
        reader.Version = (int)version;
    }

    private void ReadOpcode(RdbOpcode opcode)
    {
        switch (opcode)
        {
            case RdbOpcode.ExpireTime:
                _expireAtMs = reader.ReadSeconds() * 1000L;
                break;
            case RdbOpcode.ExpireTimeMs:
                _expireAtMs = reader.ReadMilliseconds();
                break;
            case RdbOpcode.Frequency:
                _frequency = reader.ReadByte();
                break;
            case RdbOpcode.Idle:
                _idleSeconds = (long)Math.Min(reader.ReadLength(), long.MaxValue);
                break;
            case RdbOpcode.SelectDb:
                SelectDatabase(reader.ReadLength());
                break;
            case RdbOpcode.ResizeDb:
                SkipLengths(2);
                break;
            case RdbOpcode.SlotInfo:
                SkipLengths(3);
                break;
            case RdbOpcode.Aux:
                ReadAux();
                break;
            case RdbOpcode.ModuleAux:
                throw new RdbException(
                    RdbError.Unsupported,
                    $"The RDB file contains AUX module data I can't load: no matching module '{ModuleName(reader.ReadLength())}'");
            default:
                throw new RdbException(RdbError.Unsupported, "Failed loading library: functions are not supported yet");
        }
    }

    private void SkipLengths(int count)
    {
        for (int i = 0; i < count; i++)
            reader.ReadLength();
    }

    private void SelectDatabase(ulong number)
    {
        if (number >= (ulong)server.Databases.Length)
        {
            throw new RdbException(
                RdbError.Unsupported,
                $"FATAL: Data file was created with a Redis server configured to handle more than {server.Databases.Length} databases. Exiting");
        }
        _database = server.Databases[number];
    }

    private void ReadAux()
    {
        string name = Encoding.UTF8.GetString(reader.ReadString());
        ReadOnlySpan<byte> value = reader.ReadString();
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

    private void ReadKey(RdbType type)
    {
        ReadOnlySpan<byte> key = KeepKey(reader.ReadString());
        if (TryReadValue(type, key, out KeyEntry entry))
        {
            if (IsPast(_expireAtMs))
            {
                Free(entry);
                KeysExpired++;
            }
            else
            {
                Add(entry);
            }
        }
        _expireAtMs = KeyEntry.NoExpiry;
        _idleSeconds = _frequency = -1;
        AfterKey?.Invoke();
    }

    private bool TryReadValue(RdbType type, ReadOnlySpan<byte> key, out KeyEntry entry)
    {
        try
        {
            entry = RdbValue.Read(reader, type, key, _expireAtMs != KeyEntry.NoExpiry, server.Config);
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

    private void Add(KeyEntry entry)
    {
        if (!_database.Peek(entry.Key).IsNull)
        {
            if ((options & RdbLoadOptions.Merge) == 0)
            {
                string message = $"RDB has duplicated key '{Encoding.UTF8.GetString(entry.Key)}' in DB {_database.Id}";
                Free(entry);
                throw RdbException.Corrupt(message);
            }
            _database.Delete(entry.Key);
        }
        _database.Load(entry, _expireAtMs);
        server.AccessClock.Restore(entry, _idleSeconds, _frequency);
        KeysLoaded++;
    }

    private static void Free(KeyEntry entry)
    {
        ValueMemory.FreeValue(entry);
        NativeHeap.Free(entry.Address);
    }

    // The value is read through the same window.
    private ReadOnlySpan<byte> KeepKey(ReadOnlySpan<byte> key)
    {
        if (key.Length > _key.Length)
            _key = new byte[Math.Max(key.Length, 2 * _key.Length)];
        key.CopyTo(_key);
        return _key.AsSpan(0, key.Length);
    }

    private void CheckChecksum()
    {
        ulong computed = reader.Checksum;
        ulong stated = BinaryPrimitives.ReadUInt64LittleEndian(reader.Take(sizeof(ulong)));
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

    /// <summary>The name in a module's number: nine characters of six bits each, above ten bits of a version.</summary>
    private static string ModuleName(ulong number) => string.Create(9, number, static (name, id) =>
    {
        const string characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        id >>= 10;
        for (int i = name.Length - 1; i >= 0; i--, id >>= 6)
            name[i] = characters[(int)(id & 63)];
    });
}
