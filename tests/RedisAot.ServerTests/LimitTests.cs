using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Limits that an administrator sets.</summary>
public sealed class LimitTests
{
    [Fact]
    public void TurnsAwayClientsBeyondMaxclients()
    {
        using ServerProcess server = ServerProcess.Start("--maxclients", "3");
        RespConnection[] admitted = [.. Enumerable.Range(0, 3).Select(_ => server.Connect())];
        foreach (RespConnection connection in admitted)
            connection.Call("PING").Is("+PONG");
        using RespConnection refused = server.Connect();
        refused.IsClosedAfter("-ERR max number of clients reached\\r\\n");

        admitted[0].Dispose();
        Eventually.True(
            () =>
            {
                using RespConnection late = server.Connect();
                late.SendInline("PING");
                return late.Read().Text == "PONG";
            },
            () => "no place became free.");
        foreach (RespConnection connection in admitted)
            connection.Dispose();
    }

    [Fact]
    public void ClosesIdleClientsAfterTheTimeout()
    {
        using ServerProcess server = ServerProcess.Start("--timeout", "1");
        using RespConnection idle = server.Connect();
        idle.Call("PING").Is("+PONG");
        idle.IsClosedAfter("");
    }

    [Fact]
    public void ServesLoopbackUnderProtectedMode()
    {
        using ServerProcess server = ServerProcess.Start("--protected-mode", "yes");
        using RespConnection redis = server.Connect();
        redis.Call("CONFIG", "GET", "protected-mode").Is("[ \"protected-mode\" \"yes\" ]");
        redis.Call("SET", "k", "v").IsOk();
    }

    [Fact]
    public void AsksForThePassword()
    {
        using ServerProcess server = ServerProcess.Start("--requirepass", "secret");
        using RespConnection redis = server.Connect();
        redis.Call("GET", "k").Is("-NOAUTH Authentication required.");
        redis.Call("AUTH", "wrong").IsErrorStarting("WRONGPASS");
        redis.Call("AUTH", "secret").IsOk();
        redis.Call("GET", "k").Is("nil");
    }

    [Fact]
    public void RefusesWritesBeyondMaxmemoryAndEvictsWhenTold()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection redis = server.Connect();
        long used = Information.Number(redis, "memory", "used_memory");
        long limit = used + (4 * 1024 * 1024);
        redis.Call("CONFIG", "SET", "maxmemory", limit).IsOk();
        Reply reply = redis.Call("PING");
        int written = 0;
        while (!reply.IsError && written < 100_000)
            reply = redis.Call("SET", $"key:{++written}", new byte[1000]);
        reply.IsErrorStarting("OOM command not allowed when used memory > 'maxmemory'.");

        redis.Call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru").IsOk();
        for (int i = 0; i < 10_000; i++)
            redis.Call("SET", $"more:{i}", new byte[1000]).IsOk();
        Assert.InRange(Information.Number(redis, "memory", "used_memory"), 0, limit + (1024 * 1024));
        Assert.True(Information.Number(redis, "stats", "evicted_keys") > 1000);
    }
}
