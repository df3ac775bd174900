using RedisAot.Data;

namespace RedisAot.Server.Commands;

/// <summary>Option CLAIM of XREADGROUP: what consumers were given long ago is given to the one that reads, oldest first.</summary>
internal static unsafe class StreamClaim
{
    /// <summary>Whether a group has an entry that may be claimed; not without the option.</summary>
    public static bool HasAny(CommandContext c, StreamData* stream, StreamGroup* group, in StreamReadOptions options)
    {
        if (options.ClaimIdleMs is not { } minIdleMs)
            return false;
        PendingEntry* oldest = group->FindOldest();
        return oldest != null && IsIdle(c, oldest, minIdleMs);
    }

    /// <summary>Adds the entries that may be claimed to the reply; those that the stream has no longer are forgotten.</summary>
    public static void Write(
        CommandContext c, ReadOnlySpan<byte> key, StreamData* stream, StreamGroup* group, StreamConsumer* consumer, long minIdleMs,
        ref StreamReplyLimit limit)
    {
        // What was claimed becomes the youngest, and must not be claimed again even if no idle time is asked for.
        for (long left = group->Pending.Count; left > 0 && !limit.IsReached; left--)
        {
            PendingEntry* pending = group->FindOldest();
            if (!IsIdle(c, pending, minIdleMs))
                break;
            StreamId id = pending->Id;
            StreamCursor cursor = new(stream, id, id);
            bool isThere = cursor.MoveNext();
            if (isThere)
            {
                StreamReply.DeliveredEntry(c.Reply, ref cursor, Math.Max(c.NowMs - pending->DeliveredMs, 0), pending->Deliveries);
                limit.Note(c);
                StreamGroup.Give(pending, consumer);
                group->SetDelivered(pending, c.NowMs);
                pending->CountDelivery();
            }
            c.Dirty++;
            // A claim of an entry that is not there has it forgotten wherever it is repeated.
            if (c.Effects.IsPropagating)
                StreamEffects.Claimed(c, key, group, id.ToBytes(), pending);
            if (!isThere)
                group->Forget(id);
        }
    }

    private static bool IsIdle(CommandContext c, PendingEntry* pending, long minIdleMs) =>
        pending->Consumer == null || c.NowMs - pending->DeliveredMs >= minIdleMs;
}
