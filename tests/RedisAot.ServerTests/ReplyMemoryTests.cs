using System.Diagnostics;
using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Replies for which the system has no memory cost the client that asked its connection, and nobody else anything.</summary>
public sealed class ReplyMemoryTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;
    private const long RoomBytes = 64L * Megabyte;

    private readonly ServerProcess _server = ServerProcess.Start();

    public ReplyMemoryTests()
    {
        byte[] large = new byte[20 * Megabyte];
        using RespConnection redis = _server.Connect();
        redis.Call("SADD", "small", 1, 2, 3);
        redis.Call("SADD", "set", new byte[Megabyte], "b");
        redis.Call("HSET", "hash", "f", new byte[Megabyte]);
        redis.Call("ZADD", "zset", 1, new byte[Megabyte]);
        for (int i = 0; i < 6; i++)
            redis.Call("RPUSH", "list", large);
        redis.Call("SET", "string", large);
        for (int i = 1; i <= 3; i++)
            redis.Call("SET", $"large{i}", large);
        using Process limit = Process.Start("prlimit", ["--pid", $"{_server.Id}", $"--as={AddressSpace() + RoomBytes}"]);
        limit.WaitForExit();
        Assert.Equal(0, limit.ExitCode);
    }

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("SRANDMEMBER small -1000000000")]
    [InlineData("SRANDMEMBER set -1000000000")]
    [InlineData("HRANDFIELD hash -1000000000 WITHVALUES")]
    [InlineData("ZRANDMEMBER zset -1000000000")]
    [InlineData("LRANGE list 0 -1")]
    [InlineData("MGET string string string string string string")]
    [InlineData("SORT small BY nosort GET large* GET large* GET large*")]
    [InlineData("BLMPOP 0 1 list LEFT COUNT 10")]
    [InlineData("MULTI;GET string;GET string;GET string;GET string;GET string;GET string;EXEC")]
    public void ClosesTheClientThatAsksForTooMuch(string commands)
    {
        using RespConnection redis = _server.Connect();
        redis.Timeout = TimeSpan.FromSeconds(60);
        foreach (string command in commands.Split(';'))
            redis.SendInline(command);
        byte[] replies = redis.ReadToEnd();
        Assert.InRange(replies.Length, 0, 10_000);
        using RespConnection other = _server.Connect();
        other.Call("PING").Is("+PONG");
        other.Call("GETRANGE", "string", 0, 0).Is("\"\\x00\"");
    }

    [Fact]
    public void MovesAnElementWhoseReplyIsLost()
    {
        using RespConnection other = _server.Connect();
        other.Call("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0").IsOk();
        using RespConnection redis = _server.Connect();
        redis.SendRaw("PING\r\nLMOVE list moved LEFT RIGHT\r\n"u8);
        redis.ReadToEnd();
        other.Call("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0").IsOk();
        other.Call("LLEN", "list").IsInteger(5);
        Assert.Equal(20 * Megabyte, other.Call("LINDEX", "moved", 0).Content.Length);
    }

    private long AddressSpace() =>
        1024 * long.Parse(File.ReadLines($"/proc/{_server.Id}/status").First(line => line.StartsWith("VmSize", StringComparison.Ordinal))
            .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
}
