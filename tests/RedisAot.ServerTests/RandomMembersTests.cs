using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>
/// Random members are drawn evenly, from every encoding and from tables that many members have left. The server's draws have no
/// seed, so the bound is one that an even draw exceeds once in many millions.
/// </summary>
public sealed class RandomMembersTests : IClassFixture<RunningServer>, IDisposable
{
    private const int DrawsEach = 60;

    private readonly RespConnection _redis;

    public RandomMembersTests(RunningServer server)
    {
        _redis = server.Connect();
        _redis.Timeout = TimeSpan.FromSeconds(60);
        _redis.Call("FLUSHALL").IsOk();
    }

    public void Dispose() => _redis.Dispose();

    /// <summary>Encodings by their size: listpack or intset, table; and a table in which one of forty members is left.</summary>
    public static TheoryData<string, string, int, int> Collections()
    {
        TheoryData<string, string, int, int> data = [];
        foreach (string type in (string[])["set", "intset", "hash", "zset"])
        {
            data.Add(type, type == "intset" ? "intset" : type == "set" ? "hashtable" : "listpack", 30, 30);
            if (type == "intset")
                continue;
            data.Add(type, type == "zset" ? "skiplist" : "hashtable", 700, 700);
            data.Add(type, type == "zset" ? "skiplist" : "hashtable", 12_000, 300);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Collections))]
    public void DrawnEvenly(string type, string encoding, int added, int left)
    {
        Fill(type, added, left);
        _redis.Call("OBJECT", "ENCODING", "k").IsText(encoding);
        string command = type switch { "hash" => "HRANDFIELD", "zset" => "ZRANDMEMBER", _ => "SRANDMEMBER" };
        Evenly(left, 1, () => [_redis.Call(command, "k").Text]);
        foreach (int count in (int[])[-left, 2, left / 10, left / 2, left * 9 / 10])
            Evenly(left, Math.Abs(count), () => [.. _redis.Call(command, "k", count).Items.Select(item => item.Text)]);
    }

    [Theory]
    [MemberData(nameof(Collections))]
    public void DifferentOnesAreDifferentAndAll(string type, string encoding, int added, int left)
    {
        Fill(type, added, left);
        string command = type switch { "hash" => "HRANDFIELD", "zset" => "ZRANDMEMBER", _ => "SRANDMEMBER" };
        foreach (int count in (int[])[1, 2, left / 3, left - 1, left, left + 1, 10 * left])
        {
            string[] drawn = [.. _redis.Call(command, "k", count).Items.Select(item => item.Text)];
            Assert.Equal(Math.Min(count, left), drawn.Distinct().Count());
            Assert.Equal(drawn.Length, drawn.Distinct().Count());
        }
        _redis.Call("OBJECT", "ENCODING", "k").IsText(encoding);
    }

    [Theory]
    [InlineData("intset", 30, 30, 1)]
    [InlineData("intset", 30, 30, 10)]
    [InlineData("set", 30, 30, 1)]
    [InlineData("set", 30, 30, 28)]
    [InlineData("set", 700, 700, 50)]
    [InlineData("set", 700, 700, 650)]
    [InlineData("set", 12_000, 300, 20)]
    public void PoppedEvenly(string type, int added, int left, int count)
    {
        Fill(type, added, left);
        Evenly(left, count, () =>
        {
            string[] popped = [.. _redis.Call("SPOP", "k", count).Items.Select(item => item.Text)];
            Assert.Equal(count, popped.Distinct().Count());
            _redis.Call(["SADD", "k", .. popped.Select(member => (Argument)member)]).IsInteger(count);
            return popped;
        });
    }

    [Theory]
    [InlineData(500, 500)]
    [InlineData(12_000, 300)]
    public void KeysAreDrawnEvenly(int added, int left)
    {
        for (int i = 0; i < added; i++)
            _redis.Send("SET", Name("key", i), i);
        for (int i = left; i < added; i++)
            _redis.Send("DEL", Name("key", i));
        _redis.Read(added + added - left);
        Evenly(left, 1, () => [_redis.Call("RANDOMKEY").Text]);
    }

    private static string Name(string type, int number) => type == "intset" ? $"{number}" : $"member:{number * 7919}";

    private void Fill(string type, int added, int left)
    {
        for (int i = 0; i < added; i++)
        {
            if (type == "hash")
                _redis.Send("HSET", "k", Name(type, i), "v");
            else if (type == "zset")
                _redis.Send("ZADD", "k", i / 3, Name(type, i));
            else
                _redis.Send("SADD", "k", Name(type, i));
        }
        for (int i = left; i < added; i++)
            _redis.Send(type == "hash" ? "HDEL" : type == "zset" ? "ZREM" : "SREM", "k", Name(type, i));
        foreach (Reply reply in _redis.Read(added + added - left))
            reply.IsInteger(1);
    }

    /// <summary>The chi-square test of draws of <paramref name="count"/> members each.</summary>
    private static void Evenly(int members, int count, Func<string[]> draw)
    {
        int rounds = Math.Max(1, members * DrawsEach / count);
        Dictionary<string, int> times = [];
        for (int i = 0; i < rounds; i++)
        {
            foreach (string member in draw())
                times[member] = times.GetValueOrDefault(member) + 1;
        }
        double expected = (double)rounds * count / members;
        double chiSquare = times.Values.Sum(n => (n - expected) * (n - expected) / expected) + ((members - times.Count) * expected);
        // Wilson and Hilferty: the cube root of chi-square over its degrees of freedom is nearly normal.
        double spread = 2.0 / (9 * (members - 1));
        double deviations = (Math.Cbrt(chiSquare / (members - 1)) - (1 - spread)) / Math.Sqrt(spread);
        Assert.True(deviations < 6, $"{count} of {members}: chi-square {chiSquare:F0}, {deviations:F1} standard deviations above what is to be expected.");
        Assert.Equal(members, times.Count);
    }
}
