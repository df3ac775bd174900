using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class LzfTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhatIsCompressedComesBack(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 2000; round++)
        {
            byte[] data = Compressible(random, random.Next(round % 50 == 0 ? 100_000 : 600));
            var compressed = new byte[data.Length + data.Length / 32 + 16];
            int length = Lzf.Compress(data, compressed);
            Assert.Equal(data.Length == 0, length == 0);
            var back = new byte[data.Length];
            Assert.True(Lzf.TryDecompress(compressed.AsSpan(0, length), back), $"seed {seed} round {round}");
            Assert.Equal(data, back);
            Assert.Equal(length, Lzf.Compress(data, compressed.AsSpan(0, length)));
            if (length > 0)
                Assert.Equal(0, Lzf.Compress(data, compressed.AsSpan(0, length - 1)));
        }
    }

    [Fact]
    public void ALongRunTakesThreeBytesIn264()
    {
        var compressed = new byte[1000];
        Assert.InRange(Lzf.Compress(new byte[2640], compressed), 30, 36);
    }

    /// <summary>What official Redis dumps for a string of 36 "a".</summary>
    [Fact]
    public void ReadsTheStreamOfLiblzf()
    {
        byte[] stream = [0x01, (byte)'a', (byte)'a', 0xe0, 0x17, 0x00, 0x01, (byte)'a', (byte)'a'];
        var back = new byte[36];
        Assert.True(Lzf.TryDecompress(stream, back));
        Assert.All(back, b => Assert.Equal((byte)'a', b));
    }

    [Theory]
    [InlineData(new byte[] { 5, 1, 2 }, 6)]
    [InlineData(new byte[] { 0, 1, 0x20, 1 }, 4)]
    [InlineData(new byte[] { 0, 1, 0x20 }, 4)]
    [InlineData(new byte[] { 0, 1, 0xe0, 0 }, 10)]
    [InlineData(new byte[] { 0, 1, 0xe0 }, 10)]
    [InlineData(new byte[] { 1, 1, 2 }, 1)]
    [InlineData(new byte[] { 1, 1, 2 }, 3)]
    [InlineData(new byte[] { 0, 1, 0x20, 0 }, 3)]
    public void RefusesWhatIsNotAStreamOfThatLength(byte[] stream, int length) =>
        Assert.False(Lzf.TryDecompress(stream, new byte[length]));

    [Fact]
    public void SurvivesGarbage()
    {
        var random = new Random(7);
        for (int round = 0; round < 100_000; round++)
        {
            var stream = new byte[random.Next(40)];
            random.NextBytes(stream);
            Lzf.TryDecompress(stream, new byte[random.Next(300)]);
        }
    }

    private static byte[] Compressible(Random random, int length)
    {
        var data = new byte[length];
        for (int at = 0; at < length;)
        {
            int run = Math.Min(random.Next(1, 400), length - at);
            if (at > 0 && random.Next(3) > 0)
            {
                int from = random.Next(at);
                for (int i = 0; i < run; i++)
                    data[at + i] = data[from + i];
            }
            else
            {
                random.NextBytes(data.AsSpan(at, random.Next(2) == 0 ? run : Math.Min(run, 8)));
            }
            at += run;
        }
        return data;
    }
}
