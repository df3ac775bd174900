using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>
/// Mixed traffic over several loops, every reply compared with a model, while other connections come, break off and are
/// killed. REDIS_AOT_SOAK_SECONDS makes it last longer than the few seconds of an ordinary run, REDIS_AOT_SOAK_SEED repeats one.
/// </summary>
public sealed class SoakTests
{
    private const int Workers = 6;
    private const int Disturbers = 2;

    private static readonly int s_seconds = int.Parse(Environment.GetEnvironmentVariable("REDIS_AOT_SOAK_SECONDS") ?? "4");

    private static readonly int s_seed =
        int.Parse(Environment.GetEnvironmentVariable("REDIS_AOT_SOAK_SEED") ?? $"{Random.Shared.Next(1_000_000)}");

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void EveryReplyIsRight(int loops)
    {
        using ServerProcess server = ServerProcess.Start("--io-threads", $"{loops}");
        DateTime end = DateTime.UtcNow.AddSeconds(s_seconds);
        var failures = new List<string>();
        List<Thread> threads = [];
        for (int i = 0; i < Workers + Disturbers; i++)
        {
            int number = i;
            threads.Add(new Thread(() => Run(number)));
        }
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.True(failures.Count == 0, $"seed {s_seed}: {string.Join('\n', failures)}\n{server.Log}");
        using RespConnection redis = server.Connect();
        redis.Call("PING").Is("+PONG");

        void Run(int number)
        {
            try
            {
                var random = new Random(s_seed + number);
                if (number < Workers)
                    Work(server, random, number, end);
                else
                    Disturb(server, random, end);
            }
            catch (Exception e)
            {
                lock (failures)
                    failures.Add($"connection {number}: {e}");
            }
        }
    }

    private static void Work(ServerProcess server, Random random, int number, DateTime end)
    {
        using RespConnection redis = server.Connect();
        redis.Timeout = TimeSpan.FromSeconds(60);
        var requests = new ModeledRequests(random, $"w{number}:", sizes: [0, 1, 10, 44, 100, 1000, 1025, 5000, 40_000, 200_000]);
        while (DateTime.UtcNow < end)
        {
            (byte[] Request, byte[] Reply)[] batch = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => requests.Next())];
            Send(redis, random, [.. batch.SelectMany(pair => pair.Request)]);
            byte[] expected = [.. batch.SelectMany(pair => pair.Reply)];
            for (int at = 0; at < expected.Length;)
            {
                byte[] reply = redis.ReadRaw();
                Assert.True(
                    expected.AsSpan(at).StartsWith(reply),
                    $"got {RespText.Quote(reply)}, expected {RespText.Quote(expected.AsSpan(at, Math.Min(expected.Length - at, 200)))}");
                at += reply.Length;
            }
        }
    }

    private static void Send(RespConnection redis, Random random, byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int count = random.Next(3) == 0 ? Math.Min(random.Next(1, 2000), bytes.Length - at) : bytes.Length - at;
            redis.SendRaw(bytes.AsSpan(at, count));
            at += count;
        }
    }

    // Breaks off in the middle of requests of all sizes, and kills itself and the other disturber, who share a name.
    private static void Disturb(ServerProcess server, Random random, DateTime end)
    {
        var requests = new ModeledRequests(random, $"d{random.Next()}:", sizes: [10, 1000, 50_000, 500_000]);
        while (DateTime.UtcNow < end)
        {
            using RespConnection redis = server.Connect();
            byte[] part = [.. Enumerable.Range(0, random.Next(1, 10)).SelectMany(_ => requests.Next().Request)];
            redis.SendRaw(part.AsSpan(0, random.Next(part.Length)));
            if (random.Next(4) != 0)
                continue;
            using RespConnection killer = server.Connect();
            string id = killer.Call("CLIENT", "ID").Text;
            killer.Send("CLIENT", "KILL", "ID", id, "SKIPME", "no");
        }
    }
}
