using System.Numerics;
using System.Runtime.CompilerServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// The buckets of a table under linear hashing: there are 2^level + split of them; those below the split point and their
/// partners beyond 2^level are addressed with one hash bit more than the rest. Adding a bucket moves the split point up,
/// dropping the last one moves it down, so the number changes by one at a time. Up to 64 buckets are one array; beyond
/// that they lie in segments of 64 that a directory lists.
/// </summary>
internal unsafe struct BucketStore
{
    private const int Log2SegmentBuckets = 6;
    private const uint SegmentBuckets = 1 << Log2SegmentBuckets;
    private const nuint SegmentBytes = SegmentBuckets * Bucket.Bytes;
    private const uint MinDirectoryCapacity = 8;

    /// <summary>A cell keeps 16 hash bits, from a multiple of this on: enough to split 12 times without looking at a key.</summary>
    private const int WindowStep = 12;

    /// <summary>The array of buckets, or of the addresses of the segments; null when there is no bucket.</summary>
    private void* _storage;

    /// <summary>2^level - 1.</summary>
    private uint _mask;
    private uint _split;

    /// <summary>How many buckets, or segments, the storage has room for.</summary>
    private uint _capacity;
    private uint _overflowBuckets;

    internal readonly bool IsEmpty => _storage == null;

    /// <summary>The buckets that hashes address; 1 when there is none yet.</summary>
    internal readonly uint Count => _mask + 1 + _split;

    /// <summary>The index that a split would add and that of the bucket whose entries it would divide.</summary>
    internal readonly uint SplitSource => _split;

    /// <summary>The mask of the index bits of the buckets that have not been split in this round.</summary>
    internal readonly uint LowMask => _mask;

    /// <summary>The native memory of all buckets and the directory, in bytes.</summary>
    internal readonly long MemoryBytes
    {
        get
        {
            if (_storage == null)
                return 0;
            long bytes = (long)NativeHeap.UsableSize((byte*)_storage) + (long)_overflowBuckets * Bucket.Bytes;
            return IsFlat ? bytes : bytes + (long)((Count - 1) / SegmentBuckets + 1) * (long)SegmentBytes;
        }
    }

    private readonly bool IsFlat => Count <= SegmentBuckets;

    /// <summary>The mask of the index bits that address the bucket of a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly uint MaskOf(ulong hash)
    {
        // Without a branch, which would be mispredicted half of the time: all ones when the bucket has been split.
        uint mask = _mask;
        uint isSplit = (uint)((long)((hash & mask) - _split) >> 63);
        return mask | (isSplit & (mask + 1));
    }

    /// <summary>The first hash bit that the cells of a bucket keep, from the mask that addresses the bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int WindowOf(uint mask) =>
        mask < (1u << WindowStep) - 1 ? 0 : mask < (1u << (2 * WindowStep)) - 1 ? WindowStep : 2 * WindowStep;

    /// <summary>The bucket with an index below <see cref="Count"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Bucket* At(uint index) => IsFlat
        ? (Bucket*)_storage + index
        : ((Bucket**)_storage)[index >> Log2SegmentBuckets] + (index & (SegmentBuckets - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Bucket* Of(ulong hash) => At((uint)hash & MaskOf(hash));

    /// <summary>Makes the first bucket.</summary>
    internal void AddFirst()
    {
        _storage = NativeHeap.AllocateCacheLines(Bucket.Bytes);
        _capacity = 1;
    }

    /// <summary>Adds an empty bucket at the end, the partner of the one at the split point, which moves on.</summary>
    internal Bucket* AddLast()
    {
        uint index = Count;
        if (index < SegmentBuckets)
        {
            if (index == _capacity)
                ResizeArray(_capacity * 2);
        }
        else if (index % SegmentBuckets == 0)
        {
            AddSegment(index / SegmentBuckets);
        }
        if (_split++ == _mask)
        {
            _mask = _mask * 2 + 1;
            _split = 0;
        }
        return At(index);
    }

    /// <summary>Drops the last bucket; its entries are gone from the table. The split point moves back.</summary>
    internal void DropLast()
    {
        uint index = Count - 1;
        FreeChain(At(index));
        if (index == 0)
        {
            NativeHeap.Free((byte*)_storage);
            this = default;
            return;
        }
        if (_split == 0)
        {
            _mask >>= 1;
            _split = _mask + 1;
        }
        _split--;
        if (index >= SegmentBuckets)
        {
            if (index % SegmentBuckets == 0)
                DropSegment(index / SegmentBuckets);
        }
        else if (index * 4 <= _capacity)
        {
            ResizeArray(_capacity / 2);
        }
    }

    /// <summary>Puts an entry into the chain of a bucket. Returns its cell.</summary>
    internal ulong* Add(Bucket* bucket, byte tag, ulong word)
    {
        uint vacant;
        while ((vacant = bucket->Vacant) == 0)
            bucket = bucket->IsChained ? bucket->Next : AppendBucket(bucket);
        int cell = BitOperations.TrailingZeroCount(vacant);
        bucket->Put(cell, tag, word);
        return bucket->Words + cell;
    }

    /// <summary>Makes room for <paramref name="entries"/> in all, so that so many can be added without memory running out.</summary>
    internal void Reserve(Bucket* bucket, int entries)
    {
        for (int room = Bucket.Cells; room < entries; room += Bucket.Cells - 1)
            bucket = bucket->IsChained ? bucket->Next : AppendBucket(bucket);
    }

    internal static int CountOf(Bucket* bucket)
    {
        int count = BitOperations.PopCount(bucket->Used);
        while (bucket->IsChained)
        {
            bucket = bucket->Next;
            count += BitOperations.PopCount(bucket->Used);
        }
        return count;
    }

    /// <summary>After removals from a chain: fills the gaps from its end and frees the buckets that it no longer needs.</summary>
    internal void Compact(Bucket* head)
    {
        while (head->IsChained)
        {
            Bucket* gap = null;
            Bucket* previous = null;
            Bucket* last = head;
            while (last->IsChained)
            {
                if (gap == null && last->Vacant != 0)
                    gap = last;
                previous = last;
                last = last->Next;
            }
            uint used = last->Used;
            bool single = BitOperations.IsPow2(used);
            if (gap == null && used != 0 && !single)
                return;
            if (used == 0 || gap == null)
            {
                previous->Unlink();
                gap = previous;
            }
            if (used != 0)
            {
                int cell = BitOperations.Log2(used);
                gap->Put(BitOperations.TrailingZeroCount(gap->Vacant), last->Tag(cell), last->Words[cell]);
                last->Remove(cell);
            }
            if (!previous->IsChained)
                FreeOverflow(last);
        }
    }

    private Bucket* AppendBucket(Bucket* last)
    {
        var next = (Bucket*)NativeHeap.AllocateCacheLines(Bucket.Bytes);
        _overflowBuckets++;
        last->VacateLinkCell(next);
        last->Link(next);
        return next;
    }

    private void FreeOverflow(Bucket* bucket)
    {
        NativeHeap.Free((byte*)bucket);
        _overflowBuckets--;
    }

    private void FreeChain(Bucket* head)
    {
        bool more = head->IsChained;
        Bucket* bucket = more ? head->Next : null;
        while (more)
        {
            more = bucket->IsChained;
            Bucket* next = more ? bucket->Next : null;
            FreeOverflow(bucket);
            bucket = next;
        }
        head->Control = 0;
    }

    private void ResizeArray(uint capacity)
    {
        nuint bytes = capacity * Bucket.Bytes;
        byte* array = NativeHeap.AllocateCacheLines(bytes);
        Buffer.MemoryCopy(_storage, array, bytes, Math.Min(capacity, _capacity) * Bucket.Bytes);
        NativeHeap.Free((byte*)_storage);
        _storage = array;
        _capacity = capacity;
    }

    private void AddSegment(uint number)
    {
        byte* segment = NativeHeap.AllocateCacheLines(SegmentBytes);
        if (number == 1)
        {
            var directory = (Bucket**)NativeHeap.Allocate(MinDirectoryCapacity * (nuint)sizeof(Bucket*));
            directory[0] = (Bucket*)_storage;
            _storage = directory;
            _capacity = MinDirectoryCapacity;
        }
        else if (number == _capacity)
        {
            ResizeDirectory(_capacity * 2);
        }
        ((Bucket**)_storage)[number] = (Bucket*)segment;
    }

    private void DropSegment(uint number)
    {
        var directory = (Bucket**)_storage;
        NativeHeap.Free((byte*)directory[number]);
        if (number == 1)
        {
            _storage = directory[0];
            _capacity = SegmentBuckets;
            NativeHeap.Free((byte*)directory);
        }
        else if (number * 4 <= _capacity && _capacity > MinDirectoryCapacity)
        {
            ResizeDirectory(_capacity / 2);
        }
    }

    private void ResizeDirectory(uint capacity)
    {
        _storage = NativeHeap.Reallocate((byte*)_storage, capacity * (nuint)sizeof(Bucket*));
        _capacity = capacity;
    }
}
