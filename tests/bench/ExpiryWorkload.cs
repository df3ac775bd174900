using System.Diagnostics;

namespace RedisAot.Bench;

/// <summary>How long keys that are due in the same millisecond are still there after it, what that costs, and how long another client waits.</summary>
public sealed class ExpiryWorkload(string name, int keys, double mostMs) : Workload(name)
{
    private const int LoadSeconds = 30;

    public override IEnumerable<Figure> Measure()
    {
        (double Gone, double Cpu, double Pause) ours, official;
        using (BenchServer server = BenchServer.Ours())
            ours = Expire(server);
        using (BenchServer server = BenchServer.Official())
            official = Expire(server);
        yield return new Figure("gone after, ms", ours.Gone, official.Gone) { AtMost = mostMs };
        yield return new Figure("CPU ns/key", ours.Cpu, official.Cpu);
        yield return new Figure("longest wait, ms", ours.Pause, official.Pause);
    }

    private (double Gone, double Cpu, double Pause) Expire(BenchServer server)
    {
        using RespClient client = server.Connect();
        DateTimeOffset due = DateTimeOffset.UtcNow.AddSeconds(LoadSeconds);
        Keys.Fill(client, keys, options: $"PXAT {due.ToUnixTimeMilliseconds()}");
        TimeSpan left = due - DateTimeOffset.UtcNow - TimeSpan.FromMilliseconds(100);
        if (left < TimeSpan.Zero)
            throw new InvalidOperationException($"Setting {keys} keys took longer than {LoadSeconds} s.");
        Thread.Sleep(left);
        using var waits = new LongestWait(server);
        double cpu = server.CpuNanoseconds;
        while (client.Call("DBSIZE") != "0")
            Thread.Sleep(2);
        return ((DateTimeOffset.UtcNow - due).TotalMilliseconds, (server.CpuNanoseconds - cpu) / keys, waits.Milliseconds);
    }
}
