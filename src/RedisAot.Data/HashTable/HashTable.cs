using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RedisAot.Data;

/// <summary>
/// A set of entries found by their key, for the keyspace and for big hashes and sets. It grows and shrinks by one bucket
/// at a time, so no operation ever takes longer than a few entries' worth of work. The default is an empty table; it may
/// live in native memory or in a field, and is destroyed with <see cref="FreeSlice"/>. It does not own its entries.
/// Hashes come from <see cref="Hashing"/>.
/// </summary>
public unsafe struct HashTable<TEntry>
    where TEntry : struct, IHashEntry
{
    /// <summary>A bucket is split when there are more entries a bucket than this on average ...</summary>
    private const uint MaxLoad = 6;

    /// <summary>... and two are merged when there are fewer than this, so that a table at the border does not swing.</summary>
    private const uint MinLoad = 4;

    private const uint MaxReservedBuckets = 1 << 30;

    /// <summary>Splits or merges that one change may do: more than one, to catch up after a pause.</summary>
    private const int StepsPerChange = 2;

    /// <summary>A chain longer than this is so rare that its entries may be drawn a little less often.</summary>
    private const int LongChain = 24;

    private BucketStore _buckets;
    private long _count;
    private int _pauses;
    private nint _watcher;

    /// <summary>The number of entries.</summary>
    public readonly long Count => _count;

    /// <summary>The native memory of the table itself, without the entries, in bytes.</summary>
    public readonly long BucketBytes => _buckets.MemoryBytes;

    /// <summary>The number of buckets, not counting those that continue a chain.</summary>
    public readonly long BucketCount => _buckets.IsEmpty ? 0 : _buckets.Count;

    /// <summary>The slot of the entry with this key, or none.</summary>
    public readonly Slot Find(ReadOnlySpan<byte> key, ulong hash)
    {
        if (_count == 0)
            return default;
        uint mask = _buckets.MaskOf(hash);
        Bucket* bucket = _buckets.At((uint)hash & mask);
        ulong bits = (ushort)(hash >> BucketStore.WindowOf(mask));
        Vector128<byte> tag = Vector128.Create(Bucket.TagOf(hash));
        while (true)
        {
            ulong control = bucket->Control;
            for (uint match = Bucket.Match(control, tag); match != 0; match &= match - 1)
            {
                ulong* cell = bucket->Words + BitOperations.TrailingZeroCount(match);
                if (*cell >> Slot.AddressBits == bits && TEntry.KeyOf(Slot.EntryOf(*cell)).SequenceEqual(key))
                    return new Slot(cell);
            }
            if ((long)control >= 0)
                return default;
            bucket = bucket->Next;
        }
    }

    /// <summary>
    /// The slot of the entry whose key has this hash, or none. <paramref name="skip"/> passes over that many, for the case
    /// that keys collide in all 64 bits.
    /// </summary>
    public readonly Slot FindByHash(ulong hash, int skip = 0)
    {
        HashMatch match = new(hash, skip);
        return Search(hash, ref match);
    }

    /// <summary>
    /// Whether there is an entry with the key of one in another table, where both tables <see cref="HoldsHashes"/>.
    /// <paramref name="hash"/> is what the other table's cell holds of it.
    /// </summary>
    public readonly bool HasEqual(byte* other, ulong hash)
    {
        KeyOfMatch match = new(other);
        return !Search(hash, ref match).IsNone;
    }

    /// <summary>Whether the cells of the table hold enough of the hashes to find the entries by: while it has not many thousands.</summary>
    public readonly bool HoldsHashes => BucketStore.WindowOf(_buckets.LowMask * 2 + 1) == 0;

    private readonly Slot Search<TMatch>(ulong hash, ref TMatch match)
        where TMatch : struct, IMatch
    {
        if (_count == 0)
            return default;
        uint mask = _buckets.MaskOf(hash);
        ulong bits = (ushort)(hash >> BucketStore.WindowOf(mask));
        Vector128<byte> tag = Vector128.Create(Bucket.TagOf(hash));
        for (Bucket* bucket = _buckets.At((uint)hash & mask); ; bucket = bucket->Next)
        {
            for (uint cells = Bucket.Match(bucket->Control, tag); cells != 0; cells &= cells - 1)
            {
                ulong* cell = bucket->Words + BitOperations.TrailingZeroCount(cells);
                if (*cell >> Slot.AddressBits == bits && match.Takes(Slot.EntryOf(*cell)))
                    return new Slot(cell);
            }
            if (!bucket->IsChained)
                return default;
        }
    }

    /// <summary>
    /// A slot whose key very likely has this hash, or none when there certainly is no such key: as <see cref="FindByHash"/>, but
    /// no entry is looked at.
    /// </summary>
    public readonly Slot FindLikely(ulong hash)
    {
        if (_count == 0)
            return default;
        uint mask = _buckets.MaskOf(hash);
        ulong bits = (ushort)(hash >> BucketStore.WindowOf(mask));
        Vector128<byte> tag = Vector128.Create(Bucket.TagOf(hash));
        for (Bucket* bucket = _buckets.At((uint)hash & mask); ; bucket = bucket->Next)
        {
            for (uint match = Bucket.Match(bucket->Control, tag); match != 0; match &= match - 1)
            {
                ulong* cell = bucket->Words + BitOperations.TrailingZeroCount(match);
                if (*cell >> Slot.AddressBits == bits)
                    return new Slot(cell);
            }
            if (!bucket->IsChained)
                return default;
        }
    }

    /// <summary>Adds an entry whose key is known to be absent. Returns its slot.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses; the table is unchanged.</exception>
    public Slot Insert(ulong hash, byte* entry)
    {
        if (_watcher != 0)
            TellWatcher(hash, entry, isNew: true);
        if (_buckets.IsEmpty)
            _buckets.AddFirst();
        else
            Grow();
        uint mask = _buckets.MaskOf(hash);
        ulong word = Slot.Pack(entry, hash >> BucketStore.WindowOf(mask));
        ulong* cell = _buckets.Add(_buckets.At((uint)hash & mask), Bucket.TagOf(hash), word);
        _count++;
        return new Slot(cell);
    }

    /// <summary>Takes the entry with this key out of the table and returns it; null when there is none.</summary>
    public byte* Remove(ReadOnlySpan<byte> key, ulong hash)
    {
        Slot slot = Find(key, hash);
        if (slot.IsNone)
            return null;
        byte* entry = slot.Entry;
        Remove(slot, hash);
        return entry;
    }

    /// <summary>Takes the entry in a slot out of the table; <paramref name="hash"/> is that of its key.</summary>
    public void Remove(Slot slot, ulong hash)
    {
        BeforeChange(hash, slot.Entry);
        // Buckets are aligned to their size, so a cell's address tells its bucket.
        var bucket = (Bucket*)((nuint)slot.Cell & ~(nuint)(Bucket.Bytes - 1));
        bucket->Remove((int)(slot.Cell - bucket->Words));
        _count--;
        if (_pauses != 0)
            return;
        Bucket* head = _buckets.Of(hash);
        if (head->IsChained)
            _buckets.Compact(head);
        Shrink();
    }

    /// <summary>Has a watcher told of each entry that comes, goes or changes, before it does; null: nobody is told any more.</summary>
    public void Watch(TableWatcher<TEntry>? watcher)
    {
        if (_watcher != 0)
            GCHandle.FromIntPtr(_watcher).Free();
        _watcher = watcher == null ? 0 : GCHandle.ToIntPtr(GCHandle.Alloc(watcher));
    }

    /// <summary>Whether there is a watcher.</summary>
    public readonly bool IsWatched => _watcher != 0;

    /// <summary>To be called by whoever changes something of an entry in its place, or puts another in its slot, before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void BeforeChange(ulong hash, byte* entry)
    {
        if (_watcher != 0)
            TellWatcher(hash, entry, isNew: false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void TellWatcher(ulong hash, byte* entry, bool isNew) =>
        ((TableWatcher<TEntry>)GCHandle.FromIntPtr(_watcher).Target!).BeforeChange(hash, entry, isNew);

    /// <summary>
    /// Visits the entries of one bucket and returns the cursor of the next, 0 after the last; 0 also begins. An entry that
    /// is in the table from the first call of a round to the last is visited at least once, whatever is inserted and
    /// removed between the calls: buckets come in the order of their reversed index bits, so that a bucket's share
    /// of the round is the same whether it has been split or merged since.
    /// </summary>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, ISlotVisitor
    {
        if (_buckets.IsEmpty)
            return 0;
        uint mask = _buckets.MaskOf(cursor);
        Bucket* head = _buckets.At((uint)cursor & mask);
        long countBefore = _count;
        _pauses++;
        try
        {
            VisitChain(head, ref visitor);
        }
        finally
        {
            _pauses--;
        }
        if (_count != countBefore && _pauses == 0)
        {
            _buckets.Compact(head);
            Resize((int)(countBefore - _count));
        }
        return CursorAfter(cursor, mask);
    }

    /// <summary>
    /// Brings the entries of the bucket that a scan comes to after <paramref name="cursor"/> closer, and the one after that. To be
    /// called before each step of a scan that looks at all entries, for they lie all over the memory.
    /// </summary>
    public readonly void PrefetchScan(ulong cursor)
    {
        if (_buckets.IsEmpty || !Sse.IsSupported)
            return;
        uint mask = _buckets.MaskOf(cursor);
        ulong next = CursorAfter(cursor, mask);
        mask = _buckets.MaskOf(next);
        PrefetchBucket((uint)next & mask);
        next = CursorAfter(next, mask);
        Sse.Prefetch0(_buckets.At((uint)next & _buckets.MaskOf(next)));
    }

    private static ulong CursorAfter(ulong cursor, uint mask) => ReverseBits(ReverseBits(cursor | ~(ulong)mask) + 1);

    /// <summary>Which bucket, from 0 to <see cref="BucketCount"/> - 1, the entries with a hash are in until the table changes its size.</summary>
    internal readonly uint BucketOf(ulong hash) => (uint)hash & _buckets.MaskOf(hash);

    /// <summary>Visits the entries of one bucket; nothing may be inserted or removed meanwhile.</summary>
    internal readonly void VisitBucket<TVisitor>(uint bucket, ref TVisitor visitor)
        where TVisitor : struct, ISlotVisitor => VisitChain(_buckets.At(bucket), ref visitor);

    /// <summary>Brings the entries of a bucket, but for those that are chained to it, closer.</summary>
    internal readonly void PrefetchBucket(uint bucket)
    {
        if (!Sse.IsSupported)
            return;
        Bucket* head = _buckets.At(bucket);
        for (uint used = head->Used; used != 0; used &= used - 1)
        {
            byte* entry = Slot.EntryOf(head->Words[BitOperations.TrailingZeroCount(used)]);
            Sse.Prefetch0(entry);
            Sse.Prefetch0(entry + Bucket.Bytes);
        }
    }

    /// <summary>An entry drawn at random, each with the same chance; null when the table is empty.</summary>
    public readonly byte* Random(ref FastRandom random)
    {
        if (_count == 0)
            return null;
        uint buckets = _buckets.Count;
        // A bucket is accepted in proportion to its entries. In a table of normal load a draw succeeds within a few tries.
        for (int tries = 0; tries < 256; tries++)
        {
            Bucket* head = _buckets.At(random.Next(buckets));
            int length = BucketStore.CountOf(head);
            int choice = (int)random.Next((uint)Math.Max(length, LongChain));
            if (choice < length)
                return EntryInChain(head, choice);
        }
        return FirstEntryFrom(random.Next(buckets));
    }

    /// <summary>
    /// Up to <paramref name="wanted"/> different entries from a random place in the table, written to
    /// <paramref name="entries"/>; returns how many. Cheaper than single draws and less random. It looks at
    /// a bounded number of buckets and does not begin with the first entry of one, so a sparse or small table may yield fewer.
    /// </summary>
    public readonly int Sample(ref FastRandom random, byte** entries, int wanted)
    {
        if (_count == 0)
            return 0;
        uint buckets = _buckets.Count;
        uint index = random.Next(buckets);
        // Beginning within a bucket: otherwise the last entries of a full one would never be drawn in small samples.
        uint skip = _count > wanted ? random.Next((uint)BucketStore.CountOf(_buckets.At(index))) : 0;
        int found = 0;
        for (long left = Math.Min(buckets, 10L * wanted); left > 0 && found < wanted; left--)
        {
            for (Bucket* bucket = _buckets.At(index); ; bucket = bucket->Next)
            {
                for (uint used = bucket->Used; used != 0 && found < wanted; used &= used - 1)
                {
                    if (skip != 0)
                        skip--;
                    else
                        entries[found++] = Slot.EntryOf(bucket->Words[BitOperations.TrailingZeroCount(used)]);
                }
                if (!bucket->IsChained)
                    break;
            }
            index = index + 1 == buckets ? 0 : index + 1;
        }
        return found;
    }

    /// <summary>
    /// The entries of whole buckets from a random place on, until there are <paramref name="wanted"/> or more, but no more than
    /// <paramref name="capacity"/>; returns how many. Nearly every entry has the same chance, at the cost of one or two buckets.
    /// </summary>
    public readonly int SampleBuckets(ref FastRandom random, byte** entries, int wanted, int capacity)
    {
        if (_count == 0)
            return 0;
        uint buckets = _buckets.Count;
        uint index = random.Next(buckets);
        int found = 0;
        for (long left = Math.Min(buckets, 10L * wanted); left > 0 && found < wanted; left--)
        {
            for (Bucket* bucket = _buckets.At(index); ; bucket = bucket->Next)
            {
                for (uint used = bucket->Used; used != 0 && found < capacity; used &= used - 1)
                    entries[found++] = Slot.EntryOf(bucket->Words[BitOperations.TrailingZeroCount(used)]);
                if (!bucket->IsChained)
                    break;
            }
            index = index + 1 == buckets ? 0 : index + 1;
        }
        return found;
    }

    /// <summary>
    /// All entries, in no particular order, for a foreach. While it runs the table does not change its size, and entries
    /// may be removed; nothing may be inserted. After many removals <see cref="Resize"/> brings the table back into shape.
    /// </summary>
    [UnscopedRef]
    public Enumerator GetEnumerator() => new(ref this);

    /// <summary>
    /// Keeps the table from changing its size until <see cref="ReleaseSize"/>, which makes a run of removals cheaper; afterwards
    /// <see cref="Resize"/> catches up in the order of the buckets. May be nested.
    /// </summary>
    public void HoldSize() => _pauses++;

    /// <summary>Ends <see cref="HoldSize"/>.</summary>
    public void ReleaseSize() => _pauses--;

    /// <summary>Makes an empty table as big as so many entries will have it; a table that has some grows with them.</summary>
    public void Reserve(long entries)
    {
        if (_count != 0 || _pauses != 0 || entries <= 0)
            return;
        if (_buckets.IsEmpty)
            _buckets.AddFirst();
        while ((long)_buckets.Count * MaxLoad < entries && _buckets.Count < MaxReservedBuckets)
            _buckets.AddLast();
    }

    /// <summary>Splits or merges up to <paramref name="steps"/> buckets where a pause has left too few or too many.</summary>
    /// <returns>Whether the table then has the size that suits it.</returns>
    public bool Resize(int steps)
    {
        if (_pauses != 0 || _buckets.IsEmpty)
            return true;
        while (steps-- > 0)
        {
            if (IsCrowded)
                Split();
            else if (IsSparse)
                Merge();
            else
                return true;
        }
        return !IsCrowded && !IsSparse;
    }

    /// <summary>
    /// Destroys the table, at least <paramref name="budget"/> entries of it, and returns whether it is empty now and holds
    /// no memory. Once begun, the table can only be destroyed further.
    /// </summary>
    public bool FreeSlice<TFreer>(long budget, ref TFreer freer)
        where TFreer : struct, IEntryFreer
    {
        while (!_buckets.IsEmpty)
        {
            if (budget <= 0)
                return false;
            long before = _count;
            for (Bucket* bucket = _buckets.At(_buckets.Count - 1); ; bucket = bucket->Next)
            {
                for (uint used = bucket->Used; used != 0; used &= used - 1, _count--)
                    freer.Free(Slot.EntryOf(bucket->Words[BitOperations.TrailingZeroCount(used)]));
                if (!bucket->IsChained)
                    break;
            }
            _buckets.DropLast();
            budget -= 1 + before - _count;
        }
        return true;
    }

    /// <summary>Brings the buckets of hashes closer, ahead of <see cref="PrefetchEntries"/> or of look-ups.</summary>
    public readonly void PrefetchBuckets(ReadOnlySpan<ulong> hashes)
    {
        if (_count == 0 || !Sse.IsSupported)
            return;
        foreach (ulong hash in hashes)
            Sse.Prefetch0(_buckets.Of(hash));
    }

    /// <summary>
    /// Brings the likely entries of hashes closer. Asked for after all of their buckets, so that the waits of each kind overlap.
    /// </summary>
    public readonly void PrefetchEntries(ReadOnlySpan<ulong> hashes)
    {
        if (_count == 0 || !Sse.IsSupported)
            return;
        foreach (ulong hash in hashes)
        {
            Bucket* bucket = _buckets.Of(hash);
            uint match = Bucket.Match(bucket->Control, Vector128.Create(Bucket.TagOf(hash)));
            if (match == 0)
                continue;
            byte* entry = Slot.EntryOf(bucket->Words[BitOperations.TrailingZeroCount(match)]);
            Sse.Prefetch0(entry);
            // An entry seldom begins where a cache line does; the end of its key, or a short value, is in the next one.
            Sse.Prefetch0(entry + Bucket.Bytes);
        }
    }

    private readonly bool IsCrowded => _count >= (long)_buckets.Count * MaxLoad;

    private readonly bool IsSparse => _count < (long)_buckets.Count * MinLoad && _buckets.Count > 1;

    private static ulong HashOf(byte* entry) => Hashing.Hash(TEntry.KeyOf(entry));

    private void Grow()
    {
        for (int step = 0; step < StepsPerChange && _pauses == 0 && IsCrowded; step++)
            Split();
    }

    private void Shrink()
    {
        for (int step = 0; step < StepsPerChange && IsSparse; step++)
            Merge();
    }

    /// <summary>Divides the entries of the bucket at the split point between it and a new last bucket.</summary>
    private void Split()
    {
        uint source = _buckets.SplitSource;
        uint mask = _buckets.LowMask;
        int window = BucketStore.WindowOf(mask);
        int newWindow = BucketStore.WindowOf(mask * 2 + 1);
        // The hash bit that tells the two apart, where the cells keep it.
        ulong divider = ((ulong)mask + 1) << (Slot.AddressBits - window);
        Bucket* to = _buckets.AddLast();
        Bucket* from = _buckets.At(source);
        try
        {
            _buckets.Reserve(to, CountWith(divider, from));
        }
        catch (OutOfMemoryException)
        {
            _buckets.DropLast();
            throw;
        }
        for (Bucket* bucket = from; ; bucket = bucket->Next)
        {
            for (uint used = bucket->Used; used != 0; used &= used - 1)
            {
                int cell = BitOperations.TrailingZeroCount(used);
                ulong word = bucket->Words[cell];
                bool moves = (word & divider) != 0;
                if (window != newWindow)
                    bucket->Words[cell] = word = Rewindow(word, newWindow);
                if (!moves)
                    continue;
                _buckets.Add(to, bucket->Tag(cell), word);
                bucket->Remove(cell);
            }
            if (!bucket->IsChained)
                break;
        }
        _buckets.Compact(from);
    }

    private static int CountWith(ulong bit, Bucket* bucket)
    {
        int count = 0;
        for (; ; bucket = bucket->Next)
        {
            for (uint used = bucket->Used; used != 0; used &= used - 1)
                count += (bucket->Words[BitOperations.TrailingZeroCount(used)] & bit) != 0 ? 1 : 0;
            if (!bucket->IsChained)
                return count;
        }
    }

    /// <summary>Moves the entries of the last bucket to the one that it was once split from, and drops it.</summary>
    private void Merge()
    {
        uint source = _buckets.Count - 1;
        uint mask = _buckets.SplitSource == 0 ? _buckets.LowMask >> 1 : _buckets.LowMask;
        int window = BucketStore.WindowOf(mask * 2 + 1);
        int newWindow = BucketStore.WindowOf(mask);
        Bucket* from = _buckets.At(source);
        Bucket* to = _buckets.At(source & mask);
        _buckets.Reserve(to, BucketStore.CountOf(from) + BucketStore.CountOf(to));
        if (window != newWindow)
            RewindowChain(to, newWindow);
        for (Bucket* bucket = from; ; bucket = bucket->Next)
        {
            for (uint used = bucket->Used; used != 0; used &= used - 1)
            {
                int cell = BitOperations.TrailingZeroCount(used);
                ulong word = bucket->Words[cell];
                _buckets.Add(to, bucket->Tag(cell), window != newWindow ? Rewindow(word, newWindow) : word);
            }
            if (!bucket->IsChained)
                break;
        }
        _buckets.DropLast();
    }

    private static void RewindowChain(Bucket* bucket, int window)
    {
        for (; ; bucket = bucket->Next)
        {
            for (uint used = bucket->Used; used != 0; used &= used - 1)
            {
                int cell = BitOperations.TrailingZeroCount(used);
                bucket->Words[cell] = Rewindow(bucket->Words[cell], window);
            }
            if (!bucket->IsChained)
                return;
        }
    }

    /// <summary>The content of a cell with other bits of the hash, which takes a look at the key.</summary>
    private static ulong Rewindow(ulong word, int window)
    {
        byte* entry = Slot.EntryOf(word);
        return Slot.Pack(entry, HashOf(entry) >> window);
    }

    private static void VisitChain<TVisitor>(Bucket* bucket, ref TVisitor visitor)
        where TVisitor : struct, ISlotVisitor
    {
        for (; ; bucket = bucket->Next)
        {
            for (uint used = bucket->Used; used != 0; used &= used - 1)
                visitor.Visit(new Slot(bucket->Words + BitOperations.TrailingZeroCount(used)));
            if (!bucket->IsChained)
                return;
        }
    }

    private static byte* EntryInChain(Bucket* bucket, int choice)
    {
        while (true)
        {
            uint used = bucket->Used;
            int here = BitOperations.PopCount(used);
            if (choice < here)
            {
                while (choice-- > 0)
                    used &= used - 1;
                return Slot.EntryOf(bucket->Words[BitOperations.TrailingZeroCount(used)]);
            }
            choice -= here;
            bucket = bucket->Next;
        }
    }

    private readonly byte* FirstEntryFrom(uint index)
    {
        while (true)
        {
            Bucket* head = _buckets.At(index);
            if (BucketStore.CountOf(head) != 0)
                return EntryInChain(head, 0);
            index = index + 1 == _buckets.Count ? 0 : index + 1;
        }
    }

    private static ulong ReverseBits(ulong value)
    {
        value = ((value >> 1) & 0x5555555555555555) | ((value & 0x5555555555555555) << 1);
        value = ((value >> 2) & 0x3333333333333333) | ((value & 0x3333333333333333) << 2);
        value = ((value >> 4) & 0x0F0F0F0F0F0F0F0F) | ((value & 0x0F0F0F0F0F0F0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }

    /// <summary>Which of the entries with the bits of a hash is looked for.</summary>
    private interface IMatch
    {
        bool Takes(byte* entry);
    }

    private struct HashMatch(ulong hash, int skip) : IMatch
    {
        public bool Takes(byte* entry) => HashOf(entry) == hash && skip-- == 0;
    }

    private readonly struct KeyOfMatch(byte* other) : IMatch
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Takes(byte* entry) => TEntry.KeyOf(entry).SequenceEqual(TEntry.KeyOf(other));
    }

    /// <summary>A walk over all entries; see <see cref="HashTable{TEntry}.GetEnumerator"/>.</summary>
    public ref struct Enumerator
    {
        private readonly ref HashTable<TEntry> _table;
        private Bucket* _bucket;
        private uint _index;
        private uint _unvisited;
        private int _cell;

        internal Enumerator(ref HashTable<TEntry> table)
        {
            _table = ref table;
            _table._pauses++;
            if (!table._buckets.IsEmpty)
                Enter(table._buckets.At(0));
        }

        /// <summary>The entry that the walk is at.</summary>
        public readonly byte* Current => Slot.Entry;

        /// <summary>The slot of that entry, which may be given another address or removed.</summary>
        public readonly Slot Slot => new(_bucket->Words + _cell);

        /// <summary>The hash of that entry's key, in a table that <see cref="HoldsHashes"/> as much of it as that takes.</summary>
        public readonly ulong HeldHash => *Slot.Cell >> Slot.AddressBits | (ulong)_bucket->Tag(_cell) << 56;

        /// <summary>Goes to the next entry; false after the last.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MoveNext()
        {
            // What has been removed since the bucket was entered is not visited.
            if (_bucket == null || ((_unvisited &= _bucket->Used) == 0 && !EnterNext()))
                return false;
            _cell = BitOperations.TrailingZeroCount(_unvisited);
            _unvisited &= _unvisited - 1;
            return true;
        }

        /// <summary>Goes on to a bucket that has entries; false when there is none.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private bool EnterNext()
        {
            do
            {
                if (_bucket->IsChained)
                    Enter(_bucket->Next);
                else if (++_index < _table._buckets.Count)
                    Enter(_table._buckets.At(_index));
                else
                    return false;
            }
            while (_unvisited == 0);
            return true;
        }

        /// <summary>Lets the table change its size again.</summary>
        public readonly void Dispose() => _table._pauses--;

        private void Enter(Bucket* bucket)
        {
            _bucket = bucket;
            _unvisited = bucket->Used;
        }
    }
}
