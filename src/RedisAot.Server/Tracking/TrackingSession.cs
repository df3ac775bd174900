using RedisAot.Server.Clients;

namespace RedisAot.Server.Tracking;

/// <summary>CLIENT TRACKING of one client.</summary>
public sealed class TrackingSession
{
    /// <summary>The options of the last CLIENT TRACKING ON.</summary>
    public TrackingOptions Options { get; internal set; }

    /// <summary>The number of the client that is told in this one's place; 0: none.</summary>
    public long RedirectId { get; internal set; }

    /// <summary>Whether that client was found gone.</summary>
    public bool IsRedirectBroken { get; internal set; }

    /// <summary>CLIENT CACHING was given: the next command, or transaction, is an exception from the rule.</summary>
    public bool CachingGiven { get; internal set; }

    /// <summary>BCAST: the prefixes, in the order of their bytes.</summary>
    internal SortedSet<byte[]> Prefixes { get; } = new(ByteOrder.Instance);

    /// <summary>Whether the client is told of all changes below its prefixes.</summary>
    public bool IsBroadcast => (Options & TrackingOptions.Broadcast) != 0;

    /// <summary>Whether the client is not told of its own changes.</summary>
    public bool NoLoop => (Options & TrackingOptions.NoLoop) != 0;

    /// <summary>Whether the keys of the command that runs are to be remembered.</summary>
    internal bool RemembersKeys => !IsBroadcast && (CachingGiven
        ? (Options & TrackingOptions.OptOut) == 0
        : (Options & TrackingOptions.OptIn) == 0);

    /// <summary>Bytes of the prefixes.</summary>
    internal long Bytes => Prefixes.Sum(prefix => (long)prefix.Length + 64);
}
