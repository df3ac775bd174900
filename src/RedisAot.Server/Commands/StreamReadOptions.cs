using RedisAot.Server.Execution;

namespace RedisAot.Server.Commands;

/// <summary>The options of XREAD and XREADGROUP, and where their streams are among the arguments.</summary>
internal struct StreamReadOptions
{
    /// <summary>Whether it is XREADGROUP.</summary>
    public bool IsGroup;

    /// <summary>At most so many entries of each stream; 0: all.</summary>
    public long Count;

    /// <summary>At most so many entries of all streams together; 0: all.</summary>
    public long MaxCount;

    /// <summary>Once the reply has so many bytes, no further entry is added to it; 0: no limit.</summary>
    public long MaxBytes;

    /// <summary>Pending entries that were given so long ago, in ms, are claimed before new ones are given; null: none are.</summary>
    public long? ClaimIdleMs;

    /// <summary>Until when to wait, for <see cref="BlockedClients.Block"/>; null: not at all.</summary>
    public long? DeadlineMs;

    /// <summary>Whether the entries count as acknowledged at once.</summary>
    public bool IsNoAck;

    /// <summary>Which argument is the group; the consumer follows it. 0: none.</summary>
    public int GroupAt;

    /// <summary>Which argument is the first key; the others follow it, then the IDs.</summary>
    public int FirstKey;

    /// <summary>Number of streams.</summary>
    public int StreamCount;

    /// <summary>Reads the arguments; false when an error was replied.</summary>
    public static bool TryRead(CommandContext c, bool isGroup, out StreamReadOptions options)
    {
        options = new StreamReadOptions { IsGroup = isGroup };
        for (int at = 1; at < c.ArgCount && options.FirstKey == 0; at++)
        {
            if (!options.TryReadOne(c, ref at))
                return false;
        }
        if (options.FirstKey == 0)
        {
            c.SyntaxError();
            return false;
        }
        if (isGroup && options.GroupAt == 0)
            return Refuse(c, "ERR Missing GROUP option for XREADGROUP"u8);
        return options.MaxCount == 0 || options.MaxCount >= options.Count
            || Refuse(c, "ERR MAXCOUNT must be greater than or equal to COUNT"u8);
    }

    private bool TryReadOne(CommandContext c, ref int at)
    {
        int more = c.ArgCount - at - 1;
        if (more > 0 && c.ArgIs(at, "block"u8))
        {
            bool isTime = BlockingTimeout.TryReadMilliseconds(c, ++at, out long deadlineMs);
            DeadlineMs = deadlineMs;
            return isTime;
        }
        if (more > 0 && c.ArgIs(at, "count"u8))
        {
            bool isNumber = c.TryGetLong(++at, out long count);
            Count = Math.Max(count, 0);
            return isNumber;
        }
        if (more > 0 && c.ArgIs(at, "maxcount"u8))
            return c.TryGetLongFrom(++at, 1, out MaxCount, "ERR MAXCOUNT must be a positive integer"u8);
        if (more > 0 && c.ArgIs(at, "maxsize"u8))
            return c.TryGetLongFrom(++at, 1, out MaxBytes, "ERR MAXSIZE must be a positive integer"u8);
        if (more > 0 && c.ArgIs(at, "claim"u8))
            return TryReadClaim(c, ++at);
        if (more > 0 && c.ArgIs(at, "streams"u8))
        {
            FirstKey = at + 1;
            StreamCount = more / 2;
            return more % 2 == 0 || Refuse(c, "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."u8);
        }
        if (more > 1 && c.ArgIs(at, "group"u8))
        {
            GroupAt = at + 1;
            at += 2;
            return IsGroup || Refuse(c, "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        if (c.ArgIs(at, "noack"u8))
        {
            IsNoAck = true;
            return IsGroup || Refuse(c, "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        c.SyntaxError();
        return false;
    }

    private bool TryReadClaim(CommandContext c, int at)
    {
        if (!IsGroup)
            return Refuse(c, "ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead."u8);
        if (!c.TryGetLong(at, out long minIdle, "ERR min-idle-time is not an integer or out of range"u8))
            return false;
        ClaimIdleMs = minIdle;
        return minIdle >= 0 || Refuse(c, "ERR min-idle-time must be a positive integer"u8);
    }

    private static bool Refuse(CommandContext c, ReadOnlySpan<byte> error)
    {
        c.Reply.Error(error);
        return false;
    }
}
