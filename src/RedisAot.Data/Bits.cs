using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace RedisAot.Data;

/// <summary>The operations of BITOP. X is the first string, Y the others.</summary>
public enum BitOperation
{
    /// <summary>Bits set in every string.</summary>
    And,

    /// <summary>Bits set in any string.</summary>
    Or,

    /// <summary>Bits set in an odd number of strings.</summary>
    Xor,

    /// <summary>Bits not set in X, the only string.</summary>
    Not,

    /// <summary>Bits of X that are in no Y.</summary>
    Diff,

    /// <summary>Bits of any Y that are not in X.</summary>
    Diff1,

    /// <summary>Bits of X that are in any Y.</summary>
    AndOr,

    /// <summary>Bits set in exactly one string.</summary>
    One,
}

/// <summary>Strings as rows of bits, bit 0 being the highest of the first byte.</summary>
public static class Bits
{
    /// <summary>Number of bits set.</summary>
    public static long Count(ReadOnlySpan<byte> bytes)
    {
        // Four sums, so that the counts need not wait for one another.
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        long a = 0, b = 0, c = 0, d = 0;
        int i = 0;
        for (; i <= words.Length - 4; i += 4)
        {
            a += BitOperations.PopCount(words[i]);
            b += BitOperations.PopCount(words[i + 1]);
            c += BitOperations.PopCount(words[i + 2]);
            d += BitOperations.PopCount(words[i + 3]);
        }
        for (; i < words.Length; i++)
            a += BitOperations.PopCount(words[i]);
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            a += BitOperations.PopCount(rest);
        return a + b + c + d;
    }

    /// <summary>Number of bits set from bit <paramref name="first"/> to bit <paramref name="last"/>, both included and in range.</summary>
    public static long Count(ReadOnlySpan<byte> bytes, long first, long last)
    {
        int firstByte = (int)(first >> 3), lastByte = (int)(last >> 3);
        long count = Count(bytes[firstByte..(lastByte + 1)]);
        count -= BitOperations.PopCount((uint)bytes[firstByte] & ~FromBit(first));
        return count - BitOperations.PopCount((uint)bytes[lastByte] & ~ToBit(last));
    }

    /// <summary>
    /// The first bit from <paramref name="first"/> to <paramref name="last"/>, both included and in range, that has the given value;
    /// -1 if there is none.
    /// </summary>
    public static long Find(ReadOnlySpan<byte> bytes, bool value, long first, long last)
    {
        int firstByte = (int)(first >> 3), lastByte = (int)(last >> 3);
        uint inverted = value ? 0u : 0xff;
        uint head = (bytes[firstByte] ^ inverted) & FromBit(first);
        if (firstByte == lastByte)
            return PositionIn(head & ToBit(last), firstByte);
        if (head != 0)
            return PositionIn(head, firstByte);

        ReadOnlySpan<byte> middle = bytes[(firstByte + 1)..lastByte];
        int other = middle.IndexOfAnyExcept((byte)inverted);
        if (other >= 0)
            return PositionIn(middle[other] ^ inverted, firstByte + 1 + other);
        return PositionIn((bytes[lastByte] ^ inverted) & ToBit(last), lastByte);
    }

    /// <summary>
    /// Combines strings into <paramref name="result"/>, which is as long as the longest; shorter ones count as padded with zeros.
    /// <paramref name="source"/> gives string i of <paramref name="count"/>.
    /// </summary>
    public static void Combine<TSource>(BitOperation operation, scoped ref TSource source, int count, Span<byte> result)
        where TSource : IBitSource, allows ref struct
    {
        ReadOnlySpan<byte> first = source[0];
        switch (operation)
        {
            case BitOperation.Diff1 or BitOperation.AndOr or BitOperation.Diff:
                result.Clear();
                for (int i = 1; i < count; i++)
                    Apply<OrKernel>(source[i], result);
                if (operation == BitOperation.Diff)
                    Apply<ReverseAndNotKernel>(first, result, padded: true);
                else if (operation == BitOperation.Diff1)
                    Apply<AndNotKernel>(first, result);
                else
                    Apply<AndKernel>(first, result, padded: true);
                break;
            case BitOperation.One:
                CombineOne(ref source, count, result);
                break;
            default:
                first.CopyTo(result);
                result[first.Length..].Clear();
                if (operation == BitOperation.Not)
                    Apply<NotKernel>(result, result);
                for (int i = 1; i < count; i++)
                    ApplyNext(operation, source[i], result);
                break;
        }
    }

    private static void ApplyNext(BitOperation operation, ReadOnlySpan<byte> operand, Span<byte> result)
    {
        if (operation == BitOperation.And)
            Apply<AndKernel>(operand, result, padded: true);
        else if (operation == BitOperation.Or)
            Apply<OrKernel>(operand, result);
        else
            Apply<XorKernel>(operand, result);
    }

    /// <summary>Bits in exactly one string are those that came once and never again; the latter are gathered beside the result.</summary>
    private static void CombineOne<TSource>(scoped ref TSource source, int count, Span<byte> result)
        where TSource : IBitSource, allows ref struct
    {
        result.Clear();
        const int sliceBytes = 1024;
        Span<byte> repeated = stackalloc byte[sliceBytes];
        for (int from = 0; from < result.Length; from += sliceBytes)
        {
            Span<byte> once = result[from..Math.Min(from + sliceBytes, result.Length)];
            repeated.Clear();
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> operand = source[i];
                int length = Math.Min(operand.Length - from, once.Length);
                for (int j = 0; j < length; j++)
                {
                    byte bits = operand[from + j];
                    repeated[j] |= (byte)(once[j] & bits);
                    once[j] |= bits;
                }
            }
            Apply<AndNotKernel>(repeated[..once.Length], once);
        }
    }

    private interface IKernel
    {
        static abstract Vector<byte> Run(Vector<byte> operand, Vector<byte> result);

        static abstract byte Run(byte operand, byte result);
    }

    /// <summary>Runs a kernel over the operand's length, and where it counts over the zeros that pad it.</summary>
    private static void Apply<TKernel>(ReadOnlySpan<byte> operand, Span<byte> result, bool padded = false)
        where TKernel : IKernel
    {
        int i = 0;
        for (; i <= operand.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Span<byte> target = result[i..];
            TKernel.Run(new Vector<byte>(operand[i..]), new Vector<byte>(target)).CopyTo(target);
        }
        for (; i < operand.Length; i++)
            result[i] = TKernel.Run(operand[i], result[i]);
        if (!padded)
            return;
        for (; i < result.Length; i++)
            result[i] = TKernel.Run(0, result[i]);
    }

    private readonly struct AndKernel : IKernel
    {
        public static Vector<byte> Run(Vector<byte> operand, Vector<byte> result) => result & operand;

        public static byte Run(byte operand, byte result) => (byte)(result & operand);
    }

    private readonly struct OrKernel : IKernel
    {
        public static Vector<byte> Run(Vector<byte> operand, Vector<byte> result) => result | operand;

        public static byte Run(byte operand, byte result) => (byte)(result | operand);
    }

    private readonly struct XorKernel : IKernel
    {
        public static Vector<byte> Run(Vector<byte> operand, Vector<byte> result) => result ^ operand;

        public static byte Run(byte operand, byte result) => (byte)(result ^ operand);
    }

    private readonly struct NotKernel : IKernel
    {
        public static Vector<byte> Run(Vector<byte> operand, Vector<byte> result) => ~operand;

        public static byte Run(byte operand, byte result) => (byte)~operand;
    }

    private readonly struct AndNotKernel : IKernel
    {
        public static Vector<byte> Run(Vector<byte> operand, Vector<byte> result) => Vector.AndNot(result, operand);

        public static byte Run(byte operand, byte result) => (byte)(result & ~operand);
    }

    private readonly struct ReverseAndNotKernel : IKernel
    {
        public static Vector<byte> Run(Vector<byte> operand, Vector<byte> result) => Vector.AndNot(operand, result);

        public static byte Run(byte operand, byte result) => (byte)(operand & ~result);
    }

    private static uint FromBit(long bit) => 0xffu >> (int)(bit & 7);

    private static uint ToBit(long bit) => 0xff00u >> (int)((bit & 7) + 1) & 0xff;

    private static long PositionIn(uint bits, int byteIndex) =>
        bits == 0 ? -1 : (long)byteIndex * 8 + BitOperations.LeadingZeroCount(bits) - 24;

    /// <summary>The unsigned integer of 1 to 64 bits from bit <paramref name="offset"/> on; bits beyond the end are zero.</summary>
    public static ulong GetUnsigned(ReadOnlySpan<byte> bytes, long offset, int bits)
    {
        // Nine bytes hold any 64 bits.
        Span<byte> window = stackalloc byte[2 * sizeof(ulong)];
        window.Clear();
        long start = offset >> 3;
        if (start < bytes.Length)
            bytes.Slice((int)start, (int)Math.Min(bytes.Length - start, 9)).CopyTo(window);
        UInt128 wide = BinaryPrimitives.ReadUInt128BigEndian(window);
        return (ulong)(wide << (int)(offset & 7) >> (128 - bits));
    }

    /// <summary>The two's complement integer of 1 to 64 bits from bit <paramref name="offset"/> on; bits beyond the end are zero.</summary>
    public static long GetSigned(ReadOnlySpan<byte> bytes, long offset, int bits) =>
        (long)(GetUnsigned(bytes, offset, bits) << (64 - bits)) >> (64 - bits);

    /// <summary>Stores the low 1 to 64 bits of a value from bit <paramref name="offset"/> on; they must lie within the string.</summary>
    public static void Set(Span<byte> bytes, long offset, int bits, ulong value)
    {
        for (int i = bits - 1; i >= 0; i--, offset++)
        {
            ref byte target = ref bytes[(int)(offset >> 3)];
            int shift = 7 - (int)(offset & 7);
            target = (byte)((target & ~(1 << shift)) | (int)(value >> i & 1) << shift);
        }
    }
}
