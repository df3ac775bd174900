using System.Buffers.Binary;
using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Writes a whole data set as an RDB file or stream, in the lowest version that can carry it.</summary>
internal sealed unsafe class RdbSaver(RedisServer server, RdbWriter writer)
{
    private readonly MaxMemoryPolicy _policy = server.Config.MaxMemoryPolicy;
    private int _selected = -1;

    /// <summary>Keys written so far.</summary>
    public long KeysWritten { get; private set; }

    /// <summary>Writes everything.</summary>
    /// <param name="asBaseOfAof">Whether the file is the base of an append-only file.</param>
    public void Write(bool asBaseOfAof)
    {
        WriteHead(asBaseOfAof);
        foreach (Database database in server.Databases)
        {
            if (database.Count == 0)
                continue;
            WriteSizes(database.Id, database);
            foreach (byte* address in database.Keys)
                WriteKey(database.Id, new KeyEntry(address));
        }
        WriteEnd();
    }

    /// <summary>Writes what comes first.</summary>
    public void WriteHead(bool asBaseOfAof)
    {
        writer.WriteRaw(Encoding.ASCII.GetBytes($"REDIS{NeededVersion():0000}"));
        WriteAux("redis-ver"u8, ServerVersion.Official);
        WriteAux("redis-bits"u8, 64);
        WriteAux("ctime"u8, server.Clock.NowMs / 1000);
        WriteAux("used-mem"u8, server.UsedMemory);
        WriteAux("aof-base"u8, asBaseOfAof ? 1 : 0);
    }

    private int NeededVersion()
    {
        foreach (Database database in server.Databases)
        {
            if (database.ExpiringHashCount > 0)
                return RdbVersion.FieldExpiry;
        }
        return RdbVersion.Default;
    }

    /// <summary>Writes how many keys the database has now, for the reader to make room.</summary>
    /// <param name="id">The number of the database in the file.</param>
    /// <param name="database">Has the keys.</param>
    public void WriteSizes(int id, Database database)
    {
        Select(id);
        writer.Write(RdbOpcode.ResizeDb);
        writer.WriteLength((ulong)database.Count);
        writer.WriteLength((ulong)database.ExpiringCount);
    }

    /// <summary>Writes a key with its value.</summary>
    /// <param name="databaseId">The number of its database in the file.</param>
    /// <param name="entry">The key and its value.</param>
    public void WriteKey(int databaseId, KeyEntry entry)
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
        KeysWritten++;
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
                writer.WriteLength((ulong)server.AccessClock.IdleSeconds(entry));
                break;
            case MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu:
                writer.Write(RdbOpcode.Frequency);
                writer.WriteByte((byte)server.AccessClock.Counter(entry));
                break;
        }
    }

    /// <summary>Writes what comes last.</summary>
    public void WriteEnd()
    {
        writer.Write(RdbOpcode.End);
        Span<byte> checksum = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, server.Config.RdbChecksum ? writer.Checksum : 0);
        writer.WriteRaw(checksum);
        writer.Flush();
    }

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
