using System.Diagnostics;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Fields of hashes with a time to live.</summary>
public sealed class FieldExpiryTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public void FieldsVanishThoughNobodyAsksForThem()
    {
        using RespConnection redis = server.Connect();
        redis.Call("CONFIG", "RESETSTAT").IsOk();
        for (int i = 0; i < 2000; i++)
        {
            redis.Send("HSET", $"hash:{i}", "stays", "v", "goes", "v");
            redis.Send("HPEXPIRE", $"hash:{i}", 200 + (i % 300), "FIELDS", 1, "goes");
        }
        redis.Read(4000);
        redis.Call("HSETEX", "whole", "PX", 200, "FIELDS", 2, "a", 1, "b", 2).IsInteger(1);
        Eventually.True(() => redis.Call("EXISTS", "whole").Integer == 0, () => "a hash outlives its fields.");
        Eventually.True(
            () => !redis.Call("INFO", "keyspace").Text.Contains("subexpiry", StringComparison.Ordinal), () => "hashes are still counted.");
        Assert.Equal(2002, Information.Number(redis, "stats", "expired_subkeys_active"));
        redis.Call("HLEN", "hash:1999").IsInteger(1);
        redis.Call("HGET", "hash:0", "stays").IsText("v");
        redis.Call("OBJECT", "ENCODING", "hash:0").IsText("listpackex");
    }

    [Fact]
    public void AHundredThousandFieldsOfOneHashVanishAtOnce()
    {
        using RespConnection redis = server.Connect();
        const int fields = 100_000, batch = 500;
        long due = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 3000;
        for (int first = 0; first < fields; first += batch)
        {
            Argument[] pairs = Enumerable.Range(first, batch).SelectMany(i => new Argument[] { $"f{i}", i }).ToArray();
            redis.Call(["HSETEX", "big", "PXAT", due, "FIELDS", batch, .. pairs]).IsInteger(1);
        }
        redis.Call("HSET", "big", "stays", "v").IsInteger(1);
        Assert.True(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() < due, "The machine was too slow to fill the hash.");
        redis.Call("HLEN", "big").IsInteger(fields + 1);
        while (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() <= due)
            Thread.Sleep(1);
        Assert.True(redis.Call("HGET", "big", "f99999").IsNull);
        var clock = Stopwatch.StartNew();
        Eventually.True(() => redis.Call("HLEN", "big").Integer == 1, () => "expired fields are still counted.");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"The fields were gone after {clock.Elapsed}.");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(500)]
    public void APauseHidesExpiredFieldsFromRandomDraws(int fields)
    {
        using RespConnection redis = server.Connect();
        for (int i = 0; i < fields; i++)
            redis.Call("HSET", "paused", $"goes{i}", "v", $"stays{i}", "v");
        redis.Call(["HPEXPIRE", "paused", 300, "FIELDS", fields, .. Enumerable.Range(0, fields).Select(i => (Argument)$"goes{i}")]);
        redis.Call("CLIENT", "PAUSE", 60_000, "WRITE").IsOk();
        Thread.Sleep(400);
        Assert.StartsWith("stays", redis.Call("HRANDFIELD", "paused").Text, StringComparison.Ordinal);
        string[] all = [.. redis.Call("HRANDFIELD", "paused", 2 * fields).Items.Select(item => item.Text)];
        Assert.Equal(fields, all.Distinct().Count());
        Assert.All(all, field => Assert.StartsWith("stays", field, StringComparison.Ordinal));
        Reply repeated = redis.Call("HRANDFIELD", "paused", -3 * fields, "WITHVALUES");
        Assert.Equal(6 * fields, repeated.Items.Count);
        for (int i = 0; i < repeated.Items.Count; i += 2)
            Assert.StartsWith("stays", repeated.Items[i].Text, StringComparison.Ordinal);
        redis.Call("CLIENT", "UNPAUSE").IsOk();
        Eventually.True(() => redis.Call("HLEN", "paused").Integer == fields, () => "Fields that expired during the pause are still there.");
    }

    [Fact]
    public void ScanMissesNoFieldWhileTheHashGrowsAndShrinks()
    {
        using RespConnection redis = server.Connect();
        HashSet<string> wanted = [.. Enumerable.Range(0, 2000).Select(i => $"wanted:{i}")];
        foreach (string field in wanted)
            redis.Call("HSET", "scanned", field, "v").IsInteger(1);
        var seen = new HashSet<string>();
        string cursor = "0";
        int step = 0;
        do
        {
            Reply page = redis.Call("HSCAN", "scanned", cursor, "COUNT", 10, "NOVALUES", "MATCH", "wanted:*");
            cursor = page[0].Text;
            seen.UnionWith(page[1].Items.Select(item => item.Text));
            for (int i = 0; i < 20; i++)
                redis.Send(step / 40 % 2 == 0 ? "HSET" : "HDEL", "scanned", $"other:{(step % 40 * 20) + i}", "v");
            redis.Read(20);
            Assert.True(step++ < 100_000, "The iteration does not end.");
        }
        while (cursor != "0");
        Assert.True(wanted.IsSubsetOf(seen), $"HSCAN missed {string.Join(' ', wanted.Except(seen).Take(5))} ...");
    }
}
