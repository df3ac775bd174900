using RedisAot.Server.Diagnostics;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void AnEmptyHistogramReportsNothing()
    {
        LatencyHistogram histogram = new();
        Assert.Equal(0, histogram.TotalCount);
        Assert.Equal(0, histogram.ValueAtPercentile(99));
        Assert.Equal(0, histogram.WriteDistribution(new (long, long)[LatencyHistogram.MaxDistributionPairs]));
    }

    [Theory]
    [InlineData(1, 1003)]
    [InlineData(2, 2007)]
    [InlineData(500, 501759)]
    [InlineData(1000, 1003519)]
    [InlineData(2_000_000, 1_002_438_655)] // counted as one second
    public void PercentilesAreTheUpperEndOfABucket(long microseconds, long expectedNanoseconds)
    {
        LatencyHistogram histogram = new();
        histogram.Record(microseconds);
        Assert.Equal(expectedNanoseconds, histogram.ValueAtPercentile(50));
        Assert.Equal(expectedNanoseconds, histogram.ValueAtPercentile(100));
    }

    [Fact]
    public void PercentilesCountFromBelow()
    {
        LatencyHistogram histogram = new();
        for (int i = 1; i <= 100; i++)
            histogram.Record(i * 10);
        Assert.InRange(histogram.ValueAtPercentile(50), 500_000, 504_000);
        Assert.InRange(histogram.ValueAtPercentile(99), 990_000, 998_000);
        Assert.InRange(histogram.ValueAtPercentile(0), 9_900, 10_000);
    }

    [Fact]
    public void TheDistributionIsCumulativeOverPowersOfTwo()
    {
        LatencyHistogram histogram = new();
        foreach (long microseconds in new long[] { 1, 1, 3, 30, 30, 500, 1_000_000 })
            histogram.Record(microseconds);
        (long, long)[] pairs = new (long, long)[LatencyHistogram.MaxDistributionPairs];
        int length = histogram.WriteDistribution(pairs);
        Assert.Equal([(1, 2), (4, 3), (33, 5), (528, 6), (1_073_741, 7)], pairs[..length]);
    }
}
