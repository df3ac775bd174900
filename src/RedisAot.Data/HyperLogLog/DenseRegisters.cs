using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RedisAot.Data;

/// <summary>The registers of a dense HyperLogLog: six bits each, from the low bits of each byte on. Six bytes hold eight.</summary>
internal static class DenseRegisters
{
    private const int GroupBytes = 6;
    private const int GroupRegisters = 8;
    private const int RegisterBits = 6;
    private const int RegisterMask = (1 << RegisterBits) - 1;

    public static HyperLogLogUpdate Raise(Span<byte> dense, int index, int register)
    {
        int at = index * RegisterBits / 8, shift = index * RegisterBits % 8;
        // A register that begins above bit 2 goes on in the next byte; the last one does not.
        bool twoBytes = shift > 8 - RegisterBits;
        int bits = dense[at] | (twoBytes ? dense[at + 1] << 8 : 0);
        if ((bits >> shift & RegisterMask) >= register)
            return HyperLogLogUpdate.Unchanged;
        bits = bits & ~(RegisterMask << shift) | register << shift;
        dense[at] = (byte)bits;
        if (twoBytes)
            dense[at + 1] = (byte)(bits >> 8);
        return HyperLogLogUpdate.Changed;
    }

    /// <summary>Raises each register, a byte each, to that of the dense ones.</summary>
    public static void MergeInto(Span<byte> registers, ReadOnlySpan<byte> dense)
    {
        Span<Vector128<byte>> pairs = MemoryMarshal.Cast<byte, Vector128<byte>>(registers);
        for (int i = 0; i < pairs.Length; i++)
        {
            int group = i * 2 * GroupBytes;
            Vector128<ulong> unpacked = Vector128.Create(Unpack(ReadGroup(dense, group)), Unpack(ReadGroup(dense, group + GroupBytes)));
            pairs[i] = Vector128.Max(pairs[i], unpacked.AsByte());
        }
    }

    /// <summary>Writes registers, a byte each.</summary>
    public static void Write(Span<byte> dense, ReadOnlySpan<byte> registers)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (int i = 0, at = 0; i < registers.Length; i += GroupRegisters, at += GroupBytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Pack(BinaryPrimitives.ReadUInt64LittleEndian(registers[i..])));
            bytes[..GroupBytes].CopyTo(dense[at..]);
        }
    }

    /// <summary>Counts the registers of each value.</summary>
    public static void AddTo(Span<int> histogram, ReadOnlySpan<byte> dense)
    {
        // Equal neighbours, which are frequent, would wait for each other in a single histogram.
        Span<int> counts = stackalloc int[4 * Cardinality.HistogramLength];
        counts.Clear();
        for (int at = 0; at < dense.Length; at += GroupBytes)
        {
            ulong group = Unpack(ReadGroup(dense, at));
            for (int i = 0; i < GroupRegisters; i++, group >>= 8)
                counts[(i & 3) * Cardinality.HistogramLength + (int)(group & RegisterMask)]++;
        }
        for (int i = 0; i < counts.Length; i++)
            histogram[i % Cardinality.HistogramLength] += counts[i];
    }

    private static ulong ReadGroup(ReadOnlySpan<byte> dense, int at) =>
        BinaryPrimitives.ReadUInt32LittleEndian(dense[at..]) | (ulong)BinaryPrimitives.ReadUInt16LittleEndian(dense[(at + 4)..]) << 32;

    /// <summary>Spreads eight registers of six bits over eight bytes, by halves.</summary>
    private static ulong Unpack(ulong bits)
    {
        bits = bits & 0x0000_00ff_ffff | (bits & 0xffff_ff00_0000) << 8;
        bits = bits & 0x0000_0fff_0000_0fff | (bits & 0x00ff_f000_00ff_f000) << 4;
        return bits & 0x003f_003f_003f_003f | (bits & 0x0fc0_0fc0_0fc0_0fc0) << 2;
    }

    /// <summary>The reverse of <see cref="Unpack"/>.</summary>
    private static ulong Pack(ulong bytes)
    {
        bytes = bytes & 0x003f_003f_003f_003f | (bytes & 0x3f00_3f00_3f00_3f00) >> 2;
        bytes = bytes & 0x0000_0fff_0000_0fff | (bytes & 0x0fff_0000_0fff_0000) >> 4;
        return bytes & 0x00ff_ffff | (bytes & 0x00ff_ffff_0000_0000) >> 8;
    }
}
