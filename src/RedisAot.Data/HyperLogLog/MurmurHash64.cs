using System.Buffers.Binary;

namespace RedisAot.Data;

/// <summary>MurmurHash2 with 64 bits for 64-bit machines ("64A"), by Austin Appleby.</summary>
internal static class MurmurHash64
{
    private const ulong Multiplier = 0xc6a4a7935bd1e995;
    private const int Shift = 47;

    public static ulong Hash(ReadOnlySpan<byte> data, ulong seed)
    {
        ulong hash = seed ^ (ulong)data.Length * Multiplier;
        while (data.Length >= sizeof(ulong))
        {
            ulong block = BinaryPrimitives.ReadUInt64LittleEndian(data) * Multiplier;
            block ^= block >> Shift;
            hash = (hash ^ block * Multiplier) * Multiplier;
            data = data[sizeof(ulong)..];
        }
        if (!data.IsEmpty)
        {
            ulong tail = 0;
            for (int i = data.Length - 1; i >= 0; i--)
                tail = tail << 8 | data[i];
            hash = (hash ^ tail) * Multiplier;
        }
        hash ^= hash >> Shift;
        hash *= Multiplier;
        return hash ^ hash >> Shift;
    }
}
