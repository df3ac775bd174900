using System.Buffers.Binary;

namespace RedisAot.Data;

/// <summary>One of the hash functions of FIPS 180-4 that take blocks of 64 bytes into a state of 32-bit words.</summary>
internal interface IBlockHash
{
    /// <summary>Mixes one block into the state.</summary>
    static abstract void Compress(Span<uint> state, ReadOnlySpan<byte> block);
}

/// <summary>
/// What <see cref="Sha1"/> and <see cref="Sha256"/> have in common (https://csrc.nist.gov/pubs/fips/180-4/upd1/final). They are
/// written out because those of the base library need OpenSSL: a machine may lack it, and a process without passwords has no
/// use for its 4 MB.
/// </summary>
internal static class BlockHash
{
    internal const int BlockBytes = 64;

    /// <summary>Hashes <paramref name="data"/> from the initial <paramref name="state"/>.</summary>
    internal static void Compute<TFunction>(ReadOnlySpan<byte> data, Span<uint> state, Span<byte> hash)
        where TFunction : struct, IBlockHash
    {
        int whole = data.Length & -BlockBytes;
        CompressAll<TFunction>(state, data[..whole]);

        // The rest is followed by a one bit, zeros, and the length in bits at the end of the last block.
        ReadOnlySpan<byte> rest = data[whole..];
        Span<byte> end = stackalloc byte[2 * BlockBytes];
        end.Clear();
        rest.CopyTo(end);
        end[rest.Length] = 0x80;
        end = end[..(rest.Length < BlockBytes - sizeof(ulong) ? BlockBytes : 2 * BlockBytes)];
        BinaryPrimitives.WriteUInt64BigEndian(end[^sizeof(ulong)..], (ulong)data.Length * 8);
        CompressAll<TFunction>(state, end);

        for (int i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], state[i]);
    }

    /// <summary>The first sixteen words of a message schedule: those of the block.</summary>
    internal static void ReadWords(ReadOnlySpan<byte> block, Span<uint> words)
    {
        for (int i = 0; i < BlockBytes / sizeof(uint); i++)
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
    }

    private static void CompressAll<TFunction>(Span<uint> state, ReadOnlySpan<byte> blocks)
        where TFunction : struct, IBlockHash
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
            TFunction.Compress(state, blocks[..BlockBytes]);
    }
}
