namespace RedisAot.Server.Keyspace;

/// <summary>One of the two ends of a list.</summary>
internal enum ListEnd
{
    /// <summary>LEFT: the head.</summary>
    Left,

    /// <summary>RIGHT: the tail.</summary>
    Right,
}
