using System.Diagnostics;

namespace RedisAot.Bench;

/// <summary>How long a server takes to save small keys, in the foreground and, with nothing else to do, in the background.</summary>
public sealed class RdbSaveWorkload(string name, int keys) : Workload(name)
{
    private const int Rounds = 3;

    public override IEnumerable<Figure> Measure()
    {
        (double Save, double BgSave) ours = Save(BenchServer.Ours()), official = Save(BenchServer.Official());
        yield return new Figure("SAVE, ms", ours.Save, official.Save) { RatioAtMost = 1 };
        yield return new Figure("BGSAVE, ms", ours.BgSave, official.BgSave) { RatioAtMost = 1 };
    }

    private (double Save, double BgSave) Save(BenchServer server)
    {
        using (server)
        using (RespClient client = server.Connect())
        {
            Keys.Fill(client, keys, value: "0123456789abcdef");
            double[] saves = new double[Rounds], backgroundSaves = new double[Rounds];
            for (int i = 0; i < Rounds; i++)
            {
                var clock = Stopwatch.StartNew();
                client.Call("SAVE");
                saves[i] = clock.Elapsed.TotalMilliseconds;
                clock.Restart();
                client.Call("BGSAVE");
                while (server.Info("rdb_bgsave_in_progress", "persistence") != 0)
                    Thread.Sleep(10);
                backgroundSaves[i] = clock.Elapsed.TotalMilliseconds;
            }
            return (Median(saves), Median(backgroundSaves));
        }
    }
}
