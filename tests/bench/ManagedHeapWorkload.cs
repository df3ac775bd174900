namespace RedisAot.Bench;

/// <summary>What the garbage-collected heap has to do with ten million requests: nothing.</summary>
public sealed class ManagedHeapWorkload(string name, string command, int pipeline) : Workload(name)
{
    private const int Requests = 10_000_000;

    public override IEnumerable<Figure> Measure()
    {
        using BenchServer ours = BenchServer.Ours();
        using (RespClient client = ours.Connect())
            Keys.Fill(client, 1_000_000);
        RedisBenchmark.Run(ours.Port, command, pipeline, Requests / 100);
        double bytes = Allocated(), collections = Collections();
        RedisBenchmark.Run(ours.Port, command, pipeline, Requests);
        yield return new Figure("managed bytes/request", (Allocated() - bytes) / Requests) { AtMost = 0.1 };
        yield return new Figure("garbage collections", Collections() - collections) { AtMost = 0 };

        double Allocated() => ours.Info("gc_allocated_bytes", "memory") ?? throw new InvalidOperationException("INFO memory has no gc_allocated_bytes");
        double Collections() => ours.Info("gc_collections", "memory") ?? throw new InvalidOperationException("INFO memory has no gc_collections");
    }
}
