using System.Buffers.Binary;
using System.Numerics;

namespace RedisAot.Data;

/// <summary>What adding to a HyperLogLog did.</summary>
public enum HyperLogLogUpdate
{
    /// <summary>The value is not a valid sparse representation; it is as it was.</summary>
    Corrupt = -1,

    /// <summary>No register grew.</summary>
    Unchanged = 0,

    /// <summary>A register grew, and the cached cardinality is no longer valid.</summary>
    Changed = 1,
}

/// <summary>
/// HyperLogLogs as official Redis keeps them in strings: "HYLL", encoding (0 dense, 1 sparse), three zero bytes, the
/// cached cardinality (8 bytes, low byte first; the top bit says that it is out of date), then 16384 registers, either
/// six bits each (dense) or run-length encoded (<see cref="SparseRun"/>).
/// </summary>
public static class HyperLogLog
{
    /// <summary>The number of registers.</summary>
    public const int RegisterCount = 1 << IndexBits;

    /// <summary>The length of every dense value, in bytes.</summary>
    public const int DenseBytes = HeaderBytes + RegisterCount * 6 / 8;

    internal const int HeaderBytes = 16;
    private const int IndexBits = 14;
    private const ulong HashSeed = 0xadc83b19;
    private const int EncodingAt = 4;

    /// <summary>By how much adding one element can lengthen a sparse value that stays sparse, in bytes.</summary>
    private const int MaxGrowth = 3;

    /// <summary>No register takes more bytes than a run of two.</summary>
    private const int MaxSparseBytes = RegisterCount * 2;

    private const byte Dense = 0, Sparse = 1;
    private const int CacheAt = 8;
    private const byte CacheInvalid = 0x80;

    /// <summary>The value of a new HyperLogLog: sparse, all registers 0, cached cardinality 0.</summary>
    public static ReadOnlySpan<byte> Empty =>
        [(byte)'H', (byte)'Y', (byte)'L', (byte)'L', Sparse, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff];

    /// <summary>Whether a string can be a HyperLogLog; whether a sparse one is valid shows when it is used.</summary>
    public static bool IsHyperLogLog(ReadOnlySpan<byte> value) =>
        value.Length >= HeaderBytes && value.StartsWith("HYLL"u8)
        && (value[EncodingAt] == Sparse || value[EncodingAt] == Dense && value.Length == DenseBytes);

    /// <summary>Whether a HyperLogLog is dense. Dense ones never change their length.</summary>
    public static bool IsDense(ReadOnlySpan<byte> value) => value[EncodingAt] == Dense;

    /// <summary>The cardinality that was computed last, if no register has changed since.</summary>
    public static bool TryGetCached(ReadOnlySpan<byte> value, out long cardinality)
    {
        cardinality = BinaryPrimitives.ReadInt64LittleEndian(value[CacheAt..]);
        return cardinality >= 0;
    }

    /// <summary>Keeps a computed cardinality.</summary>
    public static void SetCached(Span<byte> value, long cardinality) => BinaryPrimitives.WriteInt64LittleEndian(value[CacheAt..], cardinality);

    /// <summary>Says that the cached cardinality is out of date.</summary>
    public static void InvalidateCached(Span<byte> value) => value[CacheAt + sizeof(ulong) - 1] |= CacheInvalid;

    /// <summary>The room in bytes that a buffer needs for adding elements to a sparse value of some length.</summary>
    public static int BufferBytes(int length, int elements) =>
        Math.Max(DenseBytes, length + MaxGrowth + (int)Math.Min((long)MaxGrowth * elements, MaxSparseBytes));

    /// <summary>
    /// Adds an element to the value that is the first <paramref name="length"/> bytes of a buffer with
    /// <see cref="BufferBytes"/>, or, being dense, all of it. A sparse value becomes dense when
    /// it would exceed <paramref name="sparseMaxBytes"/> (hll-sparse-max-bytes) or cannot hold the register.
    /// </summary>
    public static HyperLogLogUpdate Add(Span<byte> buffer, ref int length, ReadOnlySpan<byte> element, long sparseMaxBytes)
    {
        ulong hash = MurmurHash64.Hash(element, HashSeed);
        int index = (int)(hash & RegisterCount - 1);
        // The run of zeros above the index, and the one that ends it; at most 51.
        int run = BitOperations.TrailingZeroCount(hash >> IndexBits | 1UL << (64 - IndexBits)) + 1;
        return Raise(buffer, ref length, index, run, sparseMaxBytes);
    }

    /// <summary>Raises a register to a value from 1 to 63 unless it is as high; see <see cref="Add"/>.</summary>
    public static HyperLogLogUpdate Raise(Span<byte> buffer, ref int length, int index, int register, long sparseMaxBytes)
    {
        HyperLogLogUpdate update;
        if (IsDense(buffer))
        {
            update = DenseRegisters.Raise(buffer[HeaderBytes..length], index, register);
        }
        else if (register > SparseRun.MaxValue)
        {
            update = RaiseAsDense(buffer, ref length, index, register);
        }
        else
        {
            int spare = (int)Math.Clamp(sparseMaxBytes - length, 0, MaxGrowth);
            int registersLength = length - HeaderBytes;
            bool fits = SparseRegisters.TryRaise(buffer[HeaderBytes..], ref registersLength, spare, index, register, out update);
            length = registersLength + HeaderBytes;
            if (!fits)
                update = RaiseAsDense(buffer, ref length, index, register);
        }
        if (update == HyperLogLogUpdate.Changed)
            InvalidateCached(buffer);
        return update;
    }

    /// <summary>Makes a value dense; the buffer has room for <see cref="DenseBytes"/>. False when a sparse one is corrupt.</summary>
    public static bool TryMakeDense(Span<byte> buffer, ref int length)
    {
        if (IsDense(buffer))
            return true;
        Span<byte> registers = stackalloc byte[RegisterCount];
        registers.Clear();
        if (!SparseRegisters.TryMergeInto(registers, buffer[HeaderBytes..length]))
            return false;
        DenseRegisters.Write(buffer[HeaderBytes..DenseBytes], registers);
        buffer[EncodingAt] = Dense;
        length = DenseBytes;
        return true;
    }

    /// <summary>Raises each of <see cref="RegisterCount"/> registers, a byte each, to that of a value. False when a sparse one is corrupt.</summary>
    public static bool TryMergeInto(Span<byte> registers, ReadOnlySpan<byte> value)
    {
        if (!IsDense(value))
            return SparseRegisters.TryMergeInto(registers, value[HeaderBytes..]);
        DenseRegisters.MergeInto(registers, value[HeaderBytes..]);
        return true;
    }

    /// <summary>Gives a dense value these registers, a byte each.</summary>
    public static void WriteDense(Span<byte> value, ReadOnlySpan<byte> registers)
    {
        DenseRegisters.Write(value[HeaderBytes..], registers);
        InvalidateCached(value);
    }

    /// <summary>The runs of a sparse value, from its first register on; see <see cref="SparseRun.TryRead"/>.</summary>
    public static ReadOnlySpan<byte> SparseRunsOf(ReadOnlySpan<byte> value) => value[HeaderBytes..];

    /// <summary>Estimates the cardinality of a value. False when a sparse one is corrupt.</summary>
    public static bool TryCount(ReadOnlySpan<byte> value, out long cardinality)
    {
        Span<int> histogram = stackalloc int[Cardinality.HistogramLength];
        histogram.Clear();
        bool valid = true;
        if (IsDense(value))
            DenseRegisters.AddTo(histogram, value[HeaderBytes..]);
        else
            valid = SparseRegisters.TryAddTo(histogram, value[HeaderBytes..]);
        cardinality = valid ? Cardinality.Estimate(histogram) : 0;
        return valid;
    }

    /// <summary>Estimates the cardinality from registers, a byte each.</summary>
    public static long Count(ReadOnlySpan<byte> registers)
    {
        Span<int> histogram = stackalloc int[Cardinality.HistogramLength];
        histogram.Clear();
        foreach (byte register in registers)
            histogram[register]++;
        return Cardinality.Estimate(histogram);
    }

    private static HyperLogLogUpdate RaiseAsDense(Span<byte> buffer, ref int length, int index, int register) =>
        TryMakeDense(buffer, ref length)
            ? DenseRegisters.Raise(buffer[HeaderBytes..length], index, register)
            : HyperLogLogUpdate.Corrupt;
}
