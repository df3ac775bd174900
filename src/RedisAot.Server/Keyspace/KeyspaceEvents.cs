namespace RedisAot.Server.Keyspace;

/// <summary>Receives keyspace events.</summary>
public delegate void KeyspaceEventListener(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key, int database);

/// <summary>Where commands report what happened to keys. See https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/.</summary>
public sealed class KeyspaceEvents
{
    /// <summary>The classes that the configuration asks for.</summary>
    public KeyspaceEventClass Enabled { get; set; }

    /// <summary>Who is told.</summary>
    public KeyspaceEventListener? Listener { get; set; }

    /// <summary>Reports an event.</summary>
    public void Notify(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key, Database database)
    {
        if ((Enabled & eventClass) != 0)
            Listener?.Invoke(eventClass, eventName, key, database.Id);
    }
}
