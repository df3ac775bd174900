using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>XCLAIM and XAUTOCLAIM: entries that one consumer was given and has not acknowledged change hands.</summary>
internal static unsafe class StreamClaimCommands
{
    private static void XClaim(CommandContext c)
    {
        if (!TryFindGroup(c, out KeyEntry entry, out StreamGroup* group))
            return;
        if (!c.TryGetLong(4, out long minIdle, "ERR Invalid min-idle-time argument for XCLAIM"u8) || !ClaimOptions.TryRead(c, out ClaimOptions options))
            return;
        c.Db.Preserve(entry);
        bool hasMoved = options.LastId > group->LastId;
        if (hasMoved)
            group->LastId = options.LastId;
        Claim claim = new(c, StreamValue.Of(entry), group, minIdle, options);
        nint mark = c.Reply.BeginDeferred();
        long written = 0;
        for (int i = 5; i < options.IdsEnd; i++)
        {
            StreamIdArgument.TryParse(c[i], 0, out StreamId id);
            PendingEntry* pending = group->Find(id);
            if (pending == null && !options.IsForced)
                continue;
            if (!claim.Stream->Contains(id))
            {
                hasMoved &= pending == null;
                if (pending != null)
                    claim.DropDeleted(id, pending, i);
                continue;
            }
            if (pending == null)
                pending = group->TryAdd(id, c.NowMs, 1);
            if (!claim.TryTake(id, pending, i))
                continue;
            hasMoved = false;
            written++;
        }
        if (hasMoved)
        {
            StreamEffects.GroupRead(c, c[1], group);
            c.Dirty++;
        }
        c.Reply.EndDeferredArray(mark, written);
        c.Effects.Suppress();
    }

    private static void XAutoClaim(CommandContext c)
    {
        if (!c.TryGetLong(4, out long minIdle, "ERR Invalid min-idle-time argument for XAUTOCLAIM"u8)
            || !TryReadAutoOptions(c, out StreamId start, out long count, out bool isJustId)
            || !TryFindGroup(c, out KeyEntry entry, out StreamGroup* group))
        {
            return;
        }
        c.Db.Preserve(entry);
        ClaimOptions options = new() { DeliveredMs = c.NowMs, Deliveries = -1, IsJustId = isJustId };
        Claim claim = new(c, StreamValue.Of(entry), group, minIdle, options);
        List<StreamId>? deleted = null;
        c.Reply.ArrayHeader(3);
        nint mark = c.Reply.BeginDeferred();
        long written = 0;
        // Entries that are not idle long enough must not make the command long either.
        long attempts = count * 10;
        IdPlace place = group->Pending.AtOrAfter(start);
        for (; attempts > 0 && count > 0 && !place.IsNone; attempts--)
        {
            StreamId id = group->Pending.IdAt(place);
            var pending = (PendingEntry*)group->Pending.ValueAt(place);
            if (!claim.Stream->Contains(id))
            {
                claim.DropDeleted(id, pending, -1);
                (deleted ??= []).Add(id);
                count--;
                place = group->Pending.AtOrAfter(id);
                continue;
            }
            if (claim.TryTake(id, pending, -1))
            {
                written++;
                count--;
            }
            place = group->Pending.Next(place);
        }
        c.Reply.EndDeferredArray(mark, written);
        InsertId(c, mark, place.IsNone ? default : group->Pending.IdAt(place));
        c.Reply.ArrayHeader(deleted?.Count ?? 0);
        for (int i = 0; i < (deleted?.Count ?? 0); i++)
            StreamReply.Id(c.Reply, deleted![i]);
        c.Effects.Suppress();
    }

    /// <summary>Where to go on stands before the entries that are written first.</summary>
    private static void InsertId(CommandContext c, nint mark, StreamId next)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        ReadOnlySpan<byte> id = next.Format(text);
        Span<byte> bulk = stackalloc byte[StreamId.MaxTextLength + 8];
        bulk[0] = (byte)'$';
        int length = 1 + Resp.NumberText.Format((long)id.Length, bulk[1..]);
        "\r\n"u8.CopyTo(bulk[length..]);
        id.CopyTo(bulk[(length + 2)..]);
        length += 2 + id.Length;
        "\r\n"u8.CopyTo(bulk[length..]);
        c.Reply.Buffer.Insert(mark, bulk[..(length + 2)]);
    }

    private static bool TryReadAutoOptions(CommandContext c, out StreamId start, out long count, out bool isJustId)
    {
        // So many that official can allocate a place for each.
        const long maxCount = long.MaxValue / 16;
        count = 100;
        isJustId = false;
        if (!StreamIdArgument.TryReadBound(c, 5, isStart: true, out start))
            return false;
        for (int i = 6; i < c.ArgCount; i++)
        {
            if (i + 1 < c.ArgCount && c.ArgIs(i, "count"u8))
            {
                ReadOnlySpan<byte> error = "ERR COUNT must be > 0"u8;
                if (!c.TryGetLongFrom(++i, 1, out count, error))
                    return false;
                if (count > maxCount)
                {
                    c.Reply.Error(error);
                    return false;
                }
            }
            else if (c.ArgIs(i, "justid"u8))
            {
                isJustId = true;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        return true;
    }

    private static bool TryFindGroup(CommandContext c, out KeyEntry entry, out StreamGroup* group)
    {
        group = null;
        if (!c.TryLookupRead(c[1], DataType.Stream, out entry))
            return false;
        group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(c[2]);
        if (group == null)
            StreamReply.NoGroup(c, c[1], c[2], "'"u8);
        return group != null;
    }

    /// <summary>How one command claims entries.</summary>
    private ref struct Claim(CommandContext c, StreamData* stream, StreamGroup* group, long minIdle, ClaimOptions options)
    {
        private StreamConsumer* _consumer;

        public readonly StreamData* Stream => stream;

        /// <summary>Gives an entry to the claiming consumer, and replies with it, unless it was given to another too recently.</summary>
        /// <param name="id">The entry.</param>
        /// <param name="pending">Who has it; nobody, if it is claimed by force.</param>
        /// <param name="argument">Which argument the ID is; -1: none.</param>
        public bool TryTake(StreamId id, PendingEntry* pending, int argument)
        {
            if (pending->Consumer != null && minIdle > 0 && c.NowMs - pending->DeliveredMs < minIdle)
                return false;
            if (_consumer == null)
                _consumer = StreamEffects.FindOrCreateConsumer(c, c[1], group, c[3], out _);
            StreamGroup.Give(pending, _consumer);
            group->SetDelivered(pending, options.DeliveredMs);
            if (options.Deliveries >= 0)
                pending->Deliveries = options.Deliveries;
            else if (!options.IsJustId)
                pending->CountDelivery();
            if (options.IsJustId)
                StreamReply.Id(c.Reply, id);
            else
                StreamReply.TryEntry(c.Reply, stream, id);
            Propagate(id, pending, argument);
            return true;
        }

        /// <summary>Forgets an entry that is no longer in the stream.</summary>
        public readonly void DropDeleted(StreamId id, PendingEntry* pending, int argument)
        {
            Propagate(id, pending, argument);
            group->Forget(id);
        }

        private readonly void Propagate(StreamId id, PendingEntry* pending, int argument)
        {
            c.Dirty++;
            if (c.Effects.IsPropagating)
                StreamEffects.Claimed(c, c[1], group, argument < 0 ? id.ToBytes() : c[argument].ToArray(), pending);
        }
    }

    /// <summary>The arguments of XCLAIM behind the least idle time.</summary>
    private struct ClaimOptions
    {
        /// <summary>When the entries are said to have been given, Unix ms.</summary>
        public long DeliveredMs;

        /// <summary>How often they are said to have been given; -1: once more, unless only IDs are wanted.</summary>
        public long Deliveries;

        public bool IsForced;
        public bool IsJustId;
        public StreamId LastId;

        /// <summary>The argument behind the IDs.</summary>
        public int IdsEnd;

        public static bool TryRead(CommandContext c, out ClaimOptions options)
        {
            options = new ClaimOptions { DeliveredMs = -1, Deliveries = -1, IdsEnd = 5 };
            while (options.IdsEnd < c.ArgCount && StreamIdArgument.TryParse(c[options.IdsEnd], 0, out _))
                options.IdsEnd++;
            for (int i = options.IdsEnd; i < c.ArgCount; i++)
            {
                if (!options.TryReadOne(c, ref i))
                    return false;
            }
            if (options.DeliveredMs < 0 || options.DeliveredMs > c.NowMs)
                options.DeliveredMs = c.NowMs;
            return true;
        }

        private bool TryReadOne(CommandContext c, ref int at)
        {
            bool hasMore = at + 1 < c.ArgCount;
            if (c.ArgIs(at, "force"u8))
                return IsForced = true;
            if (c.ArgIs(at, "justid"u8))
                return IsJustId = true;
            if (hasMore && c.ArgIs(at, "idle"u8))
            {
                bool isNumber = c.TryGetLong(++at, out long idle, "ERR Invalid IDLE option argument for XCLAIM"u8);
                DeliveredMs = unchecked(c.NowMs - idle);
                return isNumber;
            }
            if (hasMore && c.ArgIs(at, "time"u8))
                return c.TryGetLong(++at, out DeliveredMs, "ERR Invalid TIME option argument for XCLAIM"u8);
            if (hasMore && c.ArgIs(at, "retrycount"u8))
                return c.TryGetLong(++at, out Deliveries, "ERR Invalid RETRYCOUNT option argument for XCLAIM"u8);
            if (hasMore && c.ArgIs(at, "lastid"u8))
                return StreamIdArgument.TryRead(c, ++at, out LastId);
            c.Reply.Error([.. "ERR Unrecognized XCLAIM option '"u8, .. c[at], .. "'"u8]);
            return false;
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("xautoclaim", -6, &XAutoClaim)
        {
            Group = CommandGroup.Stream, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered " +
                "to the specified consumer.",
            Complexity = "O(1) if COUNT is small.",
            History =
            [
                ("7.0.0", "Added an element to the reply array, containing deleted entries the command cleared from the PEL"),
            ],
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 group consumer min-idle-time start ['COUNT' count:integer] ['JUSTID']",
        });

        table.Add(new("xclaim", -6, &XClaim)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to " +
                "the specified consumer.",
            Complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = """
                key#0 group consumer min-idle-time id... ['IDLE' ms:integer] ['TIME' unix-time-milliseconds:unix-time]
                ['RETRYCOUNT' count:integer] ['FORCE'] ['JUSTID'] ['LASTID' id]
                """,
        });
    }
}
