using System.Diagnostics;

namespace RedisAot.Bench;

/// <summary>The longest that another client waits for a PONG while one empties a big database.</summary>
public sealed class FlushWorkload(string name, int keys) : Workload(name)
{
    public override IEnumerable<Figure> Measure()
    {
        double ours, official;
        using (BenchServer server = BenchServer.Ours())
            ours = LongestWait(server);
        using (BenchServer server = BenchServer.Official())
            official = LongestWait(server);
        yield return new Figure("longest wait, ms", ours, official);
    }

    private double LongestWait(BenchServer server)
    {
        using RespClient flusher = server.Connect();
        using RespClient other = server.Connect();
        Keys.Fill(flusher, keys, value: "0123456789abcdef");
        other.Call("PING");
        flusher.Send("FLUSHALL\r\n");
        double longest = 0;
        var clock = Stopwatch.StartNew();
        // Long enough for what a server may still do in the background.
        while (clock.Elapsed.TotalSeconds < 3)
        {
            long began = Stopwatch.GetTimestamp();
            other.Call("PING");
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        flusher.Receive();
        return longest;
    }
}
