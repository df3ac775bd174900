using System.Numerics;

namespace RedisAot.Resp;

/// <summary>
/// The 80-bit extended number of the x87, which is C's long double on x86-64: the official server adds and prints with it in
/// INCRBYFLOAT and HINCRBYFLOAT, so equal bytes need equal arithmetic. Magnitude = mantissa × 2^exponent.
/// </summary>
public readonly struct LongDouble
{
    /// <summary>The longest text that <see cref="TryParse"/> takes, in bytes (official MAX_LONG_DOUBLE_CHARS less its terminator).</summary>
    public const int MaxParseLength = 5 * 1024 - 1;

    /// <summary>The longest text that <see cref="Format"/> writes, in bytes: sign, 4933 digits, point and 17 more.</summary>
    public const int MaxTextLength = 5 * 1024;

    private const int FractionDigits = 17;
    private const ulong FractionScale = 100_000_000_000_000_000;

    private readonly ulong _mantissa;
    private readonly int _exponent;
    private readonly bool _negative;
    private readonly bool _infinity;
    private readonly bool _nan;

    private LongDouble(bool negative, in BinaryNumber magnitude)
    {
        _negative = negative;
        _mantissa = magnitude.Mantissa;
        _exponent = magnitude.Exponent;
        _infinity = magnitude.IsInfinity;
    }

    private LongDouble(bool nan) => _nan = nan;

    /// <summary>The largest finite number, C's LDBL_MAX.</summary>
    public static LongDouble MaxValue => new(false, BinaryFormat.Extended.MaxValue);

    /// <summary>The smallest finite number.</summary>
    public static LongDouble MinValue => new(true, BinaryFormat.Extended.MaxValue);

    /// <summary>Whether the value is neither infinite nor NaN.</summary>
    public bool IsFinite => !_infinity && !_nan;

    /// <summary>Whether the value is no number.</summary>
    public bool IsNaN => _nan;

    /// <summary>Every 64-bit integer is exact.</summary>
    public static LongDouble FromInt64(long value)
    {
        ulong magnitude = value < 0 ? 0 - (ulong)value : (ulong)value;
        return new LongDouble(value < 0, BinaryFormat.Extended.Round(magnitude, 0, false));
    }

    /// <summary>Every finite double is exact.</summary>
    public static LongDouble FromDouble(double value)
    {
        if (double.IsNaN(value))
            return new LongDouble(nan: true);
        if (double.IsInfinity(value))
            return new LongDouble(value < 0, BinaryNumber.Infinity);
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        ulong fraction = bits & ((1UL << 52) - 1);
        int biased = (int)(bits >> 52) & 0x7ff;
        ulong mantissa = biased == 0 ? fraction : fraction | 1UL << 52;
        return new LongDouble(double.IsNegative(value), BinaryFormat.Extended.Round(mantissa, Math.Max(biased, 1) - 1075, false));
    }

    /// <summary>
    /// Reads a number as the official server does with strtold: decimal, hexadecimal, "inf" and "infinity" in any case, with a sign.
    /// Spaces, trailing bytes, NaN, texts over <see cref="MaxParseLength"/>, and finite numbers that overflow or vanish are refused.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out LongDouble value)
    {
        value = default;
        if (text.Length > MaxParseLength || !FloatLiteral.TryScan(text, out FloatLiteral literal))
            return false;
        BinaryNumber magnitude = literal.IsInfinity ? BinaryNumber.Infinity : literal.ToBinary(BinaryFormat.Extended);
        value = new LongDouble(literal.IsNegative, magnitude);
        bool overflowed = magnitude.IsInfinity && !literal.IsInfinity;
        bool vanished = !magnitude.IsInfinity && magnitude.Mantissa == 0 && !literal.IsZero;
        return !overflowed && !vanished;
    }

    /// <summary>The double nearest to the value, or next to it.</summary>
    public double ToDouble()
    {
        if (_nan)
            return double.NaN;
        double magnitude = _infinity ? double.PositiveInfinity : Math.ScaleB(_mantissa, _exponent);
        return _negative ? -magnitude : magnitude;
    }

    /// <summary>The sum rounded to nearest, ties to even; infinity on overflow, NaN for infinities of opposite sign.</summary>
    public static LongDouble operator +(in LongDouble left, in LongDouble right)
    {
        if (!left.IsFinite || !right.IsFinite)
            return AddNotFinite(left, right);
        if (left._mantissa == 0 || right._mantissa == 0)
            return AddZero(left, right);
        return IsMagnitudeLess(left, right) ? AddOrdered(right, left) : AddOrdered(left, right);
    }

    /// <summary>The number with the other sign.</summary>
    public static LongDouble operator -(in LongDouble value) =>
        value._nan ? value : new LongDouble(!value._negative, new BinaryNumber(value._mantissa, value._exponent, value._infinity));

    /// <summary>Whether the left number is less; false when either is NaN.</summary>
    public static bool operator <(in LongDouble left, in LongDouble right)
    {
        if (left._nan || right._nan || (left.IsZero && right.IsZero))
            return false;
        if (left._negative != right._negative || left.IsZero || right.IsZero)
            return left.IsZero ? !right._negative : left._negative;
        return left._negative ? IsMagnitudeLessOrInfinite(right, left) : IsMagnitudeLessOrInfinite(left, right);
    }

    /// <summary>Whether the left number is greater; false when either is NaN.</summary>
    public static bool operator >(in LongDouble left, in LongDouble right) => right < left;

    private bool IsZero => !_infinity && !_nan && _mantissa == 0;

    private static bool IsMagnitudeLessOrInfinite(in LongDouble left, in LongDouble right) =>
        !left._infinity && (right._infinity || IsMagnitudeLess(left, right));

    private static LongDouble AddNotFinite(in LongDouble left, in LongDouble right)
    {
        if (left._nan || right._nan || (left._infinity && right._infinity && left._negative != right._negative))
            return new LongDouble(nan: true);
        return left._infinity ? left : right;
    }

    private static LongDouble AddZero(in LongDouble left, in LongDouble right)
    {
        if (left._mantissa == 0 && right._mantissa == 0)
            return new LongDouble(left._negative && right._negative, default);
        return left._mantissa == 0 ? right : left;
    }

    // Mantissas are normalised (or subnormal at the one smallest exponent), so exponents order first.
    private static bool IsMagnitudeLess(in LongDouble left, in LongDouble right) =>
        left._exponent != right._exponent ? left._exponent < right._exponent : left._mantissa < right._mantissa;

    private static LongDouble AddOrdered(in LongDouble larger, in LongDouble smaller)
    {
        // 63 guard bits; what falls off below them only says that the exact sum is not representable.
        const int guard = 63;
        int distance = larger._exponent - smaller._exponent;
        UInt128 high = (UInt128)larger._mantissa << guard;
        UInt128 low = (UInt128)smaller._mantissa << guard;
        UInt128 aligned = distance >= 128 ? 0 : low >> distance;
        bool inexact = distance >= 128 || aligned << distance != low;

        UInt128 sum;
        if (larger._negative == smaller._negative)
            sum = high + aligned;
        else
            sum = high - aligned - (inexact ? UInt128.One : UInt128.Zero); // the true value lies above this again, as inexact says
        bool negative = larger._negative && sum != 0;
        return new LongDouble(negative, BinaryFormat.Extended.Round(sum, larger._exponent - guard, inexact));
    }

    /// <summary>
    /// Writes the value as C's <c>%.17Lf</c> without trailing zeros (and "0" for what rounds to minus zero), and returns the length;
    /// <see cref="MaxTextLength"/> bytes always suffice.
    /// </summary>
    public int Format(Span<byte> destination)
    {
        if (!IsFinite)
        {
            ReadOnlySpan<byte> text = _nan ? "nan"u8 : _negative ? "-inf"u8 : "inf"u8;
            text.CopyTo(destination);
            return text.Length;
        }
        int sign = _negative ? 1 : 0;
        destination[0] = (byte)'-';
        int length = _exponent >= 0 ? FormatWhole(destination[sign..]) : FormatFraction(destination[sign..]);
        if (sign == 1 && length == 1 && destination[1] == '0')
        {
            destination[0] = (byte)'0';
            return 1;
        }
        return sign + length;
    }

    private int FormatWhole(Span<byte> destination)
    {
        if (_exponent == 0 || _mantissa == 0)
            return NumberText.Format(_mantissa, destination);
        Span<char> digits = stackalloc char[MaxTextLength];
        if (!((BigInteger)_mantissa << _exponent).TryFormat(digits, out int length, default, System.Globalization.CultureInfo.InvariantCulture))
            throw new InvalidOperationException("a long double did not fit its buffer");
        System.Text.Encoding.ASCII.GetBytes(digits[..length], destination);
        return length;
    }

    private int FormatFraction(Span<byte> destination)
    {
        // Below 2^64 × 10^17, which 128 bits hold; a shift beyond them leaves less than half a unit of the last digit.
        UInt128 scaled = (UInt128)_mantissa * FractionScale;
        int shift = -_exponent;
        UInt128 rounded = shift > 128 ? 0 : BinaryFormat.ShiftRightToEven(scaled, shift, inexact: false);
        (UInt128 whole, UInt128 rest) = UInt128.DivRem(rounded, FractionScale);

        int length = NumberText.Format((ulong)whole, destination);
        ulong fraction = (ulong)rest;
        if (fraction == 0)
            return length;
        destination[length] = (byte)'.';
        Span<byte> digits = destination.Slice(length + 1, FractionDigits);
        for (int i = FractionDigits - 1; i >= 0; i--)
        {
            (fraction, ulong digit) = Math.DivRem(fraction, 10);
            digits[i] = (byte)('0' + digit);
        }
        return length + 2 + digits.LastIndexOfAnyExcept((byte)'0');
    }
}
