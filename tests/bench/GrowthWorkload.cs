namespace RedisAot.Bench;

/// <summary>The longest that a client waits for a PONG while another inserts keys up to a great number.</summary>
public sealed class GrowthWorkload(string name, int keys) : Workload(name)
{
    public override bool OnlyWhenChosen => true;

    public override IEnumerable<Figure> Measure()
    {
        double ours, official;
        using (BenchServer server = BenchServer.Ours())
            ours = Grow(server);
        using (BenchServer server = BenchServer.Official())
            official = Grow(server);
        yield return new Figure("longest wait, ms", ours, official);
    }

    private double Grow(BenchServer server)
    {
        using RespClient client = server.Connect();
        using var waits = new LongestWait(server);
        Keys.Fill(client, keys, value: "0123456789abcdef");
        return waits.Milliseconds;
    }
}
