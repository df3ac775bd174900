using System.Globalization;
using System.Runtime.CompilerServices;

namespace RedisAot.Resp;

/// <summary>
/// Numbers as text, exactly as the official server reads and prints them: what it takes for an integer or a double decides
/// between a value and an error, and what it prints is compared byte for byte.
/// </summary>
public static class NumberText
{
    /// <summary>The longest text of an <see cref="Int64"/>, in bytes: the sign and 19 digits (or 20 digits unsigned).</summary>
    public const int MaxInt64Length = 20;

    /// <summary>The longest text of a double, in bytes: sign, 17 digits, point, <c>e-308</c>, with room to spare.</summary>
    public const int MaxDoubleLength = 32;

    private const int MaxDigits = 19;
    private const int DoublePrecision = 17;

    private static ReadOnlySpan<byte> DigitPairs =>
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"u8;

    // Every power of ten that a double holds exactly.
    private static ReadOnlySpan<double> ExactPowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>
    /// Reads a signed 64-bit integer in its only canonical form: no spaces, no plus sign, no leading zeros, no "-0".
    /// What it accepts, <see cref="Format(long, Span{byte})"/> gives back unchanged.
    /// </summary>
    public static bool TryParseLong(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length == 1 && text[0] == '0')
            return true;

        bool negative = text.Length > 0 && text[0] == '-';
        if (!TryParseDigits(negative ? text[1..] : text, out ulong magnitude))
            return false;
        if (magnitude > (ulong)long.MaxValue + (negative ? 1UL : 0UL))
            return false;
        value = negative ? (long)(0 - magnitude) : (long)magnitude;
        return true;
    }

    /// <summary>Digits of which the first is not zero. Nineteen always fit 64 bits; with twenty no signed integer is in range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryParseDigits(ReadOnlySpan<byte> digits, out ulong magnitude)
    {
        magnitude = 0;
        if (digits.IsEmpty || digits.Length > MaxDigits || digits[0] == '0')
            return false;
        foreach (byte c in digits)
        {
            uint digit = (uint)c - '0';
            if (digit > 9)
                return false;
            magnitude = magnitude * 10 + digit;
        }
        return true;
    }

    /// <summary>Writes <paramref name="value"/> in decimal and returns the length; <see cref="MaxInt64Length"/> bytes always suffice.</summary>
    public static int Format(long value, Span<byte> destination)
    {
        if (value >= 0)
            return Format((ulong)value, destination);
        destination[0] = (byte)'-';
        return 1 + Format(0 - (ulong)value, destination[1..]);
    }

    /// <summary>Writes <paramref name="value"/> in decimal and returns the length; <see cref="MaxInt64Length"/> bytes always suffice.</summary>
    public static int Format(ulong value, Span<byte> destination)
    {
        int length = DigitCount(value);
        Span<byte> text = destination[..length];
        int next = length;
        while (value >= 100)
        {
            (value, ulong pair) = Math.DivRem(value, 100);
            text[--next] = DigitPairs[(int)pair * 2 + 1];
            text[--next] = DigitPairs[(int)pair * 2];
        }
        if (value >= 10)
        {
            text[1] = DigitPairs[(int)value * 2 + 1];
            text[0] = DigitPairs[(int)value * 2];
        }
        else
        {
            text[0] = (byte)('0' + value);
        }
        return length;
    }

    /// <summary>How many bytes <see cref="Format(long, Span{byte})"/> writes.</summary>
    public static int Length(long value) => value >= 0 ? DigitCount((ulong)value) : 1 + DigitCount(0 - (ulong)value);

    private static int DigitCount(ulong value)
    {
        int count = 1;
        while (value >= 10_000)
        {
            value /= 10_000;
            count += 4;
        }
        return count + (value >= 1000 ? 3 : value >= 100 ? 2 : value >= 10 ? 1 : 0);
    }

    /// <summary>
    /// Reads a double as the official server does with strtod: decimal, hexadecimal, "inf" and "infinity" in any case, with a sign.
    /// Spaces, trailing bytes, NaN, and finite numbers that overflow to infinity or vanish to zero are refused.
    /// </summary>
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (!FloatLiteral.TryScan(text, out FloatLiteral literal))
            return false;
        if (!TryConvert(text, literal, out double magnitude))
            return false;
        value = literal.IsNegative ? -magnitude : magnitude;
        return true;
    }

    /// <summary>
    /// Reads a double as the official server reads the bounds of ranges, which is more lenient: leading white space is skipped, what
    /// follows a NUL is not looked at, no text at all is zero, and numbers may overflow to infinity or vanish to zero. NaN is refused.
    /// </summary>
    public static bool TryParseBound(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        int end = text.IndexOf((byte)0);
        if (end >= 0)
            text = text[..end];
        if (text.IsEmpty)
            return true;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        if (!FloatLiteral.TryScan(text, out FloatLiteral literal))
            return false;
        TryConvert(text, literal, out double magnitude);
        value = literal.IsNegative ? -magnitude : magnitude;
        return true;
    }

    /// <summary>Rounds; false where a finite number overflows or vanishes, which gives infinity or zero.</summary>
    private static bool TryConvert(ReadOnlySpan<byte> text, in FloatLiteral literal, out double magnitude)
    {
        magnitude = double.PositiveInfinity;
        if (literal.IsInfinity)
            return true;

        // Both operands exact, so the one operation rounds correctly (Clinger's fast path).
        if (literal.TryGetSmallDecimal(out ulong digits, out int scale) && digits < 1UL << 53 && Math.Abs(scale) <= 22)
        {
            magnitude = scale < 0 ? digits / ExactPowersOfTen[-scale] : digits * ExactPowersOfTen[scale];
            return true;
        }

        // The library rounds correctly too, but its limits on digits and exponent are not ours.
        if (!literal.IsHexadecimal && text.Length <= 64 && Math.Abs(literal.Scale) < 1000)
            magnitude = Math.Abs(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        else
            magnitude = literal.ToBinary(BinaryFormat.Double).ToDouble();
        return !double.IsInfinity(magnitude) && (magnitude != 0 || literal.IsZero);
    }

    /// <summary>
    /// Writes a double as C's <c>%.17g</c> ("inf", "-inf", "nan" for what is not finite), the form of replies, and returns the length.
    /// <see cref="MaxDoubleLength"/> bytes always suffice.
    /// </summary>
    public static int Format(double value, Span<byte> destination)
    {
        if (!double.IsFinite(value))
            return FormatNotFinite(value, destination);
        if (Math.Abs(value) < 1e17 && value == (long)value && (value != 0 || !double.IsNegative(value)))
            return Format((long)value, destination);
        return FormatGeneral(value, destination);
    }

    /// <summary>
    /// Writes a double in the form in which sorted sets store scores: integers up to 2^62 with all their digits, else <c>%.17g</c>.
    /// Returns the length; <see cref="MaxDoubleLength"/> bytes always suffice.
    /// </summary>
    public static int FormatScore(double value, Span<byte> destination)
    {
        const double safeForCast = long.MaxValue / 2;
        if (value != 0 && Math.Abs(value) <= safeForCast && value == (long)value)
            return Format((long)value, destination);
        return Format(value, destination);
    }

    /// <summary>
    /// Writes a double with so many digits behind the point (1 to 17), halves rounded to even, as official does: what does not
    /// fit 64 bits once scaled becomes their lowest value. Returns the length; <see cref="MaxDoubleLength"/> bytes always suffice.
    /// </summary>
    public static int FormatFixed(double value, int decimals, Span<byte> destination)
    {
        ulong scale = 1;
        for (int i = 0; i < decimals; i++)
            scale *= 10;
        double rounded = Math.Round(value * scale, MidpointRounding.ToEven);
        long scaled = Math.Abs(rounded) < long.MaxValue ? (long)rounded : long.MinValue;
        ulong magnitude = scaled < 0 ? 0 - (ulong)scaled : (ulong)scaled;
        int length = 0;
        if (scaled < 0)
            destination[length++] = (byte)'-';
        length += Format(magnitude / scale, destination[length..]);
        destination[length] = (byte)'.';
        ulong fraction = magnitude % scale;
        for (int i = decimals; i > 0; i--, fraction /= 10)
            destination[length + i] = (byte)('0' + fraction % 10);
        return length + decimals + 1;
    }

    private static int FormatNotFinite(double value, Span<byte> destination)
    {
        ReadOnlySpan<byte> text = double.IsNaN(value) ? "nan"u8 : value > 0 ? "inf"u8 : "-inf"u8;
        text.CopyTo(destination);
        return text.Length;
    }

    /// <summary>C's <c>%.17g</c>: 17 significant digits, trailing zeros dropped, scientific below 1e-4 and from 1e17.</summary>
    private static int FormatGeneral(double value, Span<byte> destination)
    {
        Span<byte> scientific = stackalloc byte[MaxDoubleLength];
        if (!Math.Abs(value).TryFormat(scientific, out int written, "E16", CultureInfo.InvariantCulture))
            throw new InvalidOperationException("a double of 17 digits did not fit its buffer");

        // d.ddddddddddddddddE+ddd, exact: the digits without their point, then the exponent.
        Span<byte> digits = stackalloc byte[DoublePrecision];
        digits[0] = scientific[0];
        scientific.Slice(2, DoublePrecision - 1).CopyTo(digits[1..]);
        int exponent = ParseExponent(scientific[(DoublePrecision + 2)..written]);
        digits = digits[..(digits.LastIndexOfAnyExcept((byte)'0') + 1)];

        int length = 0;
        if (double.IsNegative(value))
            destination[length++] = (byte)'-';
        Span<byte> rest = destination[length..];
        if (digits.IsEmpty)
            rest[0] = (byte)'0';
        return length + (digits.IsEmpty ? 1
            : exponent is < -4 or >= DoublePrecision ? WriteScientific(digits, exponent, rest)
            : exponent < 0 ? WriteFraction(digits, exponent, rest)
            : WriteFixed(digits, exponent, rest));
    }

    private static int ParseExponent(ReadOnlySpan<byte> text)
    {
        int magnitude = 0;
        foreach (byte c in text[1..])
            magnitude = magnitude * 10 + (c - '0');
        return text[0] == '-' ? -magnitude : magnitude;
    }

    private static int WriteScientific(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        int length = 0;
        destination[length++] = digits[0];
        if (digits.Length > 1)
        {
            destination[length++] = (byte)'.';
            digits[1..].CopyTo(destination[length..]);
            length += digits.Length - 1;
        }
        destination[length++] = (byte)'e';
        destination[length++] = (byte)(exponent < 0 ? '-' : '+');
        int magnitude = Math.Abs(exponent);
        if (magnitude < 10)
            destination[length++] = (byte)'0';
        return length + Format((ulong)magnitude, destination[length..]);
    }

    private static int WriteFraction(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        int leading = 1 - exponent;
        destination[..leading].Fill((byte)'0');
        destination[1] = (byte)'.';
        digits.CopyTo(destination[leading..]);
        return leading + digits.Length;
    }

    private static int WriteFixed(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        int whole = exponent + 1;
        if (digits.Length <= whole)
        {
            digits.CopyTo(destination);
            destination[digits.Length..whole].Fill((byte)'0');
            return whole;
        }
        digits[..whole].CopyTo(destination);
        destination[whole] = (byte)'.';
        digits[whole..].CopyTo(destination[(whole + 1)..]);
        return digits.Length + 1;
    }
}
