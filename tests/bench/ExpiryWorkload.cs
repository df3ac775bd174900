using System.Diagnostics;

namespace RedisAot.Bench;

/// <summary>How long after its time a key may still be there when many are due within a while, what that costs, and how long another client waits.</summary>
/// <param name="name">Words, by which a row is chosen.</param>
/// <param name="keys">How many keys expire.</param>
/// <param name="overMs">They are due evenly over so many ms.</param>
/// <param name="mostMs">The target: none is there longer than this after its time; null: there is none.</param>
public sealed class ExpiryWorkload(string name, int keys, int overMs, double? mostMs) : Workload(name)
{
    private const int LoadSeconds = 30;

    public override IEnumerable<Figure> Measure()
    {
        (double Late, double Cpu, double Pause) ours, official;
        using (BenchServer server = BenchServer.Ours())
            ours = Expire(server);
        using (BenchServer server = BenchServer.Official())
            official = Expire(server);
        yield return new Figure("gone after, ms", ours.Late, official.Late) { AtMost = mostMs };
        yield return new Figure("CPU ns/key", ours.Cpu, official.Cpu);
        yield return new Figure("longest wait, ms", ours.Pause, official.Pause);
    }

    private (double Late, double Cpu, double Pause) Expire(BenchServer server)
    {
        using RespClient client = server.Connect();
        DateTimeOffset due = DateTimeOffset.UtcNow.AddSeconds(LoadSeconds);
        for (int ms = 0; ms < overMs; ms++)
            Keys.Fill(client, keys / overMs, prefix: $"{ms:x3}:", options: $"PXAT {due.ToUnixTimeMilliseconds() + ms}");
        TimeSpan left = due - DateTimeOffset.UtcNow - TimeSpan.FromMilliseconds(100);
        if (left < TimeSpan.Zero)
            throw new InvalidOperationException($"Setting {keys} keys took longer than {LoadSeconds} s.");
        Thread.Sleep(left);
        using var waits = new LongestWait(server);
        double cpu = server.CpuNanoseconds, late = 0;
        for (int gone = 0; gone < keys;)
        {
            double passed = (DateTimeOffset.UtcNow - due).TotalMilliseconds;
            // The key that is due next of those that were there a moment ago.
            late = Math.Max(late, passed - (double)gone / keys * overMs);
            gone = keys - int.Parse(client.Call("DBSIZE")!);
            Thread.Sleep(2);
        }
        return (late, (server.CpuNanoseconds - cpu) / keys, waits.Milliseconds);
    }
}
