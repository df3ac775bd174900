using System.Globalization;
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

    /// <summary>Writes a cursor as a bulk string.</summary>
    public static void Reply(ReplyWriter reply, ulong cursor)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxInt64Length];
        reply.Bulk(text[..NumberText.Format(cursor, text)]);
    }
}
