using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary>ASCII comparisons and C's lenient reading of integers.</summary>
internal static class AsciiText
{
    /// <summary>Whether two texts are equal but for the case of ASCII letters.</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Ascii.EqualsIgnoreCase(left, right);

    /// <summary>Whether two texts are equal but for the case of ASCII letters.</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> left, ReadOnlySpan<char> right) => Ascii.EqualsIgnoreCase(left, right);

    /// <summary>The white space of C's <c>isspace</c>.</summary>
    public static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);

    /// <summary>
    /// Reads an integer as C's <c>strtoll</c> does: leading blanks, a sign and leading zeros are allowed, an empty text is 0.
    /// </summary>
    /// <returns>False when something follows the digits or the value does not fit.</returns>
    public static bool TryParsePrefixedInteger(ReadOnlySpan<byte> text, int radix, out long value)
    {
        int i = 0;
        while (i < text.Length && IsSpace(text[i])) i++;
        bool negative = i < text.Length && text[i] == '-';
        if (i < text.Length && text[i] is (byte)'-' or (byte)'+') i++;
        int firstDigit = i;
        UInt128 magnitude = 0;
        bool fits = true;
        for (; i < text.Length && text[i] >= '0' && text[i] < '0' + radix; i++)
        {
            magnitude = magnitude * (uint)radix + (uint)(text[i] - '0');
            if (magnitude <= 1UL << 63) continue;
            fits = false;
            magnitude = 1UL << 63;
        }

        bool complete = i == text.Length && (i > firstDigit || text.Length == 0);
        if (!negative && magnitude > long.MaxValue) fits = false;
        value = negative ? (long)(0 - (ulong)magnitude) : (long)(ulong)magnitude;
        return complete && fits;
    }
}
