using System.Globalization;

namespace RedisAot.Server.Configuration;

/// <summary>Byte counts with units: <c>k m g</c> are powers of 1000, <c>kb mb gb</c> powers of 1024, case does not matter.</summary>
internal static class MemorySize
{
    /// <summary>The most digits that are read at all.</summary>
    private const int MaxDigits = 127;

    /// <summary>Reads a size. Too big a number saturates before the unit is applied, and the product wraps, as in official Redis.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong bytes)
    {
        int digits = 0;
        ulong number = 0;
        bool saturated = false;
        while (digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9')
        {
            UInt128 next = (UInt128)number * 10 + (uint)(text[digits++] - '0');
            saturated |= next > ulong.MaxValue;
            number = saturated ? ulong.MaxValue : (ulong)next;
        }

        ulong unit = Unit(text[digits..]);
        bytes = unchecked(number * unit);
        return unit != 0 && digits <= MaxDigits;
    }

    /// <summary>The shortest spelling in whole <c>gb</c>, <c>mb</c>, <c>kb</c> or bytes.</summary>
    public static string Format(long bytes)
    {
        if (bytes != 0 && bytes % (1L << 30) == 0) return string.Create(CultureInfo.InvariantCulture, $"{bytes >> 30}gb");
        if (bytes != 0 && bytes % (1L << 20) == 0) return string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20}mb");
        if (bytes != 0 && bytes % (1L << 10) == 0) return string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10}kb");
        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Bytes in a unit; 0 for an unknown one.</summary>
    private static ulong Unit(ReadOnlySpan<byte> unit)
    {
        if (unit.Length == 0 || AsciiText.EqualsIgnoreCase(unit, "b"u8)) return 1;
        if (AsciiText.EqualsIgnoreCase(unit, "k"u8)) return 1_000;
        if (AsciiText.EqualsIgnoreCase(unit, "kb"u8)) return 1UL << 10;
        if (AsciiText.EqualsIgnoreCase(unit, "m"u8)) return 1_000_000;
        if (AsciiText.EqualsIgnoreCase(unit, "mb"u8)) return 1UL << 20;
        if (AsciiText.EqualsIgnoreCase(unit, "g"u8)) return 1_000_000_000;
        if (AsciiText.EqualsIgnoreCase(unit, "gb"u8)) return 1UL << 30;
        return 0;
    }
}
