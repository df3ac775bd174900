using System.Net.Sockets;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Arguments, configuration files, ports, signals.</summary>
public sealed class StartAndStopTests
{
    private const int SignalTerminate = 15;
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    [Fact]
    public void EndsCleanlyOnSigterm()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection redis = server.Connect();
        redis.Call("SET", "k", "v").IsOk();
        Assert.Equal(0, server.Stop());
        Assert.Contains("ready to exit, bye bye", server.Log);
        redis.IsClosedAfter("");
    }

    [Fact]
    public void ObeysShutdown()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection redis = server.Connect();
        redis.Send("SHUTDOWN", "NOSAVE");
        redis.IsClosedAfter("");
        Assert.Equal(0, server.WaitForExit(ExitLimit));
    }

    [Fact]
    public void ASignalCanBeTakenBack()
    {
        using ServerProcess server = ServerProcess.Start("--enable-debug-command", "yes");
        using RespConnection redis = server.Connect();
        redis.Call("SHUTDOWN", "ABORT").Is("-ERR No shutdown in progress.");
        redis.Call("DEBUG", "PAUSE-CRON", 1).IsOk(); // the signal is obeyed as soon as that is over
        server.Signal(SignalTerminate);
        Assert.True(server.WaitForLog("Received SIGTERM scheduling shutdown...", ExitLimit));
        Eventually.True(() => redis.Call("SHUTDOWN", "ABORT").ToString() == "+OK", () => server.Log);
        Assert.True(server.WaitForLog("Shutdown manually aborted.", ExitLimit));
        redis.Call("SHUTDOWN", "ABORT").Is("-ERR No shutdown in progress.");
        redis.Call("DEBUG", "PAUSE-CRON", 0).IsOk();
        redis.Call("BLPOP", "nothing", 1).Is("nil-array"); // rounds of the cron go by
        Assert.Equal(0, server.Stop());
    }

    [Fact]
    public void SaysThatThePortIsTakenAndExitsWithOne()
    {
        using ServerProcess first = ServerProcess.Start();
        using ServerProcess second = ServerProcess.Run(
            first.Binary, first.Directory, first.Port, "--port", $"{first.Port}", "--bind", "127.0.0.1", "--save", "");
        Assert.Equal(1, second.WaitForExit(ExitLimit));
        Assert.Contains($"{first.Port}", second.Log);
        Assert.Contains("already in use", second.Log, StringComparison.OrdinalIgnoreCase);
        using RespConnection redis = first.Connect();
        redis.Call("PING").Is("+PONG");
    }

    [Fact]
    public void ReadsAConfigurationFileThenTheCommandLine()
    {
        using var place = new TemporaryPlace();
        int port = ServerProcess.FreePort();
        string included = place.Write("included.conf", "maxmemory-samples 7\n");
        string file = place.Write("redis.conf", $"""
            # a comment
            bind 127.0.0.1
            port {port}
            hz 20
            maxmemory 100mb
            save 900 1
            save 300 10
            proc-title-template "a title {port}"
            include {included}
            """);
        using ServerProcess server = ServerProcess.Run(
            ServerBinary.UnderTest, place.Path, port, file, "--hz", "30", "--maxmemory-policy", "allkeys-lru");
        Assert.True(server.WaitUntilReady(), server.Log);
        using RespConnection redis = server.Connect();
        Assert.Equal("30", Setting(redis, "hz"));
        Assert.Equal("104857600", Setting(redis, "maxmemory"));
        Assert.Equal("allkeys-lru", Setting(redis, "maxmemory-policy"));
        Assert.Equal("7", Setting(redis, "maxmemory-samples"));
        Assert.Equal("900 1 300 10", Setting(redis, "save"));
        Assert.Equal($"a title {port}", Setting(redis, "proc-title-template"));
        Assert.Equal(file, Information.Text(redis, "server", "config_file"));
    }

    [Fact]
    public void ReadsTheConfigurationFromStandardInput()
    {
        using var place = new TemporaryPlace();
        int port = ServerProcess.FreePort();
        using ServerProcess server = ServerProcess.Run(
            ServerBinary.UnderTest, place.Path, port, "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "-");
        server.WriteInput("hz 42\n");
        Assert.True(server.WaitUntilReady(), server.Log);
        using RespConnection redis = server.Connect();
        Assert.Equal("42", Setting(redis, "hz"));
    }

    [Theory]
    [InlineData("--nosuch", "1")]
    [InlineData("--port", "99999")]
    [InlineData("--maxmemory-policy", "sometimes")]
    [InlineData("--hz")]
    public void RefusesABadConfiguration(params string[] arguments)
    {
        using var place = new TemporaryPlace();
        using ServerProcess server = ServerProcess.Run(ServerBinary.UnderTest, place.Path, 0, arguments);
        Assert.Equal(1, server.WaitForExit(ExitLimit));
        Assert.Contains("*** FATAL CONFIG FILE ERROR (Redis ", server.Log);
    }

    [Fact]
    public void RewritesTheFileAndKeepsItsComments()
    {
        using var place = new TemporaryPlace();
        int port = ServerProcess.FreePort();
        string file = place.Write("redis.conf", $"# my server\nbind 127.0.0.1\nport {port}\n\n# how often\nhz 20\nsave \"\"\n");
        using ServerProcess server = ServerProcess.Run(ServerBinary.UnderTest, place.Path, port, file);
        Assert.True(server.WaitUntilReady(), server.Log);
        using RespConnection redis = server.Connect();
        redis.Call("CONFIG", "SET", "hz", 50, "maxmemory", "200mb").IsOk();
        redis.Call("CONFIG", "REWRITE").IsOk();
        string[] lines = File.ReadAllLines(file);
        Assert.Equal("# my server", lines[0]);
        Assert.Contains("# how often", lines);
        Assert.Contains("hz 50", lines);
        Assert.DoesNotContain("hz 20", lines);
        Assert.Contains("maxmemory 200mb", lines);
        redis.Call("CONFIG", "REWRITE").IsOk();
        Assert.Equal(lines.Where(line => line.Length > 0), File.ReadAllLines(file).Where(line => line.Length > 0));
        Assert.Equal(0, server.Stop());

        using ServerProcess again = ServerProcess.Run(ServerBinary.UnderTest, place.Path, port, file);
        Assert.True(again.WaitUntilReady(), again.Log);
        using RespConnection later = again.Connect();
        Assert.Equal("50", Setting(later, "hz"));
        Assert.Equal("209715200", Setting(later, "maxmemory"));
    }

    [Fact]
    public void ListensOnAUnixSocket()
    {
        using var place = new TemporaryPlace();
        string path = System.IO.Path.Combine(place.Path, "redis.sock");
        using ServerProcess server = ServerProcess.Start("--unixsocket", path, "--unixsocketperm", "700");
        using RespConnection redis = RespConnection.Connect(new UnixDomainSocketEndPoint(path));
        redis.Call("SET", "k", "v").IsOk();
        redis.Call("GET", "k").IsText("v");
        Assert.Contains("addr=" + path, redis.Call("CLIENT", "INFO").Text);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.Equal(0, server.Stop());
        Assert.False(File.Exists(path), "The socket's file is still there.");
    }

    [Fact]
    public void WritesItsLogAndPidFileWhereTold()
    {
        using var place = new TemporaryPlace();
        string log = System.IO.Path.Combine(place.Path, "server.log");
        string pidFile = System.IO.Path.Combine(place.Path, "server.pid");
        int port = ServerProcess.FreePort();
        using ServerProcess server = ServerProcess.Run(
            ServerBinary.UnderTest, place.Path, port, "--port", $"{port}", "--bind", "127.0.0.1", "--save", "",
            "--logfile", log, "--pidfile", pidFile);
        Eventually.True(
            () => File.Exists(log) && File.ReadAllText(log).Contains("Ready to accept connections", StringComparison.Ordinal),
            () => "no log that says the server is ready.");
        Assert.Equal($"{server.Id}", File.ReadAllText(pidFile).Trim());
        Assert.Matches($"(?m)^{server.Id}:M [0-9]{{2}} [A-Z][a-z]{{2}} [0-9]{{4}} [0-9:.]{{12}} \\* ", File.ReadAllText(log));
        Assert.Equal(0, server.Stop());
        Assert.False(File.Exists(pidFile), "The PID file is still there.");
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-v")]
    public void TellsItsVersion(string option)
    {
        using var place = new TemporaryPlace();
        using ServerProcess server = ServerProcess.Run(ServerBinary.UnderTest, place.Path, 0, option);
        Assert.Equal(0, server.WaitForExit(ExitLimit));
        Assert.Matches("^[Rr]edis.* v=[0-9]+\\.[0-9]+\\.[0-9]+", server.Log);
    }

    [Fact]
    public void ServesTheSameThroughSeveralSocketLoops()
    {
        using ServerProcess server = ServerProcess.Start("--io-threads", "4");
        RespConnection[] clients = [.. Enumerable.Range(0, 16).Select(_ => server.Connect())];
        Parallel.ForEach(clients, client =>
        {
            for (int i = 0; i < 500; i++)
                client.Call("INCR", "counter");
        });
        clients[0].Call("GET", "counter").IsText("8000");
        foreach (RespConnection client in clients)
            client.Dispose();
    }

    private static string Setting(RespConnection redis, string name) => redis.Call("CONFIG", "GET", name)[name].Text;
}
