using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class BitsTests
{
    private readonly int _seed = Environment.TickCount;
    private readonly Random _random;

    public BitsTests() => _random = new Random(_seed);

    [Fact]
    public void CountingAndFindingAgreeWithOneBitAtATime()
    {
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = RandomBytes(1, 70);
            bool[] model = ToBits(bytes);
            Assert.True(model.LongCount(b => b) == Bits.Count(bytes), Seed);
            int first = _random.Next(model.Length), last = _random.Next(first, model.Length);
            Assert.True(model[first..(last + 1)].LongCount(b => b) == Bits.Count(bytes, first, last), Seed);
            foreach (bool value in new[] { true, false })
            {
                int expected = Array.IndexOf(model, value, first, last - first + 1);
                Assert.True(expected == Bits.Find(bytes, value, first, last), Seed);
            }
        }
    }

    [Fact]
    public void FieldsAgreeWithOneBitAtATime()
    {
        for (int round = 0; round < 5000; round++)
        {
            byte[] bytes = RandomBytes(9, 20);
            int bits = _random.Next(1, 65);
            int offset = _random.Next(bytes.Length * 8 - bits + 1);
            ulong expected = 0;
            foreach (bool bit in ToBits(bytes)[offset..(offset + bits)])
                expected = expected << 1 | (bit ? 1UL : 0);
            Assert.True(expected == Bits.GetUnsigned(bytes, offset, bits), Seed);
            Assert.True((long)(expected << (64 - bits)) >> (64 - bits) == Bits.GetSigned(bytes, offset, bits), Seed);

            ulong value = (ulong)_random.NextInt64(long.MinValue, long.MaxValue);
            bool[] before = ToBits(bytes);
            Bits.Set(bytes, offset, bits, value);
            Assert.True(Bits.GetUnsigned(bytes, offset, bits) == value << (64 - bits) >> (64 - bits), Seed);
            bool[] after = ToBits(bytes);
            Assert.True(before[..offset].SequenceEqual(after[..offset]), Seed);
            Assert.True(before[(offset + bits)..].SequenceEqual(after[(offset + bits)..]), Seed);
        }
    }

    [Fact]
    public void BitsBeyondTheEndAreZero()
    {
        Assert.Equal(0xff00UL, Bits.GetUnsigned([0xff], 0, 16));
        Assert.Equal(0UL, Bits.GetUnsigned([0xff], 8, 64));
        Assert.Equal(0UL, Bits.GetUnsigned([], long.MaxValue, 64));
    }

    [Theory]
    [InlineData(BitOperation.And)]
    [InlineData(BitOperation.Or)]
    [InlineData(BitOperation.Xor)]
    [InlineData(BitOperation.Not)]
    [InlineData(BitOperation.Diff)]
    [InlineData(BitOperation.Diff1)]
    [InlineData(BitOperation.AndOr)]
    [InlineData(BitOperation.One)]
    public void CombiningAgreesWithOneByteAtATime(BitOperation operation)
    {
        for (int round = 0; round < 300; round++)
        {
            int count = operation == BitOperation.Not ? 1 : _random.Next(2, 6);
            byte[][] strings = [.. Enumerable.Range(0, count).Select(_ => RandomBytes(0, round < 290 ? 80 : 5000))];
            byte[] result = new byte[strings.Max(s => s.Length)];
            _random.NextBytes(result);
            Strings source = new(strings);
            Bits.Combine(operation, ref source, count, result);
            for (int i = 0; i < result.Length; i++)
            {
                int[] column = [.. strings.Select(s => i < s.Length ? s[i] : (byte)0)];
                Assert.True(Model(operation, column) == result[i], $"{Seed}: {operation} at {i}");
            }
        }
    }

    [Theory]
    [InlineData(100, 50, 8, BitFieldOverflow.Wrap, false, -106)]
    [InlineData(100, 50, 8, BitFieldOverflow.Saturate, false, 127)]
    [InlineData(-100, -50, 8, BitFieldOverflow.Saturate, false, -128)]
    [InlineData(100, 27, 8, BitFieldOverflow.Fail, true, 127)]
    [InlineData(long.MaxValue, 1, 64, BitFieldOverflow.Wrap, false, long.MinValue)]
    [InlineData(long.MaxValue, 1, 64, BitFieldOverflow.Saturate, false, long.MaxValue)]
    [InlineData(long.MinValue, -1, 64, BitFieldOverflow.Saturate, false, long.MinValue)]
    [InlineData(-1, 0, 1, BitFieldOverflow.Fail, true, -1)]
    public void SignedSums(long value, long increment, int bits, BitFieldOverflow overflow, bool fits, long expected)
    {
        Assert.Equal(fits, BitFieldArithmetic.TryAddSigned(value, increment, bits, overflow, out long sum));
        Assert.Equal(expected, sum);
    }

    [Theory]
    [InlineData(250, 10, 8, BitFieldOverflow.Wrap, false, 4)]
    [InlineData(250, 10, 8, BitFieldOverflow.Saturate, false, 255)]
    [InlineData(5, -10, 8, BitFieldOverflow.Wrap, false, 251)]
    [InlineData(5, -10, 8, BitFieldOverflow.Saturate, false, 0)]
    [InlineData(5, -5, 8, BitFieldOverflow.Fail, true, 0)]
    [InlineData(long.MaxValue, 1, 63, BitFieldOverflow.Wrap, false, 0)]
    [InlineData(ulong.MaxValue, 0, 8, BitFieldOverflow.Saturate, false, 255)]
    public void UnsignedSums(ulong value, long increment, int bits, BitFieldOverflow overflow, bool fits, ulong expected)
    {
        Assert.Equal(fits, BitFieldArithmetic.TryAddUnsigned(value, increment, bits, overflow, out ulong sum));
        Assert.Equal(expected, sum);
    }

    private string Seed => $"seed {_seed}";

    private static int Model(BitOperation operation, int[] column)
    {
        int x = column[0];
        int y = column.Skip(1).Aggregate(0, (a, b) => a | b);
        return operation switch
        {
            BitOperation.And => column.Aggregate((a, b) => a & b),
            BitOperation.Or => x | y,
            BitOperation.Xor => column.Aggregate((a, b) => a ^ b),
            BitOperation.Not => ~x & 0xff,
            BitOperation.Diff => x & ~y,
            BitOperation.Diff1 => y & ~x,
            BitOperation.AndOr => x & y,
            _ => Enumerable.Range(0, 8).Where(bit => column.Count(c => (c >> bit & 1) != 0) == 1).Sum(bit => 1 << bit),
        };
    }

    // Mostly long runs of equal bits, as they are what searching skips.
    private byte[] RandomBytes(int minLength, int maxLength)
    {
        byte[] bytes = new byte[_random.Next(minLength, maxLength)];
        if (_random.Next(2) == 0)
            _random.NextBytes(bytes);
        else
            bytes.AsSpan().Fill((byte)(_random.Next(2) == 0 ? 0 : 0xff));
        if (bytes.Length > 0)
            bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
        return bytes;
    }

    private static bool[] ToBits(byte[] bytes) => [.. bytes.SelectMany(b => Enumerable.Range(0, 8).Select(i => (b & 0x80 >> i) != 0))];

    private readonly struct Strings(byte[][] strings) : IBitSource
    {
        public ReadOnlySpan<byte> this[int index] => strings[index];
    }
}
