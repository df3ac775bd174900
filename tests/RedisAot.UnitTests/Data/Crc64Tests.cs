using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class Crc64Tests
{
    [Fact]
    public void CheckValue() => Assert.Equal(0xe9c6d914c4b8d9caUL, Crc64.Append(0, "123456789"u8));

    /// <summary>A DUMP payload of the official server ends with the checksum of all that precedes it.</summary>
    [Fact]
    public void OfficialPayload()
    {
        byte[] payload = [0, 0xc3, 9, 36, 1, (byte)'a', (byte)'a', 0xe0, 0x17, 0, 1, (byte)'a', (byte)'a', 10, 0];
        Assert.Equal(0x11c599f1d7d5b25dUL, Crc64.Append(0, payload));
    }

    [Fact]
    public void NothingLeavesItAsItWas() => Assert.Equal(42UL, Crc64.Append(42, []));

    [Fact]
    public void EveryLengthEqualsTheBitwiseDefinitionHoweverSplit()
    {
        var data = new byte[400];
        new Random(1).NextBytes(data);
        for (int length = 0; length <= data.Length; length++)
        {
            ulong expected = Bitwise(data.AsSpan(0, length));
            Assert.Equal(expected, Crc64.Append(0, data.AsSpan(0, length)));
            int split = length / 3;
            Assert.Equal(expected, Crc64.Append(Crc64.Append(0, data.AsSpan(0, split)), data.AsSpan(split, length - split)));
        }
    }

    private static ulong Bitwise(ReadOnlySpan<byte> data)
    {
        ulong crc = 0;
        foreach (byte b in data)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                bool top = (crc >> 63 != 0) ^ ((b >> bit & 1) != 0);
                crc = top ? crc << 1 ^ 0xad93d23594c935a9 : crc << 1;
            }
        }
        ulong reflected = 0;
        for (int bit = 0; bit < 64; bit++)
            reflected |= (crc >> bit & 1) << (63 - bit);
        return reflected;
    }
}
