using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Writes keys with their values, each in its database; what one has written may be put behind what another has.</summary>
/// <param name="server">Has the keys.</param>
/// <param name="writer">Takes them; goes with this one.</param>
internal sealed unsafe class RdbKeyWriter(RedisServer server, RdbWriter writer) : IDisposable
{
    private readonly MaxMemoryPolicy _policy = server.Config.MaxMemoryPolicy;
    private int _selected = -1;

    /// <summary>What takes the keys.</summary>
    public RdbWriter Writer => writer;

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    /// <summary>Has the keys that follow be of a database.</summary>
    public void Select(int databaseId)
    {
        if (databaseId == _selected)
            return;
        writer.Write(RdbOpcode.SelectDb);
        writer.WriteLength((ulong)databaseId);
        _selected = databaseId;
    }

    /// <summary>Writes a key with its value.</summary>
    public void Write(int databaseId, KeyEntry entry)
    {
        WriteHead(databaseId, entry);
        RdbValue.Write(writer, entry);
    }

    /// <summary>Writes a key and begins with its value.</summary>
    public ValueWalk Begin(int databaseId, KeyEntry entry)
    {
        WriteHead(databaseId, entry);
        return RdbValue.Begin(writer, entry);
    }

    /// <summary>Writes what another has written into memory, and disposes of that one.</summary>
    public void Append(RdbKeyWriter other)
    {
        writer.WriteAll(other.Writer);
        _selected = other._selected;
        other.Dispose();
    }

    private void WriteHead(int databaseId, KeyEntry entry)
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
}
