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
        var delay = TimeSpan.FromMicroseconds(Server.Config.RdbKeySaveDelay);
        WriteHead();
        foreach (Database database in Server.Databases)
        {
            if (database.Count == 0)
                continue;
            WriteSizes(database.Id, database);
            foreach (byte* address in database.Keys)
            {
                WriteKey(database.Id, new KeyEntry(address));
                // For tests.
                if (delay > TimeSpan.Zero)
                    Server.Exit.Task.Wait(delay);
            }
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

    /// <summary>
    /// Writes a key with its value, or begins to do so: <see cref="Continue"/> goes on between commands. What is in the file is
    /// what the key has now.
    /// </summary>
    public void BeginKey(int databaseId, KeyEntry entry)
    {
        BeginEntry(databaseId, entry);
        KeysWritten++;
    }

    /// <summary>Goes on with what was begun until <paramref name="endTicks"/>; true when all of it is written.</summary>
    public virtual bool Continue(long endTicks) => true;

    /// <summary>Whether there is a value that must not change until it is written, unless <see cref="BeforeChange"/> is called before.</summary>
    public virtual bool HasFragile => false;

    /// <summary>What of the data is held back in memory until a value that was begun is written, in bytes.</summary>
    public virtual long WaitingBytes => 0;

    /// <summary>The value of an entry, which may have been begun, is about to change.</summary>
    public virtual void BeforeChange(KeyEntry entry)
    {
    }

    /// <summary>Whether the value of an entry has been begun and is not all written.</summary>
    public virtual bool IsWriting(KeyEntry entry) => false;

    /// <summary>Takes over an entry that is to be freed, to do so later; false when its value is not needed.</summary>
    public virtual bool TryTakeOver(KeyEntry entry) => false;

    /// <summary>Writes what comes last, and everything into the output.</summary>
    public abstract void WriteEnd();

    /// <summary>Gives the memory back.</summary>
    public abstract void Dispose();

    /// <summary>Writes a key with its value.</summary>
    protected abstract void WriteEntry(int databaseId, KeyEntry entry);

    /// <summary>Writes a key with its value, or begins to.</summary>
    protected virtual void BeginEntry(int databaseId, KeyEntry entry) => WriteEntry(databaseId, entry);
}
