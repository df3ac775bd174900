namespace RedisAot.Bench;

/// <summary>One command with random keys of a million, from 50 clients, at one depth of pipeline.</summary>
/// <param name="name">Words, by which a row is chosen.</param>
/// <param name="command">What redis-benchmark sends.</param>
/// <param name="pipeline">How many requests each client sends at a time.</param>
/// <param name="cpuRatio">The target: at most this share of the official server's CPU time per request.</param>
/// <param name="fill">Makes the data; keys and counters when there is none.</param>
/// <param name="work">How many times the work of a command of one key it is, roughly.</param>
public sealed class CommandWorkload(
    string name, string command, int pipeline, double cpuRatio, Action<RespClient>? fill = null, int work = 1) : Workload(name)
{
    private const int Rounds = 5;

    // About two seconds a run on a machine of today.
    private readonly int _requests = pipeline switch { 1 => 200_000, < 32 => 1_000_000, _ => 2_000_000 } / work;

    public override IEnumerable<Figure> Measure()
    {
        using BenchServer ours = BenchServer.Ours();
        using BenchServer official = BenchServer.Official();
        foreach (BenchServer server in (BenchServer[])[ours, official])
        {
            using RespClient client = server.Connect();
            (fill ?? FillKeys)(client);
        }
        List<Run> oursRuns = [], officialRuns = [];
        for (int round = 0; round <= Rounds; round++)
        {
            oursRuns.Add(RunOn(ours));
            officialRuns.Add(RunOn(official));
        }
        // The first round warms up.
        oursRuns.RemoveAt(0);
        officialRuns.RemoveAt(0);
        yield return Compare("CPU ns/request", run => run.CpuNanoseconds) with { RatioAtMost = cpuRatio };
        yield return Compare("requests/s", run => run.RequestsPerSecond);
        yield return Compare("p99.9 ms", run => run.P999) with { RatioAtMost = 1 };

        Figure Compare(string what, Func<Run, double> value) =>
            new(what, Median(oursRuns.Select(value)), Median(officialRuns.Select(value)));
    }

    private static void FillKeys(RespClient client)
    {
        Keys.Fill(client, 1_000_000);
        Keys.Fill(client, 1_000_000, "counter:", "1000");
    }

    private Run RunOn(BenchServer server)
    {
        double before = server.CpuNanoseconds;
        RedisBenchmark result = RedisBenchmark.Run(server.Port, command, pipeline, _requests);
        return new Run((server.CpuNanoseconds - before) / _requests, result.RequestsPerSecond, result.P999);
    }

    private readonly record struct Run(double CpuNanoseconds, double RequestsPerSecond, double P999);
}
