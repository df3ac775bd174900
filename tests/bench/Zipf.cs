namespace RedisAot.Bench;

/// <summary>Numbers from 0 to count - 1; the k-th most frequent comes with a probability proportional to 1 / k^exponent.</summary>
public sealed class Zipf
{
    private readonly double[] _cumulative;
    private readonly int[] _ranked;
    private readonly Random _random;

    public Zipf(int count, double exponent, int seed)
    {
        _random = new Random(seed);
        _cumulative = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++)
            _cumulative[i] = sum += Math.Pow(i + 1, -exponent);
        // Frequency has nothing to do with the order of the keys.
        _ranked = [.. Enumerable.Range(0, count)];
        _random.Shuffle(_ranked);
    }

    public int Next()
    {
        int index = Array.BinarySearch(_cumulative, _random.NextDouble() * _cumulative[^1]);
        return _ranked[Math.Min(index < 0 ? ~index : index, _ranked.Length - 1)];
    }
}
