namespace RedisAot.Bench;

/// <summary>Resident memory of keys of 16 bytes with values of 64.</summary>
public sealed class KeyMemoryWorkload(string name, int keys, double bytesPerKey) : Workload(name)
{
    public override IEnumerable<Figure> Measure()
    {
        using BenchServer ours = BenchServer.Ours();
        using BenchServer official = BenchServer.Official();
        (double oursResident, double oursUsed) = PerKey(ours);
        (double officialResident, double officialUsed) = PerKey(official);
        yield return new Figure("resident bytes/key", oursResident, officialResident) { AtMost = bytesPerKey };
        yield return new Figure("used_memory bytes/key", oursUsed, officialUsed);
    }

    private (double Resident, double Used) PerKey(BenchServer server)
    {
        long resident = server.Resident;
        double used = server.Info("used_memory")!.Value;
        using RespClient client = server.Connect();
        Keys.Fill(client, keys);
        return ((double)(server.Resident - resident) / keys, (server.Info("used_memory")!.Value - used) / keys);
    }
}
