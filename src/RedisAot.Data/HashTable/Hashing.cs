using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RedisAot.Data;

/// <summary>
/// The hash of all keys, fields and members: multiply and fold over 16 bytes at a time (the construction of wyhash), keyed
/// with a secret of the process so that nobody outside can find keys that collide.
/// </summary>
public static class Hashing
{
    private const ulong Mixer = 0x9E3779B97F4A7C15;

    private static ulong s_seed0;
    private static ulong s_seed1;

    /// <summary>Draws the secret from the system. Not a static constructor, because that costs a check on every hash.</summary>
#pragma warning disable CA2255 // The one use in libraries that the rule leaves open: the state must be there before any caller.
    [ModuleInitializer]
    internal static void SeedFromSystem()
#pragma warning restore CA2255
    {
        // A GUID comes from the system's secure generator, without loading a cryptography library; a few of its bits are fixed.
        Span<Guid> secrets = [Guid.NewGuid(), Guid.NewGuid()];
        Span<ulong> words = MemoryMarshal.Cast<Guid, ulong>(secrets);
        SetSeed(words[0] ^ ulong.RotateLeft(words[3], 32), words[2] ^ ulong.RotateLeft(words[1], 32));
    }

    /// <summary>Fixes the secret, for reproducible tests. Every table that holds entries becomes invalid.</summary>
    public static void SetSeed(ulong seed0, ulong seed1)
    {
        s_seed0 = seed0 ^ Mixer;
        s_seed1 = seed1;
    }

    /// <summary>The 64-bit hash of a key; all its bits are equally good.</summary>
    public static ulong Hash(ReadOnlySpan<byte> key)
    {
        ref byte start = ref MemoryMarshal.GetReference(key);
        nuint length = (nuint)key.Length;
        ulong seed = s_seed0;
        ulong a, b;
        if (length <= 16)
        {
            if (length >= 8)
            {
                a = Read64(ref start, 0);
                b = Read64(ref start, length - 8);
            }
            else if (length >= 4)
            {
                a = Read32(ref start, 0);
                b = Read32(ref start, length - 4);
            }
            else
            {
                a = length == 0 ? 0 : (ulong)start << 16 | (ulong)Unsafe.Add(ref start, length / 2) << 8 | Unsafe.Add(ref start, length - 1);
                b = 0;
            }
        }
        else
        {
            seed = HashAllButLast(ref start, length, seed);
            a = Read64(ref start, length - 16);
            b = Read64(ref start, length - 8);
        }
        ulong hash = (Fold(a ^ s_seed1, b ^ seed) ^ length) * Mixer;
        return hash ^ hash >> 32;
    }

    /// <summary>Folds the 16-byte pieces that begin before the last 16 bytes into the seed; three chains hide the multiplier's latency.</summary>
    private static ulong HashAllButLast(ref byte start, nuint length, ulong seed)
    {
        nuint offset = 0;
        nuint end = length - 16;
        if (end > 48)
        {
            ulong second = seed;
            ulong third = ~seed;
            do
            {
                seed = Fold(Read64(ref start, offset) ^ s_seed1, Read64(ref start, offset + 8) ^ seed);
                second = Fold(Read64(ref start, offset + 16) ^ s_seed1, Read64(ref start, offset + 24) ^ second);
                third = Fold(Read64(ref start, offset + 32) ^ s_seed1, Read64(ref start, offset + 40) ^ third);
                offset += 48;
            }
            while (end - offset > 48);
            seed ^= ulong.RotateLeft(second, 21) ^ ulong.RotateLeft(third, 42);
        }
        for (; offset < end; offset += 16)
            seed = Fold(Read64(ref start, offset) ^ s_seed1, Read64(ref start, offset + 8) ^ seed);
        return seed;
    }

    /// <summary>
    /// The halves of the 128-bit product, one over the other, but for a carry between them. From four small products, because
    /// the baseline instruction set leaves <see cref="Math.BigMul(ulong, ulong, out ulong)"/> to a slow call.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        ulong aLow = (uint)a;
        ulong aHigh = a >> 32;
        ulong bLow = (uint)b;
        ulong bHigh = b >> 32;
        ulong cross1 = aLow * bHigh;
        ulong cross2 = aHigh * bLow;
        ulong low = aLow * bLow + (cross1 + cross2 << 32);
        ulong high = aHigh * bHigh + (cross1 >> 32) + (cross2 >> 32);
        return low ^ high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read64(ref byte start, nuint offset) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.AddByteOffset(ref start, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read32(ref byte start, nuint offset) => Unsafe.ReadUnaligned<uint>(ref Unsafe.AddByteOffset(ref start, offset));
}
