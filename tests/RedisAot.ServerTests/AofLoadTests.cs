using RedisAot.TestSupport;

using Xunit;
using Xunit.Abstractions;

namespace RedisAot.ServerTests;

/// <summary>Append-only files whose end is missing, and files that are damaged.</summary>
public sealed class AofLoadTests : IDisposable
{
    private const string IncrementName = "appendonly.aof.1.incr.aof";

    private readonly TemporaryPlace _place = new();
    private readonly ITestOutputHelper _output;

    public AofLoadTests(ITestOutputHelper output) => _output = output;

    private string IncrementPath => Path.Combine(_place.Path, "appendonlydir", IncrementName);

    public void Dispose() => _place.Dispose();

    [Fact]
    public void WhereverTheEndIsCutWhatCameWholeBeforeIsThere()
    {
        List<(long End, string Digest)> states = [];
        byte[] whole;
        using (ServerProcess writer = Start("--appendonly", "yes", "--aof-timestamp-enabled", "yes"))
        using (RespConnection redis = writer.Connect())
        {
            void Note() => states.Add((new FileInfo(IncrementPath).Length, redis.Call("DEBUG", "DIGEST").Text));
            redis.Call("SET", "first", "value").IsOk();
            Note();
            foreach (string line in new[]
                {
                    "RPUSH list a b c", "HSET hash field1 value1 field2 22", "SET key value EX 10000", "SELECT 3", "XADD stream 1-1 name value",
                    "SADD set 1 2 3 member", "ZADD zset 1.5 a 2 b", "INCRBYFLOAT float 2.5",
                })
            {
                redis.CallLine(line);
                Note();
            }
            foreach (string line in new[] { "MULTI", "SET in-transaction 1", "DEL set", "LPOP list", "EXEC" })
                redis.CallLine(line);
            Note();
            whole = File.ReadAllBytes(IncrementPath);
        }
        using ServerProcess server = Start("--appendonly", "no");
        using RespConnection reader = server.Connect();
        for (int length = whole.Length; length >= states[0].End; length--)
        {
            File.WriteAllBytes(IncrementPath, whole[..length]);
            reader.Call("DEBUG", "LOADAOF").IsOk();
            (long end, string digest) = states.Last(state => state.End <= length);
            Assert.True(digest == reader.Call("DEBUG", "DIGEST").Text, $"cut at {length} of {whole.Length}: not the state of {end}");
            // What is left of the file is whole, down to the last annotation of the time or choice of a database.
            long left = new FileInfo(IncrementPath).Length;
            Assert.InRange(left, end, length);
            reader.Call("DEBUG", "LOADAOF").IsOk();
            Assert.Equal(left, new FileInfo(IncrementPath).Length);
        }
    }

    [Theory]
    [InlineData("*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n#TS:17000")]
    [InlineData("*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*2\r\n$4\r\nIN")]
    public void WhatIsAppendedBehindATornEndIsThereTheNextTime(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(IncrementPath)!);
        File.WriteAllText(Path.Combine(_place.Path, "appendonlydir", "appendonly.aof.manifest"), $"file {IncrementName} seq 1 type i\n");
        File.WriteAllText(IncrementPath, file);
        using (ServerProcess server = Start("--appendonly", "yes"))
        using (RespConnection redis = server.Connect())
        {
            redis.Call("INCR", "n").Is(":2");
            Assert.Equal(0, server.Stop());
        }
        using ServerProcess restarted = Start("--appendonly", "yes");
        using RespConnection reader = restarted.Connect();
        reader.Call("INCR", "n").Is(":3");
    }

    [Fact]
    public void DamagedFilesNeverEndTheServer()
    {
        int seed = Environment.TickCount;
        _output.WriteLine($"seed {seed}");
        Random random = new(seed);
        byte[] whole;
        using (ServerProcess writer = Start("--appendonly", "yes"))
        using (RespConnection redis = writer.Connect())
        {
            for (int i = 0; i < 40; i++)
            {
                redis.Call("SET", $"key{i}", $"{i}").IsOk();
                redis.Call("RPUSH", "list", $"{i}", "x");
                redis.Call("XADD", "stream", "*", "f", $"{i}");
                redis.Call("HSET", "hash", $"f{i}", "v");
                redis.Call("ZADD", "zset", $"{i}", $"m{i}");
                redis.Call("EXPIRE", $"key{i}", "1000");
                if (i % 10 == 0)
                {
                    redis.Call("MULTI");
                    redis.Call("SADD", "set", $"{i}", "a");
                    redis.Call("EXEC");
                }
            }
            whole = File.ReadAllBytes(IncrementPath);
        }
        using ServerProcess server = Start("--appendonly", "no");
        using RespConnection reader = server.Connect();
        reader.Call("CONFIG", "SET", "loglevel", "warning").IsOk();
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. whole];
            for (int flips = random.Next(1, 8); flips > 0; flips--)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(IncrementPath, random.Next(3) == 0 ? damaged[..random.Next(damaged.Length)] : damaged);
            Reply reply = reader.Call("DEBUG", "LOADAOF");
            Assert.True(reply.Text is "OK" or "ERR Error trying to load the AOF files, check server logs.", $"seed {seed}, {i}: {reply.Text}");
            Assert.False(server.HasExited, $"seed {seed}, file {i}:\n{server.Log}");
        }
        File.WriteAllBytes(IncrementPath, whole);
        reader.Call("DEBUG", "LOADAOF").IsOk();
        reader.Call("LLEN", "list").Is(":80");
    }

    [Fact]
    public void AKeyPastItsTimeIsThereForTheCommandsThatFollow()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(IncrementPath)!);
        File.WriteAllText(Path.Combine(_place.Path, "appendonlydir", "appendonly.aof.manifest"), $"file {IncrementName} seq 1 type i\n");
        List<byte> file = [];
        foreach (string[] command in new string[][]
            {
                ["SET", "k", "v", "PXAT", "1000"], ["APPEND", "k", "w"], ["PERSIST", "k"],
                ["XADD", "s", "MAXLEN", "=", "1", "LIMIT", "10", "1-1", "f", "v"], // as a server leaves it that trimmed nearly
                ["SET", "gone", "v", "PXAT", "1000"],
            })
            file.AddRange(RespConnection.Encode(command.Select(text => (Argument)text).ToArray()));
        File.WriteAllBytes(IncrementPath, [.. file]);
        using ServerProcess server = Start("--appendonly", "yes");
        using RespConnection redis = server.Connect();
        redis.Call("GET", "k").Is("\"vw\"");
        redis.Call("XLEN", "s").Is(":1");
        Assert.True(redis.Call("GET", "gone").IsNull);
    }

    private ServerProcess Start(params string[] arguments)
    {
        int port = ServerProcess.FreePort();
        ServerProcess server = ServerProcess.Run(
            ServerBinary.UnderTest, _place.Path, port,
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", _place.Path, "--save", "", "--enable-debug-command", "yes", .. arguments]);
        Assert.True(server.WaitUntilReady(), server.Log);
        return server;
    }
}
