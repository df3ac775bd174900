using System.Numerics;

namespace RedisAot.Resp;

/// <summary>
/// A floating-point number as C's strtod family reads it, scanned but not yet rounded: the sign and either infinity or
/// digits × base^scale. It serves every binary format, so that double and long double accept the same texts.
/// </summary>
internal readonly ref struct FloatLiteral
{
    private readonly ReadOnlySpan<byte> _significand;
    private readonly LeadingDigits _digits;
    private readonly long _exponent;

    private FloatLiteral(bool negative, bool infinity, ReadOnlySpan<byte> significand, LeadingDigits digits, long exponent)
    {
        IsNegative = negative;
        IsInfinity = infinity;
        _significand = significand;
        _digits = digits;
        _exponent = exponent;
    }

    public bool IsNegative { get; }

    public bool IsInfinity { get; }

    public bool IsHexadecimal => _digits.IsHexadecimal;

    /// <summary>The power of ten (or of two, for hexadecimal) that multiplies the leading digits.</summary>
    public long Scale => _digits.Scale * (IsHexadecimal ? 4 : 1) + _exponent;

    /// <summary>Whether the text denotes exactly zero.</summary>
    public bool IsZero => !IsInfinity && _digits.Value == 0;

    /// <summary>Scans the whole of <paramref name="text"/>; false if it is not a number or is NaN.</summary>
    public static bool TryScan(ReadOnlySpan<byte> text, out FloatLiteral literal)
    {
        literal = default;
        if (text.IsEmpty)
            return false;
        bool negative = text[0] == '-';
        if (negative || text[0] == '+')
            text = text[1..];

        if (text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x')
            return TryScanDigits(negative, hexadecimal: true, text[2..], out literal);
        if (!text.IsEmpty && (text[0] | 0x20) == 'i')
        {
            literal = new FloatLiteral(negative, infinity: true, default, default, 0);
            return System.Text.Ascii.EqualsIgnoreCase(text, "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(text, "infinity"u8);
        }
        return TryScanDigits(negative, hexadecimal: false, text, out literal);
    }

    private static bool TryScanDigits(bool negative, bool hexadecimal, ReadOnlySpan<byte> text, out FloatLiteral literal)
    {
        literal = default;
        LeadingDigits digits = LeadingDigits.Read(text, hexadecimal, out int end);
        if (end == 0)
            return false;
        long exponent = 0;
        if (end < text.Length && !TryScanExponent(text[end..], hexadecimal ? 'p' : 'e', out exponent))
            return false;
        literal = new FloatLiteral(negative, infinity: false, text[..end], digits, exponent);
        return true;
    }

    /// <summary>An exponent beyond a trillion is held there: no text is long enough to bring such a number back into range.</summary>
    private static bool TryScanExponent(ReadOnlySpan<byte> text, char marker, out long exponent)
    {
        const long limit = 1_000_000_000_000;
        exponent = 0;
        if ((text[0] | 0x20) != marker)
            return false;
        text = text[1..];
        bool negative = !text.IsEmpty && text[0] == '-';
        if (negative || (!text.IsEmpty && text[0] == '+'))
            text = text[1..];
        if (text.IsEmpty)
            return false;
        foreach (byte c in text)
        {
            if (!char.IsAsciiDigit((char)c))
                return false;
            exponent = Math.Min(exponent * 10 + (c - '0'), limit);
        }
        if (negative)
            exponent = -exponent;
        return true;
    }

    /// <summary>The number as digits × 10^scale where it is decimal and its digits fit 64 bits.</summary>
    public bool TryGetSmallDecimal(out ulong digits, out int scale)
    {
        digits = (ulong)_digits.Value;
        scale = (int)Math.Clamp(Scale, int.MinValue / 2, int.MaxValue / 2);
        return !IsHexadecimal && !_digits.IsTruncated && _digits.Count <= 19;
    }

    /// <summary>The magnitude of a finite number rounded to nearest, ties to even.</summary>
    public BinaryNumber ToBinary(in BinaryFormat format)
    {
        if (IsZero)
            return default;
        if (IsHexadecimal)
            return format.Round(_digits.Value, Scale, _digits.IsTruncated);

        // Far outside of every format; also keeps the powers of ten below small.
        long magnitude = _digits.Count + Scale;
        if (magnitude > format.MaxDecimalExponent)
            return BinaryNumber.Infinity;
        if (magnitude < format.MinDecimalExponent)
            return default;

        if (TryGetSmallDecimal(out ulong digits, out int scale) && Math.Abs(scale) <= 18)
            return FromSmallDecimal(digits, scale, format);
        return FromLongDecimal(format);
    }

    private static BinaryNumber FromSmallDecimal(ulong digits, int scale, in BinaryFormat format)
    {
        ulong power = 1;
        for (int i = Math.Abs(scale); i > 0; i--)
            power *= 10;
        if (scale >= 0)
            return format.Round((UInt128)digits * power, 0, false);

        // A numerator of 128 bits over at most 60 leaves a quotient of at least 67: the 64 of a mantissa and those that round it.
        int shift = 64 + BitOperations.LeadingZeroCount(digits);
        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem((UInt128)digits << shift, power);
        return format.Round(quotient, -shift, remainder != 0);
    }

    private BinaryNumber FromLongDecimal(in BinaryFormat format)
    {
        BigInteger numerator = ReadSignificantDigits(format.SignificantDecimalDigits, out int count);
        long scale = Scale + _digits.Count - count;
        return scale >= 0
            ? format.Round(numerator * BigInteger.Pow(10, (int)scale), BigInteger.One)
            : format.Round(numerator, BigInteger.Pow(10, (int)-scale));
    }

    /// <summary>The first digits as one number; what lies beyond <paramref name="limit"/>, if not zero, becomes a last digit 1.</summary>
    private BigInteger ReadSignificantDigits(int limit, out int count)
    {
        BigInteger value = BigInteger.Zero;
        count = 0;
        ulong chunk = 0;
        ulong chunkScale = 1;
        bool truncated = false;
        foreach (byte c in _significand)
        {
            if (c == '.' || (c == '0' && count == 0))
                continue;
            if (count == limit)
            {
                truncated |= c != '0';
                continue;
            }
            count++;
            chunk = chunk * 10 + (uint)(c - '0');
            chunkScale *= 10;
            if (chunkScale == 1_000_000_000_000_000_000)
            {
                value = value * chunkScale + chunk;
                (chunk, chunkScale) = (0, 1);
            }
        }
        value = value * chunkScale + chunk;
        if (!truncated)
            return value;
        count++;
        return value * 10 + 1;
    }
}
