namespace RedisAot.Server.Diagnostics;

/// <summary>Commands and bytes a second, averaged over the last samples as official does it.</summary>
public sealed class Rates
{
    private const int Samples = 16;

    private readonly Series _commands = new();
    private readonly Series _input = new();
    private readonly Series _output = new();

    /// <summary>Commands run a second.</summary>
    public long CommandsPerSecond => _commands.Average;

    /// <summary>Bytes received a second.</summary>
    public long InputBytesPerSecond => _input.Average;

    /// <summary>Bytes sent a second.</summary>
    public long OutputBytesPerSecond => _output.Average;

    /// <summary>Takes a sample; called about ten times a second.</summary>
    public void Sample(ServerStats stats, long nowMs)
    {
        _commands.Add(stats.CommandsProcessed, nowMs);
        _input.Add(stats.InputBytes, nowMs);
        _output.Add(stats.OutputBytes, nowMs);
    }

    private sealed class Series
    {
        private readonly long[] _samples = new long[Samples];
        private long _lastTotal;
        private long _lastMs;
        private int _next;

        public long Average => _samples.Sum() / Samples;

        public void Add(long total, long nowMs)
        {
            long elapsed = nowMs - _lastMs;
            if (_lastMs != 0 && elapsed > 0 && total >= _lastTotal)
            {
                _samples[_next] = (total - _lastTotal) * 1000 / elapsed;
                _next = (_next + 1) % Samples;
            }
            (_lastTotal, _lastMs) = (total, nowMs);
        }
    }
}
