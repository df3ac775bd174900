using RedisAot.Memory;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class ExpiryWheelTests
{
    private const long Start = 1_700_000_000_123;

    [Fact]
    public void EveryRecordComesInItsTick()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 4; round++)
        {
            Model model = new(Start + random.Next(1_000_000), seed);
            for (int step = 0; step < 3000; step++)
            {
                if (random.Next(3) == 0)
                    model.Set((ulong)random.Next(500), model.NowMs + RandomDelay(random));
                if (random.Next(10) == 0)
                    model.Remove((ulong)random.Next(500));
                model.AdvanceTo(model.NowMs + random.Next(1, 17));
            }
            model.RunToTheEnd();
        }
    }

    [Fact]
    public void TimeMayJumpForward()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 50; round++)
        {
            Model model = new(Start + random.Next(1_000_000), seed);
            for (int step = 0; step < 200; step++)
            {
                for (int i = random.Next(4); i > 0; i--)
                    model.Set((ulong)random.Next(100), model.NowMs + RandomDelay(random));
                model.AdvanceTo(model.NowMs + RandomDelay(random));
            }
            model.RunToTheEnd();
        }
    }

    [Fact]
    public void TimeMayStepBack()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 10; round++)
        {
            Model model = new(Start, seed);
            for (int i = 0; i < 100; i++)
                model.Set((ulong)i, model.NowMs + 100_000 + random.Next(10_000_000));
            model.AdvanceTo(model.NowMs + random.Next(100_000));
            model.AdvanceTo(model.NowMs - 10_000 - random.Next(100_000_000));
            model.Set(1000, model.NowMs + 50);
            for (int step = 0; step < 20; step++)
                model.AdvanceTo(model.NowMs + 10);
            Assert.False(model.Has(1000));
            model.RunToTheEnd();
        }
    }

    [Fact]
    public void SmallBudgetsLoseNothing()
    {
        Model model = new(Start, 1) { Budget = 7 };
        for (int i = 0; i < 5000; i++)
            model.Set((ulong)i, model.NowMs + 5000 + i % 1000);
        model.RunToTheEnd();
    }

    [Fact]
    public void CoarseBucketsAreSortedAheadOfTime()
    {
        // A hundred thousand keys due within one second, in an hour: no call may see more than its budget, none may be late.
        Model model = new(Start, 1) { Budget = 1500 };
        for (int i = 0; i < 100_000; i++)
            model.Set((ulong)i, Start + 3_600_000 + i / 100);
        while (model.NowMs < Start + 3_601_000 + ExpiryWheel.ResolutionMs)
        {
            model.AdvanceTo(model.NowMs + 10);
            if (model.NowMs == Start + 3_600_500)
                Assert.InRange(model.Count, 50_000, 50_000 + 100 * (ExpiryWheel.ResolutionMs + 1));
        }
        Assert.Equal(0, model.Count);
    }

    [Fact]
    public void RenewedTimesNeedFewRecords()
    {
        Model model = new(Start, 1);
        for (int i = 0; i < 100_000; i++)
        {
            model.Set(7, model.NowMs + 3_600_000);
            model.AdvanceTo(model.NowMs + 100);
        }
        Assert.InRange(model.Records, 1, 40);
        model.RunToTheEnd();
        Assert.Equal(0, model.Records);
    }

    [Fact]
    public void FarAndPastTimesAreTaken()
    {
        Model model = new(Start, 1);
        model.Set(1, long.MaxValue);
        model.Set(2, 0);
        model.Set(3, long.MinValue + 1);
        model.Set(4, Start + 1000L * 365 * 86_400_000);
        model.AdvanceTo(Start + 16);
        Assert.True(model.Has(1));
        Assert.False(model.Has(2));
        Assert.False(model.Has(3));
        Assert.True(model.Has(4));
        model.AdvanceTo(Start + 1001L * 365 * 86_400_000);
        Assert.False(model.Has(4));
        Assert.True(model.Has(1));
    }

    [Fact]
    public void NextDueIsNeverTooLate()
    {
        ExpiryWheel wheel = new(Start);
        Assert.Equal(long.MaxValue, wheel.NextDueMs);
        wheel.Add(1, Start + 100);
        Assert.InRange(wheel.NextDueMs, 0, Start + 100 + ExpiryWheel.ResolutionMs);
        Assert.True(wheel.ClearSlice(1));
        wheel.Add(1, Start + 100_000_000);
        Assert.InRange(wheel.NextDueMs, 0, Start + 100_000_000);
        Assert.True(wheel.ClearSlice(1));
    }

    [Fact]
    public void SamplesAreSpreadAndSoonestComesFirst()
    {
        ExpiryWheel wheel = new(Start);
        Assert.False(wheel.TrySample(1, out _));
        Assert.False(wheel.TrySampleSoonest(1, out _));
        for (ulong i = 0; i < 1000; i++)
            wheel.Add(i, Start + 1_000_000 * (long)(i / 250 + 1));
        Random random = new(1);
        HashSet<ulong> seen = [];
        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(wheel.TrySample((ulong)random.NextInt64(), out ulong any));
            seen.Add(any);
            Assert.True(wheel.TrySampleSoonest((ulong)random.NextInt64(), out ulong soon));
            Assert.InRange(soon, 0UL, 249UL);
        }
        Assert.InRange(seen.Count, 990, 1000);
        Assert.True(wheel.ClearSlice(int.MaxValue));
    }

    [Fact]
    public void ClearingGivesMemoryBackInSlices()
    {
        ExpiryWheel wheel = new(Start);
        Assert.Equal(0, wheel.AllocatedBytes);
        long before = NativeHeap.UsedBytes;
        for (ulong i = 0; i < 100_000; i++)
            wheel.Add(i, Start + (long)i);
        Assert.Equal(wheel.AllocatedBytes, NativeHeap.UsedBytes - before);
        Assert.InRange(wheel.AllocatedBytes, 800_000, 2_000_000);
        Assert.False(wheel.ClearSlice(1000));
        Assert.InRange(wheel.Count, 98_000, 99_000);
        while (!wheel.ClearSlice(1000))
        {
        }
        Assert.Equal(0, wheel.Count);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static long RandomDelay(Random random) => random.Next(5) switch
    {
        0 => random.Next(50),
        1 => random.Next(5_000),
        2 => random.Next(500_000),
        3 => random.Next(int.MaxValue),
        _ => random.NextInt64(100_000_000_000),
    };

    /// <summary>A wheel with the dictionary of due times that a keyspace would be; checks every delivery.</summary>
    private sealed class Model(long nowMs, int seed)
    {
        private readonly ExpiryWheel _wheel = new(nowMs);
        private readonly Dictionary<ulong, long> _due = [];
        private long _latestNow = nowMs;

        public long NowMs { get; private set; } = nowMs;

        public int Budget { get; init; } = int.MaxValue;

        public int Count => _due.Count;

        public long Records => _wheel.Count;

        public bool Has(ulong hash) => _due.ContainsKey(hash);

        public void Set(ulong hash, long dueMs)
        {
            if (!_due.TryGetValue(hash, out long old) || !_wheel.Covers(old, dueMs))
                _wheel.Add(hash, dueMs);
            _due[hash] = dueMs;
        }

        public void Remove(ulong hash) => _due.Remove(hash);

        public void AdvanceTo(long nowMs)
        {
            NowMs = nowMs;
            Handler handler = new() { Due = _due, NowMs = nowMs };
            int visited = _wheel.Advance(nowMs, Budget, ref handler);
            if (Budget != int.MaxValue)
                Assert.InRange(visited, 0, Budget);
            if (nowMs >= _latestNow)
            {
                _latestNow = nowMs;
                foreach ((ulong hash, long due) in Budget == int.MaxValue ? _due : [])
                    Assert.True(due > nowMs - ExpiryWheel.ResolutionMs, $"seed {seed}: {hash} due {due} still there at {nowMs}");
            }
        }

        public void RunToTheEnd()
        {
            // A record passes every level at most once, so this also shows that the next due time never makes the owner spin.
            long limit = 100 + 16 * _wheel.Count;
            for (long calls = 0; _wheel.Count != 0; calls++)
            {
                Assert.True(calls < limit, $"seed {seed}: no end");
                AdvanceTo(Math.Max(NowMs, _wheel.NextDueMs));
            }
            Assert.True(_due.Count == 0, $"seed {seed}: {_due.Count} lost");
            Assert.True(_wheel.ClearSlice(1));
        }

        private struct Handler : IExpiryHandler
        {
            public required Dictionary<ulong, long> Due;
            public required long NowMs;

            public readonly void PrefetchLater(ReadOnlySpan<ulong> keyHashes) => PrefetchNext(keyHashes);

            public readonly void PrefetchNext(ReadOnlySpan<ulong> keyHashes)
            {
            }

            public readonly long Visit(ulong keyHash, long latestDueMs)
            {
                if (!Due.TryGetValue(keyHash, out long due) || due > latestDueMs)
                    return ExpiryWheel.Gone;
                if (due > NowMs)
                    return due;
                Due.Remove(keyHash);
                return ExpiryWheel.Gone;
            }
        }
    }
}
