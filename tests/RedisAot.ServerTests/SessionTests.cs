using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>What a first user types.</summary>
public sealed class SessionTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public void AnswersLikeRedis()
    {
        using RespConnection redis = server.Connect();
        redis.Call("PING").Is("+PONG");
        redis.Call("SET", "greeting", "hello").IsOk();
        redis.Call("GET", "greeting").IsText("hello");
        redis.Call("GET", "missing").Is("nil");
        redis.Call("INCR", "counter").IsInteger(1);
        redis.Call("INCRBY", "counter", 41).IsInteger(42);
        redis.Call("APPEND", "greeting", " world").IsInteger(11);
        redis.Call("STRLEN", "greeting").IsInteger(11);
        redis.Call("DEL", "greeting", "counter", "missing").IsInteger(2);
        redis.Call("DBSIZE").IsInteger(0);
        redis.Call("NOSUCH", "a").IsErrorStarting("ERR unknown command 'NOSUCH', with args beginning with: 'a'");
        redis.Call("GET").IsErrorStarting("ERR wrong number of arguments for 'get' command");
        redis.Call("QUIT").IsOk();
        redis.IsClosedAfter("");
    }

    [Fact]
    public void SpeaksResp3AfterHello()
    {
        using RespConnection redis = server.Connect();
        Reply hello = redis.Call("HELLO", 3);
        Assert.Equal('%', hello.Type);
        hello["proto"].IsInteger(3);
        hello["mode"].IsText("standalone");
        redis.Call("GET", "missing").Is("nil", protocol: 3);
        Assert.Equal('%', redis.Call("CONFIG", "GET", "maxmemory").Type);
        Assert.Equal('=', redis.Call("INFO", "server").Type);
        Assert.Equal('*', redis.Call("HELLO", 2).Type);
        redis.Call("GET", "missing").Is("nil");
    }

    [Fact]
    public void AnswersInlineCommands()
    {
        using RespConnection redis = server.Connect();
        redis.SendInline("SET name 'Ann Lee'");
        redis.SendInline("GET name");
        redis.Read().IsOk();
        redis.Read().IsText("Ann Lee");
    }

    [Fact]
    public void KeepsDatabasesApart()
    {
        using RespConnection zero = server.Connect();
        using RespConnection nine = server.Process.Connect();
        nine.Call("SELECT", 9).IsOk();
        zero.Call("SET", "k", "zero").IsOk();
        nine.Call("GET", "k").Is("nil");
        nine.Call("SET", "k", "nine").IsOk();
        zero.Call("GET", "k").IsText("zero");
        zero.Call("SWAPDB", 0, 9).IsOk();
        zero.Call("GET", "k").IsText("nine");
        nine.Call("GET", "k").IsText("zero");
    }

    [Fact]
    public void ShowsCommandsToMonitors()
    {
        using RespConnection redis = server.Connect();
        using RespConnection monitor = server.Process.Connect();
        monitor.Call("MONITOR").IsOk();
        redis.Call("SET", "a", "x y").IsOk();
        Reply line = monitor.Read();
        Assert.Matches("^[0-9]+\\.[0-9]{6} \\[0 127\\.0\\.0\\.1:[0-9]+\\] \"SET\" \"a\" \"x y\"$", line.Text);
    }
}
