namespace RedisAot.Data;

/// <summary>By what a stream is trimmed.</summary>
public enum TrimStrategy
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Down to a number of entries.</summary>
    MaxLength,

    /// <summary>Up to an ID.</summary>
    MinId,
}

/// <summary>What becomes of the pending entries of groups when an entry of the stream is deleted.</summary>
public enum ReferencePolicy
{
    /// <summary>They stay.</summary>
    Keep,

    /// <summary>They are forgotten in all groups.</summary>
    Delete,

    /// <summary>Only entries are deleted that every group has read and nobody has still to acknowledge.</summary>
    Acknowledged,
}

/// <summary>How a stream is to be trimmed.</summary>
public struct StreamTrim
{
    /// <summary>By what.</summary>
    public TrimStrategy Strategy;

    /// <summary>Whether only whole nodes go, so that more may remain than asked for.</summary>
    public bool IsApproximate;

    /// <summary>What becomes of pending entries; some of the entries in question may remain.</summary>
    public ReferencePolicy References;

    /// <summary>At most so many entries go; 0: no limit.</summary>
    public long Limit;

    /// <summary>How many entries remain.</summary>
    public long MaxLength;

    /// <summary>The least ID that remains.</summary>
    public StreamId MinId;
}
