using System.Diagnostics;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Two hundred clients that subscribe, publish and track keys at random: every message arrives, and nothing is left behind.</summary>
public sealed class SessionSoakTests
{
    private const int Threads = 4, ClientsPerThread = 50, Channels = 20, Keys = 200;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    private long _sent;
    private long _received;
    private long _invalidations;

    [Fact]
    public void EveryMessageArrivesAndNothingIsLeftBehind()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection redis = server.Connect();
        redis.Call("PING");
        long memoryBefore = Information.Number(redis, "memory", "used_memory");
        int seed = Random.Shared.Next();
        using var barrier = new Barrier(Threads);
        List<Exception> failures = [];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() => Run(server, new Random(seed + i), barrier, failures)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        Assert.True(failures.Count == 0, $"seed {seed}: {string.Join('\n', failures)}");
        Assert.True(_sent > 1000 && _invalidations > 100, $"{_sent} messages, {_invalidations} invalidations in all");
        Assert.True(_sent == _received, $"seed {seed}: {_sent} messages were sent, {_received} arrived");
        Eventually.True(
            () => Information.Number(redis, "clients", "connected_clients") == 1,
            () => $"{Information.Number(redis, "clients", "connected_clients")} clients");
        foreach (string field in (string[])["pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "tracking_total_prefixes"])
            Assert.Equal(0, Information.Number(redis, "stats", field));
        Assert.Equal(0, Information.Number(redis, "clients", "tracking_clients"));
        redis.Call("FLUSHALL").IsOk();
        Assert.Equal(0, Information.Number(redis, "stats", "tracking_total_keys"));
        Assert.Equal(0, Information.Number(redis, "stats", "tracking_total_items"));
        Eventually.True(
            () => Information.Number(redis, "memory", "used_memory") < memoryBefore + (512 * 1024),
            () => $"{Information.Number(redis, "memory", "used_memory")} bytes used, {memoryBefore} before");
    }

    private void Run(ServerProcess server, Random random, Barrier barrier, List<Exception> failures)
    {
        RespConnection[] clients = [.. Enumerable.Range(0, ClientsPerThread).Select(_ => server.Connect3())];
        try
        {
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < Duration)
                Act(clients[random.Next(clients.Length)], random);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            lock (failures)
                failures.Add(e);
        }
        // What others still published has reached everybody's queue by now.
        barrier.SignalAndWait();
        foreach (RespConnection client in clients)
        {
            Do(client, "PING");
            client.Dispose();
        }
    }

    private void Act(RespConnection client, Random random)
    {
        string channel = $"c{random.Next(Channels)}", key = $"k{random.Next(Keys)}";
        switch (random.Next(16))
        {
            case 0 or 1:
                Do(client, "SUBSCRIBE", channel);
                break;
            case 2:
                Do(client, "UNSUBSCRIBE", channel);
                break;
            case 3:
                Do(client, "PSUBSCRIBE", $"{channel[..2]}*");
                break;
            case 4:
                Do(client, "PUNSUBSCRIBE");
                break;
            case 5:
                Do(client, "SSUBSCRIBE", channel);
                break;
            case 6:
                Do(client, "SUNSUBSCRIBE", channel);
                break;
            case 7:
                Interlocked.Add(ref _sent, Do(client, "SPUBLISH", channel, new byte[random.Next(300)]));
                break;
            case 8 or 9:
                Interlocked.Add(ref _sent, Do(client, "PUBLISH", channel, new byte[random.Next(8) == 0 ? 10_000 : 100]));
                break;
            case 10:
                Do(client, "CLIENT", "TRACKING", "OFF");
                Do(client, "CLIENT", "TRACKING", "ON");
                break;
            case 11:
                Do(client, "CLIENT", "TRACKING", "OFF");
                Do(client, "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "k1");
                break;
            case 12:
                Do(client, "SET", key, random.Next());
                break;
            default:
                Do(client, "GET", key);
                break;
        }
    }

    // Sends a command and reads up to the answer of an ECHO behind it; what the command answered, if that is a number.
    private long Do(RespConnection client, params Argument[] command)
    {
        client.SendRaw([.. RespConnection.Encode(command), .. RespConnection.Encode("ECHO", "done")]);
        long answer = 0;
        while (true)
        {
            Reply reply = client.Read();
            if (reply.Type == '>')
                Count(reply[0].Text);
            else if (reply.Type == ':')
                answer = reply.Integer;
            else if (reply.Type == '$' && reply.Text == "done")
                return answer;
        }
    }

    private void Count(string push)
    {
        if (push is "message" or "pmessage" or "smessage")
            Interlocked.Increment(ref _received);
        else if (push == "invalidate")
            Interlocked.Increment(ref _invalidations);
    }
}
