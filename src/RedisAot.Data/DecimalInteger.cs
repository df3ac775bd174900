using System.Buffers.Text;

namespace RedisAot.Data;

/// <summary>Integers as the compact encodings store them: only the text that formatting the number gives back counts as one.</summary>
public static class DecimalInteger
{
    /// <summary>The longest text of a 64-bit integer, in bytes: the sign and 19 digits.</summary>
    public const int MaxLength = 20;

    /// <summary>Parses an optional minus sign and digits without leading zeros ("-0" is refused) within 64 bits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if ((uint)(text.Length - 1) >= MaxLength)
            return false;
        bool negative = text[0] == '-';
        int at = negative ? 1 : 0;
        if (at == text.Length)
            return false;
        uint first = (uint)(text[at] - '0');
        if (first - 1 > 8)
            return first == 0 && text.Length == 1;
        ulong magnitude = first;
        // Nineteen digits never overflow 64 unsigned bits, and there is no twentieth.
        while (++at < text.Length)
        {
            uint digit = (uint)(text[at] - '0');
            if (digit > 9)
                return false;
            magnitude = magnitude * 10 + digit;
        }
        if (text.Length - (negative ? 1 : 0) == MaxLength || magnitude > long.MaxValue + (negative ? 1UL : 0))
            return false;
        value = negative ? -(long)magnitude : (long)magnitude;
        return true;
    }

    /// <summary>Writes the number's text into <paramref name="destination"/> (at least <see cref="MaxLength"/> bytes) and returns that part.</summary>
    public static ReadOnlySpan<byte> Format(long value, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(value, destination, out int length);
        return destination[..length];
    }
}
