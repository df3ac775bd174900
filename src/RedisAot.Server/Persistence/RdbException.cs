namespace RedisAot.Server.Persistence;

/// <summary>What is wrong with RDB data.</summary>
public enum RdbError
{
    /// <summary>They end too early, or could not be read.</summary>
    UnexpectedEnd,

    /// <summary>They are not what the format allows.</summary>
    Corrupt,

    /// <summary>A collection without elements, which old versions could write by mistake.</summary>
    EmptyKey,

    /// <summary>They need something that this server does not have: a module, a newer version, more databases.</summary>
    Unsupported,
}

/// <summary>RDB data cannot be read.</summary>
public sealed class RdbException(RdbError error, string message) : Exception(message)
{
    /// <summary>What is wrong.</summary>
    public RdbError Error => error;

    /// <summary>The data are not what the format allows.</summary>
    public static RdbException Corrupt(string message) => new(RdbError.Corrupt, message);

    /// <summary>A collection has no elements.</summary>
    public static RdbException EmptyKey() => new(RdbError.EmptyKey, "The collection is empty.");
}
