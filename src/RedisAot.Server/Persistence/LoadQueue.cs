using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>
/// Keys on their way into a database: by the time one is its turn, the bucket that it goes to has been fetched, which takes
/// longer than everything else about a small key. Used under the execution lock.
/// </summary>
/// <param name="server">Has the access clock.</param>
/// <param name="replaces">Whether keys that are there already are replaced, not an error.</param>
internal sealed unsafe class LoadQueue(RedisServer server, bool replaces) : IDisposable
{
    private const int Capacity = 16;

    private readonly Item[] _items = new Item[Capacity];
    private int _first;
    private int _count;

    /// <summary>Where the keys go.</summary>
    public Database Database { get; private set; } = server.Databases[0];

    /// <summary>Keys that have arrived.</summary>
    public long KeysLoaded { get; private set; }

    /// <summary>Has the keys that follow go to another database.</summary>
    public void Select(Database database)
    {
        Flush();
        Database = database;
    }

    /// <summary>Takes a key over.</summary>
    /// <param name="entry">The key with its value.</param>
    /// <param name="expireAtMs">Unix ms, or <see cref="KeyEntry.NoExpiry"/>.</param>
    /// <param name="idleSeconds">Time since the last access; -1: not known.</param>
    /// <param name="frequency">Access counter; -1: not known.</param>
    /// <exception cref="RdbException">A key in the queue is there already.</exception>
    public void Add(KeyEntry entry, long expireAtMs, long idleSeconds, long frequency)
    {
        ulong hash = Hashing.Hash(entry.Key);
        Database.Keys.PrefetchBuckets(new ReadOnlySpan<ulong>(in hash));
        _items[(_first + _count++) % Capacity] = new Item(entry.Address, hash, expireAtMs, idleSeconds, frequency);
        if (_count == Capacity)
            InsertFirst();
    }

    /// <summary>Has all keys arrive.</summary>
    /// <exception cref="RdbException">One of them is there already.</exception>
    public void Flush()
    {
        while (_count > 0)
            InsertFirst();
    }

    /// <summary>Frees the keys that have not arrived.</summary>
    public void Dispose()
    {
        while (_count > 0)
            Free(new KeyEntry(TakeFirst().Entry));
    }

    /// <summary>Frees an entry with its value.</summary>
    public static void Free(KeyEntry entry)
    {
        ValueMemory.FreeValue(entry);
        NativeHeap.Free(entry.Address);
    }

    private Item TakeFirst()
    {
        Item item = _items[_first];
        _first = (_first + 1) % Capacity;
        _count--;
        return item;
    }

    private void InsertFirst()
    {
        Item item = TakeFirst();
        KeyEntry entry = new(item.Entry);
        if (!Database.Keys.Find(entry.Key, item.Hash).IsNone)
            MakeRoom(entry);
        Database.Load(entry, item.Hash, item.ExpireAtMs);
        server.AccessClock.Restore(entry, item.IdleSeconds, item.Frequency);
        KeysLoaded++;
    }

    private void MakeRoom(KeyEntry entry)
    {
        if (replaces)
        {
            Database.Delete(entry.Key);
            return;
        }
        string message = $"RDB has duplicated key '{System.Text.Encoding.UTF8.GetString(entry.Key)}' in DB {Database.Id}";
        Free(entry);
        throw RdbException.Corrupt(message);
    }

    private readonly struct Item(byte* entry, ulong hash, long expireAtMs, long idleSeconds, long frequency)
    {
        public readonly byte* Entry = entry;
        public readonly ulong Hash = hash;
        public readonly long ExpireAtMs = expireAtMs;
        public readonly long IdleSeconds = idleSeconds;
        public readonly long Frequency = frequency;
    }
}
