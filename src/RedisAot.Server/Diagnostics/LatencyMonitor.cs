namespace RedisAot.Server.Diagnostics;

/// <summary>The latency spikes of the server by kind of event. Used under the execution lock only.</summary>
public sealed class LatencyMonitor
{
    private readonly Dictionary<string, LatencySeries> _series = [];

    /// <summary>The series by event, in the order of their first spike.</summary>
    public IReadOnlyDictionary<string, LatencySeries> Series => _series;

    /// <summary>Adds a spike. The caller has compared it with the threshold.</summary>
    public void Add(string eventName, long milliseconds, long unixSeconds)
    {
        if (!_series.TryGetValue(eventName, out LatencySeries? series))
            _series.Add(eventName, series = new LatencySeries());
        series.Add(milliseconds, unixSeconds);
    }

    /// <summary>Forgets every event; returns how many there were.</summary>
    public int Reset()
    {
        int count = _series.Count;
        _series.Clear();
        return count;
    }

    /// <summary>Forgets one event, named in whatever case; returns how many that were.</summary>
    public int Reset(string eventName)
    {
        int count = 0;
        foreach (string known in _series.Keys.ToArray())
        {
            if (string.Equals(known, eventName, StringComparison.OrdinalIgnoreCase) && _series.Remove(known))
                count++;
        }
        return count;
    }
}
