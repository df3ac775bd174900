namespace RedisAot.Bench;

/// <summary>Resident memory of a connection that has asked once and now waits.</summary>
public sealed class IdleConnectionsWorkload(string name, int connections, double bytesPerConnection) : Workload(name)
{
    public override IEnumerable<Figure> Measure()
    {
        string[] options = ["--maxclients", $"{connections + 100}", "--tcp-backlog", "4096"];
        double ours, official;
        using (BenchServer server = BenchServer.Ours(options))
            ours = PerConnection(server);
        using (BenchServer server = BenchServer.Official(options))
            official = PerConnection(server);
        yield return new Figure("resident bytes/connection", ours, official) { AtMost = bytesPerConnection };
    }

    private double PerConnection(BenchServer server)
    {
        long before = server.Resident;
        List<RespClient> clients = [];
        for (int i = 0; i < connections; i++)
        {
            var client = new RespClient(server.Port);
            client.Call("PING");
            clients.Add(client);
        }
        double perConnection = (double)(server.Resident - before) / connections;
        clients.ForEach(client => client.Dispose());
        return perConnection;
    }
}
