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

/// <summary>How a stream is to be trimmed.</summary>
public struct StreamTrim
{
    /// <summary>By what.</summary>
    public TrimStrategy Strategy;

    /// <summary>Whether only whole nodes go, so that more may remain than asked for.</summary>
    public bool IsApproximate;

    /// <summary>At most so many entries go; 0: no limit.</summary>
    public long Limit;

    /// <summary>How many entries remain.</summary>
    public long MaxLength;

    /// <summary>The least ID that remains.</summary>
    public StreamId MinId;
}
