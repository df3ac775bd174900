namespace RedisAot.Bench;

/// <summary>
/// How long another client waits for a PONG while a big collection is filled, and while it is dropped in each of the ways that
/// there are.
/// </summary>
/// <param name="name">Words, by which a row is chosen.</param>
/// <param name="fill">Makes the collection under a key.</param>
/// <param name="store">A command that stores a result of the set "few" in the key "victim".</param>
public sealed class DropWorkload(string name, Action<RespClient, string> fill, string store) : Workload(name)
{
    private const double MostMs = 2;

    private static readonly string[] Ways =
    [
        "UNLINK victim", "DEL victim", "SET victim v", "RENAME other victim", "PEXPIRE victim 1", "FLUSHDB ASYNC", "FLUSHDB", "FLUSHALL",
    ];

    /// <summary>It takes gigabytes and minutes.</summary>
    public override bool OnlyWhenChosen => true;

    public override IEnumerable<Figure> Measure()
    {
        List<(string Way, double Ms)> ours, official;
        using (BenchServer server = BenchServer.Ours())
            ours = MeasureOn(server);
        using (BenchServer server = BenchServer.Official())
            official = MeasureOn(server);
        foreach ((string way, double ms) in ours)
            yield return new Figure(way + ", ms", ms, official.Find(other => other.Way == way).Ms) { AtMost = MostMs };
    }

    private List<(string Way, double Ms)> MeasureOn(BenchServer server)
    {
        List<(string, double)> waits = [];
        using RespClient client = server.Connect();
        waits.Add(("fill", LongestWaitDuring(server, () => fill(client, "master"))));
        // In database 1 the collection survives FLUSHDB.
        client.Call("MOVE master 1");
        // Waits of milliseconds are lost in what else goes on on the machine.
        server.TryRaisePriority();
        waits.Add(("nothing", LongestWaitDuring(server, () => Thread.Sleep(2000))));
        foreach (string way in (string[])[store, .. Ways])
        {
            client.Call("SELECT 1");
            client.Call("COPY master victim DB 0");
            client.Call("SELECT 0");
            client.Call("SET other value");
            client.Call("SADD few 1 2 3");
            Settle(server);
            waits.Add((way, LongestWaitDuring(server, () =>
            {
                client.Call(way);
                Settle(server);
            })));
        }
        return waits;
    }

    /// <summary>Waits until the server has nothing left to free in the background.</summary>
    private static void Settle(BenchServer server)
    {
        do
            Thread.Sleep(500);
        while (server.Info("lazyfree_pending_objects", "memory") > 0);
    }

    private static double LongestWaitDuring(BenchServer server, Action action)
    {
        using var waits = new LongestWait(server);
        BenchServer.TryRaisePriority(Environment.ProcessId);
        action();
        return waits.Milliseconds;
    }
}
