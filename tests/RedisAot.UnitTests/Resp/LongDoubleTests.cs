using System.Globalization;
using System.Text;
using RedisAot.Resp;
using Xunit;

namespace RedisAot.UnitTests.Resp;

/// <summary>Vectors taken from INCRBYFLOAT of the official server 7.0.15 on x86-64.</summary>
public sealed class LongDoubleTests
{
    [Theory]
    [InlineData("3", "1.1", "4.1")]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("1", "-1.0000001", "-0.0000001")]
    [InlineData("5.0e3", "2.0e2", "5200")]
    [InlineData("17179869184", "1.5", "17179869185.5")]
    [InlineData("18446744073709551615", "1", "18446744073709551616")]
    [InlineData("18446744073709551616", "1", "18446744073709551616")]
    [InlineData("18446744073709551616", "1.5", "18446744073709551618")]
    [InlineData("18446744073709551616", "3", "18446744073709551620")]
    [InlineData("1", "0.00000000000000001", "1.00000000000000001")]
    [InlineData("0.000000000000000005", "0", "0")]
    [InlineData("-0.000000000000000001", "0", "0")]
    [InlineData("0x1p3", "0x.8p0", "8.5")]
    [InlineData("1e-4940", "0", "0")]
    [InlineData("-0", "-0", "0")]
    [InlineData("9223372036854775807.5", "0.25", "9223372036854775808")]
    public void SumsPrintAsOfficial(string left, string right, string expected) => Assert.Equal(expected, Sum(left, right));

    [Fact]
    public void HugeNumbersPrintInFull()
    {
        string sum = Sum("1.18973149535723176502e4932", "0");
        Assert.Equal(4933, sum.Length);
        Assert.StartsWith("118973149535723176502126385303", sum);
    }

    [Theory]
    [InlineData("1.18973149535723176502e4932", "1.18973149535723176502e4932")]
    [InlineData("inf", "1")]
    [InlineData("inf", "-inf")]
    public void SumsOutOfRangeAreNotFinite(string left, string right) => Assert.False((Parse(left) + Parse(right)).IsFinite);

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("nan")]
    [InlineData("1.2e4932")]
    [InlineData("1.8e-4951")]
    [InlineData("0x1p16384")]
    [InlineData("0x1p-16446")]
    public void BadNumbersAreRefused(string text) => Assert.False(LongDouble.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void TextsHaveALimit()
    {
        Assert.True(LongDouble.TryParse(Encoding.ASCII.GetBytes("0." + new string('1', LongDouble.MaxParseLength - 2)), out _));
        Assert.False(LongDouble.TryParse(Encoding.ASCII.GetBytes("0." + new string('1', LongDouble.MaxParseLength - 1)), out _));
    }

    [Fact]
    public void IntegersAndDoublesConvertExactly()
    {
        Assert.Equal("-9223372036854775808", Print(LongDouble.FromInt64(long.MinValue)));
        Assert.Equal("9223372036854775807", Print(LongDouble.FromInt64(long.MaxValue)));
        Assert.Equal("0", Print(LongDouble.FromInt64(0)));
        Assert.Equal("0.10000000000000001", Print(LongDouble.FromDouble(0.1)));
        Assert.Equal("-inf", Print(LongDouble.FromDouble(double.NegativeInfinity)));
        Assert.Equal("0", Print(LongDouble.FromDouble(double.Epsilon)));
    }

    [Fact]
    public void SmallSumsAgreeWithExactArithmetic()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int i = 0; i < 20_000; i++)
        {
            // Below 1 the error of a sum is far under the 17th decimal: decimal arithmetic is exact and so must the printed sum be.
            decimal left = random.Next(int.MinValue, int.MaxValue) / 10_000_000_000m;
            decimal right = random.Next(int.MinValue, int.MaxValue) / 10_000_000_000_000m;
            string sum = Sum(left.ToString(CultureInfo.InvariantCulture), right.ToString(CultureInfo.InvariantCulture));
            Assert.True(decimal.Parse(sum, CultureInfo.InvariantCulture) == left + right, $"seed {seed}: {left} + {right} = {sum}");
        }
    }

    [Fact]
    public void NumbersAreOrdered()
    {
        string[] rising = ["-inf", "-1e4000", "-2", "-1.5", "-1e-4000", "0", "1e-4000", "0.1", "1", "1.5", "1e19", "1e4000", "inf"];
        for (int i = 0; i < rising.Length; i++)
        {
            for (int j = 0; j < rising.Length; j++)
            {
                Assert.Equal(i < j, Parse(rising[i]) < Parse(rising[j]));
                Assert.Equal(i > j, Parse(rising[i]) > Parse(rising[j]));
            }
        }
        Assert.False(Parse("-0") < Parse("0") || Parse("-0") > Parse("0"));
        Assert.True(Parse("1e4932") < LongDouble.MaxValue && LongDouble.MaxValue < Parse("inf"));
        Assert.True(Parse("-inf") < LongDouble.MinValue && LongDouble.MinValue < Parse("-1e4932"));
    }

    private static LongDouble Parse(string text)
    {
        Assert.True(LongDouble.TryParse(Encoding.ASCII.GetBytes(text), out LongDouble value));
        return value;
    }

    private static string Sum(string left, string right) => Print(Parse(left) + Parse(right));

    private static string Print(in LongDouble value)
    {
        byte[] buffer = new byte[LongDouble.MaxTextLength];
        return Encoding.ASCII.GetString(buffer, 0, value.Format(buffer));
    }
}
