namespace RedisAot.Server.PubSub;

/// <summary>What a client subscribes to.</summary>
public enum SubscriptionKind
{
    /// <summary>A channel, by name.</summary>
    Channel,

    /// <summary>All channels that match a pattern.</summary>
    Pattern,

    /// <summary>A shard channel: a channel of a space of its own, which patterns do not see.</summary>
    Shard,
}
