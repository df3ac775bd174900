namespace RedisAot.Server.Diagnostics;

/// <summary>The last 160 spikes of one kind of event, at most one for each second.</summary>
public sealed class LatencySeries
{
    private const int Capacity = 160;

    private readonly (long UnixSeconds, long Milliseconds)[] _samples = new (long, long)[Capacity];
    private int _next;

    /// <summary>The worst spike ever, in ms.</summary>
    public long AllTimeMax { get; private set; }

    /// <summary>Number of spikes kept.</summary>
    public int Count { get; private set; }

    /// <summary>Spike <paramref name="index"/>, the oldest first.</summary>
    public (long UnixSeconds, long Milliseconds) this[int index] => _samples[(_next + Capacity - Count + index) % Capacity];

    /// <summary>The last spike.</summary>
    public (long UnixSeconds, long Milliseconds) Latest => this[Count - 1];

    internal void Add(long milliseconds, long unixSeconds)
    {
        AllTimeMax = Math.Max(AllTimeMax, milliseconds);
        ref (long UnixSeconds, long Milliseconds) last = ref _samples[(_next + Capacity - 1) % Capacity];
        if (Count > 0 && last.UnixSeconds == unixSeconds)
        {
            last.Milliseconds = Math.Max(last.Milliseconds, milliseconds);
            return;
        }
        _samples[_next] = (unixSeconds, milliseconds);
        _next = (_next + 1) % Capacity;
        Count = Math.Min(Count + 1, Capacity);
    }

    /// <summary>Mean and mean deviation of the spikes in whole ms, and the seconds since the oldest (at least 1).</summary>
    public (long Average, long MeanDeviation, long PeriodSeconds) Analyze(long nowSeconds)
    {
        long sum = 0, oldest = long.MaxValue;
        for (int i = 0; i < Count; i++)
        {
            sum += this[i].Milliseconds;
            oldest = Math.Min(oldest, this[i].UnixSeconds);
        }
        long average = sum / Count;
        long deviations = 0;
        for (int i = 0; i < Count; i++)
            deviations += Math.Abs(average - this[i].Milliseconds);
        long period = nowSeconds - oldest;
        return (average, deviations / Count, period == 0 ? 1 : period);
    }
}
