namespace RedisAot.Bench;

/// <summary>How long one client waits for the reply to FLUSHALL of a big database, and how long another for a PONG meanwhile.</summary>
public sealed class FlushWorkload(string name, int keys) : Workload(name)
{
    public override IEnumerable<Figure> Measure()
    {
        (double Reply, double Pause) ours, official;
        using (BenchServer server = BenchServer.Ours())
            ours = Flush(server);
        using (BenchServer server = BenchServer.Official())
            official = Flush(server);
        yield return new Figure("reply, ms", ours.Reply, official.Reply);
        yield return new Figure("longest wait, ms", ours.Pause, official.Pause);
    }

    private (double Reply, double Pause) Flush(BenchServer server)
    {
        using RespClient flusher = server.Connect();
        Keys.Fill(flusher, keys, value: "0123456789abcdef");
        using var waits = new LongestWait(server);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        flusher.Call("FLUSHALL");
        double reply = clock.Elapsed.TotalMilliseconds;
        // Long enough for what a server may still do in the background.
        Thread.Sleep(3000);
        return (reply, waits.Milliseconds);
    }
}
