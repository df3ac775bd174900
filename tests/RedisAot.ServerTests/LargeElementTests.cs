using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>
/// Elements of collections far beyond any buffer: of 24 MB, or of as many as REDIS_AOT_ELEMENT_MEGABYTES says (at most 511; that
/// takes minutes and gigabytes). Whatever is done with them, they are right afterwards, and their memory comes back.
/// </summary>
public sealed class LargeElementTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    private static readonly int s_bytes = int.Parse(Environment.GetEnvironmentVariable("REDIS_AOT_ELEMENT_MEGABYTES") ?? "24") * Megabyte;

    private readonly ServerProcess _server = ServerProcess.Start();
    private readonly RespConnection _redis;
    private readonly byte[] _one = Bytes('1'), _two = Bytes('2');

    public LargeElementTests()
    {
        _redis = _server.Connect();
        _redis.Timeout = TimeSpan.FromMinutes(5);
    }

    public void Dispose()
    {
        _redis.Call("FLUSHALL").IsOk();
        Eventually.True(
            () => Information.Number(_redis, "memory", "used_memory") < 4 * Megabyte,
            () => $"used_memory is {Information.Number(_redis, "memory", "used_memory")} after FLUSHALL.");
        Assert.InRange(_server.ResidentMemory, 0, 64 * Megabyte);
        _redis.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(-5)]
    [InlineData(128)]
    public void InLists(int maxListpackSize)
    {
        _redis.Call("CONFIG", "SET", "list-max-listpack-size", maxListpackSize).IsOk();
        _redis.Call("RPUSH", "l", "a", _one, "b").IsInteger(3);
        _redis.Call("LPUSH", "l", _two).IsInteger(4);
        ElementsAre("l", _two, "a"u8, _one, "b"u8);
        _redis.Call("LSET", "l", 1, _one).IsOk();
        _redis.Call("LSET", "l", 0, "small").IsOk();
        _redis.Call("LINSERT", "l", "BEFORE", "b", _two).IsInteger(5);
        ElementsAre("l", "small"u8, _one, _one, _two, "b"u8);
        _redis.Call("LPOS", "l", _two).IsInteger(3);
        _redis.Call("LREM", "l", 1, _one).IsInteger(1);
        IsSame(_one, _redis.Call("LINDEX", "l", 1));
        _redis.Call("LMOVE", "l", "l", "LEFT", "RIGHT").IsText("small");
        IsSame(_one, _redis.Call("LMOVE", "l", "l", "LEFT", "RIGHT"));
        ElementsAre("l", _two, "b"u8, "small"u8, _one);
        IsSame(_one, _redis.Call("LMOVE", "l", "other", "RIGHT", "LEFT"));
        ElementsAre("other", _one);
        IsSame(_two, _redis.Call("LPOP", "l"));
        _redis.Call("COPY", "other", "third").IsInteger(1);
        ElementsAre("third", _one);
    }

    [Fact]
    public void InHashes()
    {
        _redis.Call("CONFIG", "SET", "hash-max-listpack-value", 1L << 30).IsOk();
        _redis.Call("HSET", "h", "f", _one).IsInteger(1);
        _redis.Call("HSET", "h", _two, _one).IsInteger(1);
        _redis.Call("HSET", "h", "g", _two).IsInteger(1);
        IsSame(_one, _redis.Call("HGET", "h", _two));
        _redis.Call("HEXPIRE", "h", 1000, "FIELDS", 1, _two).Is("[ :1 ]");
        _redis.Call("HSTRLEN", "h", "f").IsInteger(s_bytes);
        _redis.Call("HSET", "h", "f", _two).IsInteger(0);
        IsSame(_two, _redis.Call("HGET", "h", "f"));
        Assert.Equal(6, _redis.Call("HGETALL", "h").Items.Count);
        _redis.Call("HDEL", "h", _two).IsInteger(1);
        _redis.Call("HLEN", "h").IsInteger(2);
    }

    [Fact]
    public void InSets()
    {
        _redis.Call("CONFIG", "SET", "set-max-intset-entries", 3).IsOk();
        _redis.Call("SADD", "s", 1, 2, _one).IsInteger(3);
        _redis.Call("SADD", "s", _two, _one).IsInteger(1);
        _redis.Call("SADD", "t", _one).IsInteger(1);
        _redis.Call("SISMEMBER", "s", _two).IsInteger(1);
        _redis.Call("SINTERCARD", 2, "s", "t").IsInteger(1);
        IsSame(_one, _redis.Call("SINTER", "s", "t").Items[0]);
        _redis.Call("SUNIONSTORE", "u", "s", "t").IsInteger(4);
        _redis.Call("SMOVE", "s", "t", _two).IsInteger(1);
        _redis.Call("SREM", "t", _one).IsInteger(1);
        IsSame(_two, _redis.Call("SPOP", "t"));
    }

    [Fact]
    public void InSortedSets()
    {
        _redis.Call("CONFIG", "SET", "zset-max-listpack-value", 1L << 30).IsOk();
        _redis.Call("ZADD", "z", 1, "a", 2, _one).IsInteger(2);
        _redis.Call("ZADD", "z", 3, _two, 4, _one).IsInteger(1);
        _redis.Call("ZSCORE", "z", _one).IsText("4");
        _redis.Call("ZRANK", "z", _two).IsInteger(1);
        _redis.Call("ZINCRBY", "z", 5, _two).IsText("8");
        _redis.Call("ZUNIONSTORE", "u", 1, "z").IsInteger(3);
        IsSame(_two, _redis.Call("ZPOPMAX", "z").Items[0]);
        IsSame(_one, _redis.Call("ZRANGE", "z", 1, 1).Items[0]);
        _redis.Call("ZREM", "z", _one).IsInteger(1);
    }

    [Fact]
    public void Sorted()
    {
        _redis.Call("SADD", "s", 1, 2).IsInteger(2);
        _redis.Call("SET", "w1", _two).IsOk();
        _redis.Call("SET", "w2", _one).IsOk();
        Reply sorted = _redis.Call("SORT", "s", "BY", "w*", "ALPHA", "GET", "#", "GET", "w*");
        sorted.Items[0].IsText("2");
        IsSame(_one, sorted.Items[1]);
        _redis.Call("SORT", "s", "BY", "w*", "ALPHA", "GET", "w*", "STORE", "l").IsInteger(2);
        ElementsAre("l", _one, _two);
    }

    [Fact]
    public void Dumped()
    {
        _redis.Call("RPUSH", "l", _one, "a").IsInteger(2);
        byte[] payload = _redis.Call("DUMP", "l").Content.ToArray();
        _redis.Call("RESTORE", "again", 0, payload).IsOk();
        ElementsAre("again", _one, "a"u8);
        payload[payload.Length / 2] ^= 1;
        _redis.Call("RESTORE", "third", 0, payload).IsErrorStarting("ERR DUMP payload version or checksum are wrong");
    }

    /// <summary>With elements of 511 MB the payload is longer than an array can be.</summary>
    [Fact]
    public void DumpedUncompressed()
    {
        _redis.Call("CONFIG", "SET", "rdbcompression", "no").IsOk();
        for (int i = 1; i <= 5; i++)
            _redis.Call("RPUSH", "l", _one).IsInteger(i);
        using RespConnection reader = _server.Connect();
        reader.Timeout = TimeSpan.FromMinutes(5);
        reader.SendInline("DUMP l");
        byte[] header = new byte[64];
        long length = 0;
        while (length == 0)
        {
            int received = reader.Socket.Receive(header, System.Net.Sockets.SocketFlags.Peek);
            int end = header.AsSpan(0, received).IndexOf((byte)'\n');
            if (end > 0)
                length = end + 1 + long.Parse(header.AsSpan(1, end - 2)) + 2;
        }
        Assert.InRange(length, 5L * s_bytes, (5L * s_bytes) + 1000);
        byte[] part = new byte[Megabyte];
        while (length > 0)
            length -= reader.Socket.Receive(part);
        Assert.Equal(0, length);
        reader.Call("PING").Is("+PONG");
    }

    [Fact]
    public void ShownToMonitors()
    {
        using RespConnection monitor = _server.Connect();
        monitor.Timeout = TimeSpan.FromMinutes(5);
        monitor.Call("MONITOR").IsOk();
        byte[] binary = new byte[s_bytes];
        _redis.Call("SADD", "s", binary).IsInteger(1);
        // Escaped, the largest element is longer than a line can be; the next line comes all the same.
        _redis.Call("SCARD", "s").IsInteger(1);
        string line = monitor.Read().Text;
        if (!line.EndsWith("\"SCARD\" \"s\"", StringComparison.Ordinal))
            Assert.EndsWith("\"SCARD\" \"s\"", monitor.Read().Text, StringComparison.Ordinal);
    }

    private void ElementsAre(string list, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b = default, ReadOnlySpan<byte> c = default,
        ReadOnlySpan<byte> d = default, ReadOnlySpan<byte> e = default)
    {
        int count = b.IsEmpty ? 1 : c.IsEmpty ? 2 : d.IsEmpty ? 3 : e.IsEmpty ? 4 : 5;
        _redis.Call("LLEN", list).IsInteger(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> expected = i switch { 0 => a, 1 => b, 2 => c, 3 => d, _ => e };
            IsSame(expected, _redis.Call("LRANGE", list, i, i).Items[0]);
        }
    }

    private static void IsSame(ReadOnlySpan<byte> expected, Reply reply) =>
        Assert.True(expected.SequenceEqual(reply.Content), $"An element of {expected.Length} bytes came back changed.");

    private static byte[] Bytes(char first)
    {
        byte[] bytes = new byte[s_bytes];
        bytes.AsSpan().Fill((byte)'x');
        bytes[0] = (byte)first;
        return bytes;
    }
}
