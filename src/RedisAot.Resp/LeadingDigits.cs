namespace RedisAot.Resp;

/// <summary>The significant digits of a number's text as far as 128 bits hold them, and what they have to be multiplied by.</summary>
internal readonly struct LeadingDigits
{
    // 10^38 and 16^32 both fit 128 bits.
    private const int MaxDecimal = 38;
    private const int MaxHexadecimal = 32;

    private LeadingDigits(bool hexadecimal, UInt128 value, int count, long scale, bool truncated)
    {
        IsHexadecimal = hexadecimal;
        Value = value;
        Count = count;
        Scale = scale;
        IsTruncated = truncated;
    }

    public bool IsHexadecimal { get; }

    public UInt128 Value { get; }

    /// <summary>How many digits <see cref="Value"/> has, without leading zeros.</summary>
    public int Count { get; }

    /// <summary>The power of the base that multiplies <see cref="Value"/>.</summary>
    public long Scale { get; }

    /// <summary>Whether a digit other than zero was left out.</summary>
    public bool IsTruncated { get; }

    /// <summary>
    /// Reads digits with at most one point among them. <paramref name="end"/> is the index after the last byte used, 0 without a digit.
    /// </summary>
    public static LeadingDigits Read(ReadOnlySpan<byte> text, bool hexadecimal, out int end)
    {
        uint radix = hexadecimal ? 16u : 10u;
        int limit = hexadecimal ? MaxHexadecimal : MaxDecimal;
        UInt128 value = 0;
        ulong small = 0; // the first digits, cheaper to gather in one word
        int count = 0;
        long scale = 0;
        bool truncated = false, point = false, any = false;

        int i = 0;
        for (; i < text.Length; i++)
        {
            uint digit = DigitOf(text[i]);
            if (digit >= radix)
            {
                if (text[i] != '.' || point)
                    break;
                point = true;
                continue;
            }
            any = true;
            if (count == limit)
            {
                truncated |= digit != 0;
                scale += point ? 0 : 1;
                continue;
            }
            scale -= point ? 1 : 0;
            if (digit == 0 && count == 0)
                continue;
            count++;
            if (count <= 15)
                value = small = small * radix + digit;
            else
                value = value * radix + digit;
        }
        end = any ? i : 0;
        return new LeadingDigits(hexadecimal, value, count, scale, truncated);
    }

    private static uint DigitOf(byte c)
    {
        uint digit = (uint)c - '0';
        if (digit <= 9)
            return digit;
        uint letter = ((uint)c | 0x20) - 'a';
        return letter <= 5 ? letter + 10 : uint.MaxValue;
    }
}
