using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace RedisAot.Data;

/// <summary>
/// XXH3 with 64 bits, seed 0 and the default secret: the digest of DIGEST, IFDEQ and IFDNE.
/// See https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
/// </summary>
public static class XxHash3
{
    private const ulong Prime32A = 0x9E3779B1;
    private const ulong Prime32B = 0x85EBCA77;
    private const ulong Prime32C = 0xC2B2AE3D;
    private const ulong Prime64A = 0x9E3779B185EBCA87;
    private const ulong Prime64B = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime64C = 0x165667B19E3779F9;
    private const ulong Prime64D = 0x85EBCA77C2B2AE63;
    private const ulong Prime64E = 0x27D4EB2F165667C5;
    private const ulong AvalanchePrime = 0x165667919E3779F9;
    private const ulong ShortPrime = 0x9FB21C651E98DF25;

    private const int StripeBytes = 64;
    private const int SecretStep = 8;
    private const int SecretBytes = 192;
    private const int StripesInBlock = (SecretBytes - StripeBytes) / SecretStep;
    private const int BlockBytes = StripesInBlock * StripeBytes;
    private const int Lanes = 8;

    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
        0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
        0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
        0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
        0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
        0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
        0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
        0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    /// <summary>The hash of the bytes.</summary>
    public static ulong Hash(ReadOnlySpan<byte> input) => input.Length switch
    {
        0 => AvalancheOfXxh64(Key(56) ^ Key(64)),
        <= 3 => HashUpTo3(input),
        <= 8 => HashUpTo8(input),
        <= 16 => HashUpTo16(input),
        <= 128 => HashUpTo128(input),
        <= 240 => HashUpTo240(input),
        _ => HashLong(input),
    };

    private static ulong HashUpTo3(ReadOnlySpan<byte> input)
    {
        int length = input.Length;
        uint combined = (uint)(input[0] << 16 | input[length >> 1] << 24 | input[length - 1] | length << 8);
        uint flip = BinaryPrimitives.ReadUInt32LittleEndian(Secret) ^ BinaryPrimitives.ReadUInt32LittleEndian(Secret[4..]);
        return AvalancheOfXxh64(combined ^ flip);
    }

    private static ulong HashUpTo8(ReadOnlySpan<byte> input)
    {
        ulong first = BinaryPrimitives.ReadUInt32LittleEndian(input);
        ulong last = BinaryPrimitives.ReadUInt32LittleEndian(input[^4..]);
        ulong hash = (last + (first << 32)) ^ Key(8) ^ Key(16);
        hash ^= ulong.RotateLeft(hash, 49) ^ ulong.RotateLeft(hash, 24);
        hash *= ShortPrime;
        hash ^= (hash >> 35) + (ulong)input.Length;
        hash *= ShortPrime;
        return hash ^ (hash >> 28);
    }

    private static ulong HashUpTo16(ReadOnlySpan<byte> input)
    {
        ulong low = Read(input, 0) ^ Key(24) ^ Key(32);
        ulong high = Read(input, input.Length - 8) ^ Key(40) ^ Key(48);
        return Avalanche((ulong)input.Length + BinaryPrimitives.ReverseEndianness(low) + high + Fold(low, high));
    }

    private static ulong HashUpTo128(ReadOnlySpan<byte> input)
    {
        ulong hash = (ulong)input.Length * Prime64A;
        // From both ends, as many pairs of 16 bytes as it takes to meet.
        for (int pair = (input.Length - 1) / 32; pair >= 0; pair--)
        {
            hash += Mix(input, pair * 16, pair * 32);
            hash += Mix(input, input.Length - 16 - pair * 16, pair * 32 + 16);
        }
        return Avalanche(hash);
    }

    private static ulong HashUpTo240(ReadOnlySpan<byte> input)
    {
        ulong hash = (ulong)input.Length * Prime64A;
        for (int i = 0; i < 8; i++)
            hash += Mix(input, i * 16, i * 16);
        hash = Avalanche(hash);
        for (int i = 8; i < input.Length / 16; i++)
            hash += Mix(input, i * 16, (i - 8) * 16 + 3);
        return Avalanche(hash + Mix(input, input.Length - 16, 136 - 17));
    }

    private static ulong HashLong(ReadOnlySpan<byte> input)
    {
        Span<ulong> lanes = [Prime32C, Prime64A, Prime64B, Prime64C, Prime64D, Prime32B, Prime64E, Prime32A];
        int at = 0;
        for (; input.Length - at > BlockBytes; at += BlockBytes)
        {
            for (int stripe = 0; stripe < StripesInBlock; stripe++)
                Accumulate(lanes, input[(at + stripe * StripeBytes)..], stripe * SecretStep);
            Scramble(lanes);
        }
        for (int stripe = 0; stripe < (input.Length - at - 1) / StripeBytes; stripe++)
            Accumulate(lanes, input[(at + stripe * StripeBytes)..], stripe * SecretStep);
        Accumulate(lanes, input[^StripeBytes..], SecretBytes - StripeBytes - 7);

        ulong hash = (ulong)input.Length * Prime64A;
        for (int lane = 0; lane < Lanes; lane += 2)
            hash += Fold(lanes[lane] ^ Key(11 + lane * 8), lanes[lane + 1] ^ Key(19 + lane * 8));
        return Avalanche(hash);
    }

    private static void Accumulate(Span<ulong> lanes, ReadOnlySpan<byte> stripe, int secret)
    {
        for (int lane = 0; lane < Lanes; lane++)
        {
            ulong value = Read(stripe, lane * 8);
            ulong keyed = value ^ Key(secret + lane * 8);
            lanes[lane ^ 1] += value;
            lanes[lane] += (uint)keyed * (keyed >> 32);
        }
    }

    private static void Scramble(Span<ulong> lanes)
    {
        for (int lane = 0; lane < Lanes; lane++)
            lanes[lane] = (lanes[lane] ^ (lanes[lane] >> 47) ^ Key(SecretBytes - StripeBytes + lane * 8)) * Prime32A;
    }

    private static ulong Mix(ReadOnlySpan<byte> input, int at, int secret) =>
        Fold(Read(input, at) ^ Key(secret), Read(input, at + 8) ^ Key(secret + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b) => Math.BigMul(a, b, out ulong low) ^ low;

    private static ulong Avalanche(ulong hash)
    {
        hash = (hash ^ (hash >> 37)) * AvalanchePrime;
        return hash ^ (hash >> 32);
    }

    private static ulong AvalancheOfXxh64(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * Prime64B;
        hash = (hash ^ (hash >> 29)) * Prime64C;
        return hash ^ (hash >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(int at) => Read(Secret, at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
