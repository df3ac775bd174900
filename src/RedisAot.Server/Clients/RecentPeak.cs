namespace RedisAot.Server.Clients;

/// <summary>The largest of the sizes seen lately: one stands until a larger comes, or until it is too old.</summary>
internal struct RecentPeak(long bytes, long nowMs)
{
    private long _bytes = bytes;
    private long _seenMs = nowMs;

    /// <summary>Notes a size; the peak that is older than <paramref name="lifetimeMs"/> makes way for it.</summary>
    public void Note(long bytes, long nowMs, long lifetimeMs)
    {
        if (bytes >= _bytes || nowMs - _seenMs > lifetimeMs)
            (_bytes, _seenMs) = (bytes, nowMs);
    }

    /// <summary>The peak; 0 when it is older than <paramref name="lifetimeMs"/>.</summary>
    public readonly long At(long nowMs, long lifetimeMs) => nowMs - _seenMs > lifetimeMs ? 0 : _bytes;
}
