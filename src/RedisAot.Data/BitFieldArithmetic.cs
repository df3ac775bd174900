namespace RedisAot.Data;

/// <summary>What BITFIELD does with a result that its field cannot hold.</summary>
public enum BitFieldOverflow
{
    /// <summary>Keep the low bits.</summary>
    Wrap,

    /// <summary>Keep the nearest number that fits.</summary>
    Saturate,

    /// <summary>Store nothing.</summary>
    Fail,
}

/// <summary>Sums in integers of 1 to 64 bits.</summary>
public static class BitFieldArithmetic
{
    /// <summary>
    /// value + increment as a signed integer of so many bits. False if the exact sum does not fit; <paramref name="sum"/> is then what
    /// <paramref name="overflow"/> makes of it.
    /// </summary>
    public static bool TryAddSigned(long value, long increment, int bits, BitFieldOverflow overflow, out long sum)
    {
        Int128 exact = (Int128)value + increment;
        long max = long.MaxValue >> (64 - bits), min = ~max;
        sum = Wrap(unchecked(value + increment), bits);
        if (exact >= min && exact <= max)
            return true;
        // Official computes max - value in 64 bits: of a value so low that this overflows it thinks that it is too high.
        bool tooHigh = exact > max || (bits < 64 && value < max - long.MaxValue);
        if (overflow == BitFieldOverflow.Saturate)
            sum = tooHigh ? max : min;
        return false;
    }

    /// <summary>
    /// value + increment as an unsigned integer of so many bits, 63 at most. False if the exact sum does not fit;
    /// <paramref name="sum"/> is then what <paramref name="overflow"/> makes of it.
    /// </summary>
    public static bool TryAddUnsigned(ulong value, long increment, int bits, BitFieldOverflow overflow, out ulong sum)
    {
        Int128 exact = (Int128)value + increment;
        ulong max = ulong.MaxValue >> (64 - bits);
        sum = unchecked(value + (ulong)increment) & max;
        if (exact >= 0 && exact <= max)
            return true;
        if (overflow == BitFieldOverflow.Saturate)
            sum = exact > max ? max : 0;
        return false;
    }

    private static long Wrap(long value, int bits) => value << (64 - bits) >> (64 - bits);
}
