using System.Numerics;
using System.Runtime.CompilerServices;

namespace RedisAot.Memory;

/// <summary>
/// The block sizes of the slabs: every multiple of 8 from 16 to 128, then eight sizes a doubling up to
/// <see cref="MaxBytes"/>. A request that is a multiple of 64 always gets a size that is a multiple of 64.
/// </summary>
internal static class SizeClasses
{
    /// <summary>The largest block that a slab serves, in bytes.</summary>
    internal const int MaxBytes = 16 * 1024;

    private const int LinearMaxBytes = 128;
    private const int LinearCount = LinearMaxBytes / 8 - 1;
    private const int LinearMaxLog2 = 7;
    private const int MaxLog2 = 14;

    /// <summary>The number of classes; they are numbered from 0 in order of size.</summary>
    internal const int Count = LinearCount + (MaxLog2 - LinearMaxLog2) * 8;

    /// <summary>The smallest class that holds <paramref name="lastByte"/> + 1 bytes; at most <see cref="MaxBytes"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint IndexOf(uint lastByte)
    {
        if (lastByte < LinearMaxBytes)
            return Math.Max(lastByte >> 3, 1) - 1;
        int log2 = BitOperations.Log2(lastByte);
        return (uint)(LinearCount + (log2 - LinearMaxLog2) * 8) + ((lastByte >> (log2 - 3)) & 7);
    }

    /// <summary>The size of the blocks of a class, in bytes.</summary>
    internal static int BytesOf(int index)
    {
        if (index < LinearCount)
            return (index + 2) * 8;
        int step = index - LinearCount;
        return (8 + step % 8 + 1) << (LinearMaxLog2 - 3 + step / 8);
    }
}
