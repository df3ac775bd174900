using System.Diagnostics;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Expiry and iteration.</summary>
public sealed class KeyspaceTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public void KeysVanishWhenTheirTimeHasCome()
    {
        using RespConnection redis = server.Connect();
        redis.Call("SET", "brief", "v", "PX", 200).IsOk();
        redis.Call("SET", "long", "v", "PX", 100_000).IsOk();
        Assert.InRange(redis.Call("PTTL", "brief").Integer, 1, 200);
        var clock = Stopwatch.StartNew();
        while (!redis.Call("GET", "brief").IsNull)
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), "The key outlives its time.");
        redis.Call("PTTL", "brief").IsInteger(-2);
        redis.Call("GET", "long").IsText("v");
        redis.Call("PERSIST", "long").IsInteger(1);
        redis.Call("PTTL", "long").IsInteger(-1);
    }

    [Fact]
    public void KeysVanishThoughNobodyAsksForThem()
    {
        using RespConnection redis = server.Connect();
        long before = Information.Number(redis, "stats", "expired_keys");
        for (int i = 0; i < 5000; i++)
            redis.Send("SET", $"key:{i}", "v", "PX", 300 + (i % 300));
        redis.Read(5000);
        redis.Call("SET", "stays", "v").IsOk();
        Eventually.True(() => redis.Call("DBSIZE").Integer == 1, () => "expired keys are still counted.");
        Assert.Equal(before + 5000, Information.Number(redis, "stats", "expired_keys"));
    }

    [Fact]
    public void ScanMissesNoKeyWhileTheKeyspaceGrowsAndShrinks()
    {
        using RespConnection redis = server.Connect();
        HashSet<string> wanted = [.. Enumerable.Range(0, 2000).Select(i => $"wanted:{i}")];
        foreach (string key in wanted)
            redis.Call("SET", key, "v").IsOk();
        var seen = new HashSet<string>();
        string cursor = "0";
        int step = 0;
        do
        {
            Reply page = redis.Call("SCAN", cursor, "COUNT", 10, "MATCH", "wanted:*");
            cursor = page[0].Text;
            seen.UnionWith(page[1].Items.Select(item => item.Text));
            Disturb(redis, step++);
            Assert.True(step < 100_000, "The iteration does not end.");
        }
        while (cursor != "0");
        Assert.True(wanted.IsSubsetOf(seen), $"SCAN missed {string.Join(' ', wanted.Except(seen).Take(5))} ...");
    }

    [Fact]
    public void ScanReturnsEachKeyOfAQuietKeyspace()
    {
        using RespConnection redis = server.Connect();
        redis.Call("DEBUG", "POPULATE", 50_000).IsOk();
        var seen = new HashSet<string>();
        string cursor = "0";
        do
        {
            Reply page = redis.Call("SCAN", cursor, "COUNT", 500);
            cursor = page[0].Text;
            seen.UnionWith(page[1].Items.Select(item => item.Text));
        }
        while (cursor != "0");
        Assert.Equal(50_000, seen.Count);
    }

    [Fact]
    public void FlushingGivesTheMemoryBack()
    {
        using RespConnection redis = server.Connect();
        long before = Information.Number(redis, "memory", "used_memory");
        redis.Call("DEBUG", "POPULATE", 200_000, "key", 100).IsOk();
        Assert.True(Information.Number(redis, "memory", "used_memory") > before + 20_000_000);
        redis.Call("FLUSHALL").IsOk();
        redis.Call("DBSIZE").IsInteger(0);
        Eventually.True(
            () => Information.Number(redis, "memory", "used_memory") < before + 2_000_000, () => "used_memory stays high.");
    }

    /// <summary>Doubles the keyspace again and again, then deletes what it added.</summary>
    private static void Disturb(RespConnection redis, int step)
    {
        const int PerStep = 40;
        const int GrowingSteps = 300;
        bool growing = step < GrowingSteps;
        int first = (growing ? step : step - GrowingSteps) * PerStep;
        for (int i = first; i < first + PerStep; i++)
        {
            if (growing)
                redis.Send("SET", $"extra:{i}", "v");
            else
                redis.Send("DEL", $"extra:{i}");
        }
        redis.Read(PerStep);
    }
}
