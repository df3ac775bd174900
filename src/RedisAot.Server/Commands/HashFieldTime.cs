using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Times of expiry that clients give to fields.</summary>
internal static class HashFieldTime
{
    /// <summary>The latest time, Unix ms: official keeps two of its 48 bits for uses to come.</summary>
    private const long LatestMs = (1L << 46) - 1;

    /// <summary>The time in Unix ms that an argument means; false when it is no good and the official error was replied.</summary>
    /// <param name="baseMs">What the argument counts from: 0 or now.</param>
    public static bool TryRead(CommandContext c, int index, long baseMs, bool seconds, out long unixMs)
    {
        if (!c.TryGetLong(index, out unixMs))
            return false;
        if (unixMs < 0)
        {
            c.Reply.Error("ERR invalid expire time, must be >= 0"u8);
            return false;
        }
        if (unixMs > (seconds ? LatestMs / 1000 : LatestMs) || unixMs * (seconds ? 1000 : 1) > LatestMs - baseMs)
        {
            c.InvalidExpireTime();
            return false;
        }
        unixMs = unixMs * (seconds ? 1000 : 1) + baseMs;
        return true;
    }

    /// <summary>
    /// Gives a field that exists a time of expiry; with one that has passed it is removed instead, which is propagated at once.
    /// Returns whether the field is still there.
    /// </summary>
    public static bool Set(CommandContext c, KeyEntry hash, ReadOnlySpan<byte> field, long unixMs)
    {
        if (!c.IsPast(unixMs))
        {
            HashValue.SetExpiry(hash, field, unixMs);
            return true;
        }
        c.Db.RemoveExpiredField(hash, field);
        return false;
    }
}
