using System.Security.Cryptography;
using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class DigestTests
{
    [Fact]
    public void Hashes_are_those_of_the_base_library_at_every_length_around_a_block()
    {
        var random = new Random(8);
        Span<byte> sha1 = stackalloc byte[Sha1.Bytes];
        Span<byte> sha256 = stackalloc byte[Sha256.Bytes];
        foreach (int length in Enumerable.Range(0, 300).Append(1_000_003))
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            Sha1.Hash(data, sha1);
            Sha256.Hash(data, sha256);
            Assert.Equal(SHA1.HashData(data), sha1);
            Assert.Equal(SHA256.HashData(data), sha256);
        }
    }
}
