using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RedisAot.Data;

/// <summary>
/// The CRC-64 of RDB files and DUMP payloads: the polynomial of Jones (0xad93d23594c935a9), bits reflected,
/// initial value 0, no final xor. The check value of "123456789" is 0xe9c6d914c4b8d9ca.
/// </summary>
public static class Crc64
{
    private const ulong ReflectedPolynomial = 0x95ac9329ac4bc9b5;
    private const int Lanes = 8;

    /// <summary>Lane k, at k * 256, advances a byte by k further bytes, so that eight look-ups take eight bytes at once.</summary>
    private static readonly ulong[] Tables = BuildTables();

    private const int BlockBytes = 16, StripeBytes = 4 * BlockBytes;

    private static readonly Vector128<ulong> PastBlock = FoldFactors(8 * BlockBytes);
    private static readonly Vector128<ulong> PastStripe = FoldFactors(8 * StripeBytes);

    /// <summary>The checksum of the bytes so far, <paramref name="crc"/> (0 at the start), followed by <paramref name="data"/>.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> data)
    {
        if (Pclmulqdq.IsSupported && data.Length >= 2 * StripeBytes)
        {
            int folded = data.Length & -StripeBytes;
            crc = AppendByFolding(crc, data[..folded]);
            data = data[folded..];
        }
        return AppendByTables(crc, data);
    }

    /// <summary>Takes whole stripes by reducing them, with carry-less multiplications, to one block that has the same remainder.</summary>
    private static ulong AppendByFolding(ulong crc, ReadOnlySpan<byte> data)
    {
        ref byte start = ref MemoryMarshal.GetReference(data);
        Vector128<ulong> a = Block(ref start, 0) ^ Vector128.CreateScalar(crc), b = Block(ref start, 1);
        Vector128<ulong> c = Block(ref start, 2), d = Block(ref start, 3);
        for (int at = StripeBytes; at < data.Length; at += StripeBytes)
        {
            start = ref Unsafe.Add(ref start, StripeBytes);
            a = Fold(a, PastStripe) ^ Block(ref start, 0);
            b = Fold(b, PastStripe) ^ Block(ref start, 1);
            c = Fold(c, PastStripe) ^ Block(ref start, 2);
            d = Fold(d, PastStripe) ^ Block(ref start, 3);
        }
        a = Fold(Fold(Fold(a, PastBlock) ^ b, PastBlock) ^ c, PastBlock) ^ d;
        Span<byte> last = stackalloc byte[BlockBytes];
        a.AsByte().CopyTo(last);
        return AppendByTables(0, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Block(ref byte stripe, int index) =>
        Vector128.LoadUnsafe(ref stripe, (nuint)(index * BlockBytes)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> block, Vector128<ulong> factors) =>
        Pclmulqdq.CarrylessMultiply(block, factors, 0x00) ^ Pclmulqdq.CarrylessMultiply(block, factors, 0x11);

    /// <summary>
    /// What moves a block past that many bits: its first half is 64 bits further on. The product of reflected factors has
    /// one power of x too many, hence one less here.
    /// </summary>
    private static Vector128<ulong> FoldFactors(int bits) => Vector128.Create(PowerOfX(bits + 63), PowerOfX(bits - 1));

    /// <summary>x to the given power modulo the polynomial, reflected: the top bit is 1.</summary>
    private static ulong PowerOfX(int power)
    {
        ulong value = 1UL << 63;
        for (; power > 0; power--)
            value = TimesX(value);
        return value;
    }

    private static ulong TimesX(ulong value) => (value & 1) != 0 ? (value >> 1) ^ ReflectedPolynomial : value >> 1;

    private static ulong AppendByTables(ulong crc, ReadOnlySpan<byte> data)
    {
        Span<ulong> t = Tables;
        while (data.Length >= 8)
        {
            crc ^= BinaryPrimitives.ReadUInt64LittleEndian(data);
            crc = Lane(t, 7, crc) ^ Lane(t, 6, crc >> 8) ^ Lane(t, 5, crc >> 16) ^ Lane(t, 4, crc >> 24)
                ^ Lane(t, 3, crc >> 32) ^ Lane(t, 2, crc >> 40) ^ Lane(t, 1, crc >> 48) ^ Lane(t, 0, crc >> 56);
            data = data[8..];
        }
        foreach (byte b in data)
            crc = Lane(t, 0, crc ^ b) ^ (crc >> 8);
        return crc;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Lane(Span<ulong> tables, int lane, ulong value) =>
        Unsafe.Add(ref MemoryMarshal.GetReference(tables), lane * 256 + (byte)value);

    private static ulong[] BuildTables()
    {
        var tables = new ulong[Lanes * 256];
        for (int b = 0; b < 256; b++)
        {
            ulong crc = (ulong)b;
            for (int bit = 0; bit < 8; bit++)
                crc = TimesX(crc);
            tables[b] = crc;
        }
        for (int i = 256; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        return tables;
    }
}
