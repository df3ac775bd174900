using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Memory;

public sealed unsafe class NativeHeapTests
{
    private const int BiggestSlabBlock = 16 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_sequence_keeps_contents_and_accounts_exactly(int seed)
    {
        var random = new Random(seed);
        var blocks = new List<PatternedBlock>();
        long usedBefore = NativeHeap.UsedBytes;
        long expected = usedBefore;
        for (int step = 0; step < 20_000; step++)
        {
            // Climb and fall in turn, so that slabs fill up and empty.
            bool climbing = step / 4_000 % 2 == 0;
            int action = random.Next(10);
            if (blocks.Count == 0 || action < (climbing ? 6 : 2))
            {
                var block = new PatternedBlock(random);
                blocks.Add(block);
                expected += block.Usable;
            }
            else if (action < 7)
            {
                PatternedBlock block = blocks[random.Next(blocks.Count)];
                expected -= block.Usable;
                block.Reallocate(random, $"seed {seed}, step {step}");
                expected += block.Usable;
            }
            else
            {
                int index = random.Next(blocks.Count);
                blocks[index].Check($"seed {seed}, step {step}");
                expected -= blocks[index].Usable;
                NativeHeap.Free(blocks[index].Start);
                blocks[index] = blocks[^1];
                blocks.RemoveAt(blocks.Count - 1);
            }
            Assert.True(expected == NativeHeap.UsedBytes, $"seed {seed}, step {step}: {expected} != {NativeHeap.UsedBytes}");
            Assert.True(NativeHeap.ActiveBytes >= NativeHeap.UsedBytes);
            Assert.True(NativeHeap.PeakBytes >= NativeHeap.UsedBytes);
        }
        foreach (PatternedBlock block in blocks)
        {
            block.Check($"seed {seed}, end");
            NativeHeap.Free(block.Start);
        }
        Assert.Equal(usedBefore, NativeHeap.UsedBytes);
    }

    [Fact]
    public void Every_small_size_gets_a_block_that_wastes_little_and_keeps_its_neighbours()
    {
        var blocks = new List<nint>();
        for (int size = 0; size <= BiggestSlabBlock; size++)
        {
            byte* block = NativeHeap.Allocate((nuint)size);
            nuint usable = NativeHeap.UsableSize(block);
            int limit = size switch { <= 16 => 16, <= 128 => size + 7, _ => size + size / 8 };
            Assert.InRange((int)usable, Math.Max(size, 16), limit);
            Assert.Equal(0u, (nuint)block % 8);
            new Span<byte>(block, (int)usable).Fill((byte)size);
            blocks.Add((nint)block);
        }
        for (int size = 0; size <= BiggestSlabBlock; size++)
        {
            byte* block = (byte*)blocks[size];
            Assert.Equal(-1, new Span<byte>(block, (int)NativeHeap.UsableSize(block)).IndexOfAnyExcept((byte)size));
            NativeHeap.Free(block);
        }
    }

    [Theory]
    [InlineData(88, 88)]
    [InlineData(129, 144)]
    [InlineData(1025, 1152)]
    [InlineData(16384, 16384)]
    public void Size_classes_are_as_documented(int requested, int usable)
    {
        byte* block = NativeHeap.Allocate((nuint)requested);
        Assert.Equal((nuint)usable, NativeHeap.UsableSize(block));
        NativeHeap.Free(block);
    }

    [Fact]
    public void Cache_lines_are_aligned_and_zero_even_after_reuse()
    {
        for (int round = 0; round < 2; round++)
        {
            var blocks = new List<nint>();
            for (int size = 64; size <= 40_000; size += 64)
            {
                byte* block = NativeHeap.AllocateCacheLines((nuint)size);
                Assert.Equal(0u, (nuint)block % 64);
                Assert.Equal(-1, new Span<byte>(block, size).IndexOfAnyExcept((byte)0));
                new Span<byte>(block, size).Fill(0xff);
                blocks.Add((nint)block);
            }
            foreach (nint block in blocks)
                NativeHeap.Free((byte*)block);
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public void Zeroed_blocks_are_zero(int size)
    {
        for (int round = 0; round < 3; round++)
        {
            byte* block = NativeHeap.AllocateZeroed((nuint)size);
            var usable = new Span<byte>(block, (int)NativeHeap.UsableSize(block));
            Assert.Equal(-1, usable[..size].IndexOfAnyExcept((byte)0));
            usable.Fill(0xff);
            NativeHeap.Free(block);
        }
    }

    [Fact]
    public void Emptied_slabs_go_back_to_the_system()
    {
        const int Count = 200_000;
        NativeHeap.Purge();
        long residentBefore = NativeHeap.ResidentSlabBytes;
        // Slabs of this size that other tests have left in part empty are filled first; the last of these blocks is in a new one.
        var fillers = new List<nint>();
        do
            fillers.Add((nint)NativeHeap.Allocate(104));
        while (NativeHeap.ResidentSlabBytes == residentBefore);
        var blocks = new nint[Count];
        blocks[0] = fillers[^1];
        for (int i = 1; i < Count; i++)
            blocks[i] = (nint)NativeHeap.Allocate(104);
        long climb = NativeHeap.ResidentSlabBytes - residentBefore;
        Assert.InRange(climb, Count * 104L, Count * 104L * 102 / 100 + 128 * 1024);
        new Random(5).Shuffle(blocks);
        foreach (nint block in blocks)
            NativeHeap.Free((byte*)block);
        Assert.InRange(NativeHeap.ResidentSlabBytes - residentBefore, 0, 3 * 1024 * 1024);
        NativeHeap.Purge();
        Assert.InRange(NativeHeap.ResidentSlabBytes - residentBefore, long.MinValue, 0);
        foreach (nint filler in fillers.SkipLast(1))
            NativeHeap.Free((byte*)filler);
    }

    [Fact]
    public void Peak_is_the_highest_that_used_has_been()
    {
        byte* block = NativeHeap.Allocate(10_000_000);
        long high = NativeHeap.UsedBytes;
        NativeHeap.Free(block);
        Assert.True(NativeHeap.PeakBytes >= high);
        block = NativeHeap.Allocate((nuint)(NativeHeap.PeakBytes - NativeHeap.UsedBytes + 5_000_000));
        Assert.Equal(NativeHeap.UsedBytes, NativeHeap.PeakBytes);
        high = NativeHeap.UsedBytes;
        block = NativeHeap.Reallocate(block, 1_000_000);
        Assert.Equal(high, NativeHeap.PeakBytes);
        NativeHeap.Free(block);
        Assert.Equal(high, NativeHeap.PeakBytes);
    }

    [Fact]
    public void Refusal_is_an_exception_and_changes_nothing()
    {
        long used = NativeHeap.UsedBytes;
        Assert.Throws<OutOfMemoryException>(() => { NativeHeap.Allocate((nuint)1 << 60); });
        nint block = (nint)NativeHeap.Allocate(100_000);
        Assert.Throws<OutOfMemoryException>(() => { NativeHeap.Reallocate((byte*)block, (nuint)1 << 60); });
        ((byte*)block)[99_999] = 1;
        NativeHeap.Free((byte*)block);
        Assert.Equal(used, NativeHeap.UsedBytes);
    }

    [Fact]
    public void Null_is_freed_and_reallocated_as_documented()
    {
        NativeHeap.Free(null);
        byte* block = NativeHeap.Reallocate(null, 40);
        Assert.Equal(40u, NativeHeap.UsableSize(block));
        NativeHeap.Free(block);
    }

    /// <summary>A live block, filled to its usable size with bytes that follow from its own seed.</summary>
    private sealed class PatternedBlock
    {
        private int _seed;

        internal PatternedBlock(Random random)
        {
            Start = NativeHeap.Allocate(RandomSize(random));
            Fill(random);
        }

        internal byte* Start { get; private set; }

        internal int Usable => (int)NativeHeap.UsableSize(Start);

        internal void Reallocate(Random random, string context)
        {
            nuint size = RandomSize(random);
            int kept = (int)Math.Min(size, (nuint)Usable);
            Start = NativeHeap.Reallocate(Start, size);
            Check(context, kept);
            Fill(random);
        }

        internal void Check(string context, int length = -1)
        {
            length = length < 0 ? Usable : length;
            for (int i = 0; i < length; i += 1 + i / 64)
                Assert.True(Start[i] == PatternAt(i), $"{context}: byte {i} of {length}");
        }

        private void Fill(Random random)
        {
            Assert.Equal(0u, (nuint)Start % 8);
            _seed = random.Next();
            for (int i = 0, usable = Usable; i < usable; i++)
                Start[i] = PatternAt(i);
        }

        private byte PatternAt(int index) => (byte)(_seed + index * 31);

        private static nuint RandomSize(Random random) => (nuint)(random.Next(100) switch
        {
            < 70 => random.Next(200),
            < 97 => random.Next(5_000),
            < 99 => random.Next(40_000),
            _ => random.Next(200_000),
        });
    }
}
