using System.Text;
using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class DecimalIntegerTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("-1", -1)]
    [InlineData("1234567890123456789", 1234567890123456789)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void CanonicalTextIsAnInteger(string text, long expected)
    {
        Assert.True(DecimalInteger.TryParse(Encoding.ASCII.GetBytes(text), out long value));
        Assert.Equal(expected, value);
        Assert.Equal(text, Encoding.ASCII.GetString(DecimalInteger.Format(value, new byte[DecimalInteger.MaxLength])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-0")]
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1a")]
    [InlineData("1.0")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("10000000000000000000")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999")]
    [InlineData("-99999999999999999999")]
    [InlineData("123456789012345678901")]
    public void OtherTextIsNot(string text) => Assert.False(DecimalInteger.TryParse(Encoding.ASCII.GetBytes(text), out _));
}
