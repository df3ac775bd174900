using System.Diagnostics;
using System.Globalization;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>
/// Append-only files that cannot be written: a limit of file sizes stands for a full disk, and devices in the place of the file
/// for a disk that takes nothing or synchronises nothing.
/// </summary>
public sealed class AofWriteErrorTests : IDisposable
{
    private const string IncrementName = "appendonly.aof.1.incr.aof";
    private const string NoSpace = "MISCONF Errors writing to the AOF file: No space left on device";
    private const int LimitBytes = 64 * 1024;
    private static readonly string Value = new('x', 4000);
    private static readonly TimeSpan LogLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    private readonly TemporaryPlace _place = new();

    private string IncrementPath => Path.Combine(_place.Path, "appendonlydir", IncrementName);

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("everysec")]
    [InlineData("no")]
    public void AFullDiskRefusesWritesUntilThereIsRoom(string policy)
    {
        int acknowledged;
        using (ServerProcess server = Start(policy))
        using (RespConnection redis = server.Connect())
        {
            LimitFileSize(server, LimitBytes);
            acknowledged = SetUntilRefused(redis);
            Logs(server, "Short write while writing to the AOF file: (nwritten=");
            foreach (string line in new[] { "PING", "SET a b", "FLUSHALL", "INCR n" })
                Assert.Equal(NoSpace, redis.CallLine(line).Text);
            redis.CallLine("GET key0").Is($"\"{Value}\"");
            redis.CallLine("CONFIG SET maxmemory 0").IsOk();
            redis.CallLine("MULTI").IsOk();
            Assert.Equal(NoSpace, redis.CallLine("SET a b").Text);
            Assert.StartsWith("EXECABORT", redis.CallLine("EXEC").Text, StringComparison.Ordinal);
            Assert.Equal("err", Field(redis, "aof_last_write_status"));
            // Nothing of the command that did not fit is left.
            Assert.InRange(new FileInfo(IncrementPath).Length, 1, LimitBytes - 1);

            LimitFileSize(server, bytes: null);
            Eventually.True(() => redis.CallLine("PING").Text == "PONG", () => server.Log);
            Logs(server, "AOF write error looks solved, Redis can write again.");
            Assert.Equal("ok", Field(redis, "aof_last_write_status"));
            redis.CallLine("SET after 1").IsOk();
            Assert.Equal(0, server.Stop());
        }
        using ServerProcess restarted = Start(policy);
        using RespConnection reader = restarted.Connect();
        reader.Call("DBSIZE").Is($":{acknowledged + 1}");
        reader.Call("GET", "after").Is("\"1\"");
    }

    [Fact]
    public void AFullDiskEndsAServerThatPromisesEveryWrite()
    {
        int acknowledged = 0;
        using (ServerProcess server = Start("always"))
        using (RespConnection redis = server.Connect())
        {
            LimitFileSize(server, LimitBytes);
            Assert.ThrowsAny<IOException>(() =>
            {
                for (; acknowledged < LimitBytes; acknowledged++)
                    redis.Call("SET", $"key{acknowledged}", Value).IsOk();
            });
            Assert.Equal(1, server.WaitForExit(ExitLimit));
            Logs(server, "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
        }
        using ServerProcess restarted = Start("always");
        using RespConnection reader = restarted.Connect();
        reader.Call("DBSIZE").Is($":{acknowledged}");
    }

    [Fact]
    public void ARewriteThatFindsNoRoomLeavesWhatThereIs()
    {
        using (ServerProcess server = Start("everysec"))
        using (RespConnection redis = server.Connect())
        {
            redis.CallLine("CONFIG SET rdbcompression no").IsOk();
            for (int i = 0; i < 40; i++)
                redis.Call("SET", $"key{i}", Value).IsOk();
            Eventually.True(() => Field(redis, "aof_buffer_length") == "0", () => server.Log);
            LimitFileSize(server, LimitBytes);
            redis.Call("BGREWRITEAOF");
            Eventually.True(() => Field(redis, "aof_rewrite_in_progress") == "0", () => server.Log);
            Assert.Equal("err", Field(redis, "aof_last_bgrewrite_status"));
            redis.Call("BGSAVE");
            Eventually.True(() => Field(redis, "rdb_bgsave_in_progress") == "0", () => server.Log);
            Assert.Equal("err", Field(redis, "rdb_last_bgsave_status"));
            // What came since the rewrite began is in a file of its own.
            redis.CallLine("SET after 1").IsOk();
            Assert.Equal(0, server.Stop());
        }
        using ServerProcess restarted = Start("everysec");
        using RespConnection reader = restarted.Connect();
        reader.Call("DBSIZE").Is(":41");
    }

    [Fact]
    public void ASaveThatFindsNoRoomKeepsNothingInMemory()
    {
        const int keys = 100_000, valueBytes = 1000;
        using ServerProcess server = Start("no", "--enable-debug-command", "yes", "--rdbcompression", "no");
        using RespConnection redis = server.Connect();
        redis.CallLine($"DEBUG POPULATE {keys} key {valueBytes}").IsOk();
        LimitFileSize(server, LimitBytes);
        long before = server.ResidentMemory;
        redis.CallLine("BGSAVE");
        Eventually.True(() => Field(redis, "rdb_bgsave_in_progress") == "0", () => server.Log);
        Assert.Equal("err", Field(redis, "rdb_last_bgsave_status"));
        Thread.Sleep(1000); // in which the rest of the keys is gone through
        Assert.InRange(server.ResidentMemory, 0, before + keys * valueBytes / 3);
    }

    /// <summary>
    /// The new base makes what could not be written unnecessary; without one it is still to be written, and before anything newer.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ARewriteBeginsThoughTheFileCannotBeWritten(bool succeeds)
    {
        int pushed = 0;
        using (ServerProcess server = Start("everysec"))
        using (RespConnection redis = server.Connect())
        {
            redis.CallLine($"CONFIG SET rdbcompression {(succeeds ? "yes" : "no")}").IsOk();
            LimitFileSize(server, LimitBytes);
            while (redis.Call("RPUSH", "list", Value) is var reply && reply.Text != NoSpace)
                reply.IsInteger(++pushed);
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal("Background append only file rewriting started", redis.CallLine("BGREWRITEAOF").Text);
                Eventually.True(() => Field(redis, "aof_rewrite_in_progress") == "0", () => server.Log);
                Assert.Equal(succeeds ? "ok" : "err", Field(redis, "aof_last_bgrewrite_status"));
            }
            if (!succeeds)
            {
                Assert.Equal(NoSpace, redis.CallLine("PING").Text);
                LimitFileSize(server, bytes: null);
            }
            Eventually.True(() => redis.CallLine("PING").Text == "PONG", () => server.Log);
            redis.Call("RPUSH", "list", "last").IsInteger(pushed + 1);
            Assert.Equal(0, server.Stop());
        }
        using ServerProcess restarted = Start("everysec");
        using RespConnection reader = restarted.Connect();
        reader.CallLine("LLEN list").IsInteger(pushed + 1);
        reader.CallLine("LINDEX list -1").IsText("last");
    }

    [Theory]
    [InlineData("everysec")]
    [InlineData("no")]
    public void ADeviceThatTakesNothingRefusesWrites(string policy)
    {
        using ServerProcess server = StartOnDevice("/dev/full", policy);
        using RespConnection redis = server.Connect();
        redis.CallLine("SET a 1").IsOk();
        Eventually.True(() => redis.CallLine("SET a 2").Text == NoSpace, () => server.Log);
        Assert.Equal(NoSpace, redis.CallLine("PING").Text);
        Assert.Equal("err", Field(redis, "aof_last_write_status"));
        Logs(server, "Error writing to the AOF file: No space left on device");
        redis.CallLine("CONFIG SET appendonly no").IsOk();
        redis.CallLine("SET a 3").IsOk();
    }

    [Theory]
    [InlineData("/dev/full", "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...")]
    [InlineData("/dev/null", "Can't persist AOF for fsync error when the AOF fsync policy is 'always': Invalid argument. Exiting...")]
    public void ADeviceEndsAServerThatPromisesEveryWrite(string device, string message)
    {
        using ServerProcess server = StartOnDevice(device, "always");
        using RespConnection redis = server.Connect();
        Assert.ThrowsAny<IOException>(() => redis.CallLine("SET a 1"));
        Assert.Equal(1, server.WaitForExit(ExitLimit));
        Logs(server, message);
    }

    [Fact]
    public void WhatHasNothingToSynchroniseIsNoError()
    {
        using ServerProcess server = StartOnDevice("/dev/null", "everysec");
        using RespConnection redis = server.Connect();
        redis.CallLine("SET a 1").IsOk();
        Thread.Sleep(1500); // more than the time between two synchronisations
        redis.CallLine("SET a 2").IsOk();
        Assert.Equal("ok", Field(redis, "aof_last_write_status"));
    }

    // The last one is acknowledged before it is tried to write it, as official does.
    private static int SetUntilRefused(RespConnection redis)
    {
        for (int i = 0; i < LimitBytes; i++)
        {
            Reply reply = redis.Call("SET", $"key{i}", Value);
            if (reply.Text != "OK")
            {
                Assert.Equal(NoSpace, reply.Text);
                return i;
            }
        }
        throw new InvalidOperationException("No write was refused.");
    }

    private static string Field(RespConnection redis, string name) => Information.Text(redis, "persistence", name);

    private static void Logs(ServerProcess server, string text) => Assert.True(server.WaitForLog(text, LogLimit), server.Log);

    private static void LimitFileSize(ServerProcess server, int? bytes)
    {
        string limit = bytes?.ToString(CultureInfo.InvariantCulture) ?? "unlimited";
        using Process prlimit = Process.Start("prlimit", ["--pid", $"{server.Id}", $"--fsize={limit}:unlimited"]);
        prlimit.WaitForExit();
        Assert.Equal(0, prlimit.ExitCode);
    }

    private ServerProcess StartOnDevice(string device, string policy)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(IncrementPath)!);
        File.CreateSymbolicLink(IncrementPath, device);
        return Start(policy);
    }

    private ServerProcess Start(string policy, params string[] arguments)
    {
        int port = ServerProcess.FreePort();
        ServerProcess server = ServerProcess.Run(
            ServerBinary.UnderTest, _place.Path, port,
            [
                "--port", $"{port}", "--bind", "127.0.0.1", "--dir", _place.Path, "--save", "", "--appendonly", "yes",
                "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0", .. arguments,
            ]);
        Assert.True(server.WaitUntilReady(), server.Log);
        return server;
    }
}
