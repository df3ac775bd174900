using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>What a server says that cannot go on.</summary>
public sealed class CrashTests
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("SEGFAULT", "crashed by signal: 11")]
    [InlineData("PANIC", "Guru Meditation: called by Unit Test")]
    [InlineData("ASSERT", "=== ASSERTION FAILED ===")]
    public void ReportsWhatItWasDoing(string way, string title)
    {
        using ServerProcess server = ServerProcess.Start("--enable-debug-command", "yes");
        using RespConnection redis = server.Connect();
        redis.Call("SET", "key", "value").IsOk();
        redis.Send("DEBUG", way);
        redis.IsClosedAfter("");
        Assert.NotEqual(0, server.WaitForExit(ExitLimit));
        Assert.Contains("=== REDIS BUG REPORT START", server.Log);
        Assert.Contains(title, server.Log);
        Assert.Contains("debug (2 arguments) of client", server.Log);
        Assert.Contains("cmdstat_set:calls=1", server.Log);
        Assert.Contains("=== REDIS BUG REPORT END", server.Log);
    }

    [Fact]
    public void EndsAtTheStartWhenAModuleIsWanted()
    {
        using var place = new TemporaryPlace();
        int port = ServerProcess.FreePort();
        using ServerProcess server = ServerProcess.Run(
            ServerBinary.UnderTest, place.Path, port, "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--loadmodule", "/no/such/module.so");
        Assert.Equal(1, server.WaitForExit(ExitLimit));
        Assert.Contains("Module /no/such/module.so failed to load", server.Log);
        Assert.Contains("Can't load module from /no/such/module.so: server aborting", server.Log);
        Assert.DoesNotContain("Ready to accept connections", server.Log);
    }
}
