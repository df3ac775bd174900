namespace RedisAot.Bench;

/// <summary>What a server without keys costs: memory, disk, and time to start.</summary>
public sealed class EmptyServerWorkload(string name, double mostResident, double mostBinary, double mostFirstPongMs) : Workload(name)
{
    private const int Starts = 9;

    public override IEnumerable<Figure> Measure()
    {
        (double oursResident, double oursFirstPong) = Start(BenchServer.Ours);
        (double officialResident, double officialFirstPong) = Start(BenchServer.Official);
        yield return new Figure("resident bytes", oursResident, officialResident) { AtMost = mostResident };
        yield return new Figure("start to first PONG, ms", oursFirstPong, officialFirstPong) { AtMost = mostFirstPongMs };
        yield return new Figure("binary, bytes", new FileInfo(BenchServer.OurBinary).Length) { AtMost = mostBinary };
    }

    private static (double Resident, double FirstPongMs) Start(Func<string[], BenchServer> start)
    {
        List<double> resident = [], firstPong = [];
        for (int i = 0; i < Starts; i++)
        {
            using BenchServer server = start([]);
            firstPong.Add(server.FirstPong.TotalMilliseconds);
            resident.Add(server.Resident);
        }
        return (Median(resident), Median(firstPong));
    }
}
