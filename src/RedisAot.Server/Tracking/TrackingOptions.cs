namespace RedisAot.Server.Tracking;

/// <summary>How CLIENT TRACKING works for a client.</summary>
[Flags]
public enum TrackingOptions
{
    /// <summary>Every key that the client reads is remembered.</summary>
    None = 0,

    /// <summary>BCAST: nothing is remembered; the client is told of all changes below its prefixes.</summary>
    Broadcast = 1 << 0,

    /// <summary>OPTIN: keys are remembered after CLIENT CACHING YES only.</summary>
    OptIn = 1 << 1,

    /// <summary>OPTOUT: keys are remembered but after CLIENT CACHING NO.</summary>
    OptOut = 1 << 2,

    /// <summary>NOLOOP: the client is not told of its own changes.</summary>
    NoLoop = 1 << 3,
}
