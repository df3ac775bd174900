using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Writes a whole data set, key by key, in whatever order the keys come.</summary>
internal abstract unsafe class DataSetSaver(RedisServer server) : IDisposable
{
    /// <summary>Keys written so far.</summary>
    public long KeysWritten { get; private set; }

    /// <summary>Whose data are written.</summary>
    protected RedisServer Server { get; } = server;

    /// <summary>Writes everything.</summary>
    public void Write()
    {
        WriteHead();
        foreach (Database database in Server.Databases)
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
    public abstract void WriteHead();

    /// <summary>Writes how many keys the database has now, for the reader to make room.</summary>
    /// <param name="id">The number of the database in the file.</param>
    /// <param name="database">Has the keys.</param>
    public abstract void WriteSizes(int id, Database database);

    /// <summary>Writes a key with its value.</summary>
    /// <param name="databaseId">The number of its database in the file.</param>
    /// <param name="entry">The key and its value.</param>
    public void WriteKey(int databaseId, KeyEntry entry)
    {
        WriteEntry(databaseId, entry);
        KeysWritten++;
    }

    /// <summary>Writes what comes last, and everything into the output.</summary>
    public abstract void WriteEnd();

    /// <summary>Gives the memory back.</summary>
    public abstract void Dispose();

    /// <summary>Writes a key with its value.</summary>
    protected abstract void WriteEntry(int databaseId, KeyEntry entry);
}
