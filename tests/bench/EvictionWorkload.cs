using System.Text;

namespace RedisAot.Bench;

/// <summary>
/// How often a cache that is read with Zipf's distribution, and filled on a miss, has the key. Both servers get the memory
/// that the same number of keys takes in each, so that only the choice of what to evict counts.
/// </summary>
public sealed class EvictionWorkload(string name, string policy) : Workload(name)
{
    private const int KeyCount = 200_000;
    private const int ResidentKeys = KeyCount / 10;
    private const int Requests = 1_000_000;
    private const int Batch = 50;

    public override IEnumerable<Figure> Measure()
    {
        double ours, official;
        using (BenchServer server = BenchServer.Ours())
            ours = HitRatio(server);
        using (BenchServer server = BenchServer.Official())
            official = HitRatio(server);
        yield return new Figure("hit ratio", ours, official) { RatioAtLeast = 0.99 };
    }

    private double HitRatio(BenchServer server)
    {
        using RespClient client = server.Connect();
        Keys.Fill(client, ResidentKeys);
        client.Call($"CONFIG SET maxmemory {server.Info("used_memory"):0} maxmemory-policy {policy}");
        var zipf = new Zipf(KeyCount, exponent: 1, seed: 1);
        int hits = 0, counted = 0;
        var text = new StringBuilder();
        for (int done = 0; done < Requests; done += Batch)
        {
            int[] keys = [.. Enumerable.Range(0, Batch).Select(_ => zipf.Next())];
            text.Clear();
            foreach (int key in keys)
                text.Append($"GET key:{key:d12}\r\n");
            client.Send(text.ToString());
            int[] missed = [.. keys.Where(_ => client.Receive() is null)];
            text.Clear();
            foreach (int key in missed)
                text.Append($"SET key:{key:d12} {Keys.Value}\r\n");
            client.Send(text.ToString());
            foreach (int _ in missed)
                client.Receive();
            // The first half fills the cache and lets the policy settle.
            if (done >= Requests / 2)
            {
                hits += Batch - missed.Length;
                counted += Batch;
            }
        }
        return (double)hits / counted;
    }
}
