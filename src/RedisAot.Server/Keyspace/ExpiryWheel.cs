using System.Numerics;
using RedisAot.Memory;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// A hierarchical timing wheel of key hashes: tells the owner in time which keys may have expired, at 8 bytes a key. A record
/// holds no time; the bucket does, and coarse buckets are sorted into finer ones by asking the owner again. Records of keys
/// that are gone or were given another time simply miss. Work is done in slices, and coarse buckets are sorted one period
/// ahead, so that no call is long.
/// </summary>
/// <remarks>
/// Level l has buckets of 16^l ticks. Its bucket numbers below <c>_opened[l]</c> have been emptied into lower levels (level 0:
/// to the owner), or are being emptied from <c>_draining[l]</c>. A record belongs to the lowest level whose parent bucket has
/// been opened. A parent is opened at most one period ahead, so a level has at most 2 × 16 live buckets: its ring.
/// Callers hold the execution lock.
/// </remarks>
public sealed unsafe class ExpiryWheel
{
    /// <summary>What a handler returns for a record that is not needed any more.</summary>
    public const long Gone = long.MinValue;

    /// <summary>The length of a tick: a record is delivered at most so many ms after its time.</summary>
    public const int ResolutionMs = 1 << TickShift;

    private const int TickShift = 4;
    private const int RadixShift = 4;
    private const int RingSlots = 2 << RadixShift;
    private const int Levels = 15; // 16^15 ticks are more than a long has milliseconds

    /// <summary>A clock set back by less than this many ticks only delays records by as much; more, and all are sorted anew.</summary>
    private const int ToleratedStepBack = 64;

    private const int Buckets = Levels * RingSlots + Levels;

    // One native block, there only while there are records: most databases have none.
    private byte* _block;
    private HashBucket* _rings;
    private HashBucket* _draining;
    private long* _opened;
    private uint* _occupied;

    private HashBucket _unsorted; // after the clock was set back, and while clearing
    private long _clock; // the next tick, while there is no block
    private long _chunks;

    /// <summary>An empty wheel whose clock shows <paramref name="nowMs"/>.</summary>
    public ExpiryWheel(long nowMs) => _clock = nowMs >> TickShift;

    /// <summary>Records held, stale ones included.</summary>
    public long Count { get; private set; }

    /// <summary>Native bytes held.</summary>
    public long AllocatedBytes => _block == null ? 0 : (long)NativeHeap.UsableSize(_block) + _chunks * HashBucket.ChunkBytes;

    /// <summary>When <see cref="Advance"/> has work next, in Unix ms (a past time: at once); <see cref="long.MaxValue"/>: never.</summary>
    public long NextDueMs
    {
        get
        {
            if (Count == 0)
                return long.MaxValue;
            if (_unsorted.Count != 0)
                return 0;
            long next = long.MaxValue;
            for (int level = 0; level < Levels; level++)
            {
                if (_draining[level].Count != 0)
                    return 0;
                // Coarse buckets are wanted one period ahead.
                if (_occupied[level] != 0)
                    next = Math.Min(next, (FirstOccupied(level) - (level == 0 ? 0 : 1)) << (level * RadixShift + TickShift));
            }
            return next;
        }
    }

    /// <summary>Adds a record that will be visited once <paramref name="dueMs"/> (Unix ms) has come.</summary>
    public void Add(ulong keyHash, long dueMs)
    {
        if (_block == null)
            AllocateBlock();
        long tick = NextTickFrom(dueMs);
        int level = LevelOf(tick);
        int slot = (int)(tick >> (level * RadixShift)) & (RingSlots - 1);
        _chunks += _rings[level * RingSlots + slot].Add(keyHash);
        _occupied[level] |= 1u << slot;
        Count++;
    }

    /// <summary>
    /// Whether the record that was added for the one due time also stands for the other, so that a time that is renewed again and
    /// again needs no new record each time.
    /// </summary>
    public bool Covers(long recordedDueMs, long dueMs)
    {
        if (_block == null)
            return false;
        long recorded = NextTickFrom(recordedDueMs), tick = NextTickFrom(dueMs);
        int level = LevelOf(recorded);
        return recorded >> (level * RadixShift) == tick >> (level * RadixShift) && LevelOf(tick) == level;
    }

    /// <summary>
    /// Moves the clock to <paramref name="nowMs"/> and visits what has come up, at most <paramref name="budget"/> records; returns
    /// how many. As many as the budget: there may be more.
    /// </summary>
    internal int Advance<THandler>(long nowMs, int budget, ref THandler handler)
        where THandler : IExpiryHandler, allows ref struct
    {
        long target = nowMs >> TickShift;
        if (Count == 0)
        {
            SetClock(target);
            return 0;
        }
        if (target + ToleratedStepBack < _opened[0])
            SortAnew(target);

        int visited = 0;
        while (visited < budget)
        {
            if (_unsorted.Count != 0)
            {
                visited += Drain(ref _unsorted, long.MaxValue, budget - visited, ref handler);
                continue;
            }
            int level = FindWork(target);
            if (level < 0)
                break;
            visited += Drain(ref _draining[level], LatestDueOfDraining(level), budget - visited, ref handler);
        }
        return visited;
    }

    /// <summary>A pseudo-random record among those due soonest; false if there is none.</summary>
    public bool TrySampleSoonest(ulong random, out ulong keyHash)
    {
        keyHash = 0;
        if (Count == 0)
            return false;
        HashBucket* soonest = null;
        long earliest = long.MaxValue;
        for (int level = 0; level < Levels; level++)
        {
            Consider(StartOfDraining(level), &_draining[level], ref earliest, ref soonest);
            if (_occupied[level] != 0)
                Consider(StartOfFirstOccupied(level), BucketOf(level, FirstOccupied(level)), ref earliest, ref soonest);
        }
        if (soonest == null)
            return TrySampleUnsorted(random, out keyHash);
        keyHash = soonest->Sample(random);
        return true;
    }

    private static void Consider(long start, HashBucket* bucket, ref long earliest, ref HashBucket* soonest)
    {
        if (start >= earliest)
            return;
        earliest = start;
        soonest = bucket;
    }

    /// <summary>A pseudo-random record of all, each about as likely as any other; false if there is none.</summary>
    public bool TrySample(ulong random, out ulong keyHash)
    {
        keyHash = 0;
        if (Count == 0)
            return false;
        long rank = (long)(random % (ulong)Count);
        HashBucket* bucket = &_draining[0];
        for (int level = 0; level < Levels && rank >= 0; level++)
        {
            bucket = &_draining[level];
            rank -= bucket->Count;
            for (uint slots = _occupied[level]; slots != 0 && rank >= 0; slots &= slots - 1)
            {
                bucket = BucketOf(level, BitOperations.TrailingZeroCount(slots));
                rank -= bucket->Count;
            }
        }
        if (rank >= 0)
            return TrySampleUnsorted(random, out keyHash);
        keyHash = bucket->Sample(BitOperations.RotateLeft(random * 0x9E3779B97F4A7C15, 29)); // bits that the rank has not used
        return true;
    }

    /// <summary>Drops at least <paramref name="records"/> records unseen; true once none is left and all memory is given back.</summary>
    public bool ClearSlice(int records)
    {
        if (_block == null)
            return true;
        if (_unsorted.Count != Count)
            CollectInto(ref _unsorted);
        long rest = Math.Max(Count - records, 0);
        for (; Count > rest; _chunks--)
        {
            _unsorted.DropChunk();
            Count = _unsorted.Count;
        }
        if (Count != 0)
            return false;
        _clock = _opened[0];
        NativeHeap.Free(_block);
        _block = null;
        return true;
    }

    private void AllocateBlock()
    {
        _block = NativeHeap.AllocateZeroed((nuint)(Buckets * sizeof(HashBucket) + Levels * (sizeof(long) + sizeof(uint))));
        _rings = (HashBucket*)_block;
        _draining = _rings + Levels * RingSlots;
        _opened = (long*)(_draining + Levels);
        _occupied = (uint*)(_opened + Levels);
        SetClock(_clock);
    }

    /// <summary>The first tick at whose time the record is due; of those that have passed, the next one.</summary>
    private long NextTickFrom(long dueMs) =>
        Math.Max((dueMs >> TickShift) + ((dueMs & (ResolutionMs - 1)) != 0 ? 1 : 0), _opened[0]);

    /// <summary>The lowest level whose parent bucket is open.</summary>
    private int LevelOf(long tick)
    {
        int level = 0;
        while (level < Levels - 1 && tick >> ((level + 1) * RadixShift) >= _opened[level + 1])
            level++;
        return level;
    }

    /// <summary>Sets the next tick of a wheel without sorted records.</summary>
    private void SetClock(long tick)
    {
        _clock = tick;
        if (_block == null)
            return;
        _opened[0] = tick;
        for (int level = 1; level < Levels; level++)
            _opened[level] = (tick >> (level * RadixShift)) + 1;
    }

    /// <summary>The clock was set back: buckets do not fit it any more, so every record is put where its owner says.</summary>
    private void SortAnew(long tick)
    {
        CollectInto(ref _unsorted);
        SetClock(tick);
    }

    private void CollectInto(ref HashBucket bucket)
    {
        for (int i = 0; i < Buckets; i++)
            bucket.Absorb(ref _rings[i]);
        new Span<uint>(_occupied, Levels).Clear();
    }

    /// <summary>Empties a bucket: records whose owner names a time are put where they belong by now.</summary>
    private int Drain<THandler>(ref HashBucket bucket, long latestDueMs, int budget, ref THandler handler)
        where THandler : IExpiryHandler, allows ref struct
    {
        int visited = 0;
        while (visited < budget && bucket.Count != 0)
        {
            if (visited == 0 || bucket.Open->Count == HashBucket.ChunkRecords)
                Announce(bucket, ref handler);
            ulong hash = bucket.Take(out bool chunkFreed);
            _chunks -= chunkFreed ? 1 : 0;
            Count--;
            visited++;
            long dueMs = handler.Visit(hash, latestDueMs);
            if (dueMs != Gone)
                Add(hash, dueMs);
        }
        return visited;
    }

    // Once a chunk, so that many loads are under way at the same time.
    private static void Announce<THandler>(in HashBucket bucket, ref THandler handler)
        where THandler : IExpiryHandler, allows ref struct
    {
        if (bucket.Following != null)
            handler.PrefetchLater(bucket.Following->Hashes);
        handler.PrefetchNext(bucket.Open->Hashes);
    }

    /// <summary>Opens buckets as far as the time demands, then ahead of it; returns the level to drain, or -1 if all is done.</summary>
    private int FindWork(long target)
    {
        if (_draining[0].Count != 0)
            return 0;
        while (_opened[0] <= target)
        {
            int blocked = OpenParents(_opened[0]);
            if (blocked > 0)
                return blocked;
            if (OpenNextTick(target))
                return 0;
        }
        return OpenAhead();
    }

    /// <summary>Makes sure that a tick's coarser buckets have been emptied; returns the level that still has to be, or 0.</summary>
    private int OpenParents(long tick)
    {
        for (int level = Levels - 1; level > 0; level--)
        {
            long number = tick >> (level * RadixShift);
            if (_draining[level].Count != 0 && _opened[level] - 1 <= number)
                return level;
            if (_opened[level] <= number && OpenBucket(level))
                return level;
        }
        return 0;
    }

    /// <summary>Opens the first occupied tick up to the target; without one moves on as far as nothing is missed.</summary>
    private bool OpenNextTick(long target)
    {
        // Not beyond the parent whose records are known to be here.
        long end = Math.Min(target, _opened[0] | (RingSlots / 2 - 1)) + 1;
        long first = StartOfFirstOccupied(0);
        if (first < end)
        {
            _opened[0] = first;
            return OpenBucket(0);
        }
        for (int level = 1; level < Levels; level++)
            first = Math.Min(first, Math.Min(StartOfDraining(level), StartOfFirstOccupied(level)));
        _opened[0] = Math.Max(end, Math.Min(first, target + 1));
        return false;
    }

    /// <summary>Empties coarse buckets one period before their time, the coarsest first, as they fill the finer ones.</summary>
    private int OpenAhead()
    {
        for (int level = Levels - 1; level > 0; level--)
        {
            if (_draining[level].Count != 0)
                return level;
            long next = (_opened[0] >> (level * RadixShift)) + 1;
            while (_opened[level] <= next)
            {
                if (OpenBucket(level))
                    return level;
            }
        }
        return -1;
    }

    /// <summary>Opens the next bucket of a level; whether there is anything in it to drain.</summary>
    private bool OpenBucket(int level)
    {
        // Buckets that the clock has passed are empty: it never skips an occupied one.
        long number = Math.Max(_opened[level], _opened[0] >> (level * RadixShift));
        _opened[level] = number + 1;
        int slot = (int)number & (RingSlots - 1);
        _occupied[level] &= ~(1u << slot);
        _draining[level].Absorb(ref _rings[level * RingSlots + slot]);
        return _draining[level].Count != 0;
    }

    /// <summary>The number of the first occupied bucket of a level that has one.</summary>
    private long FirstOccupied(int level)
    {
        // The ring starts at the clock: after a jump over empty buckets _opened still lies behind it.
        long start = Math.Max(_opened[level], _opened[0] >> (level * RadixShift));
        return start + BitOperations.TrailingZeroCount(BitOperations.RotateRight(_occupied[level], (int)start & (RingSlots - 1)));
    }

    private HashBucket* BucketOf(int level, long number) => &_rings[level * RingSlots + (int)(number & (RingSlots - 1))];

    private long StartOfFirstOccupied(int level) =>
        _occupied[level] == 0 ? long.MaxValue : FirstOccupied(level) << (level * RadixShift);

    private long StartOfDraining(int level) =>
        _draining[level].Count == 0 ? long.MaxValue : (_opened[level] - 1) << (level * RadixShift);

    private long LatestDueOfDraining(int level) =>
        level == Levels - 1 ? long.MaxValue : ((_opened[level] << (level * RadixShift)) - 1) << TickShift;

    private bool TrySampleUnsorted(ulong random, out ulong keyHash)
    {
        keyHash = _unsorted.Count == 0 ? 0 : _unsorted.Sample(random);
        return _unsorted.Count != 0;
    }
}
