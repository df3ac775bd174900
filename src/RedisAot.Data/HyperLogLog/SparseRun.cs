namespace RedisAot.Data;

/// <summary>
/// A run of equal registers in a sparse HyperLogLog. Bytes: 00xxxxxx is up to 64 zeros, 01xxxxxx xxxxxxxx up to 16384
/// zeros (high bits first), 1vvvvvxx up to four registers of a value from 1 to 32; each number less one.
/// </summary>
public readonly struct SparseRun
{
    /// <summary>The highest value that can be written.</summary>
    public const int MaxValue = 32;

    internal const int MaxValueLength = 4;
    private const int MaxShortZeros = 64;
    private const byte LongZeros = 0x40;
    private const byte Values = 0x80;

    /// <summary>The value of the registers.</summary>
    public int Value { get; private init; }

    /// <summary>The number of registers.</summary>
    public int Length { get; private init; }

    /// <summary>The number of bytes that write the run: 1 or 2.</summary>
    public int Bytes { get; private init; }

    /// <summary>Reads the run at an offset; false at the end, and where the second byte is missing.</summary>
    public static bool TryRead(ReadOnlySpan<byte> runs, int offset, out SparseRun run)
    {
        run = default;
        if ((uint)offset >= (uint)runs.Length)
            return false;
        byte first = runs[offset];
        if (first >= Values)
        {
            run = new SparseRun { Value = (first >> 2 & 0x1f) + 1, Length = (first & 3) + 1, Bytes = 1 };
            return true;
        }
        if (first < LongZeros)
        {
            run = new SparseRun { Length = first + 1, Bytes = 1 };
            return true;
        }
        if (offset + 1 == runs.Length)
            return false;
        run = new SparseRun { Length = ((first & 0x3f) << 8 | runs[offset + 1]) + 1, Bytes = 2 };
        return true;
    }

    /// <summary>Writes a run of 0 to 16384 zeros, or of up to four registers of another value; returns the number of bytes.</summary>
    internal static int Write(Span<byte> to, int value, int length)
    {
        if (length == 0)
            return 0;
        if (value > 0)
        {
            to[0] = (byte)(Values | value - 1 << 2 | length - 1);
            return 1;
        }
        if (length <= MaxShortZeros)
        {
            to[0] = (byte)(length - 1);
            return 1;
        }
        to[0] = (byte)(LongZeros | length - 1 >> 8);
        to[1] = (byte)(length - 1);
        return 2;
    }
}
