namespace RedisAot.Server.Clients;

/// <summary>All clients, in the order in which they came. Used under the execution lock, but for <see cref="NextId"/>.</summary>
public sealed class ClientRegistry
{
    private readonly SortedDictionary<long, Client> _byId = new();
    private readonly Dictionary<long, Client> _lookup = []; // a message to a thousand clients looks up a thousand
    private long _lastId;

    /// <summary>Number of connected clients.</summary>
    public int Count => _byId.Count;

    /// <summary>Number of clients that wait in a blocking command.</summary>
    public int BlockedCount { get; set; }

    /// <summary>Clients fed by MONITOR.</summary>
    public List<Client> Monitors { get; } = [];

    /// <summary>The clients, oldest first; do not add or remove meanwhile (see <see cref="Snapshot"/>).</summary>
    public IEnumerable<Client> All => _byId.Values;

    /// <summary>A copy of the list, for callers that remove clients as they go.</summary>
    public Client[] Snapshot() => [.. _byId.Values];

    /// <summary>Bytes that all clients cost, their buffers included.</summary>
    public long MeasureMemory()
    {
        long bytes = 0;
        foreach (Client client in _byId.Values)
            bytes += ClientDescription.MemoryOf(client);
        return bytes;
    }

    /// <summary>A number never given before.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>The client of that number, or null.</summary>
    public Client? Find(long id) => _lookup.GetValueOrDefault(id);

    internal void Add(Client client)
    {
        _byId.Add(client.Id, client);
        _lookup.Add(client.Id, client);
    }

    internal bool Remove(Client client)
    {
        if (client.IsMonitor)
            Monitors.Remove(client);
        _lookup.Remove(client.Id);
        return _byId.Remove(client.Id);
    }
}
