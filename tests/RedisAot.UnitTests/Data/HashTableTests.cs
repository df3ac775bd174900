using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class HashTableTests : IDisposable
{
    private readonly long _usedBefore = NativeHeap.UsedBytes;
    private HashTable<KeyedEntry> _table;

    public void Dispose()
    {
        var freer = default(KeyedEntry);
        Assert.True(_table.FreeSlice(long.MaxValue, ref freer));
        Assert.Equal(0, _table.Count);
        Assert.Equal(_usedBefore, NativeHeap.UsedBytes);
    }

    [Theory]
    [InlineData(1, 60_000)]
    [InlineData(2, 3_000)]
    [InlineData(3, 200)]
    [InlineData(4, 12)]
    public void Random_sequence_agrees_with_a_set(int seed, int peak)
    {
        Hashing.SetSeed((ulong)seed, 77);
        var random = new Random(seed);
        var model = new HashSet<int>();
        bool growing = true;
        for (int step = 0; step < 5 * peak + 2_000; step++)
        {
            growing = model.Count >= peak ? false : model.Count == 0 || growing;
            int number = random.Next(2 * peak);
            bool present = model.Contains(number);
            Assert.True(present == Contains(number), $"seed {seed}, step {step}: find {number}");
            if (!present && random.Next(10) < (growing ? 9 : 2))
            {
                Insert(number);
                model.Add(number);
            }
            else if (present && random.Next(10) < (growing ? 1 : 9))
            {
                Remove(number);
                model.Remove(number);
            }
            Assert.Equal(model.Count, _table.Count);
            if (step % peak == 0)
                CheckAll(model, $"seed {seed}, step {step}");
        }
        foreach (int number in model)
            Remove(number);
        Assert.Equal(0, _table.Count);
        Assert.InRange(_table.BucketBytes, 64, 128);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(400)]
    [InlineData(100_000)]
    public void A_table_made_big_beforehand_does_not_grow(int count)
    {
        _table.Reserve(count);
        long buckets = _table.BucketCount;
        var model = new HashSet<int>();
        for (int i = 0; i < count; i++)
        {
            Insert(i);
            model.Add(i);
        }
        Assert.InRange(_table.BucketCount, buckets, buckets + 1);
        CheckAll(model, "reserved");
        _table.Reserve(10L * count); // too late
        Assert.InRange(_table.BucketCount, buckets, buckets + 1);
    }

    [Fact]
    public void A_table_made_too_big_comes_back_to_its_size()
    {
        _table.Reserve(100_000);
        Insert(1);
        while (!_table.Resize(64))
        {
        }
        Assert.True(Contains(1));
        Assert.Equal(1, _table.BucketCount);
    }

    [Fact]
    public void Memory_stays_near_target_while_growing_and_shrinking()
    {
        const int Count = 100_000;
        double sum = 0;
        int samples = 0;
        for (int i = 1; i <= Count; i++)
        {
            Insert(i);
            if (i >= 5_000 && i % 1_000 == 0)
            {
                sum += (double)_table.BucketBytes / i;
                samples++;
            }
        }
        Assert.InRange(sum / samples, 10, 14);
        for (int i = Count; i > 10_000; i--)
            Remove(i);
        Assert.InRange((double)_table.BucketBytes / _table.Count, 10, 19);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(300)]
    public void Keys_of_one_hash_form_a_chain_that_shortens_again(int count)
    {
        const ulong Hash = 0x1234_5678_9abc_def0;
        var random = new Random(count);
        int[] numbers = [.. Enumerable.Range(0, count)];
        foreach (int number in numbers)
            _table.Insert(Hash, KeyedEntry.Create(KeyedEntry.KeyOf(number)));
        random.Shuffle(numbers);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j += 7)
                Assert.Equal(j < i, _table.Find(KeyedEntry.KeyOf(numbers[j]), Hash).IsNone);
            byte* entry = _table.Remove(KeyedEntry.KeyOf(numbers[i]), Hash);
            Assert.Equal(numbers[i], KeyedEntry.NumberOf(entry));
            NativeHeap.Free(entry);
        }
        Assert.InRange(_table.BucketBytes, 64, 128);
    }

    [Fact]
    public void A_moved_entry_is_found_at_its_new_address()
    {
        for (int i = 0; i < 1_000; i++)
            Insert(i);
        for (int i = 0; i < 1_000; i++)
        {
            ReadOnlySpan<byte> key = KeyedEntry.KeyOf(i);
            Slot slot = _table.Find(key, Hashing.Hash(key));
            slot.Entry = NativeHeap.Reallocate(slot.Entry, 200);
        }
        for (int i = 0; i < 1_000; i++)
            Assert.True(Contains(i));
        for (int i = 1_000; i < 20_000; i++)
            Insert(i);
        for (int i = 0; i < 20_000; i++)
            Remove(i);
    }

    [Fact]
    public void Find_by_hash_sees_exactly_the_present()
    {
        for (int i = 0; i < 50_000; i++)
            Insert(i);
        for (int i = 0; i < 100_000; i++)
        {
            ulong hash = Hashing.Hash(KeyedEntry.KeyOf(i));
            Slot slot = _table.FindByHash(hash);
            Assert.Equal(i < 50_000, !slot.IsNone);
            if (!slot.IsNone)
            {
                Assert.Equal(i, KeyedEntry.NumberOf(slot.Entry));
                Assert.True(_table.FindByHash(hash, skip: 1).IsNone);
            }
            _table.PrefetchBuckets([hash]);
            _table.PrefetchEntries([hash]);
        }
    }

    [Theory]
    [InlineData(11, 30)]
    [InlineData(12, 1_000)]
    [InlineData(13, 40_000)]
    public void Scan_visits_what_stays_whatever_comes_and_goes(int seed, int stable)
    {
        var random = new Random(seed);
        for (int round = 0; round < 12; round++)
        {
            for (int i = 0; i < stable && round == 0; i++)
                Insert(i);
            var guests = new Queue<int>();
            int nextGuest = stable;
            var visitor = new NumberCollector([]);
            ulong cursor = 0;
            int calls = 0;
            // In some rounds the table grows all the time, in some it shrinks from the start, in some it does both in turn.
            int style = round % 3;
            for (int i = 0; i < 4 * stable && style == 1; i++)
                AddGuest();
            do
            {
                cursor = _table.Scan(cursor, ref visitor);
                calls++;
                bool grow = style == 0 && nextGuest < 9 * stable || style == 2 && calls / 50 % 2 == 0;
                for (int i = random.Next(40); i > 0 && grow; i--)
                    AddGuest();
                for (int i = random.Next(60); i > 0 && !grow && guests.Count > 0; i--)
                    Remove(guests.Dequeue());
                Assert.True(calls < 100 * stable, $"seed {seed}, round {round}: the scan does not end");
            }
            while (cursor != 0);
            for (int i = 0; i < stable; i++)
                Assert.True(visitor.Numbers.Contains(i), $"seed {seed}, round {round}: {i} was not visited");
            while (guests.Count > 0)
                Remove(guests.Dequeue());

            void AddGuest()
            {
                Insert(nextGuest);
                guests.Enqueue(nextGuest++);
            }
        }
    }

    [Fact]
    public void Scan_of_a_quiet_table_visits_each_entry_once()
    {
        for (int count = 1; count < 3_000; count += 37)
        {
            while (_table.Count < count)
                Insert((int)_table.Count);
            var visitor = new NumberCollector([]);
            for (ulong cursor = _table.Scan(0, ref visitor); cursor != 0;)
                cursor = _table.Scan(cursor, ref visitor);
            Assert.Equal(count, visitor.Visits);
            Assert.Equal(count, visitor.Numbers.Count);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(300)]
    [InlineData(900)]
    public void Random_draws_every_entry_equally_often(int count)
    {
        const int DrawsPerEntry = 200;
        Hashing.SetSeed(5, 6);
        for (int i = 0; i < count; i++)
            Insert(i);
        var random = new FastRandom(42);
        var draws = new int[count];
        for (int i = 0; i < count * DrawsPerEntry; i++)
            draws[KeyedEntry.NumberOf(_table.Random(ref random))]++;
        double chiSquare = draws.Sum(d => Math.Pow(d - DrawsPerEntry, 2) / DrawsPerEntry);
        // Mean count - 1, variance twice that: five standard deviations is generous.
        Assert.InRange(chiSquare, 0, count - 1 + 5 * Math.Sqrt(2.0 * count));
    }

    [Fact]
    public void Small_samples_reach_every_entry()
    {
        const int Count = 1000;
        const int Wanted = 5;
        Hashing.SetSeed(7, 8);
        for (int i = 0; i < Count; i++)
            Insert(i);
        var random = new FastRandom(42);
        byte** sample = stackalloc byte*[Wanted];
        var draws = new int[Count];
        for (int i = 0; i < 100 * Count / Wanted; i++)
        {
            int found = _table.Sample(ref random, sample, Wanted);
            for (int j = 0; j < found; j++)
                draws[KeyedEntry.NumberOf(sample[j])]++;
        }
        Assert.InRange(draws.Min(), 20, 100);
        Assert.InRange(draws.Max(), 100, 600);
    }

    [Fact]
    public void Samples_of_whole_buckets_are_even()
    {
        const int Count = 1000;
        const int Capacity = 64;
        Hashing.SetSeed(9, 10);
        for (int i = 0; i < Count; i++)
            Insert(i);
        var random = new FastRandom(42);
        byte** sample = stackalloc byte*[Capacity];
        var draws = new int[Count];
        int total = 0;
        while (total < 100 * Count)
        {
            int found = _table.SampleBuckets(ref random, sample, 5, Capacity);
            Assert.InRange(found, 5, Capacity);
            Assert.Equal(found, new Span<nint>(sample, found).ToArray().Distinct().Count());
            total += found;
            for (int j = 0; j < found; j++)
                draws[KeyedEntry.NumberOf(sample[j])]++;
        }
        Assert.InRange(draws.Min(), 40, 100);
        Assert.InRange(draws.Max(), 100, 300);
    }

    [Fact]
    public void Random_and_sample_work_on_sparse_and_empty_tables()
    {
        var random = new FastRandom(1);
        byte** sample = stackalloc byte*[16];
        Assert.True(_table.Random(ref random) == null);
        Assert.Equal(0, _table.Sample(ref random, sample, 16));
        for (int i = 0; i < 20_000; i++)
            Insert(i);
        Assert.Equal(16, _table.Sample(ref random, sample, 16));
        Assert.Equal(16, new Span<nint>(sample, 16).ToArray().Distinct().Count());
        foreach (byte* entry in _table)
        {
            if (KeyedEntry.NumberOf(entry) != 19_999)
                Remove(KeyedEntry.NumberOf(entry));
        }
        Assert.Equal(19_999, KeyedEntry.NumberOf(_table.Random(ref random)));
        while (!_table.Resize(10))
            Assert.True(_table.BucketCount > 1);
        Assert.Equal(1, _table.BucketCount);
        Assert.Equal(1, _table.Sample(ref random, sample, 16));
    }

    [Fact]
    public void Enumeration_tolerates_removal()
    {
        for (int i = 0; i < 30_000; i++)
            Insert(i);
        var seen = new HashSet<int>();
        foreach (byte* entry in _table)
        {
            int number = KeyedEntry.NumberOf(entry);
            Assert.True(seen.Add(number));
            if (number % 3 != 0)
                Remove(number);
        }
        Assert.Equal(30_000, seen.Count);
        Assert.Equal(10_000, _table.Count);
        for (int i = 0; i < 30_000; i++)
            Assert.Equal(i % 3 == 0, Contains(i));
        for (int i = 0; i < 30_000; i += 3)
            Remove(i);
    }

    [Fact]
    public void Destroying_in_slices_keeps_to_the_budget()
    {
        for (int i = 0; i < 10_000; i++)
            Insert(i);
        var freer = default(KeyedEntry);
        long before;
        do
        {
            before = _table.Count;
        }
        while (!_table.FreeSlice(100, ref freer) && before - _table.Count is > 50 and < 150);
        Assert.Equal(0, _table.Count);
        Assert.Equal(0, _table.BucketBytes);
    }

    private static ulong HashOf(int number) => Hashing.Hash(KeyedEntry.KeyOf(number));

    private void Insert(int number) => _table.Insert(HashOf(number), KeyedEntry.Create(KeyedEntry.KeyOf(number)));

    private bool Contains(int number) => !_table.Find(KeyedEntry.KeyOf(number), HashOf(number)).IsNone;

    private void Remove(int number)
    {
        byte* entry = _table.Remove(KeyedEntry.KeyOf(number), HashOf(number));
        Assert.True(entry != null, $"{number} is not in the table");
        NativeHeap.Free(entry);
    }

    private void CheckAll(HashSet<int> model, string context)
    {
        var left = new HashSet<int>(model);
        foreach (byte* entry in _table)
            Assert.True(left.Remove(KeyedEntry.NumberOf(entry)), $"{context}: {KeyedEntry.NumberOf(entry)} is there wrongly or twice");
        Assert.True(left.Count == 0, $"{context}: {left.Count} entries are missing");
    }

    private struct NumberCollector(HashSet<int> numbers) : ISlotVisitor
    {
        internal readonly HashSet<int> Numbers = numbers;
        internal int Visits;

        public void Visit(Slot slot)
        {
            Visits++;
            Numbers.Add(KeyedEntry.NumberOf(slot.Entry));
        }
    }
}
