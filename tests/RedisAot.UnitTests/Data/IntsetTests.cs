using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class IntsetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void BehavesAsASortedSet(int seed)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        for (int round = 0; round < 20; round++)
        {
            int bits = random.Next(1, 64);
            byte* set = Intset.Create();
            var model = new SortedSet<long>();
            for (int step = 0; step < 1000; step++)
            {
                long value = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(bits, 64);
                if (step < 600 ? random.Next(4) > 0 : random.Next(4) == 0)
                    Assert.Equal(model.Add(value), Intset.Add(ref set, value));
                else
                    Assert.Equal(model.Remove(value), Intset.Remove(ref set, value));
                Assert.Equal(model.Contains(value), Intset.Contains(set, value));
                Assert.Equal(model.Count, Intset.Count(set));
            }
            Assert.Equal(model.Count > 0, Intset.Validate(Intset.AsBytes(set)));
            int index = 0;
            foreach (long value in model)
            {
                Assert.Equal(index, Intset.IndexOf(set, value));
                Assert.Equal(value, Intset.At(set, index++));
            }
            byte* copy = Intset.Duplicate(set);
            foreach (long value in model.Reverse())
                Assert.True(Intset.Remove(ref copy, value), $"seed {seed} round {round}");
            Assert.Equal(0, Intset.Count(copy));
            NativeHeap.Free(copy);
            NativeHeap.Free(set);
        }
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void OfficialBytes()
    {
        byte* set = Intset.Create();
        Intset.Add(ref set, 5);
        Intset.Add(ref set, -2);
        Assert.Equal([2, 0, 0, 0, 2, 0, 0, 0, 0xfe, 0xff, 5, 0], Intset.AsBytes(set).ToArray());
        Intset.Add(ref set, 32768);
        Assert.Equal([4, 0, 0, 0, 3, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 5, 0, 0, 0, 0, 0x80, 0, 0], Intset.AsBytes(set).ToArray());
        Intset.Add(ref set, -2147483649);
        Assert.Equal(8 + 4 * 8, Intset.AsBytes(set).Length);
        Assert.Equal(8, Intset.AsBytes(set)[0]);
        Intset.Remove(ref set, -2147483649);
        Assert.Equal(8, Intset.AsBytes(set)[0]);
        NativeHeap.Free(set);
    }

    [Fact]
    public void RandomVisitsAllEqually()
    {
        byte* set = Intset.Create();
        for (int i = 0; i < 10; i++)
            Intset.Add(ref set, i);
        var random = new Random(3);
        var seen = new int[10];
        for (int i = 0; i < 10_000; i++)
            seen[Intset.Random(set, random)]++;
        Assert.All(seen, n => Assert.InRange(n, 850, 1150));
        NativeHeap.Free(set);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 2, 0, 0, 0, 1, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 1, 0, 0, 0x80, 1, 0 })]
    public void RefusesWhatIsNotASet(byte[] bytes) => Assert.False(Intset.Validate(bytes));

    [Fact]
    public void TheShallowCheckLooksAtSizesOnly() =>
        Assert.True(Intset.Validate([2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0], deep: false));
}
