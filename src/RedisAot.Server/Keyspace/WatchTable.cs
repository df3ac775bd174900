using RedisAot.Server.Clients;

namespace RedisAot.Server.Keyspace;

/// <summary>One key that one client watches.</summary>
/// <param name="Client">Who watches.</param>
/// <param name="Database">Where the key is.</param>
/// <param name="Key">The key.</param>
public sealed record WatchedKey(Client Client, Database Database, byte[] Key)
{
    /// <summary>
    /// Whether the key is there but past its time, and was so since WATCH or came so by SWAPDB: to the client it has not
    /// been there all the time, so its deletion changes nothing.
    /// </summary>
    public bool IsStale { get; set; }

    /// <summary>What a watch costs beside its key: the managed objects and their places in lists, in bytes.</summary>
    public const int RecordBytes = 128;

    /// <summary>Whether the key's time came after WATCH.</summary>
    public bool HasExpiredSince(long nowMs) => !IsStale && Database.IsExpired(Key, nowMs);

    /// <summary>What it means for the watch that the database becomes what <paramref name="after"/> is (null: empty).</summary>
    internal void OnReplaced(Database before, Database? after, long nowMs)
    {
        bool wasThere = !IsStale && (before.Exists(Key) || before.IsExpired(Key, nowMs));
        if (wasThere || after?.Exists(Key) == true)
            Client.Transaction!.Touch();
        else
            IsStale = after?.IsExpired(Key, nowMs) == true;
    }
}

/// <summary>The watched keys of one database.</summary>
public sealed class WatchTable
{
    private readonly Dictionary<byte[], List<WatchedKey>> _byKey = new(ByteStringComparer.Instance);
    private readonly Dictionary<byte[], List<WatchedKey>>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;

    /// <summary>An empty table.</summary>
    public WatchTable() => _bySpan = _byKey.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Whether nothing is watched: the case that a write pays one comparison for.</summary>
    public bool IsEmpty => _byKey.Count == 0;

    /// <summary>Adds a watch.</summary>
    public WatchedKey Add(Client client, Database database, byte[] key, bool isStale)
    {
        WatchedKey watched = new(client, database, key) { IsStale = isStale };
        if (!_byKey.TryGetValue(key, out List<WatchedKey>? list))
            _byKey.Add(key, list = []);
        list.Add(watched);
        return watched;
    }

    /// <summary>Removes a watch.</summary>
    public void Remove(WatchedKey watched)
    {
        List<WatchedKey> list = _byKey[watched.Key];
        list.Remove(watched);
        if (list.Count == 0)
            _byKey.Remove(watched.Key);
    }

    /// <summary>Fails the transactions of those who watch the key.</summary>
    public void Touch(ReadOnlySpan<byte> key)
    {
        if (!_bySpan.TryGetValue(key, out List<WatchedKey>? list))
            return;
        foreach (WatchedKey watched in list)
        {
            if (!watched.IsStale || watched.Database.Exists(key))
                watched.Client.Transaction!.Touch();
            else
                watched.IsStale = false;
        }
    }

    /// <summary>
    /// Fails the transactions whose keys a flush or swap changes: those that are in <paramref name="before"/> or in
    /// <paramref name="after"/> (null: an empty database).
    /// </summary>
    public void TouchAll(Database before, Database? after, long nowMs)
    {
        foreach (List<WatchedKey> list in _byKey.Values)
        {
            foreach (WatchedKey watched in list)
                watched.OnReplaced(before, after, nowMs);
        }
    }
}
