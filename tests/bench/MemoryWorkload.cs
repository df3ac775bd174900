namespace RedisAot.Bench;

/// <summary>Resident memory of many keys or elements, each.</summary>
/// <param name="name">Words, by which a row is chosen.</param>
/// <param name="what">What they are, in the singular.</param>
/// <param name="count">How many of them <paramref name="fill"/> makes.</param>
/// <param name="fill">Makes them.</param>
/// <param name="bytesEach">The target: at most so many resident bytes each.</param>
public sealed class MemoryWorkload(string name, string what, int count, Action<RespClient> fill, double bytesEach) : Workload(name)
{
    public override IEnumerable<Figure> Measure()
    {
        using BenchServer ours = BenchServer.Ours();
        using BenchServer official = BenchServer.Official();
        (double oursResident, double oursUsed) = Each(ours);
        (double officialResident, double officialUsed) = Each(official);
        yield return new Figure($"resident bytes/{what}", oursResident, officialResident) { AtMost = bytesEach };
        yield return new Figure($"used_memory bytes/{what}", oursUsed, officialUsed);
    }

    private (double Resident, double Used) Each(BenchServer server)
    {
        using RespClient client = server.Connect();
        // The first commands bring code and buffers into memory, which is not what is measured.
        Keys.Fill(client, 1000, "warm:");
        long resident = server.Resident;
        double used = server.Info("used_memory")!.Value;
        fill(client);
        return ((double)(server.Resident - resident) / count, (server.Info("used_memory")!.Value - used) / count);
    }
}
