using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>Parts of streams as replies.</summary>
internal static unsafe class StreamReply
{
    /// <summary>An ID, as a bulk string.</summary>
    [SkipLocalsInit]
    public static void Id(ReplyWriter reply, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.MaxTextLength];
        int length = NumberText.Format(id.Ms, text);
        text[length++] = (byte)'-';
        length += NumberText.Format(id.Sequence, text[length..]);
        reply.Bulk(text[..length]);
    }

    /// <summary>The entry that a cursor stands at: its ID, and its fields with their values.</summary>
    public static void Entry(ReplyWriter reply, ref StreamCursor cursor)
    {
        reply.ArrayHeader(2);
        IdAndFields(reply, ref cursor);
    }

    /// <summary>The entry that a cursor stands at, and how it was delivered before.</summary>
    public static void DeliveredEntry(ReplyWriter reply, ref StreamCursor cursor, long idleMs, long deliveries)
    {
        reply.ArrayHeader(4);
        IdAndFields(reply, ref cursor);
        reply.Integer(idleMs);
        reply.Integer(deliveries);
    }

    private static void IdAndFields(ReplyWriter reply, ref StreamCursor cursor)
    {
        Id(reply, cursor.Id);
        reply.ArrayHeader(cursor.FieldCount * 2);
        for (long left = cursor.FieldCount; left > 0; left--)
        {
            cursor.ReadField(out ListpackValue field, out ListpackValue value);
            ElementReply.Write(reply, field);
            ElementReply.Write(reply, value);
        }
    }

    /// <summary>The entry of an ID; false, and no reply, when there is none.</summary>
    public static bool TryEntry(ReplyWriter reply, StreamData* stream, StreamId id)
    {
        StreamCursor cursor = new(stream, id, id);
        if (!cursor.MoveNext())
            return false;
        Entry(reply, ref cursor);
        return true;
    }

    /// <summary>An array of the entries in a range, at most <paramref name="count"/> of them (0: all).</summary>
    public static void Range(CommandContext c, StreamData* stream, StreamId start, StreamId end, long count, bool reverse)
    {
        StreamReplyLimit limit = new(c, count);
        Range(c, stream, start, end, ref limit, reverse);
    }

    /// <summary>An array of the entries in a range, as far as the limit allows.</summary>
    public static void Range(CommandContext c, StreamData* stream, StreamId start, StreamId end, ref StreamReplyLimit limit, bool reverse)
    {
        nint mark = c.Reply.BeginDeferred();
        StreamCursor cursor = new(stream, start, end, reverse);
        while (!limit.IsReached && cursor.MoveNext())
        {
            Entry(c.Reply, ref cursor);
            limit.Note(c);
        }
        c.Reply.EndDeferredArray(mark, limit.Written);
    }

    /// <summary>An error about a key and a group, which the text names in this order.</summary>
    public static void NoGroup(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> group, ReadOnlySpan<byte> end) =>
        c.Reply.Error([.. "NOGROUP No such key '"u8, .. key, .. "' or consumer group '"u8, .. group, .. end]);

    /// <summary>An error about a group that a stream does not have.</summary>
    public static void NoGroupOfKey(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> group) =>
        c.Reply.Error([.. "NOGROUP No such consumer group '"u8, .. group, .. "' for key name '"u8, .. key, .. "'"u8]);
}
