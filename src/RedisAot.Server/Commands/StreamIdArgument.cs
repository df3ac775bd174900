using RedisAot.Data;
using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>Stream IDs among the arguments.</summary>
internal static class StreamIdArgument
{
    private const int MaxTextLength = 127;

    /// <summary>Reads argument <paramref name="index"/> as an ID, in which the sequence may be missing (0), or replies with the official error.</summary>
    public static bool TryRead(CommandContext c, int index, out StreamId id) => TryParse(c[index], 0, out id) || Invalid(c);

    /// <summary>Reads one end of a range: an ID, "-", "+", or "(" and an ID that does not belong to the range. An error is replied.</summary>
    /// <param name="c">The command.</param>
    /// <param name="index">Which argument.</param>
    /// <param name="isStart">Whether it is the lesser end.</param>
    /// <param name="id">The first (last) ID of the range.</param>
    public static bool TryReadBound(CommandContext c, int index, bool isStart, out StreamId id)
    {
        ReadOnlySpan<byte> text = c[index];
        ulong missing = isStart ? 0 : ulong.MaxValue;
        if (text.Length <= 1 || text[0] != '(')
            return TryParseLoosely(text, missing, out id) || Invalid(c);
        if (!TryParse(text[1..], missing, out id))
            return Invalid(c);
        if (isStart ? id.TryNext(out id) : id.TryPrevious(out id))
            return true;
        c.Reply.Error(isStart ? "ERR invalid start ID for the interval"u8 : "ERR invalid end ID for the interval"u8);
        return false;
    }

    /// <summary>Reads argument <paramref name="index"/> as an ID, "-" or "+", or replies with the official error.</summary>
    public static bool TryReadLoosely(CommandContext c, int index, out StreamId id) => TryParseLoosely(c[index], 0, out id) || Invalid(c);

    /// <summary>Replies that an argument is no ID.</summary>
    public static bool Invalid(CommandContext c)
    {
        c.Reply.Error("ERR Invalid stream ID specified as stream command argument"u8);
        return false;
    }

    /// <summary>Parses "ms-sequence", or "ms" with the sequence that is given.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, ulong missingSequence, out StreamId id)
    {
        id = default;
        if (text.Length > MaxTextLength)
            return false;
        int dash = text.IndexOf((byte)'-');
        ulong sequence = missingSequence;
        if (!TryParseNumber(dash < 0 ? text : text[..dash], out ulong ms) || (dash >= 0 && !TryParseNumber(text[(dash + 1)..], out sequence)))
            return false;
        id = new StreamId(ms, sequence);
        return true;
    }

    private static bool TryParseLoosely(ReadOnlySpan<byte> text, ulong missingSequence, out StreamId id)
    {
        if (text.Length != 1 || text[0] is not ((byte)'-' or (byte)'+'))
            return TryParse(text, missingSequence, out id);
        id = text[0] == '-' ? default : StreamId.Max;
        return true;
    }

    /// <summary>Parses an unsigned number of 64 bits.</summary>
    public static bool TryParseNumber(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        if (text.Length is 0 or > 20)
            return TryParseUnusual(text, out value);
        foreach (byte digit in text)
        {
            uint number = (uint)(digit - '0');
            if (number > 9)
                return TryParseUnusual(text, out value);
            ulong next = unchecked(value * 10 + number);
            if (value > ulong.MaxValue / 10 || next < number)
                return false;
            value = next;
        }
        return true;
    }

    /// <summary>What C's strtoull takes beyond digits: spaces and a sign in front, and more zeros. A negative integer in plain form is refused before.</summary>
    private static bool TryParseUnusual(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        if (NumberText.TryParseLong(text, out _))
            return false;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        bool isNegative = text.Length > 0 && text[0] == '-';
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        text = text.TrimStart((byte)'0');
        if (text.Length > 20 || (!text.IsEmpty && !TryParseNumber(text, out value)))
            return false;
        value = isNegative ? 0 - value : value;
        return true;
    }
}
