namespace RedisAot.Memory;

/// <summary>
/// One large reserved range of addresses from which slabs are taken, lowest first, and to which they return. Slabs are
/// numbered from the start of the range; number 0 is never handed out, its record is the slab without a free block that
/// ends each list. Memory comes in units of one huge page, because a look-up of a random key in a large data set misses the
/// address translation of small pages nearly every time.
/// </summary>
internal static unsafe class SlabRegion
{
    private const ulong MaxReserveBytes = 1UL << 40;
    private const ulong MinReserveBytes = 1UL << 30;

    /// <summary>A unit of memory: one huge page.</summary>
    private const int SlabsPerUnit = 32;

    /// <summary>
    /// The first slabs, 16 MiB, have small pages: huge ones behind slabs that a size class has only begun to use would be a
    /// good part of a small data set, and the translations of so few pages stay in the processor's caches.
    /// </summary>
    private const int SmallSlabs = 8 * SlabsPerUnit;

    /// <summary>Empty slabs that keep their memory for the next use.</summary>
    private const int MaxDirtySlabs = 32;

    /// <summary>The addresses that belong to slabs: from here, <see cref="RangeBytes"/> bytes; both 0 when there is no region.</summary>
    internal static byte* Base;
    internal static nuint RangeBytes;

    /// <summary>The records of the slabs, by slab number.</summary>
    internal static Slab* Slabs;

    private static uint s_slabCount;
    private static uint s_committedSlabs;
    private static nuint s_committedRecordBytes;
    private static uint s_nextUnused;
    private static uint s_dirty;
    private static uint s_clean;
    private static int s_dirtyCount;

    /// <summary>Slabs handed out.</summary>
    internal static long LiveSlabs { get; private set; }

    /// <summary>Bytes of slabs that may have memory behind them.</summary>
    internal static long ResidentBytes => (LiveSlabs + s_dirtyCount) * Slab.Bytes;

    /// <summary>Reserves the range, as large as the system allows; false when it allows none.</summary>
    internal static bool TryReserve()
    {
        for (ulong size = MaxReserveBytes; size >= MinReserveBytes; size /= 2)
        {
            nuint bytes = (nuint)size;
            nuint recordBytes = bytes / Slab.Bytes * (nuint)sizeof(Slab);
            nuint alignment = (nuint)SlabsPerUnit * Slab.Bytes;
            byte* start = SystemMemory.Reserve(recordBytes + bytes + alignment);
            if (start == null)
                continue;
            Slabs = (Slab*)start;
            Base = (byte*)(((nuint)start + recordBytes + alignment - 1) & ~(alignment - 1));
            RangeBytes = bytes;
            s_slabCount = (uint)(bytes / Slab.Bytes);
            s_nextUnused = 1;
            return TryCommitMore();
        }
        return false;
    }

    internal static uint NumberOf(Slab* slab) => (uint)(slab - Slabs);

    /// <summary>A slab with none of its blocks carved, or null when the system refuses.</summary>
    internal static Slab* Take()
    {
        uint number = s_dirty;
        if (number != 0)
        {
            s_dirty = Slabs[number].Next;
            s_dirtyCount--;
        }
        else if ((number = s_clean) != 0)
        {
            s_clean = Slabs[number].Next;
            UnitOf(number)->CleanInUnit--;
        }
        else
        {
            if (s_nextUnused == s_committedSlabs && !TryCommitMore())
                return null;
            number = s_nextUnused++;
        }
        LiveSlabs++;
        return Slabs + number;
    }

    /// <summary>Takes back a slab none of whose blocks is in use.</summary>
    internal static void Return(Slab* slab)
    {
        LiveSlabs--;
        ref uint list = ref s_dirty;
        if (s_dirtyCount < MaxDirtySlabs)
        {
            s_dirtyCount++;
        }
        else
        {
            Discard(NumberOf(slab));
            list = ref s_clean;
        }
        slab->Next = list;
        list = NumberOf(slab);
    }

    /// <summary>Gives the memory of all empty slabs back to the system.</summary>
    internal static void Purge()
    {
        while (s_dirty != 0)
        {
            uint number = s_dirty;
            s_dirty = Slabs[number].Next;
            Discard(number);
            Slabs[number].Next = s_clean;
            s_clean = number;
        }
        s_dirtyCount = 0;
    }

    private static void Discard(uint number)
    {
        SystemMemory.Discard(Base + (nuint)number * Slab.Bytes, Slab.Bytes);
        Slab* unit = UnitOf(number);
        unit->CleanInUnit++;
        // A hole in a unit must stay one: the kernel would fill it by and by to make a huge page of the rest.
        AllowHugePages(unit, unit->CleanInUnit == SlabsPerUnit);
    }

    private static Slab* UnitOf(uint number) => Slabs + (number & ~(SlabsPerUnit - 1u));

    private static void AllowHugePages(Slab* unit, bool allow)
    {
        if (unit->HugeUnit == allow || NumberOf(unit) < SmallSlabs)
            return;
        unit->HugeUnit = allow;
        SystemMemory.AllowHugePages(Base + (nuint)NumberOf(unit) * Slab.Bytes, SlabsPerUnit * Slab.Bytes, allow);
    }

    private static bool TryCommitMore()
    {
        if (s_committedSlabs == s_slabCount)
            return false;
        nuint recordBytes = (nuint)(s_committedSlabs + SlabsPerUnit) * (nuint)sizeof(Slab);
        if (recordBytes > s_committedRecordBytes)
        {
            if (!SystemMemory.Commit((byte*)Slabs + s_committedRecordBytes, Slab.Bytes))
                return false;
            s_committedRecordBytes += Slab.Bytes;
        }
        if (!SystemMemory.Commit(Base + (nuint)s_committedSlabs * Slab.Bytes, SlabsPerUnit * Slab.Bytes))
            return false;
        AllowHugePages(Slabs + s_committedSlabs, true);
        s_committedSlabs += SlabsPerUnit;
        return true;
    }
}
