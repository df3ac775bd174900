using RedisAot.Resp;
using RedisAot.Server.Execution;

namespace RedisAot.Server.Commands;

/// <summary>The time-out argument of blocking commands.</summary>
internal static class BlockingTimeout
{
    /// <summary>
    /// Reads argument <paramref name="index"/>, seconds with decimals; 0 means for ever. <paramref name="deadlineMs"/> is for
    /// <see cref="BlockedClients.Block"/>. False when the error was replied.
    /// </summary>
    public static bool TryReadSeconds(CommandContext c, int index, out long deadlineMs)
    {
        deadlineMs = BlockedClients.Forever;
        if (!LongDouble.TryParse(c[index], out LongDouble seconds))
        {
            c.Reply.Error("ERR timeout is not a float or out of range"u8);
            return false;
        }
        double milliseconds = Math.Ceiling(seconds.ToDouble() * 1000);
        // Official converts what does not fit into 64 bits to the most negative number.
        return TryGetDeadline(c, milliseconds >= long.MaxValue ? long.MinValue : (long)milliseconds, out deadlineMs);
    }

    /// <summary>As <see cref="TryReadSeconds"/>, but a whole number of milliseconds.</summary>
    public static bool TryReadMilliseconds(CommandContext c, int index, out long deadlineMs)
    {
        deadlineMs = BlockedClients.Forever;
        return c.TryGetLong(index, out long milliseconds, "ERR timeout is not an integer or out of range"u8)
            && TryGetDeadline(c, milliseconds, out deadlineMs);
    }

    private static bool TryGetDeadline(CommandContext c, long milliseconds, out long deadlineMs)
    {
        deadlineMs = BlockedClients.Forever;
        if (milliseconds < 0)
        {
            c.Reply.Error("ERR timeout is negative"u8);
            return false;
        }
        if (milliseconds > 0)
            deadlineMs = Math.Min(milliseconds, BlockedClients.Forever - 1 - c.NowMs) + c.NowMs;
        return true;
    }
}
