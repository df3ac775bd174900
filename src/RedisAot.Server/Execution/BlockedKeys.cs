using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Execution;

/// <summary>The clients that wait for one key, first come first.</summary>
/// <param name="database">Where the key is.</param>
/// <param name="name">The key.</param>
internal sealed unsafe class BlockedKey(Database database, byte[] name)
{
    private Waiter? _last;

    /// <summary>Where the key is.</summary>
    public Database Database { get; } = database;

    /// <summary>The key.</summary>
    public byte[] Name { get; } = name;

    /// <summary>Who waits longest; null when nobody waits any more.</summary>
    public Waiter? First { get; private set; }

    /// <summary>Whether the key stands in the list of keys that are ready.</summary>
    public bool IsReady { get; set; }

    /// <summary>Whether somebody waits, or has waited, who is to be told when the value is gone.</summary>
    public bool TellsLoss { get; private set; }

    /// <summary>Whether <paramref name="wait"/> is the one that came last.</summary>
    public bool EndsWith(KeyWait wait) => _last?.Wait == wait;

    /// <summary>Adds a waiter behind all others.</summary>
    public void Add(Waiter waiter)
    {
        TellsLoss |= waiter.Wait.ServeLost != null;
        waiter.Previous = _last;
        if (_last == null)
            First = waiter;
        else
            _last.Next = waiter;
        _last = waiter;
    }

    /// <summary>Takes a waiter out.</summary>
    public void Remove(Waiter waiter)
    {
        if (waiter.Previous == null)
            First = waiter.Next;
        else
            waiter.Previous.Next = waiter.Next;
        if (waiter.Next == null)
            _last = waiter.Previous;
        else
            waiter.Next.Previous = waiter.Previous;
        waiter.HasLeft = true;
    }
}

/// <summary>The keys of one database that clients wait for.</summary>
internal sealed class BlockedKeys
{
    private readonly Database _database;
    private readonly Dictionary<byte[], BlockedKey> _byName = new(ByteStringComparer.Instance);
    private readonly Dictionary<byte[], BlockedKey>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;

    public BlockedKeys(Database database)
    {
        _database = database;
        _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Whether nobody waits: the case that a write pays one comparison for.</summary>
    public bool IsEmpty => _byName.Count == 0;

    /// <summary>The keys, in no particular order.</summary>
    public IEnumerable<BlockedKey> All => _byName.Values;

    /// <summary>The key, if anybody waits for it.</summary>
    public BlockedKey? Find(ReadOnlySpan<byte> name) => _bySpan.TryGetValue(name, out BlockedKey? key) ? key : null;

    /// <summary>Puts a wait into the queue of a key, once.</summary>
    public void Add(KeyWait wait, int argument)
    {
        ReadOnlySpan<byte> name = wait.Arguments[argument];
        if (!_bySpan.TryGetValue(name, out BlockedKey? key))
        {
            key = new BlockedKey(_database, name.ToArray());
            _byName.Add(key.Name, key);
        }
        if (key.EndsWith(wait))
            return;
        Waiter waiter = new(wait, key, argument);
        key.Add(waiter);
        wait.Places.Add(waiter);
    }

    /// <summary>Takes a wait out of all its queues.</summary>
    public void Remove(KeyWait wait)
    {
        foreach (Waiter waiter in wait.Places)
        {
            waiter.Key.Remove(waiter);
            if (waiter.Key.First == null)
                _byName.Remove(waiter.Key.Name);
        }
    }
}
