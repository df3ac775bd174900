using System.Diagnostics;

namespace RedisAot.Bench;

/// <summary>Asks for a PONG again and again, on a thread of its own, and remembers the longest wait.</summary>
public sealed class LongestWait : IDisposable
{
    private readonly RespClient _client;
    private readonly Thread _thread;
    private volatile bool _stopped;
    private double _longestMs;

    public LongestWait(BenchServer server)
    {
        _client = server.Connect();
        _client.Call("PING");
        _thread = new Thread(Ask);
        _thread.Start();
    }

    /// <summary>The longest wait so far, in milliseconds.</summary>
    public double Milliseconds => Volatile.Read(ref _longestMs);

    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
        _client.Dispose();
    }

    private void Ask()
    {
        while (!_stopped)
        {
            long began = Stopwatch.GetTimestamp();
            _client.Call("PING");
            Volatile.Write(ref _longestMs, Math.Max(_longestMs, Stopwatch.GetElapsedTime(began).TotalMilliseconds));
            // Asked without a pause, the questions would be the load.
            Thread.Sleep(1);
        }
    }
}
