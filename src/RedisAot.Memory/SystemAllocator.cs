using System.Runtime.InteropServices;

namespace RedisAot.Memory;

/// <summary>The C library's allocator, for big blocks and for blocks that any thread may allocate. Thread-safe.</summary>
internal static unsafe partial class SystemAllocator
{
    private const int TrimThreshold = -1;
    private const int MMapThreshold = -3;
    private const int ArenaMax = -8;

    /// <summary>
    /// Fixed thresholds, because the library otherwise raises them as big blocks are freed and then keeps what is freed:
    /// a block of 128 KiB or more has a mapping of its own, which goes back to the system and grows without a copy.
    /// </summary>
    static SystemAllocator()
    {
        MallOpt(MMapThreshold, 128 * 1024);
        MallOpt(TrimThreshold, 256 * 1024);
        MallOpt(ArenaMax, 2);
    }

    /// <summary>A block aligned to 16, not zeroed.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    internal static byte* Allocate(nuint bytes) => Checked(Malloc(bytes));

    internal static byte* AllocateZeroed(nuint bytes) => Checked(Calloc(1, bytes));

    /// <summary>A block aligned to <paramref name="alignment"/>, a power of two; not zeroed.</summary>
    internal static byte* AllocateAligned(nuint bytes, nuint alignment) => Checked(AlignedAlloc(alignment, bytes));

    /// <summary>Resizes a block, perhaps moving it; when the system refuses, the old block is still valid.</summary>
    internal static byte* Reallocate(byte* block, nuint bytes) => Checked(Realloc(block, bytes));

    /// <summary>Null is ignored.</summary>
    [LibraryImport("libc", EntryPoint = "free")]
    internal static partial void Free(byte* block);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "malloc_usable_size")]
    internal static partial nuint UsableSize(byte* block);

    /// <summary>Gives back to the system what the library keeps in reserve.</summary>
    internal static void Trim() => MallocTrim(0);

    private static byte* Checked(byte* block) => block != null ? block : throw new OutOfMemoryException();

    [LibraryImport("libc", EntryPoint = "malloc")]
    private static partial byte* Malloc(nuint bytes);

    [LibraryImport("libc", EntryPoint = "calloc")]
    private static partial byte* Calloc(nuint count, nuint bytes);

    [LibraryImport("libc", EntryPoint = "aligned_alloc")]
    private static partial byte* AlignedAlloc(nuint alignment, nuint bytes);

    [LibraryImport("libc", EntryPoint = "realloc")]
    private static partial byte* Realloc(byte* block, nuint bytes);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keepBytes);
}
