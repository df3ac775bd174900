namespace RedisAot.Bench;

/// <summary>SET with an append-only file, beside the same server without persistence.</summary>
/// <param name="name">Words, by which a row is chosen.</param>
/// <param name="policy">The value of <c>appendfsync</c>.</param>
/// <param name="pipeline">How many requests each client sends at a time.</param>
/// <param name="requests">How many requests a run has.</param>
/// <param name="mostLossPercent">The target: how much of its throughput the append-only file may take; null if there is none.</param>
public sealed class AppendOnlyWorkload(string name, string policy, int pipeline, int requests, double? mostLossPercent) : Workload(name)
{
    private const int Rounds = 5;
    private static readonly string Command = "SET key:__rand_int__ " + Keys.Value;

    // A rewrite that falls into one run and not into the other would be measured with it.
    private readonly string[] _options = ["--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0"];

    public override IEnumerable<Figure> Measure()
    {
        using BenchServer ours = BenchServer.Ours(_options), oursBare = BenchServer.Ours();
        using BenchServer official = BenchServer.Official(_options), officialBare = BenchServer.Official();
        BenchServer[] servers = [ours, oursBare, official, officialBare];
        List<Run>[] runs = [[], [], [], []];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int i = 0; i < servers.Length; i++)
            {
                Run run = RunOn(servers[i]);
                // The first round warms up.
                if (round > 0)
                    runs[i].Add(run);
            }
        }
        double[] throughput = [.. runs.Select(of => Median(of.Select(run => run.RequestsPerSecond)))];
        double[] cpu = [.. runs.Select(of => Median(of.Select(run => run.CpuNanoseconds)))];
        yield return new Figure("requests/s", throughput[0], throughput[2]) { RatioAtLeast = 1 };
        yield return new Figure("below no persistence, %", LossPercent(throughput[0], throughput[1]), LossPercent(throughput[2], throughput[3]))
        {
            AtMost = mostLossPercent,
        };
        yield return new Figure("CPU ns/request", cpu[0], cpu[2]);
        yield return new Figure("the same, no persistence", cpu[1], cpu[3]);
    }

    private static double LossPercent(double with, double without) => 100 * (1 - with / without);

    private Run RunOn(BenchServer server)
    {
        double before = server.CpuNanoseconds;
        RedisBenchmark result = RedisBenchmark.Run(server.Port, Command, pipeline, requests);
        return new Run((server.CpuNanoseconds - before) / requests, result.RequestsPerSecond);
    }

    private readonly record struct Run(double CpuNanoseconds, double RequestsPerSecond);
}
