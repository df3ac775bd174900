using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RedisAot.Memory;

/// <summary>
/// The native heap that holds every key and value. Blocks up to 16 KiB come from slabs of one block size each, bigger
/// ones from the C library; which is which shows in the address. Not thread-safe: callers hold the execution lock.
/// </summary>
public static unsafe class NativeHeap
{
    /// <summary>How many bytes of blocks are linked into a free list at a time, so that a new slab is touched page by page.</summary>
    private const int CarveBytes = 4096;

    private const nuint CacheLineBytes = 64;

    /// <summary>
    /// The largest block that slabs serve: 0 until the first allocation, which sets the heap up, and for ever when there
    /// is no address space for slabs. So one comparison tells whether the fast path is open.
    /// </summary>
    private static nuint s_slabMaxBytes;

    /// <summary>For each size class the slab that serves it; slab 0, which is always full, when there is none.</summary>
    private static Slab** s_current;

    private static bool s_initialized;
    private static long s_usedBytes;
    private static long s_bigBytes;

    /// <summary>The peak before the present climb; bytes only fall in <see cref="Free"/>, so only that has to look.</summary>
    private static long s_pastPeakBytes;

    /// <summary>Exact sum of <see cref="UsableSize"/> over the live blocks, in bytes.</summary>
    public static long UsedBytes => s_usedBytes;

    /// <summary>The highest value that <see cref="UsedBytes"/> has had, in bytes.</summary>
    public static long PeakBytes => Math.Max(s_pastPeakBytes, s_usedBytes);

    /// <summary>Bytes in slabs that have blocks in use, and in big blocks; what exceeds <see cref="UsedBytes"/> is fragmentation.</summary>
    public static long ActiveBytes => SlabRegion.LiveSlabs * Slab.Bytes + s_bigBytes;

    /// <summary>Upper bound of the memory that slabs, the empty ones kept in reserve included, and big blocks hold, in bytes.</summary>
    public static long ResidentBytes => SlabRegion.ResidentBytes + s_bigBytes;

    /// <summary>Upper bound of the memory that slabs hold, the empty ones kept in reserve included, in bytes.</summary>
    public static long ResidentSlabBytes => SlabRegion.ResidentBytes;

    /// <summary>A block of at least <paramref name="size"/> bytes, aligned to 8, not zeroed.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses; nothing has changed.</exception>
    public static byte* Allocate(nuint size)
    {
        // A size of 0 wraps round and takes the slow way, as does everything before the heap is set up.
        nuint lastByte = size - 1;
        if (lastByte >= s_slabMaxBytes)
            return AllocateBig(size);
        Slab** current = s_current + SizeClasses.IndexOf((uint)lastByte);
        Slab* slab = *current;
        byte* block = slab->Free;
        return block != null ? Pop(slab, block) : AllocateFromNext(current);
    }

    /// <summary>Like <see cref="Allocate"/>, all usable bytes zero.</summary>
    public static byte* AllocateZeroed(nuint size)
    {
        if (size > SizeClasses.MaxBytes)
            return AddBig(SystemAllocator.AllocateZeroed(size));
        byte* block = Allocate(size);
        NativeMemory.Clear(block, UsableSize(block));
        return block;
    }

    /// <summary>A zeroed block aligned to 64; <paramref name="size"/> is a multiple of 64.</summary>
    public static byte* AllocateCacheLines(nuint size)
    {
        // A slab is aligned and its block size is a multiple of 64 when the request is; what is not from a slab is not aligned.
        byte* block = size - 1 < s_slabMaxBytes || TryInitialize() && size <= SizeClasses.MaxBytes
            ? Allocate(size)
            : AddBig(SystemAllocator.AllocateAligned(size, CacheLineBytes));
        NativeMemory.Clear(block, size);
        return block;
    }

    /// <summary>
    /// Makes a block of more than 16 KiB that the C library's malloc gave one of the heap's, to be counted, resized and freed here.
    /// </summary>
    public static byte* Adopt(byte* block) => AddBig(block);

    /// <summary>Grows or shrinks a block, keeping its bytes; a null block is allocated anew.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses; the old block is still valid.</exception>
    public static byte* Reallocate(byte* block, nuint newSize)
    {
        if (block == null)
            return Allocate(newSize);
        Slab* slab = SlabOf(block);
        if (slab == null)
        {
            if (newSize > SizeClasses.MaxBytes)
                return ReallocateBig(block, newSize);
        }
        else if (newSize - 1 < s_slabMaxBytes && SizeClasses.IndexOf((uint)(newSize - 1)) == slab->SizeClass)
        {
            return block;
        }
        byte* moved = Allocate(newSize);
        NativeMemory.Copy(block, moved, Math.Min(newSize, UsableSize(block)));
        Free(block);
        return moved;
    }

    /// <summary>Gives a block back; null is ignored.</summary>
    public static void Free(byte* block)
    {
        long used = s_usedBytes;
        if (used > s_pastPeakBytes)
            s_pastPeakBytes = used;
        nuint offset = (nuint)block - (nuint)SlabRegion.Base;
        if (offset >= SlabRegion.RangeBytes)
        {
            FreeBig(block);
            return;
        }
        Slab* slab = SlabRegion.Slabs + (offset >> Slab.Log2Bytes);
        byte* next = slab->Free;
        *(byte**)block = next;
        slab->Free = block;
        s_usedBytes = used - slab->BlockBytes;
        if (--slab->Live == 0 || next == null)
            Reconsider(slab);
    }

    /// <summary>The bytes that the block really occupies, all of which may be used.</summary>
    public static nuint UsableSize(byte* block)
    {
        Slab* slab = SlabOf(block);
        return slab != null ? slab->BlockBytes : SystemAllocator.UsableSize(block);
    }

    /// <summary>Gives memory that is kept in reserve back to the system.</summary>
    public static void Purge()
    {
        if (s_slabMaxBytes != 0)
        {
            for (int i = 0; i < SizeClasses.Count; i++)
                ReturnEmptySlabs(s_current + i);
            SlabRegion.Purge();
        }
        SystemAllocator.Trim();
    }

    /// <summary>The slab of a block, or null for a big one. An address below the range wraps round and is out of it too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Slab* SlabOf(byte* block)
    {
        nuint offset = (nuint)block - (nuint)SlabRegion.Base;
        return offset < SlabRegion.RangeBytes ? SlabRegion.Slabs + (offset >> Slab.Log2Bytes) : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Pop(Slab* slab, byte* block)
    {
        slab->Free = *(byte**)block;
        slab->Live++;
        s_usedBytes += slab->BlockBytes;
        return block;
    }

    /// <summary>Makes a slab with a free block the current one of its class, and takes the block.</summary>
    private static byte* AllocateFromNext(Slab** current)
    {
        Slab* slab;
        while ((slab = *current)->Free == null)
        {
            if (slab->Carved < slab->Capacity)
                Carve(slab);
            else if (slab == SlabRegion.Slabs)
                AddSlab(current);
            else
                Unlink(current, slab);
        }
        return Pop(slab, slab->Free);
    }

    private static void AddSlab(Slab** current)
    {
        Slab* slab = SlabRegion.Take();
        if (slab == null)
            throw new OutOfMemoryException();
        int sizeClass = (int)(current - s_current);
        int blockBytes = SizeClasses.BytesOf(sizeClass);
        slab->Free = null;
        slab->BlockBytes = (uint)blockBytes;
        slab->Live = 0;
        slab->Carved = 0;
        slab->Capacity = (ushort)(Slab.Bytes / blockBytes);
        slab->SizeClass = (byte)sizeClass;
        Link(current, slab);
    }

    private static void Carve(Slab* slab)
    {
        uint blockBytes = slab->BlockBytes;
        byte* start = SlabRegion.Base + (nuint)SlabRegion.NumberOf(slab) * Slab.Bytes;
        uint first = slab->Carved;
        uint end = Math.Min(slab->Capacity, first + Math.Max(CarveBytes / blockBytes, 1));
        byte* next = null;
        for (uint i = end; i-- > first;)
        {
            byte* block = start + i * blockBytes;
            *(byte**)block = next;
            next = block;
        }
        slab->Free = next;
        slab->Carved = (ushort)end;
    }

    /// <summary>After a free that may have made a full slab usable again, or emptied one.</summary>
    private static void Reconsider(Slab* slab)
    {
        Slab** current = s_current + slab->SizeClass;
        // A slab that was full is the fullest there is: filling it first lets the emptier ones drain.
        if (!slab->Linked)
            Link(current, slab);
        // The only slab of a class stays, lest a single block that comes and goes cost a slab each time.
        if (slab->Live == 0 && (slab->Next | slab->Previous) != 0)
        {
            Unlink(current, slab);
            SlabRegion.Return(slab);
        }
    }

    private static void ReturnEmptySlabs(Slab** current)
    {
        Slab* slab = *current;
        while (slab != SlabRegion.Slabs)
        {
            Slab* next = SlabRegion.Slabs + slab->Next;
            if (slab->Live == 0)
            {
                Unlink(current, slab);
                SlabRegion.Return(slab);
            }
            slab = next;
        }
    }

    private static void Link(Slab** current, Slab* slab)
    {
        Slab* head = *current;
        slab->Next = SlabRegion.NumberOf(head);
        slab->Previous = 0;
        slab->Linked = true;
        if (slab->Next != 0)
            head->Previous = SlabRegion.NumberOf(slab);
        *current = slab;
    }

    private static void Unlink(Slab** current, Slab* slab)
    {
        Slab* slabs = SlabRegion.Slabs;
        if (slab->Previous != 0)
            slabs[slab->Previous].Next = slab->Next;
        else
            *current = slabs + slab->Next;
        if (slab->Next != 0)
            slabs[slab->Next].Previous = slab->Previous;
        slab->Linked = false;
    }

    private static byte* AllocateBig(nuint size)
    {
        if (size <= SizeClasses.MaxBytes && TryInitialize())
            return Allocate(Math.Max(size, 1));
        return AddBig(SystemAllocator.Allocate(size));
    }

    private static byte* ReallocateBig(byte* block, nuint newSize)
    {
        long oldBytes = (long)SystemAllocator.UsableSize(block);
        byte* moved = SystemAllocator.Reallocate(block, newSize);
        s_pastPeakBytes = PeakBytes;
        s_usedBytes -= oldBytes;
        s_bigBytes -= oldBytes;
        return AddBig(moved);
    }

    private static byte* AddBig(byte* block)
    {
        long bytes = (long)SystemAllocator.UsableSize(block);
        s_usedBytes += bytes;
        s_bigBytes += bytes;
        return block;
    }

    private static void FreeBig(byte* block)
    {
        if (block == null)
            return;
        long bytes = (long)SystemAllocator.UsableSize(block);
        s_usedBytes -= bytes;
        s_bigBytes -= bytes;
        SystemAllocator.Free(block);
    }

    /// <summary>Sets the heap up, once; false when the system has no address space for slabs and all blocks are big ones.</summary>
    private static bool TryInitialize()
    {
        if (!s_initialized)
        {
            s_initialized = true;
            if (SlabRegion.TryReserve())
            {
                s_current = (Slab**)SystemAllocator.Allocate((nuint)(SizeClasses.Count * sizeof(Slab*)));
                for (int i = 0; i < SizeClasses.Count; i++)
                    s_current[i] = SlabRegion.Slabs;
                s_slabMaxBytes = SizeClasses.MaxBytes;
            }
        }
        return s_slabMaxBytes != 0;
    }
}
