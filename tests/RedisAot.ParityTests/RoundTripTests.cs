using System.Diagnostics;
using System.Text;
using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ParityTests;

/// <summary>
/// A data set with every type and encoding is carried from either server to the other, as DUMP payloads, as an RDB file and
/// as an append-only file, and has the same digest there.
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

    /// <summary>The commands as they came, and a base of either format; each server starts on the directory of the other.</summary>
    [ParityTheory]
    [InlineData("yes", false)]
    [InlineData("yes", true)]
    [InlineData("no", false)]
    [InlineData("no", true)]
    public void AppendOnlyFilesAreUnderstood(string preamble, bool rewrites)
    {
        List<string>[] states = [WriteFiles(_servers!.Official, preamble, rewrites), WriteFiles(_servers.UnderTest, preamble, rewrites)];
        Assert.Equal(states[0], states[1]);
        CheckManifest(_servers.UnderTest);
        Assert.Equal(states[0], LoadFiles(_servers.UnderTest.Binary, _servers.Official, "appendonlydir"));
        Assert.Equal(states[0], LoadFiles(_servers.Official.Binary, _servers.UnderTest, "appendonlydir"));
    }

    /// <summary>Before version 7 there was one file, with a base in front of the commands or not.</summary>
    [ParityTheory]
    [InlineData("yes")]
    [InlineData("no")]
    public void SingleFilesOfOlderVersionsAreUnderstood(string preamble)
    {
        foreach (ServerProcess writer in (ServerProcess[])[_servers!.Official, _servers.UnderTest])
        {
            List<string> state = WriteFiles(writer, preamble, rewrites: true);
            string folder = Path.Combine(writer.Directory, "appendonlydir");
            byte[] single = [.. Directory.GetFiles(folder, "*.base.*").Concat(Directory.GetFiles(folder, "*.incr.aof")).SelectMany(File.ReadAllBytes)];
            foreach (ServerProcess reader in (ServerProcess[])[_servers.Official, _servers.UnderTest])
            {
                Directory.Delete(folder, recursive: true);
                File.WriteAllBytes(Path.Combine(writer.Directory, "appendonly.aof"), single);
                Assert.Equal(state, LoadFiles(reader.Binary, writer, "appendonlydir"));
                // It has been moved to where the other server will find it.
                Assert.False(File.Exists(Path.Combine(writer.Directory, "appendonly.aof")));
                ServerBinary other = reader == _servers.Official ? _servers.UnderTest.Binary : _servers.Official.Binary;
                Assert.Equal(state, LoadFiles(other, writer, "appendonlydir"));
            }
        }
    }

    // Leaves the files on the disk and answers what they hold.
    private static List<string> WriteFiles(ServerProcess server, string preamble, bool rewrites)
    {
        using RespConnection redis = server.Connect();
        Call(redis, "CONFIG", "SET", "aof-use-rdb-preamble", preamble);
        Call(redis, "CONFIG", "SET", "auto-aof-rewrite-percentage", "0");
        Call(redis, "FLUSHALL");
        Call(redis, "CONFIG", "SET", "appendonly", "yes");
        WaitForRewrite(redis);
        CreateData(redis);
        CreateStreams(redis);
        if (rewrites)
        {
            Call(redis, "BGREWRITEAOF");
            WaitForRewrite(redis);
        }
        Call(redis, "SELECT", "9");
        Call(redis, "SET", "after", "the rewrite", "PXAT", "33000000000000");
        Call(redis, "SELECT", "0");
        List<string> state = State(redis);
        Call(redis, "CONFIG", "SET", "appendonly", "no"); // writes what is left
        return state;
    }

    private static void WaitForRewrite(RespConnection redis)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (redis.Call("INFO", "persistence").Text is { } text
            && (text.Contains("aof_rewrite_in_progress:1", StringComparison.Ordinal) || text.Contains("aof_rewrite_scheduled:1", StringComparison.Ordinal)))
        {
            Assert.True(clock.Elapsed.TotalSeconds < 20, text);
            Thread.Sleep(20);
        }
        Assert.Contains("aof_last_bgrewrite_status:ok", redis.Call("INFO", "persistence").Text, StringComparison.Ordinal);
    }

    private static List<string> LoadFiles(ServerBinary binary, ServerProcess place, string folder)
    {
        int port = ServerProcess.FreePort();
        using ServerProcess server = ServerProcess.Run(
            binary, place.Directory, port, "--port", $"{port}", "--bind", "127.0.0.1", "--dir", place.Directory, "--save", "",
            "--appendonly", "yes", "--appenddirname", folder, "--enable-debug-command", "yes", "--auto-aof-rewrite-percentage", "0");
        Assert.True(server.WaitUntilReady(), server.Log);
        using RespConnection redis = server.Connect();
        List<string> state = State(redis);
        Assert.Equal(0, server.Stop());
        return state;
    }

    // Every key of the databases in use, its digest and when it expires.
    private static List<string> State(RespConnection redis)
    {
        List<string> state = [redis.Call("DEBUG", "DIGEST").Text];
        foreach (string database in (string[])["9", "0"])
        {
            Call(redis, "SELECT", database);
            foreach (string key in redis.Call("KEYS", "*").Items.Select(key => key.Text).Order(StringComparer.Ordinal))
            {
                long time = redis.Call("PEXPIRETIME", key).Integer;
                string expiry = time is < 0 or > 30_000_000_000_000 ? $"{time}" : "soon"; // two servers set it at two times
                state.Add($"{database} {key} {redis.Call("DEBUG", "DIGEST-VALUE", key)[0].Text} {expiry}");
            }
        }
        return state;
    }

    private static void CheckManifest(ServerProcess server)
    {
        string path = Path.Combine(server.Directory, "appendonlydir", "appendonly.aof.manifest");
        using Process check = Process.Start(new ProcessStartInfo("redis-check-aof", path) { RedirectStandardOutput = true })!;
        string output = check.StandardOutput.ReadToEnd();
        check.WaitForExit();
        Assert.True(check.ExitCode == 0, output);
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

    // A stream's digest has the consumers' names in no order of time, so that two servers can agree on it.
    private static void CreateStreams(RespConnection redis)
    {
        for (int i = 1; i <= 250; i++)
            Call(redis, "XADD", "stream", $"{i}-{i % 3}", "field", $"value {i}", "number", $"{i}");
        Call(redis, "XADD", "stream", "300-0", "other", "fields");
        Call(redis, "XDEL", "stream", "17-2", "100-1");
        Call(redis, "XADD", "stream-empty", "7-0", "f", "v");
        Call(redis, "XTRIM", "stream-empty", "MAXLEN", "0");
        Call(redis, "XGROUP", "CREATE", "stream", "group", "200-2");
        Call(redis, "XGROUP", "CREATE", "stream", "another", "$");
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
