using System.Runtime.InteropServices;

namespace RedisAot.Memory;

/// <summary>The native heap that holds every key and value. Not thread-safe: callers hold the execution lock.</summary>
public static unsafe class NativeHeap
{
    private const nuint HeaderBytes = 16;

    /// <summary>Exact sum of <see cref="UsableSize"/> over the live blocks, in bytes.</summary>
    public static long UsedBytes { get; private set; }

    /// <summary>The highest value that <see cref="UsedBytes"/> has had, in bytes.</summary>
    public static long PeakBytes { get; private set; }

    /// <summary>A block of at least <paramref name="size"/> bytes, aligned to 8, not zeroed.</summary>
    public static byte* Allocate(nuint size)
    {
        byte* raw = (byte*)NativeMemory.AlignedAlloc(size + HeaderBytes, 16);
        *(nuint*)raw = size;
        Account((long)size);
        return raw + HeaderBytes;
    }

    /// <summary>Like <see cref="Allocate"/>, all bytes zero.</summary>
    public static byte* AllocateZeroed(nuint size)
    {
        byte* block = Allocate(size);
        NativeMemory.Clear(block, size);
        return block;
    }

    /// <summary>A zeroed block aligned to 64; <paramref name="size"/> is a multiple of 64.</summary>
    public static byte* AllocateCacheLines(nuint size)
    {
        byte* raw = (byte*)NativeMemory.AlignedAlloc(size + 64, 64);
        *(nuint*)(raw + 64 - HeaderBytes) = size;
        Account((long)size);
        NativeMemory.Clear(raw + 64, size);
        return raw + 64;
    }

    /// <summary>Grows or shrinks a block, keeping its bytes; a null block is allocated anew.</summary>
    public static byte* Reallocate(byte* block, nuint newSize)
    {
        byte* moved = Allocate(newSize);
        if (block != null)
        {
            NativeMemory.Copy(block, moved, Math.Min(newSize, UsableSize(block)));
            Free(block);
        }
        return moved;
    }

    /// <summary>Gives a block back; null is ignored.</summary>
    public static void Free(byte* block)
    {
        if (block != null)
            Account(-(long)UsableSize(block));
    }

    /// <summary>The bytes that the block really occupies, all of which may be used.</summary>
    public static nuint UsableSize(byte* block) => *(nuint*)(block - HeaderBytes);

    private static void Account(long delta)
    {
        UsedBytes += delta;
        PeakBytes = Math.Max(PeakBytes, UsedBytes);
    }
}
