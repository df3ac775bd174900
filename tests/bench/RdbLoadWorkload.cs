using System.Diagnostics;

namespace RedisAot.Bench;

/// <summary>How long a server takes to load an RDB file of small keys; both load the same one, written by the official server.</summary>
/// <param name="name">Words, by which a row is chosen.</param>
/// <param name="keys">How many keys the file has.</param>
/// <param name="timesAsFast">The target: how many times as fast as the official server.</param>
public sealed class RdbLoadWorkload(string name, int keys, double timesAsFast) : Workload(name)
{
    private const int Rounds = 3;

    public override IEnumerable<Figure> Measure()
    {
        string directory = Directory.CreateTempSubdirectory("redis-aot-bench-").FullName;
        try
        {
            // The servers whose loading is measured start before the file is there.
            string[] options = ["--dir", directory, "--dbfilename", "data.rdb"];
            double ours, official;
            using (BenchServer loaderOfOurs = BenchServer.Ours(options), loader = BenchServer.Official(options))
            {
                using (BenchServer writer = BenchServer.Official(options))
                using (RespClient client = writer.Connect())
                {
                    Keys.Fill(client, keys, value: "0123456789abcdef");
                    client.Call("SAVE");
                }
                ours = LoadMs(loaderOfOurs);
                official = LoadMs(loader);
            }
            yield return new Figure("load, ms", ours, official) { RatioAtMost = 1 / timesAsFast };
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // Into an empty server, so that nothing is deleted meanwhile.
    private static double LoadMs(BenchServer server)
    {
        using RespClient client = server.Connect();
        double[] times = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            client.Call("FLUSHALL SYNC");
            var clock = Stopwatch.StartNew();
            client.Call("DEBUG RELOAD NOSAVE");
            times[i] = clock.Elapsed.TotalMilliseconds;
        }
        client.Call("FLUSHALL SYNC");
        return Median(times);
    }
}
