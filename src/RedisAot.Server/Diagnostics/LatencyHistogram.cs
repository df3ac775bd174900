using System.Numerics;
using System.Runtime.CompilerServices;

namespace RedisAot.Server.Diagnostics;

/// <summary>
/// How often a command took how long: buckets of two significant digits over 1 ns to 1 s, the ones of the official server (an HDR
/// histogram), so that percentiles and distributions report the same values.
/// </summary>
public sealed class LatencyHistogram
{
    private const long MaxNanoseconds = 1_000_000_000;
    private const int HalfShift = 7;
    private const int HalfCount = 1 << HalfShift; // buckets between two powers of two
    private const int BucketCount = 24 * HalfCount;
    private const int FirstLevelShift = 10;

    private readonly long[] _counts = new long[BucketCount];

    /// <summary>Number of durations recorded.</summary>
    public long TotalCount { get; private set; }

    /// <summary>Counts a duration; what is out of range counts as 1 ns or 1 s.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(long microseconds)
    {
        _counts[IndexOf(Math.Clamp(microseconds, 0, MaxNanoseconds / 1000) * 1000)]++;
        TotalCount++;
    }

    /// <summary>The duration, in ns, that the given percentage of the recorded ones did not exceed; 0 without any.</summary>
    public long ValueAtPercentile(double percentile)
    {
        long wanted = Math.Max(1, (long)(Math.Min(percentile, 100) / 100 * TotalCount + 0.5));
        for (int i = 0; i < BucketCount; i++)
        {
            wanted -= _counts[i];
            if (wanted <= 0)
                return percentile == 0 ? LowestOf(i) : HighestOf(i);
        }
        return 0;
    }

    /// <summary>
    /// Writes the cumulative distribution over powers of two of ns from 1024 on, without the steps where nothing was added, as
    /// pairs of µs and count; returns the number of pairs. <see cref="MaxDistributionPairs"/> is enough room.
    /// </summary>
    public int WriteDistribution(Span<(long Microseconds, long Count)> pairs)
    {
        int length = 0;
        long reported = 0, cumulative = 0;
        int next = 0;
        for (int shift = FirstLevelShift; cumulative < TotalCount; shift++)
        {
            int last = Math.Min(IndexOf(1L << shift), BucketCount - 1);
            for (; next <= last; next++)
                cumulative += _counts[next];
            if (cumulative > reported)
                pairs[length++] = (HighestOf(last) / 1000, cumulative);
            reported = cumulative;
        }
        return length;
    }

    /// <summary>The most pairs that <see cref="WriteDistribution"/> writes.</summary>
    public const int MaxDistributionPairs = 32;

    // Below 2^8 one bucket a value; then 128 buckets for each doubling.
    private static int IndexOf(long value)
    {
        int shift = BitOperations.Log2((ulong)value | (2 * HalfCount - 1)) - HalfShift;
        return (shift << HalfShift) + (int)(value >> shift);
    }

    private static long LowestOf(int index)
    {
        int shift = ShiftOf(index);
        return (long)(index - (shift << HalfShift)) << shift;
    }

    private static long HighestOf(int index) => LowestOf(index) + (1L << ShiftOf(index)) - 1;

    private static int ShiftOf(int index) => Math.Max((index >> HalfShift) - 1, 0);
}
