using System.Text;
using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class XxHash3Tests
{
    // Values of the reference implementation over its users' usual test pattern, a xorshift generator started at 1.
    [Theory]
    [InlineData(0, 0x2d06800538d394c2)]
    [InlineData(1, 0xd0d496e05c553485)]
    [InlineData(2, 0x84d625edb7055eac)]
    [InlineData(3, 0x6ea2d59aca5c3778)]
    [InlineData(4, 0xbf65290914e80242)]
    [InlineData(5, 0xc01fd099ad4fc8e4)]
    [InlineData(6, 0x9e3ea8187399caa5)]
    [InlineData(7, 0x9da8b60540644f5a)]
    [InlineData(8, 0xabc1413da6cd0209)]
    [InlineData(9, 0x8bc89400bfed51f6)]
    [InlineData(16, 0x7e46916754d7c9b8)]
    [InlineData(17, 0xed4be912ba5f836d)]
    [InlineData(32, 0xf59b59b58c304fd1)]
    [InlineData(33, 0x9013fb74ca603e0c)]
    [InlineData(64, 0xfa5271fcce0db1c3)]
    [InlineData(65, 0x79c42431727f1012)]
    [InlineData(96, 0x591ee0ddf9c9ccd1)]
    [InlineData(97, 0x8ffc6a3111fe19da)]
    [InlineData(128, 0x06a146ee9a2da378)]
    [InlineData(129, 0xbc7138129bf065da)]
    [InlineData(403, 0xcefeb3ffa532ad8c)]
    [InlineData(512, 0xcdfa6b6268e3650f)]
    [InlineData(513, 0x4bb5d42742f9765f)]
    [InlineData(2048, 0x330ce110cbb79eae)]
    [InlineData(2049, 0x3ba6afa0249fef9a)]
    [InlineData(2240, 0xd61d4d2a94e926a8)]
    [InlineData(2243, 0x0979f786a24edde7)]
    public void AgreesWithTheReference(int length, ulong expected)
    {
        byte[] input = new byte[length];
        ulong x = 1;
        for (int i = 0; i < length; i++)
        {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            input[i] = (byte)x;
        }
        Assert.Equal(expected, XxHash3.Hash(input));
    }

    [Fact]
    public void LeadingZerosOfADigestCount() =>
        Assert.Equal(
            0x00006c38adf31777ul,
            XxHash3.Hash(Encoding.ASCII.GetBytes("v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd")));
}
