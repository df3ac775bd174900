using System.Globalization;
using RedisAot.Data;
using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>The cursor of SCAN, HSCAN, SSCAN and ZSCAN: an unsigned 64-bit number, 0 to begin and 0 at the end.</summary>
internal static class ScanCursor
{
    /// <summary>Reads a cursor as C's strtoul does, which is what official accepts; otherwise replies with the official error.</summary>
    public static bool TryRead(CommandContext c, int index, out ulong cursor)
    {
        ReadOnlySpan<byte> digits = c[index];
        cursor = 0;
        if (digits.IsEmpty)
            return true;
        bool negative = digits[0] == '-';
        if (negative || digits[0] == '+')
            digits = digits[1..];
        bool valid = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out cursor);
        if (negative)
            cursor = 0 - cursor;
        if (!valid)
            c.Reply.Error("ERR invalid cursor"u8);
        return valid;
    }

    /// <summary>The entries that one call finds, about <paramref name="count"/>, and the cursor of the next call.</summary>
    public static List<nint> Collect<TEntry>(ref HashTable<TEntry> table, ref ulong cursor, long count)
        where TEntry : struct, IHashEntry
    {
        List<nint> found = [];
        Collector collector = new(found);
        // A sparsely populated table is not searched for long to find few entries.
        ulong buckets = (ulong)count * 10;
        do
            cursor = table.Scan(cursor, ref collector);
        while (cursor != 0 && buckets-- != 0 && found.Count < count);
        return found;
    }

    /// <summary>Writes a cursor as a bulk string.</summary>
    public static void Reply(ReplyWriter reply, ulong cursor)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxInt64Length];
        reply.Bulk(text[..NumberText.Format(cursor, text)]);
    }

    /// <summary>Writes the reply for a missing collection: at the end, nothing found.</summary>
    public static void ReplyNothing(ReplyWriter reply)
    {
        reply.ArrayHeader(2);
        Reply(reply, 0);
        reply.ArrayHeader(0);
    }

    private readonly unsafe struct Collector(List<nint> found) : ISlotVisitor
    {
        public void Visit(Slot slot) => found.Add((nint)slot.Entry);
    }
}
