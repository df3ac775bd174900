using System.Numerics;
using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class HashingTests
{
    [Fact]
    public void Depends_on_every_bit_of_keys_of_every_length()
    {
        Hashing.SetSeed(1, 2);
        var random = new Random(3);
        for (int length = 1; length <= 200; length++)
        {
            var key = new byte[length];
            random.NextBytes(key);
            ulong hash = Hashing.Hash(key);
            Assert.Equal(hash, Hashing.Hash(key));
            double changed = 0;
            for (int bit = 0; bit < length * 8; bit++)
            {
                key[bit / 8] ^= (byte)(1 << bit % 8);
                changed += BitOperations.PopCount(hash ^ Hashing.Hash(key));
                key[bit / 8] ^= (byte)(1 << bit % 8);
            }
            Assert.InRange(changed / (length * 8), 24, 40);
        }
    }

    [Fact]
    public void Similar_keys_do_not_collide()
    {
        var hashes = new HashSet<ulong>();
        int keys = 0;
        for (int length = 0; length <= 300; length++, keys++)
            hashes.Add(Hashing.Hash(new byte[length]));
        for (int i = 0; i < 200_000; i++, keys++)
            hashes.Add(Hashing.Hash(System.Text.Encoding.ASCII.GetBytes($"key:{i:d12}")));
        Assert.Equal(keys, hashes.Count);
    }

    [Fact]
    public void Low_and_high_bits_are_evenly_spread()
    {
        const int Keys = 64_000;
        var low = new int[256];
        var high = new int[256];
        for (int i = 0; i < Keys; i++)
        {
            ulong hash = Hashing.Hash(System.Text.Encoding.ASCII.GetBytes($"user:{i}"));
            low[hash & 255]++;
            high[hash >> 56]++;
        }
        Assert.InRange(ChiSquare(low), 140, 400);
        Assert.InRange(ChiSquare(high), 140, 400);

        static double ChiSquare(int[] counts) => counts.Sum(c => Math.Pow(c - Keys / 256.0, 2) / (Keys / 256.0));
    }

    [Fact]
    public void Depends_on_the_seed()
    {
        Hashing.SetSeed(1, 2);
        ulong first = Hashing.Hash("key"u8);
        Hashing.SetSeed(1, 3);
        ulong second = Hashing.Hash("key"u8);
        Hashing.SetSeed(2, 2);
        Assert.Equal(3, new HashSet<ulong> { first, second, Hashing.Hash("key"u8) }.Count);
    }
}
