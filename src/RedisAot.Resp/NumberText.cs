namespace RedisAot.Resp;

/// <summary>Numbers as text, with the strictness of the official server.</summary>
public static class NumberText
{
    /// <summary>Parses a decimal of 64 bits: no blanks, no plus sign, no leading zeros, no "-0".</summary>
    public static bool TryParseLong(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > 20)
            return false;
        bool negative = text[0] == '-';
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        if (digits.Length == 1 && digits[0] == '0')
            return !negative;
        if (digits.Length == 0 || digits[0] is < (byte)'1' or > (byte)'9')
            return false;
        ulong magnitude = 0;
        foreach (byte digit in digits)
        {
            uint d = (uint)(digit - '0');
            if (d > 9 || magnitude > (ulong.MaxValue - d) / 10)
                return false;
            magnitude = magnitude * 10 + d;
        }
        ulong limit = negative ? 1UL << 63 : long.MaxValue;
        value = negative ? -(long)magnitude : (long)magnitude;
        return magnitude <= limit;
    }
}
