using System.Numerics;

namespace RedisAot.Resp;

/// <summary>A magnitude in a binary floating-point format: mantissa × 2^exponent, or infinity.</summary>
internal readonly record struct BinaryNumber(ulong Mantissa, int Exponent, bool IsInfinity)
{
    public static BinaryNumber Infinity => new(0, 0, true);

    /// <summary>The value as a double; exact if it was rounded to that format.</summary>
    public double ToDouble() => IsInfinity ? double.PositiveInfinity : Math.ScaleB(Mantissa, Exponent);
}

/// <summary>An IEEE 754 style format: how many bits a mantissa has and between which exponents of its last bit.</summary>
internal readonly struct BinaryFormat
{
    private readonly int _precision;
    private readonly int _minExponent;
    private readonly int _maxExponent;

    private BinaryFormat(int precision, int minExponent, int maxExponent, int minDecimal, int maxDecimal, int significantDigits)
    {
        _precision = precision;
        _minExponent = minExponent;
        _maxExponent = maxExponent;
        MinDecimalExponent = minDecimal;
        MaxDecimalExponent = maxDecimal;
        SignificantDecimalDigits = significantDigits;
    }

    /// <summary>The 64-bit format of <see cref="double"/>.</summary>
    public static BinaryFormat Double => new(53, -1074, 971, -330, 310, 770);

    /// <summary>The 80-bit extended format of the x87, C's long double on x86-64.</summary>
    public static BinaryFormat Extended => new(64, -16445, 16320, -4960, 4940, 11520);

    /// <summary>The largest finite number.</summary>
    public BinaryNumber MaxValue => new(ulong.MaxValue >> (64 - _precision), _maxExponent, false);

    /// <summary>Below 10 to this power every number rounds to zero.</summary>
    public int MinDecimalExponent { get; }

    /// <summary>From 10 to this power on every number rounds to infinity.</summary>
    public int MaxDecimalExponent { get; }

    /// <summary>No midpoint of two neighbours has more digits, so that later ones matter only by not being zero.</summary>
    public int SignificantDecimalDigits { get; }

    /// <summary>
    /// Rounds value × 2^exponent to nearest, ties to even. <paramref name="inexact"/> says that the true value is a little larger;
    /// then <paramref name="value"/> must have at least two bits more than the format's mantissa.
    /// </summary>
    public BinaryNumber Round(UInt128 value, long exponent, bool inexact)
    {
        int bits = 128 - (int)UInt128.LeadingZeroCount(value);
        long rounded = Math.Max(exponent + bits - _precision, _minExponent);
        long shift = rounded - exponent;
        if (value == 0 || shift > bits)
            return new BinaryNumber(0, _minExponent, false);

        UInt128 mantissa = shift <= 0 ? value << (int)-shift : ShiftRightToEven(value, (int)shift, inexact);
        if (mantissa >> _precision != 0)
        {
            mantissa >>= 1;
            rounded++;
        }
        return rounded > _maxExponent ? BinaryNumber.Infinity : new BinaryNumber((ulong)mantissa, (int)rounded, false);
    }

    /// <summary>value / 2^shift to nearest, ties to even, for a shift of 1 to 128.</summary>
    public static UInt128 ShiftRightToEven(UInt128 value, int shift, bool inexact)
    {
        UInt128 half = UInt128.One << (shift - 1);
        UInt128 below = value & ((half << 1) - 1);
        UInt128 quotient = shift == 128 ? 0 : value >> shift;
        bool up = below > half || (below == half && (inexact || UInt128.IsOddInteger(quotient)));
        return up ? quotient + 1 : quotient;
    }

    /// <summary>Rounds numerator / denominator.</summary>
    public BinaryNumber Round(BigInteger numerator, BigInteger denominator)
    {
        // A quotient of 126 to 128 bits: far more than any mantissa.
        long shift = 127 - (numerator.GetBitLength() - denominator.GetBitLength());
        if (shift >= 0)
            numerator <<= (int)shift;
        else
            denominator <<= (int)-shift;
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        return Round((UInt128)quotient, -shift, !remainder.IsZero);
    }
}
