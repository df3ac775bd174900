using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Values far beyond any buffer.</summary>
public sealed class LargeValueTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public void StoresAHundredMegabytes()
    {
        using RespConnection redis = server.Connect();
        redis.Timeout = TimeSpan.FromSeconds(60);
        byte[] value = RandomBytes(100 * Megabyte, seed: 1);
        redis.Call("SET", "big", value).IsOk();
        redis.Call("STRLEN", "big").IsInteger(value.Length);
        Reply reply = redis.Call("GET", "big");
        Assert.True(value.AsSpan().SequenceEqual(reply.Content), "The 100 MB value came back changed.");
        Reply tail = redis.Call("GETRANGE", "big", -1000, -1);
        Assert.True(value.AsSpan(value.Length - 1000).SequenceEqual(tail.Content));
        redis.Call("DEL", "big").IsInteger(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16 * 1024 - 1)]
    [InlineData(16 * 1024)]
    [InlineData(32 * 1024 - 1)]
    [InlineData(32 * 1024)]
    [InlineData(32 * 1024 + 1)]
    [InlineData(64 * 1024)]
    [InlineData(1024 * 1024 + 3)]
    public void KeepsValuesAroundTheSizesOfBuffers(int size)
    {
        using RespConnection redis = server.Connect();
        byte[] value = RandomBytes(size, seed: size);
        redis.Call("SET", "k", value).IsOk();
        Assert.True(value.AsSpan().SequenceEqual(redis.Call("GET", "k").Content));
        // Small requests behind a large one, in the same packet train.
        redis.SendRaw([.. RespConnection.Encode("SET", "k2", value), .. RespConnection.Encode("STRLEN", "k2"), .. "PING\r\n"u8]);
        redis.Read().IsOk();
        redis.Read().IsInteger(size);
        redis.Read().Is("+PONG");
    }

    [Fact]
    public void ForgetsALargeArgumentWhoseSenderDisconnects()
    {
        using RespConnection other = server.Connect();
        long before = UsedMemory(other);
        using (RespConnection sender = server.Process.Connect())
        {
            sender.SendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$512000000\r\n"u8);
            byte[] part = new byte[Megabyte];
            for (int i = 0; i < 64; i++)
                sender.SendRaw(part);
            other.Call("PING").Is("+PONG");
        }
        Eventually.True(
            () => UsedMemory(other) < before + (8 * Megabyte),
            () => $"used_memory was {before} before and is {UsedMemory(other)} after the sender went.");
        other.Call("EXISTS", "k").IsInteger(0);
    }

    [Fact]
    public void ReservesNothingForAnAnnouncedArrayOfTwoBillion()
    {
        using RespConnection other = server.Connect();
        long before = server.Process.ResidentMemory;
        using RespConnection sender = server.Process.Connect();
        sender.SendRaw("*2147483647\r\n$3\r\nDEL\r\n$1\r\na\r\n"u8);
        other.Call("PING").Is("+PONG");
        Assert.InRange(server.Process.ResidentMemory, 0, before + (32 * Megabyte));
    }

    [Fact]
    public void NeverHoldsALargeValueTwice()
    {
        using ServerProcess own = ServerProcess.Start();
        using RespConnection redis = own.Connect();
        redis.Timeout = TimeSpan.FromSeconds(60);
        const int size = 200 * Megabyte;
        long before = own.PeakMemory;
        redis.Call("SET", "big", new byte[size]).IsOk();
        redis.Call("STRLEN", "big").IsInteger(size);
        Assert.InRange(own.PeakMemory - before, size, size + (32 * Megabyte));
        Assert.InRange(UsedMemory(redis), size, size + (8 * Megabyte));
        redis.Call("DEL", "big").IsInteger(1);
        Assert.InRange(UsedMemory(redis), 0, 8 * Megabyte);
    }

    [Fact]
    public void ReservesNothingForAnAnnouncedArgument()
    {
        using RespConnection other = server.Connect();
        long before = UsedMemory(other);
        using RespConnection sender = server.Process.Connect();
        sender.SendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc"u8);
        other.Call("PING").Is("+PONG");
        Assert.InRange(UsedMemory(other), 0, before + Megabyte);
    }

    [Fact]
    public void RunsWhatStandsBehindALargeArgumentOfABlockedClient()
    {
        using RespConnection redis = server.Connect();
        using RespConnection other = server.Process.Connect();
        byte[] value = RandomBytes(100_000, seed: 7);
        redis.SendRaw([.. RespConnection.Encode("BLPOP", "l", 0), .. RespConnection.Encode("SET", "k", value), .. RespConnection.Encode("STRLEN", "k")]);
        other.Call("EXISTS", "k").IsInteger(0);
        other.Call("RPUSH", "l", "e").IsInteger(1);
        redis.Read();
        redis.Read().IsOk();
        redis.Read().IsInteger(value.Length);
    }

    /// <summary>Arguments around the sizes at which they are received in another way, cut anywhere, in commands that keep, copy or drop them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void KeepsTrackOfLargeArgumentsHoweverTheyArrive(int seed)
    {
        var random = new Random(seed);
        var requests = new ModeledRequests(random, "k", sizes: [3, 16_384, 32_767, 32_768, 32_769, 65_536, 70_000, 300_000]);
        (byte[] Request, byte[] Reply)[] exchange = [.. Enumerable.Range(0, 300).Select(_ => requests.Next())];
        using RespConnection redis = server.Connect();
        redis.Timeout = TimeSpan.FromSeconds(60);
        byte[] stream = [.. exchange.SelectMany(pair => pair.Request)];
        byte[] expected = [.. exchange.SelectMany(pair => pair.Reply)];
        var sending = new Thread(() =>
        {
            for (int at = 0; at < stream.Length;)
            {
                int count = Math.Min(random.Next(4) == 0 ? random.Next(1, 100) : random.Next(1, 150_000), stream.Length - at);
                redis.SendRaw(stream.AsSpan(at, count));
                at += count;
            }
        });
        sending.Start();
        for (int at = 0; at < expected.Length;)
        {
            byte[] reply = redis.ReadRaw();
            Assert.True(expected.AsSpan(at).StartsWith(reply), $"seed {seed}: another reply");
            at += reply.Length;
        }
        sending.Join();
    }

    private static long UsedMemory(RespConnection redis) => Information.Number(redis, "memory", "used_memory");

    private static byte[] RandomBytes(int size, int seed)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
