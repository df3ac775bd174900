using System.Buffers.Binary;
using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Writes a whole data set as an RDB file or stream, in the lowest version that can carry it.</summary>
/// <param name="server">Has the data.</param>
/// <param name="writer">Takes them; goes with the saver.</param>
/// <param name="asBaseOfAof">Whether the file is the base of an append-only file.</param>
internal sealed unsafe class RdbSaver(RedisServer server, RdbWriter writer, bool asBaseOfAof) : DataSetSaver(server)
{
    private readonly MaxMemoryPolicy _policy = server.Config.MaxMemoryPolicy;
    private int _selected = -1;

    /// <inheritdoc/>
    public override void WriteHead()
    {
        writer.WriteRaw(Encoding.ASCII.GetBytes($"REDIS{NeededVersion():0000}"));
        WriteAux("redis-ver"u8, ServerVersion.Official);
        WriteAux("redis-bits"u8, 64);
        WriteAux("ctime"u8, Server.Clock.NowMs / 1000);
        WriteAux("used-mem"u8, Server.UsedMemory);
        WriteAux("aof-base"u8, asBaseOfAof ? 1 : 0);
    }

    private int NeededVersion()
    {
        foreach (Database database in Server.Databases)
        {
            if (database.ExpiringHashCount > 0)
                return RdbVersion.FieldExpiry;
        }
        return RdbVersion.Default;
    }

    /// <inheritdoc/>
    public override void WriteSizes(int id, Database database)
    {
        Select(id);
        writer.Write(RdbOpcode.ResizeDb);
        writer.WriteLength((ulong)database.Count);
        writer.WriteLength((ulong)database.ExpiringCount);
    }

    /// <inheritdoc/>
    protected override void WriteEntry(int databaseId, KeyEntry entry)
    {
        Select(databaseId);
        if (entry.HasExpiry)
        {
            writer.Write(RdbOpcode.ExpireTimeMs);
            writer.WriteMilliseconds(entry.ExpireAtMs);
        }
        WriteAccess(entry);
        writer.Write(RdbValue.TypeOf(entry));
        writer.WriteString(entry.Key);
        RdbValue.Write(writer, entry);
    }

    private void Select(int databaseId)
    {
        if (databaseId == _selected)
            return;
        writer.Write(RdbOpcode.SelectDb);
        writer.WriteLength((ulong)databaseId);
        _selected = databaseId;
    }

    private void WriteAccess(KeyEntry entry)
    {
        switch (_policy)
        {
            case MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru:
                writer.Write(RdbOpcode.Idle);
                writer.WriteLength((ulong)Server.AccessClock.IdleSeconds(entry));
                break;
            case MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu:
                writer.Write(RdbOpcode.Frequency);
                writer.WriteByte((byte)Server.AccessClock.Counter(entry));
                break;
        }
    }

    /// <inheritdoc/>
    public override void WriteEnd()
    {
        writer.Write(RdbOpcode.End);
        Span<byte> checksum = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, Server.Config.RdbChecksum ? writer.Checksum : 0);
        writer.WriteRaw(checksum);
        writer.Flush();
    }

    /// <inheritdoc/>
    public override void Dispose() => writer.Dispose();

    private void WriteAux(ReadOnlySpan<byte> name, long value)
    {
        writer.Write(RdbOpcode.Aux);
        writer.WriteString(name);
        writer.WriteString(value);
    }

    private void WriteAux(ReadOnlySpan<byte> name, string value)
    {
        writer.Write(RdbOpcode.Aux);
        writer.WriteString(name);
        writer.WriteString(Encoding.ASCII.GetBytes(value));
    }
}
