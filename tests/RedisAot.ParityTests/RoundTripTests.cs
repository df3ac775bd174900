using System.Diagnostics;
using System.Text;
using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ParityTests;

/// <summary>
/// A data set with every type and encoding is carried from either server to the other, as DUMP payloads and as an RDB file,
/// and has the same digest there.
/// </summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly ServerPair? _servers;

    public RoundTripTests()
    {
        if (ServerBinary.Official is null)
            return;
        _servers = new ServerPair(ServerBinary.Official, ServerBinary.UnderTest, []);
    }

    public void Dispose() => _servers?.Dispose();

    [ParityTheory]
    [InlineData("yes")]
    [InlineData("no")]
    public void PayloadsAreUnderstood(string compression)
    {
        using RespConnection official = _servers!.Official.Connect(), underTest = _servers.UnderTest.Connect();
        foreach (RespConnection redis in (RespConnection[])[official, underTest])
        {
            redis.Call("CONFIG", "SET", "rdbcompression", compression);
            CreateData(redis);
        }
        List<string> differences = [];
        foreach (Reply key in official.Call("KEYS", "*").Items)
        {
            Carry(official, underTest, key.Text, "official's payload here", differences);
            Carry(underTest, official, key.Text, "our payload there", differences);
        }
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [ParityTheory]
    [InlineData("noeviction")]
    [InlineData("allkeys-lru")]
    [InlineData("volatile-lfu")]
    public void FilesAreUnderstood(string policy)
    {
        using RespConnection official = _servers!.Official.Connect(), underTest = _servers.UnderTest.Connect();
        foreach (RespConnection redis in (RespConnection[])[official, underTest])
        {
            redis.Call("CONFIG", "SET", "maxmemory-policy", policy);
            CreateData(redis);
            Assert.Equal("OK", redis.Call("SAVE").Text);
        }
        string digest = official.Call("DEBUG", "DIGEST").Text;
        Assert.Equal(digest, underTest.Call("DEBUG", "DIGEST").Text);
        string officialFile = Path.Combine(_servers.Official.Directory, "dump.rdb");
        string ourFile = Path.Combine(_servers.UnderTest.Directory, "dump.rdb");
        CheckFile(ourFile);
        File.Copy(officialFile, officialFile + ".kept");
        File.Copy(ourFile, officialFile, overwrite: true);
        File.Copy(officialFile + ".kept", ourFile, overwrite: true);
        foreach (RespConnection redis in (RespConnection[])[official, underTest])
        {
            Assert.Equal("OK", redis.Call("DEBUG", "RELOAD", "NOSAVE").Text);
            Assert.Equal(digest, redis.Call("DEBUG", "DIGEST").Text);
            Assert.Equal("OK", redis.Call("DEBUG", "RELOAD").Text);
            Assert.Equal(digest, redis.Call("DEBUG", "DIGEST").Text);
        }
    }

    private static void Carry(RespConnection from, RespConnection to, string key, string what, List<string> differences)
    {
        byte[] payload = from.Call("DUMP", key).Content;
        string digest = from.Call("DEBUG", "DIGEST-VALUE", key)[0].Text;
        Reply reply = to.Call("RESTORE", "carried", Math.Max(0, from.Call("PTTL", key).Integer).ToString(), payload, "REPLACE");
        string carried = to.Call("DEBUG", "DIGEST-VALUE", "carried")[0].Text;
        // A short string that was changed in place is raw; carried, it is embstr.
        (string encoding, string carriedEncoding) = (from.Call("OBJECT", "ENCODING", key).Text, to.Call("OBJECT", "ENCODING", "carried").Text);
        if (reply.Text != "OK" || digest != carried || (encoding != carriedEncoding && encoding != "raw"))
            differences.Add($"{what}: {key}: {reply.Text} {digest} {carried} {encoding} {carriedEncoding}");
        to.Call("DEL", "carried");
    }

    private static void CheckFile(string path)
    {
        using Process check = Process.Start(new ProcessStartInfo("redis-check-rdb", path) { RedirectStandardOutput = true })!;
        string output = check.StandardOutput.ReadToEnd();
        check.WaitForExit();
        Assert.True(check.ExitCode == 0, output);
    }

    private static void CreateData(RespConnection redis)
    {
        Random random = new(20);
        Call(redis, "FLUSHALL");
        CreateStrings(redis, random);
        CreateLists(redis, random);
        CreateHashesAndSets(redis, random);
        CreateSortedSets(redis, random);
        Call(redis, "PEXPIREAT", "embstr", "33000000000000");
        Call(redis, "EXPIRE", "list-of-many", "100000");
        Call(redis, "SELECT", "9");
        Call(redis, "SET", "in another database", "x");
        Call(redis, "SELECT", "0");
    }

    private static void CreateStrings(RespConnection redis, Random random)
    {
        foreach (string number in (string[])["0", "-1", "127", "-128", "128", "32767", "-32769", "2147483647", "-2147483649", "9223372036854775807", "01", "1e3"])
            Call(redis, "SET", $"number {number}", number);
        Call(redis, "SET", "empty", "");
        Call(redis, "SET", "embstr", "hello");
        Call(redis, "SET", "raw", Letters(random, 100));
        Call(redis, "SET", "repetitive", new string('r', 5000));
        Call(redis, "SET", "long", Letters(random, 300_000));
        Call(redis, "APPEND", "appended", "12");
        Call(redis, "SETBIT", "bits", "20000", "1");
        Call(redis, "SET", new string('k', 300), "a long key");
        Call(redis, "SET", "12345", "a key that is a number");
    }

    private static void CreateLists(RespConnection redis, Random random)
    {
        Call(redis, "RPUSH", "list", "a", "1", "-70000", "");
        for (int i = 0; i < 2000; i++)
            Call(redis, "RPUSH", "list-of-many", Element(random, i));
        Call(redis, "CONFIG", "SET", "list-compress-depth", "1");
        for (int i = 0; i < 2000; i++)
            Call(redis, "RPUSH", "list-compressed", $"element {i % 10}");
        Call(redis, "CONFIG", "SET", "list-compress-depth", "0");
        Call(redis, "DEBUG", "QUICKLIST-PACKED-THRESHOLD", "100b");
        Call(redis, "RPUSH", "list-with-plain-nodes", "a", Letters(random, 150), "b", new string('p', 200));
        Call(redis, "DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0");
    }

    private static void CreateHashesAndSets(RespConnection redis, Random random)
    {
        Call(redis, "HSET", "hash", "f", "v", "g", "12", "h", Letters(random, 60));
        Call(redis, "HSET", "hash-long-field", Letters(random, 65), "1");
        Call(redis, "SADD", "intset16", "1", "-5", "30000");
        Call(redis, "SADD", "intset32", "1", "70000");
        Call(redis, "SADD", "intset64", "1", "9223372036854775807");
        Call(redis, "SADD", "set", "a", "b", "17");
        for (int i = 0; i < 1000; i++)
        {
            Call(redis, "HSET", "hash-of-many", $"field{i}", Element(random, i));
            Call(redis, "SADD", "set-of-many", Element(random, i));
            Call(redis, "SADD", "set-of-integers", $"{i * 7}");
        }
    }

    private static void CreateSortedSets(RespConnection redis, Random random)
    {
        Call(redis, "ZADD", "zset", "1", "a", "2.5", "b", "-inf", "c", "inf", "d", "1e300", "e", "-0.1", "f", "1", "aa");
        Call(redis, "ZADD", "zset-long-member", "1", Letters(random, 70));
        Call(redis, "ZADD", "zset-big-scores", "3479099956230698", "Palermo", "-9007199254740993", "x");
        for (int i = 0; i < 1000; i++)
            Call(redis, "ZADD", "zset-of-many", $"{random.Next(-50, 50) / 8.0}", $"member {i}");
        Call(redis, "PFADD", "sparse", "a", "b", "c");
    }

    private static string Element(Random random, int i) => random.Next(4) switch
    {
        0 => $"{random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(60)}",
        1 => $"text {i}",
        2 => new string('x', random.Next(100)),
        _ => Letters(random, random.Next(80)),
    };

    private static string Letters(Random random, int length)
    {
        StringBuilder text = new(length);
        for (int i = 0; i < length; i++)
            text.Append((char)random.Next('!', '~'));
        return text.ToString();
    }

    // Both servers must take all of it, or what is compared later is not what it seems.
    private static void Call(RespConnection redis, params ReadOnlySpan<Argument> arguments)
    {
        Reply reply = redis.Call(arguments);
        Assert.False(reply.IsError, reply.Text);
    }
}
