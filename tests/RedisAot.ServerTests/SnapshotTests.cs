using System.Text;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>What is saved, when, and what a server does with the file when it starts.</summary>
public sealed class SnapshotTests : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    private readonly TemporaryPlace _place = new();

    private string FilePath => Path.Combine(_place.Path, "dump.rdb");

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("900 1", "", true)]
    [InlineData("", "", false)]
    [InlineData("", "SAVE", true)]
    [InlineData("900 1", "NOSAVE", false)]
    public void ShutdownSavesWhenItShould(string savePoints, string how, bool saves)
    {
        using (ServerProcess server = Start("--save", savePoints))
        using (RespConnection redis = server.Connect())
        {
            redis.Call("SET", "k", "v").IsOk();
            if (how.Length == 0)
                redis.Send("SHUTDOWN");
            else
                redis.Send("SHUTDOWN", how);
            redis.IsClosedAfter("");
            Assert.Equal(0, server.WaitForExit(StartLimit));
        }
        Assert.Equal(saves, File.Exists(FilePath));
        using ServerProcess again = Start("--save", "");
        using RespConnection after = again.Connect();
        after.Call("EXISTS", "k").Is(saves ? ":1" : ":0");
    }

    [Fact]
    public void SigtermSavesWhenThereAreSavePoints()
    {
        using ServerProcess server = Start("--save", "900 1");
        using RespConnection redis = server.Connect();
        redis.Call("RPUSH", "l", "a", "b").Is(":2");
        Assert.Equal(0, server.Stop());
        using ServerProcess again = Start("--save", "");
        using RespConnection after = again.Connect();
        after.Call("LRANGE", "l", "0", "-1").Is("""[ "a" "b" ]""");
    }

    [Fact]
    public void AShutdownThatCannotSaveIsRefused()
    {
        using ServerProcess server = Start("--save", "900 1");
        using RespConnection redis = server.Connect();
        redis.Call("SET", "k", "v").IsOk();
        Directory.CreateDirectory(FilePath); // a file cannot take its name
        redis.Call("SHUTDOWN").Is("-ERR Errors trying to SHUTDOWN. Check logs.");
        redis.Call("SAVE").Is("-ERR");
        redis.Call("SET", "k", "w").IsOk();
        Assert.True(server.WaitForLog("Error trying to save the DB, can't exit.", StartLimit));
        redis.Send("SHUTDOWN", "FORCE");
        redis.IsClosedAfter("");
        Assert.Equal(0, server.WaitForExit(StartLimit));
        Directory.Delete(FilePath);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AShutdownLeavesNothingOfASaveInTheBackground(bool bySignal)
    {
        using ServerProcess server = Start("--enable-debug-command", "yes", "--rdb-key-save-delay", "100000");
        using RespConnection redis = server.Connect();
        redis.Call("DEBUG", "POPULATE", "100").IsOk();
        Assert.Equal("Background saving started", redis.Call("BGSAVE").Text);
        Assert.Single(Directory.GetFiles(_place.Path, "temp-*.rdb"));
        if (bySignal)
            server.Stop();
        else
            redis.Send("SHUTDOWN", "NOSAVE");
        Assert.Equal(0, server.WaitForExit(StartLimit));
        Assert.Empty(Directory.GetFileSystemEntries(_place.Path));
    }

    [Fact]
    public void ASaveInTheBackgroundThatFailsStopsWrites()
    {
        using ServerProcess server = Start("--save", "900 1");
        using RespConnection redis = server.Connect();
        redis.Call("SET", "k", "v").IsOk();
        Directory.CreateDirectory(FilePath);
        Assert.Equal("Background saving started", redis.Call("BGSAVE").Text);
        Eventually.True(() => Information.Text(redis, "persistence", "rdb_last_bgsave_status") == "err", () => server.Log);
        Assert.StartsWith("MISCONF Redis is configured to save RDB snapshots", redis.Call("SET", "k", "w").Text, StringComparison.Ordinal);
        redis.Call("GET", "k").Is("\"v\"");
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(_place.Path)); // the temporary file is gone
        Directory.Delete(FilePath);
        Assert.Equal("Background saving started", redis.Call("BGSAVE").Text);
        Eventually.True(() => Information.Text(redis, "persistence", "rdb_last_bgsave_status") == "ok", () => server.Log);
        redis.Call("SET", "k", "w").IsOk();
    }

    [Fact]
    public void ADamagedFileEndsTheServerWithOneClearLine()
    {
        using (ServerProcess server = Start())
        using (RespConnection redis = server.Connect())
        {
            redis.Call("SET", "key", new string('v', 1000)).IsOk();
            redis.Call("CONFIG", "SET", "rdbcompression", "no").IsOk();
            redis.Call("SAVE").IsOk();
        }
        byte[] file = File.ReadAllBytes(FilePath);
        File.WriteAllBytes(FilePath, file[..^500]);
        int port = ServerProcess.FreePort();
        using ServerProcess damaged = ServerProcess.Run(
            ServerBinary.UnderTest, _place.Path, port, "--port", $"{port}", "--bind", "127.0.0.1", "--dir", _place.Path);
        Assert.Equal(1, damaged.WaitForExit(StartLimit));
        string line = damaged.Log.Split('\n').Single(l => l.Contains(FilePath, StringComparison.Ordinal));
        Assert.Matches("offset [0-9]+ of .*Unexpected EOF", line);
        Assert.Equal(file.Length - 500, new FileInfo(FilePath).Length); // left for its owner to look at
    }

    [Fact]
    public void HalfADataSetIsNotServedAfterAReload()
    {
        using ServerProcess server = Start("--enable-debug-command", "yes", "--save", "");
        using RespConnection redis = server.Connect();
        redis.Call("DEBUG", "POPULATE", "1000").IsOk();
        redis.Call("SAVE").IsOk();
        byte[] file = File.ReadAllBytes(FilePath);
        File.Delete(FilePath);
        redis.Call("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH").IsErrorStarting("ERR Error trying to load the RDB dump");
        redis.Call("DBSIZE").Is(":1000");
        File.WriteAllBytes(FilePath, file[..^100]);
        redis.Send("DEBUG", "RELOAD", "NOSAVE");
        Assert.Equal(1, server.WaitForExit(StartLimit));
    }

    [Fact]
    public void WhileItLoadsTheServerSaysSo()
    {
        using (ServerProcess server = Start("--enable-debug-command", "yes"))
        using (RespConnection redis = server.Connect())
        {
            redis.Call("DEBUG", "POPULATE", "5000", "key", "100").IsOk();
            redis.Call("SAVE").IsOk();
        }
        int port = ServerProcess.FreePort();
        using ServerProcess slow = ServerProcess.Run(
            ServerBinary.UnderTest, _place.Path, port, "--port", $"{port}", "--bind", "127.0.0.1", "--dir", _place.Path, "--save", "",
            "--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024");
        Assert.True(slow.WaitForLog("Server initialized", StartLimit));
        using (RespConnection redis = slow.Connect())
        {
            redis.Call("GET", "key:1").Is("-LOADING Redis is loading the dataset in memory");
            Eventually.True(() => Information.Number(redis, "persistence", "loading_loaded_bytes") > 1000, () => slow.Log);
            redis.Call("CONFIG", "SET", "key-load-delay", "0").IsOk();
            Assert.True(slow.WaitUntilReady());
            redis.Call("DBSIZE").Is(":5000");
        }
        Assert.Equal(0, slow.Stop());
    }

    [Fact]
    public void LoadingCanBeInterrupted()
    {
        using (ServerProcess server = Start("--enable-debug-command", "yes"))
        using (RespConnection redis = server.Connect())
        {
            redis.Call("DEBUG", "POPULATE", "5000").IsOk();
            redis.Call("SAVE").IsOk();
        }
        long length = new FileInfo(FilePath).Length;
        int port = ServerProcess.FreePort();
        using ServerProcess slow = ServerProcess.Run(
            ServerBinary.UnderTest, _place.Path, port, "--port", $"{port}", "--bind", "127.0.0.1", "--dir", _place.Path, "--key-load-delay", "5000");
        Assert.True(slow.WaitForLog("Loading RDB", StartLimit));
        Assert.Equal(0, slow.Stop());
        Assert.Equal(length, new FileInfo(FilePath).Length); // half of the data set has not replaced the whole
    }

    /// <summary>
    /// Counters that are incremented in turn, over and over: at any one point in time each is as great as the one before it, or
    /// less by one, and that only once in the row.
    /// </summary>
    [Fact]
    public async Task ASaveInTheBackgroundIsOnePointInTime()
    {
        const int counters = 2000, saves = 5;
        byte[] round = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, counters).Select(i => $"INCR counter{i}\r\n")));
        using ServerProcess server = Start("--enable-debug-command", "yes");
        using RespConnection redis = server.Connect();
        redis.Call("DEBUG", "POPULATE", "100000").IsOk();
        bool stop = false;
        var writer = Task.Run(() =>
        {
            using RespConnection connection = server.Connect();
            while (!Volatile.Read(ref stop))
            {
                connection.SendRaw(round);
                connection.Read(counters);
            }
        });
        for (int i = 0; i < saves; i++)
        {
            Assert.Equal("Background saving started", redis.Call("BGSAVE").Text);
            Eventually.True(() => Information.Number(redis, "persistence", "rdb_bgsave_in_progress") == 0, () => server.Log);
            CheckCounters(counters);
        }
        Volatile.Write(ref stop, true);
        await writer.WaitAsync(StartLimit);
    }

    private void CheckCounters(int counters)
    {
        using ServerProcess loaded = Start();
        using RespConnection redis = loaded.Connect();
        Argument[] command = ["MGET", .. Enumerable.Range(0, counters).Select(i => (Argument)$"counter{i}")];
        long[] values = [.. redis.Call(command).Items.Select(value => value.IsNull ? 0 : value.Integer)];
        int steps = Enumerable.Range(1, counters - 1).Count(i => values[i] != values[i - 1]);
        Assert.True(steps <= 1 && values[0] - values[^1] is 0 or 1, string.Join(' ', values));
    }

    private ServerProcess Start(params string[] arguments) => ServerProcess.Start(["--dir", _place.Path, .. arguments]);
}
