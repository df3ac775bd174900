using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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

    /// <summary>The checksum of the bytes so far, <paramref name="crc"/> (0 at the start), followed by <paramref name="data"/>.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> data)
    {
        Span<ulong> t = Tables;
        _ = t[Lanes * 256 - 1];
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
                crc = (crc & 1) != 0 ? (crc >> 1) ^ ReflectedPolynomial : crc >> 1;
            tables[b] = crc;
        }
        for (int i = 256; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        return tables;
    }
}
