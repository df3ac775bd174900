using System.Numerics;

namespace RedisAot.Data;

/// <summary>SHA-1 (FIPS 180-4): a name for data, no protection.</summary>
public readonly struct Sha1 : IBlockHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Bytes = 20;

    private const int Rounds = 80;

    /// <summary>Writes the hash of <paramref name="data"/> to the first <see cref="Bytes"/> of <paramref name="hash"/>.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash) =>
        BlockHash.Compute<Sha1>(data, [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0], hash);

    static void IBlockHash.Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> schedule = stackalloc uint[Rounds];
        BlockHash.ReadWords(block, schedule);
        for (int i = 16; i < Rounds; i++)
            schedule[i] = BitOperations.RotateLeft(schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1);

        (uint a, uint b, uint c, uint d, uint e) = (state[0], state[1], state[2], state[3], state[4]);
        for (int i = 0; i < Rounds; i++)
        {
            (uint mixed, uint constant) = (i / 20) switch
            {
                0 => ((b & c) | (~b & d), 0x5A827999u),
                1 => (b ^ c ^ d, 0x6ED9EBA1u),
                2 => ((b & c) | (b & d) | (c & d), 0x8F1BBCDCu),
                _ => (b ^ c ^ d, 0xCA62C1D6u),
            };
            uint next = BitOperations.RotateLeft(a, 5) + mixed + e + constant + schedule[i];
            (a, b, c, d, e) = (next, a, BitOperations.RotateLeft(b, 30), c, d);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}
