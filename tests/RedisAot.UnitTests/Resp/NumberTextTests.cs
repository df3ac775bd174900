using System.Globalization;
using System.Text;
using RedisAot.Resp;
using Xunit;

namespace RedisAot.UnitTests.Resp;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("-1", -1)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void CanonicalIntegersAreRead(string text, long expected)
    {
        Assert.True(NumberText.TryParseLong(Bytes(text), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("01")]
    [InlineData("-0")]
    [InlineData("-01")]
    [InlineData("1.0")]
    [InlineData("0x1")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999")]
    [InlineData("100000000000000000000")]
    public void OtherIntegersAreRefused(string text) => Assert.False(NumberText.TryParseLong(Bytes(text), out _));

    [Fact]
    public void IntegersSurviveTheRoundTrip()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] buffer = new byte[NumberText.MaxInt64Length];
        for (int i = 0; i < 100_000; i++)
        {
            long value = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            int length = NumberText.Format(value, buffer);
            string text = Encoding.ASCII.GetString(buffer, 0, length);
            Assert.True(value.ToString(CultureInfo.InvariantCulture) == text, $"seed {seed}: {value} became {text}");
            Assert.Equal(length, NumberText.Length(value));
            Assert.True(NumberText.TryParseLong(buffer.AsSpan(0, length), out long again) && again == value, $"seed {seed}: {text}");
        }
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("+1.5", 1.5)]
    [InlineData("-.5", -0.5)]
    [InlineData("5.", 5)]
    [InlineData("1e5", 1e5)]
    [InlineData("1E-5", 1e-5)]
    [InlineData("00012.50", 12.5)]
    [InlineData("0x1p-2", 0.25)]
    [InlineData("0X.8P+4", 8)]
    [InlineData("0x10", 16)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("4.9e-324", double.Epsilon)]
    [InlineData("2.4703282292062328e-324", double.Epsilon)]
    [InlineData("1.7976931348623157e308", double.MaxValue)]
    [InlineData("0x1.fffffffffffff7ffffffffffffffffffffffffffffp1023", double.MaxValue)]
    [InlineData("0e99999999999999999999999", 0)]
    public void DoublesAreRead(string text, double expected)
    {
        Assert.True(NumberText.TryParseDouble(Bytes(text), out double value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("0x")]
    [InlineData("0x.p1")]
    [InlineData("0x1p")]
    [InlineData("1.2.3")]
    [InlineData("--1")]
    [InlineData("nan")]
    [InlineData("infinit")]
    [InlineData("1e400")]
    [InlineData("1e-400")]
    [InlineData("2.4703282292062327e-324")]
    [InlineData("0x1p1024")]
    public void OtherDoublesAreRefused(string text) => Assert.False(NumberText.TryParseDouble(Bytes(text), out _));

    [Theory]
    [InlineData("", 0)]
    [InlineData(" \t\n\v\f\r1.5", 1.5)]
    [InlineData("1\0x", 1)]
    [InlineData("\0", 0)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("-1e400", double.NegativeInfinity)]
    [InlineData("1e-400", 0)]
    [InlineData("-inf", double.NegativeInfinity)]
    [InlineData("0x10", 16)]
    public void BoundsAreReadLeniently(string text, double expected)
    {
        Assert.True(NumberText.TryParseBound(Bytes(text), out double value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("1 ")]
    [InlineData("nan")]
    [InlineData("1x")]
    [InlineData("x\0")]
    public void OtherBoundsAreRefused(string text) => Assert.False(NumberText.TryParseBound(Bytes(text), out _));

    [Fact]
    public void LongDecimalsRoundCorrectly()
    {
        // Half-way between 1 and the next double, then just above it in the 801st digit.
        string half = "1.00000000000000011102230246251565404236316680908203125";
        Assert.True(NumberText.TryParseDouble(Bytes(half), out double tie));
        Assert.Equal(1.0, tie);
        Assert.True(NumberText.TryParseDouble(Bytes(half + new string('0', 800) + "1"), out double above));
        Assert.Equal(Math.BitIncrement(1.0), above);
        Assert.True(NumberText.TryParseDouble(Bytes("0." + new string('0', 5000) + "1e5001"), out double one));
        Assert.Equal(1.0, one);
    }

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(3, "3")]
    [InlineData(-3.5, "-3.5")]
    [InlineData(0.1, "0.10000000000000001")]
    [InlineData(1.1, "1.1000000000000001")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1.0000000000000001e-05")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(1e17, "1e+17")]
    [InlineData(123456789012345680000.0, "1.2345678901234568e+20")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(double.Epsilon, "4.9406564584124654e-324")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(double.NaN, "nan")]
    public void DoublesPrintWithSeventeenDigits(double value, string expected)
    {
        byte[] buffer = new byte[NumberText.MaxDoubleLength];
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, NumberText.Format(value, buffer)));
    }

    [Theory]
    [InlineData(-0.0, "-0")]
    [InlineData(1e17, "100000000000000000")]
    [InlineData(4611686018427387904.0, "4611686018427387904")]
    [InlineData(9223372036854775808.0, "9.2233720368547758e+18")]
    [InlineData(2.5, "2.5")]
    public void ScoresPrintIntegersInFull(double value, string expected)
    {
        byte[] buffer = new byte[NumberText.MaxDoubleLength];
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, NumberText.FormatScore(value, buffer)));
    }

    [Theory]
    [InlineData(0, "0.0000")]
    [InlineData(0.00004, "0.0000")]
    [InlineData(-0.00004, "0.0000")]
    [InlineData(0.00005, "0.0000")]
    [InlineData(0.03125, "0.0312")]
    [InlineData(0.09375, "0.0938")]
    [InlineData(-0.5, "-0.5000")]
    [InlineData(166274.15156960033, "166274.1516")]
    [InlineData(1e300, "-922337203685477.5808")]
    [InlineData(double.NaN, "-922337203685477.5808")]
    public void FixedDecimalsRoundHalvesToEven(double value, string expected)
    {
        byte[] buffer = new byte[NumberText.MaxDoubleLength];
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer, 0, NumberText.FormatFixed(value, 4, buffer)));
    }

    [Fact]
    public void DoublesSurviveTheRoundTrip()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] buffer = new byte[NumberText.MaxDoubleLength];
        for (int i = 0; i < 50_000; i++)
        {
            double value = BitConverter.Int64BitsToDouble(random.NextInt64());
            if (!double.IsFinite(value) || value == 0)
                continue;
            int length = NumberText.Format(value, buffer);
            Assert.True(NumberText.TryParseDouble(buffer.AsSpan(0, length), out double again) && again == value, $"seed {seed}: {value:R}");
        }
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
