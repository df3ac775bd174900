using RedisAot.Data;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>XREAD and XREADGROUP: reading what is new in some streams, and waiting for it.</summary>
internal static unsafe class StreamReadCommands
{
    private const int StackStreams = 8;

    private static void XRead(CommandContext c) => Read(c, isGroup: false);

    private static void XReadGroup(CommandContext c) => Read(c, isGroup: true);

    private static void Read(CommandContext c, bool isGroup)
    {
        if (!StreamReadOptions.TryRead(c, isGroup, out StreamReadOptions options))
            return;
        Span<Target> targets = options.StreamCount <= StackStreams ? stackalloc Target[StackStreams] : new Target[options.StreamCount];
        for (int i = 0; i < options.StreamCount; i++)
        {
            if (!TryResolve(c, options, i, out targets[i]))
                return;
        }
        // What is given to consumers is propagated as such, never the command itself.
        c.Effects.Suppress();
        nint mark = c.Reply.BeginDeferred();
        int served = 0;
        StreamReplyLimit limit = new(c, options.Count, options.MaxCount, options.MaxBytes);
        for (int i = 0; i < options.StreamCount && !limit.IsAllReached; i++)
            served += TryServeNow(c, options, i, targets[i], ref limit) ? 1 : 0;
        if (served > 0)
        {
            if (c.Reply.IsResp3)
                c.Reply.EndDeferredMap(mark, served);
            else
                c.Reply.EndDeferredArray(mark, served);
        }
        else if (options.DeadlineMs is { } deadlineMs && c.MayBlock)
        {
            Block(c, options, targets, deadlineMs);
        }
        else
        {
            c.Reply.NullArray();
        }
    }

    /// <summary>From where one stream is to be read; false when an error was replied.</summary>
    private static bool TryResolve(CommandContext c, in StreamReadOptions options, int number, out Target target)
    {
        target = default;
        ReadOnlySpan<byte> key = c[options.FirstKey + number];
        if (!c.TryLookupRead(key, DataType.Stream, out KeyEntry entry))
            return false;
        if (options.IsGroup)
        {
            target.Group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(c[options.GroupAt]);
            if (target.Group == null)
            {
                StreamReply.NoGroup(c, key, c[options.GroupAt], "' in XREADGROUP with GROUP option"u8);
                return false;
            }
        }
        int at = options.FirstKey + options.StreamCount + number;
        switch (c[at])
        {
            case [(byte)'$'] when options.IsGroup:
                c.Reply.Error("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."u8);
                return false;
            case [(byte)'$']:
                target.After = entry.IsNull ? default : StreamValue.Of(entry)->LastId;
                return true;
            case [(byte)'+'] when options.IsGroup:
                c.Reply.Error("ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set."u8);
                return false;
            case [(byte)'+']:
                // The last entry itself is wanted, so what comes after the ID before it.
                if (!entry.IsNull)
                    StreamValue.Of(entry)->LastEntryId.TryPrevious(out target.After);
                return true;
            case [(byte)'>'] when !options.IsGroup:
                c.Reply.Error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."u8);
                return false;
            case [(byte)'>']:
                target.After = StreamId.Max;
                return true;
            default:
                return StreamIdArgument.TryRead(c, at, out target.After);
        }
    }

    private static bool TryServeNow(CommandContext c, in StreamReadOptions options, int number, Target target, ref StreamReplyLimit limit)
    {
        ReadOnlySpan<byte> key = c[options.FirstKey + number];
        KeyEntry entry = c.Db.LookupRead(key);
        if (entry.IsNull)
            return false;
        StreamData* stream = StreamValue.Of(entry);
        // The greatest ID stands for ">": what nobody of the group was given.
        bool isHistory = options.IsGroup && target.After != StreamId.Max;
        StreamId after = options.IsGroup && !isHistory ? target.Group->LastId : target.After;
        if (!isHistory && !StreamClaim.HasAny(c, stream, target.Group, options) && (stream->Length == 0 || stream->LastEntryId <= after))
            return false;
        limit.BeginStream();
        nint begin = c.Reply.Buffer.Length;
        if (!c.Reply.IsResp3)
            c.Reply.ArrayHeader(2);
        c.Reply.Bulk(key);
        after.TryNext(out StreamId start);
        if (!options.IsGroup)
        {
            StreamReply.Range(c, stream, start, StreamId.Max, ref limit, reverse: false);
            return true;
        }
        c.Db.Preserve(entry);
        StreamConsumer* consumer = FindConsumer(c, key, target.Group, c[options.GroupAt + 1], options.IsNoAck);
        if (isHistory)
            ReplyHistory(c, stream, target.Group, consumer, start, ref limit);
        else
            Deliver(c, key, stream, target.Group, consumer, start, options, ref limit);
        c.Dirty++;
        if (isHistory || limit.Written > 0)
            return true;
        // All that could be claimed had been deleted from the stream.
        c.Reply.Buffer.Truncate(begin);
        return false;
    }

    private static StreamConsumer* FindConsumer(CommandContext c, ReadOnlySpan<byte> key, StreamGroup* group, ReadOnlySpan<byte> name, bool isNoAck)
    {
        StreamConsumer* consumer = StreamEffects.FindOrCreateConsumer(c, key, group, name, out bool isNew);
        if (isNew && isNoAck)
            StreamEffects.ConsumerCreated(c, key, group, consumer);
        return consumer;
    }

    /// <summary>Replies with entries that a consumer was given before and has not acknowledged; of those that were deleted since only the ID.</summary>
    private static void ReplyHistory(
        CommandContext c, StreamData* stream, StreamGroup* group, StreamConsumer* consumer, StreamId start, ref StreamReplyLimit limit)
    {
        nint mark = c.Reply.BeginDeferred();
        ref IdMap pendings = ref consumer->Pending;
        for (IdPlace place = pendings.AtOrAfter(start); !place.IsNone && !limit.IsReached; place = pendings.Next(place))
        {
            var pending = (PendingEntry*)pendings.ValueAt(place);
            if (StreamReply.TryEntry(c.Reply, stream, pending->Id))
            {
                group->SetDelivered(pending, c.NowMs);
                pending->CountDelivery();
            }
            else
            {
                c.Reply.ArrayHeader(2);
                StreamReply.Id(c.Reply, pending->Id);
                c.Reply.NullArray();
            }
            limit.Note(c);
        }
        c.Reply.EndDeferredArray(mark, limit.Written);
    }

    /// <summary>Replies with entries, which the consumer has from now on.</summary>
    private static void Deliver(
        CommandContext c, ReadOnlySpan<byte> key, StreamData* stream, StreamGroup* group, StreamConsumer* consumer, StreamId start,
        in StreamReadOptions options, ref StreamReplyLimit limit)
    {
        nint mark = c.Reply.BeginDeferred();
        if (options.ClaimIdleMs is { } minIdleMs)
            StreamClaim.Write(c, key, stream, group, consumer, minIdleMs, ref limit);
        bool hasMoved = false;
        StreamCursor cursor = new(stream, start, StreamId.Max);
        while (!limit.IsReached && cursor.MoveNext())
        {
            StreamId id = cursor.Id;
            if (id > group->LastId)
            {
                stream->NoteRead(group, id);
                hasMoved = true;
            }
            if (options.ClaimIdleMs == null)
                StreamReply.Entry(c.Reply, ref cursor);
            else
                StreamReply.DeliveredEntry(c.Reply, ref cursor, 0, 0);
            limit.Note(c);
            if (options.IsNoAck)
                continue;
            PendingEntry* pending = group->Deliver(id, consumer, c.NowMs);
            if (c.Effects.IsPropagating)
                StreamEffects.Claimed(c, key, group, id.ToBytes(), pending);
        }
        if (hasMoved && options.IsNoAck)
            StreamEffects.GroupRead(c, key, group);
        c.Reply.EndDeferredArray(mark, limit.Written);
    }

    private static void Block(CommandContext c, StreamReadOptions options, ReadOnlySpan<Target> targets, long deadlineMs)
    {
        // A client that asks for all may have to be given very much later.
        const long countOfAll = 1000;
        if (options.Count == 0)
            options.Count = countOfAll;
        var after = new StreamId[options.StreamCount];
        for (int i = 0; i < after.Length; i++)
            after[i] = targets[i].After;
        c.Server.BlockedClients.Block(
            c, options.FirstKey, options.StreamCount, DataType.Stream, deadlineMs, &ServeBlocked, new Waiting(options, after),
            options.IsGroup ? &ServeLost : null);
        for (int i = 0; i < after.Length && options.ClaimIdleMs != null; i++)
        {
            if (after[i] == StreamId.Max)
                RetryWhenIdle(c, options, targets[i].Group);
        }
    }

    /// <summary>Has the waiting client served again when the oldest pending entry of a group may be claimed.</summary>
    private static void RetryWhenIdle(CommandContext c, in StreamReadOptions options, StreamGroup* group)
    {
        PendingEntry* oldest = group->FindOldest();
        if (oldest != null && options.ClaimIdleMs is { } minIdle && minIdle < BlockedClients.Forever - oldest->DeliveredMs)
            c.Server.BlockedClients.RetryAt(c.Client, oldest->DeliveredMs + minIdle);
    }

    private static bool ServeBlocked(CommandContext c, int keyAt, object? state)
    {
        var waiting = (Waiting)state!;
        StreamReadOptions options = waiting.Options;
        ReadOnlySpan<byte> key = c[keyAt];
        KeyEntry entry = c.Db.LookupLive(key);
        StreamData* stream = StreamValue.Of(entry);
        StreamId after = waiting.After[keyAt - options.FirstKey];
        StreamGroup* group = null;
        if (options.IsGroup)
        {
            group = stream->FindGroup(c[options.GroupAt]);
            if (group == null)
            {
                c.Reply.Error("NOGROUP the consumer group this client was blocked on no longer exists"u8);
                return true;
            }
            // Others of the group may have been served meanwhile.
            after = group->LastId;
        }
        if (!StreamClaim.HasAny(c, stream, group, options) && stream->LastId <= after)
        {
            if (options.ClaimIdleMs != null)
                RetryWhenIdle(c, options, group);
            return false;
        }
        nint begin = c.Reply.Buffer.Length;
        StreamReplyLimit limit = new(c, options.Count, options.MaxCount, options.MaxBytes);
        if (c.Reply.IsResp3)
        {
            c.Reply.MapHeader(1);
        }
        else
        {
            c.Reply.ArrayHeader(1);
            c.Reply.ArrayHeader(2);
        }
        c.Reply.Bulk(key);
        after.TryNext(out StreamId start);
        if (!options.IsGroup)
        {
            StreamReply.Range(c, stream, start, StreamId.Max, ref limit, reverse: false);
            return true;
        }
        c.Db.Preserve(entry);
        StreamConsumer* consumer = FindConsumer(c, key, group, c[options.GroupAt + 1], options.IsNoAck);
        Deliver(c, key, stream, group, consumer, start, options, ref limit);
        if (options.ClaimIdleMs == null || limit.Written > 0)
            return true;
        c.Reply.Buffer.Truncate(begin);
        RetryWhenIdle(c, options, group);
        return false;
    }

    private static bool ServeLost(CommandContext c, int keyAt, object? state)
    {
        c.Reply.Error("UNBLOCKED the stream key no longer exists"u8);
        return true;
    }

    /// <summary>One stream to be read.</summary>
    private struct Target
    {
        /// <summary>What comes after this ID is wanted.</summary>
        public StreamId After;

        /// <summary>XREADGROUP: the group.</summary>
        public StreamGroup* Group;
    }

    /// <summary>What is known of a command that waits.</summary>
    private sealed class Waiting(StreamReadOptions options, StreamId[] after)
    {
        public StreamReadOptions Options => options;

        public StreamId[] After => after;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("xread", -4, &XRead)
        {
            Group = CommandGroup.Stream, Since = "5.0.0",
            Flags = CommandFlags.Blocking | CommandFlags.ReadOnly | CommandFlags.Blocking, Categories = AclCategories.Stream,
            Summary = "Return never seen elements in multiple streams, with IDs greater than the ones reported by the " +
                "caller for each stream. Can block.",
            Complexity = "For each stream mentioned: O(N) with N being the number of elements being returned, it means that " +
                "XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in " +
                "order to serve the M clients blocked on the stream getting new data.",
            Keys = [KeySpec.After("STREAMS", 1, KeyFlags.RO | KeyFlags.Access).To(-1, 1, 2)],
            Arguments = "['COUNT' count:integer] ['BLOCK' milliseconds:integer] 'STREAMS' streams{key#0... id...}",
        });

        table.Add(new("xreadgroup", -7, &XReadGroup)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Blocking | CommandFlags.Write,
            Categories = AclCategories.Stream,
            Summary = "Return new entries from a stream using a consumer group, or access the history of the pending " +
                "entries for a given consumer. Can block.",
            Complexity = "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant " +
                "(e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side " +
                "when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream " +
                "getting new data.",
            Keys = [KeySpec.After("STREAMS", 4, KeyFlags.RO | KeyFlags.Access).To(-1, 1, 2)],
            Arguments = """
                'GROUP' group_consumer{group consumer} ['COUNT' count:integer] ['BLOCK' milliseconds:integer] ['NOACK']
                'STREAMS' streams{key#0... id...}
                """,
        });
    }
}
