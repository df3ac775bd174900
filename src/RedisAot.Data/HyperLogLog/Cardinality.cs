namespace RedisAot.Data;

/// <summary>
/// The estimator of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284,
/// algorithm 6), for 16384 registers of a 64-bit hash, evaluated in the order of official Redis so that results are the same.
/// </summary>
internal static class Cardinality
{
    /// <summary>One count for each value that six bits can have, of which 0 to 51 occur.</summary>
    public const int HistogramLength = 64;

    private const int HashBits = 50;

    /// <summary>1 / (2 ln 2).</summary>
    private const double AlphaInfinity = 0.721347520444481703680;

    /// <summary>The estimate from the number of registers of each value.</summary>
    public static long Estimate(ReadOnlySpan<int> histogram)
    {
        const double m = HyperLogLog.RegisterCount;
        double z = m * Tau((m - histogram[HashBits + 1]) / m);
        for (int value = HashBits; value >= 1; value--)
            z = (z + histogram[value]) * 0.5;
        z += m * Sigma(histogram[0] / m);
        double estimate = Math.Round(AlphaInfinity * m * m / z, MidpointRounding.AwayFromZero);
        // Only registers that no hash produces lead there; this is what the conversion gives on x86.
        return estimate < long.MaxValue ? (long)estimate : long.MinValue;
    }

    private static double Sigma(double x)
    {
        if (x == 1)
            return double.PositiveInfinity;
        double y = 1, z = x, previous;
        do
        {
            x *= x;
            previous = z;
            z += x * y;
            y += y;
        }
        while (previous != z);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        double y = 1, z = 1 - x, previous;
        do
        {
            x = Math.Sqrt(x);
            previous = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (previous != z);
        return z / 3;
    }
}
