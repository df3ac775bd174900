using System.Text;
using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class HyperLogLogTests
{
    private const int SparseMax = 3000;

    private readonly byte[] _buffer = new byte[40_000];
    private int _length;

    public HyperLogLogTests() => Reset();

    private Span<byte> Value => _buffer.AsSpan(0, _length);

    private void Reset()
    {
        HyperLogLog.Empty.CopyTo(_buffer);
        _length = HyperLogLog.Empty.Length;
    }

    private HyperLogLogUpdate Add(string element, long sparseMax = SparseMax) =>
        HyperLogLog.Add(_buffer, ref _length, Encoding.ASCII.GetBytes(element), sparseMax);

    private long Count()
    {
        Assert.True(HyperLogLog.TryCount(Value, out long cardinality));
        return cardinality;
    }

    [Fact]
    public void OfficialBytesAndCounts()
    {
        foreach (string element in new[] { "a", "b", "c", "d", "e", "f", "g" })
            Assert.Equal(HyperLogLogUpdate.Changed, Add(element));
        Assert.Equal(HyperLogLogUpdate.Unchanged, Add("a"));
        Assert.False(HyperLogLog.TryGetCached(Value, out _));
        HyperLogLog.SetCached(Value, Count());
        Assert.True(HyperLogLog.TryGetCached(Value, out long cached));
        Assert.Equal(7, cached);
        Assert.Equal("48594C4C010000000700000000000000466D80560C80443C84388050B184498C80426D80425A", Convert.ToHexString(Value));
    }

    [Fact]
    public void OfficialEstimates()
    {
        Assert.Equal(0, Count());
        int i = 0;
        foreach ((int elements, long expected) in new[] { (1000, 1001L), (10_000, 9988L), (300_000, 301169L) })
        {
            while (i < elements)
                Add((++i).ToString());
            Assert.Equal(expected, Count());
        }
        Assert.True(HyperLogLog.IsDense(Value));
    }

    [Theory]
    [InlineData(1, 3000)]
    [InlineData(2, 200)]
    [InlineData(3, 16_000)]
    [InlineData(4, 0)]
    public void BothRepresentationsAreRegisters(int seed, int sparseMax)
    {
        var random = new Random(seed);
        for (int round = 0; round < 20; round++)
        {
            Reset();
            var model = new byte[HyperLogLog.RegisterCount];
            // Dense clusters, so that runs of values are joined and split.
            int range = random.Next(2) == 0 ? 300 : HyperLogLog.RegisterCount;
            int steps = random.Next(1500);
            for (int step = 0; step < steps; step++)
            {
                int index = random.Next(20) == 0 ? HyperLogLog.RegisterCount - 1 : random.Next(range);
                int register = random.Next(500) == 0 ? random.Next(33, 52) : random.Next(1, 5);
                bool grows = register > model[index];
                model[index] = Math.Max(model[index], (byte)register);
                int before = _length;
                HyperLogLogUpdate update = HyperLogLog.Raise(_buffer, ref _length, index, register, sparseMax);
                Assert.Equal(grows ? HyperLogLogUpdate.Changed : HyperLogLogUpdate.Unchanged, update);
                Assert.True(HyperLogLog.IsDense(Value) || _length <= Math.Max(sparseMax, before));
            }
            var registers = new byte[HyperLogLog.RegisterCount];
            Assert.True(HyperLogLog.TryMergeInto(registers, Value), $"seed {seed} round {round}");
            Assert.Equal(model, registers);
            long count = Count();
            Assert.Equal(HyperLogLog.Count(model), count);
            Assert.True(HyperLogLog.TryMakeDense(_buffer, ref _length));
            Assert.True(HyperLogLog.IsHyperLogLog(Value));
            Assert.Equal(count, Count());
            Array.Clear(registers);
            Assert.True(HyperLogLog.TryMergeInto(registers, Value));
            Assert.Equal(model, registers);
        }
    }

    [Fact]
    public void MergingTakesTheHigherOfEachRegister()
    {
        var random = new Random(6);
        var expected = new byte[HyperLogLog.RegisterCount];
        var merged = new byte[HyperLogLog.RegisterCount];
        for (int i = 0; i < 4; i++)
        {
            var registers = new byte[HyperLogLog.RegisterCount];
            for (int j = 0; j < registers.Length; j++)
            {
                registers[j] = (byte)random.Next(64);
                expected[j] = Math.Max(expected[j], registers[j]);
            }
            Reset();
            Assert.True(HyperLogLog.TryMakeDense(_buffer, ref _length));
            HyperLogLog.WriteDense(Value, registers);
            Assert.True(HyperLogLog.TryMergeInto(merged, Value));
        }
        Assert.Equal(expected, merged);
    }

    [Fact]
    public void ARegisterAboveThirtyTwoNeedsTheDenseRepresentation()
    {
        Assert.Equal(HyperLogLogUpdate.Changed, HyperLogLog.Raise(_buffer, ref _length, 5, 32, SparseMax));
        Assert.False(HyperLogLog.IsDense(Value));
        Assert.Equal(HyperLogLogUpdate.Changed, HyperLogLog.Raise(_buffer, ref _length, 5, 33, SparseMax));
        Assert.True(HyperLogLog.IsDense(Value));
        Assert.Equal(HyperLogLog.DenseBytes, _length);
    }

    [Fact]
    public void OtherStringsAreNotHyperLogLogs()
    {
        Assert.True(HyperLogLog.IsHyperLogLog(HyperLogLog.Empty));
        Assert.False(HyperLogLog.IsHyperLogLog("HYLL"u8));
        Assert.False(HyperLogLog.IsHyperLogLog("HYLX\u0001\0\0\0\0\0\0\0\0\0\0\0"u8));
        Assert.False(HyperLogLog.IsHyperLogLog("HYLL\u0002\0\0\0\0\0\0\0\0\0\0\0"u8));
        Assert.False(HyperLogLog.IsHyperLogLog("HYLL\0\0\0\0\0\0\0\0\0\0\0\0"u8));
        Assert.True(HyperLogLog.IsHyperLogLog("HYLL\u0001\0\0\0\0\0\0\0\0\0\0\0"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void CorruptSparseValuesAreRefusedOrUsedSafely(int seed)
    {
        var random = new Random(seed);
        int corrupt = 0;
        for (int round = 0; round < 20_000; round++)
        {
            Reset();
            for (int i = random.Next(10); i > 0; i--)
                Add(random.Next().ToString());
            for (int i = random.Next(1, 4); i > 0; i--)
                _buffer[random.Next(16, _length)] = (byte)random.Next(256);
            if (random.Next(3) == 0)
                _length = random.Next(16, _length + 1);
            bool valid = HyperLogLog.TryCount(Value, out _);
            Assert.Equal(valid, HyperLogLog.TryMergeInto(new byte[HyperLogLog.RegisterCount], Value));
            corrupt += valid ? 0 : 1;
            HyperLogLogUpdate update = Add(random.Next().ToString(), random.Next(2) == 0 ? 0 : SparseMax);
            Assert.False(valid && update == HyperLogLogUpdate.Corrupt);
        }
        Assert.InRange(corrupt, 1000, 19_999);
    }
}
