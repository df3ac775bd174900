using System.Text;
using RedisAot.Server.Configuration;
using Xunit;

namespace RedisAot.UnitTests.Server.Configuration;

public sealed class MemorySizeTests
{
    [Theory]
    [InlineData("0", 0ul)]
    [InlineData("1", 1ul)]
    [InlineData("1b", 1ul)]
    [InlineData("1k", 1000ul)]
    [InlineData("1Kb", 1024ul)]
    [InlineData("2m", 2000000ul)]
    [InlineData("2MB", 2097152ul)]
    [InlineData("3g", 3000000000ul)]
    [InlineData("3gB", 3221225472ul)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("99999999999999999999999", ulong.MaxValue)]
    [InlineData("kb", 0ul)]
    public void Reads(string text, ulong bytes)
    {
        Assert.True(MemorySize.TryParse(Encoding.ASCII.GetBytes(text), out ulong value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1zb")]
    [InlineData("1 mb")]
    [InlineData("1.5mb")]
    [InlineData("+1")]
    public void Refuses(string text) => Assert.False(MemorySize.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1000, "1000")]
    [InlineData(3072, "3kb")]
    [InlineData(5242880, "5mb")]
    [InlineData(2147483648, "2gb")]
    public void Writes_the_largest_whole_unit(long bytes, string text) => Assert.Equal(text, MemorySize.Format(bytes));
}
