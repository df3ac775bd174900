using System.Globalization;
using System.Text;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Clients that ask for a snapshot over their connection, as <c>redis-cli --rdb</c> does.</summary>
public sealed class ReplicaTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(200_000)]
    public void TheFileHasAllTheData(int keys)
    {
        string digest;
        byte[] file;
        using (ServerProcess server = Start())
        using (RespConnection redis = server.Connect())
        {
            redis.Call("DEBUG", "POPULATE", $"{keys}", "key", "100").IsOk();
            digest = redis.Call("DEBUG", "DIGEST").Text!;
            using RespConnection replica = Ask(server, "SYNC");
            file = ReadFile(replica);
            Assert.Empty(replica.ReadToEnd());
            Assert.Empty(Directory.GetFiles(_place.Path));
            Assert.Equal(1, Information.Number(redis, "stats", "sync_full"));
            Assert.Equal(0, Information.Number(redis, "replication", "connected_slaves"));
        }
        File.WriteAllBytes(Path.Combine(_place.Path, "dump.rdb"), file);
        using ServerProcess again = Start();
        using RespConnection after = again.Connect();
        Assert.Equal(digest, after.Call("DEBUG", "DIGEST").Text);
    }

    /// <summary>Counters that are incremented in turn: in one point in time each is as great as the one before it, or less by one.</summary>
    [Fact]
    public async Task TheFileIsOnePointInTime()
    {
        const int counters = 1000;
        byte[] round = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, counters).Select(i => $"INCR counter{i}\r\n")));
        using ServerProcess server = Start();
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
        Eventually.True(() => redis.Call("EXISTS", $"counter{counters - 1}").Text == "1", () => server.Log);
        byte[] file;
        using (RespConnection replica = Ask(server, "SYNC"))
            file = ReadFile(replica);
        Volatile.Write(ref stop, true);
        await writer;
        File.WriteAllBytes(Path.Combine(_place.Path, "dump.rdb"), file);
        redis.Call("DEBUG", "RELOAD", "NOSAVE").IsOk();
        long[] values = [.. Enumerable.Range(0, counters).Select(i => long.Parse(redis.Call("GET", $"counter{i}").Text!, CultureInfo.InvariantCulture))];
        for (int i = 1; i < counters; i++)
            Assert.InRange(values[i - 1] - values[i], 0, 1);
        Assert.InRange(values[0] - values[^1], 0, 1);
    }

    [Fact]
    public void PsyncSaysWhichHistoryTheFileBelongsTo()
    {
        using ServerProcess server = Start();
        using RespConnection redis = server.Connect();
        using RespConnection replica = Ask(server, "PSYNC", new string('a', 40), "17");
        string history = Information.Text(redis, "replication", "master_replid");
        Assert.Equal($"+FULLRESYNC {history} 0", ReadLine(replica));
        Assert.Equal("REDIS", Encoding.ASCII.GetString(ReadFile(replica)[..5]));
        Assert.Equal(1, Information.Number(redis, "stats", "sync_partial_err"));
    }

    [Fact]
    public void WhoWantsTheStreamOfChangesIsRefused()
    {
        using ServerProcess server = Start();
        using RespConnection replica = server.Connect();
        replica.Call("SYNC").IsErrorStarting("ERR replication is not supported yet");
        replica.Call("REPLCONF", "capa", "eof", "capa", "psync2", "listening-port", "1").IsOk();
        replica.Call("PSYNC", "?", "-1").IsErrorStarting("ERR replication is not supported yet");
        replica.Call("REPLCONF", "rdb-only", "1").IsOk();
        replica.SendRaw("PING\r\nSYNC\r\n"u8);
        replica.Read().Is("+PONG");
        replica.Read().Is("-ERR SYNC and PSYNC are invalid with pending output");
        replica.Call("PSYNC", "?", "x").Is("-ERR value is not an integer or out of range");
        replica.Call("PING").Is("+PONG");
    }

    [Fact]
    public void ReplConfAnswersAsOfficial()
    {
        using ServerProcess server = Start();
        using RespConnection replica = server.Connect();
        replica.Call("REPLCONF").IsOk();
        replica.Call("REPLCONF", "capa").Is("-ERR syntax error");
        replica.Call("REPLCONF", "listening-port", "x").Is("-ERR value is not an integer or out of range");
        replica.Call("REPLCONF", "ip-address", new string('1', 256)).Is("-ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes");
        replica.Call("REPLCONF", "rdb-only", "2").Is("-ERR value is out of range, value must between 0 and 1");
        replica.Call("REPLCONF", "rdb-filter-only", "keys").Is("-ERR Unsupported rdb-filter-only option: keys");
        replica.Call("REPLCONF", "what", "1").Is("-ERR Unrecognized REPLCONF option: what");
        replica.Send("REPLCONF", "ack", "1");
        replica.Send("REPLCONF", "getack", "*");
        replica.Call("PING").Is("+PONG"); // neither was answered
        replica.Call("REPLCONF", "rdb-filter-only", "functions", "rdb-only", "1").IsOk();
        replica.Call("SYNC").Is("-ERR Filtered replica requires EOF capability");
        replica.Call("REPLCONF", "capa", "EOF").IsOk();
        replica.Send("SYNC");
        Assert.InRange(ReadFile(replica).Length, 50, 500);
    }

    [Fact]
    public void AWaitingReplicaIsKeptAliveAndShown()
    {
        using ServerProcess server = Start("--rdb-key-save-delay", "2000");
        using RespConnection redis = server.Connect();
        redis.Call("DEBUG", "POPULATE", "1000").IsOk();
        using RespConnection first = Ask(server, "SYNC");
        Eventually.True(() => Information.Number(redis, "replication", "connected_slaves") == 1, () => server.Log);
        Assert.Single(Directory.GetFiles(_place.Path));
        Assert.Matches("^ip=127.0.0.1,port=0,state=wait_bgsave,offset=0,lag=0$", Information.Text(redis, "replication", "slave0"));
        Assert.Contains(" flags=S ", redis.Call("CLIENT", "LIST", "TYPE", "replica").Text, StringComparison.Ordinal);
        Assert.Equal(1, Information.Number(redis, "clients", "connected_clients"));
        redis.Call("BGSAVE").Is("-ERR Background save already in progress");
        using RespConnection second = Ask(server, "SYNC"); // comes in time for the same file
        byte[] newline = new byte[1];
        Assert.Equal(1, first.Socket.Receive(newline));
        Assert.Equal((byte)'\n', newline[0]);
        redis.Call("CONFIG", "SET", "rdb-key-save-delay", "0").IsOk();
        Assert.Equal(ReadFile(first), ReadFile(second));
        Assert.Empty(Directory.GetFiles(_place.Path));
    }

    [Fact]
    public void ASaveIsWaitedForAndThenGivenUpWithItsReplica()
    {
        using ServerProcess server = Start("--rdb-key-save-delay", "1000000");
        using RespConnection redis = server.Connect();
        redis.Call("DEBUG", "POPULATE", "100").IsOk();
        Assert.Equal("Background saving started", redis.Call("BGSAVE").Text);
        RespConnection replica = Ask(server, "SYNC");
        Assert.True(server.WaitForLog("Waiting for next BGSAVE for SYNC", TimeSpan.FromSeconds(20)));
        redis.Call("FLUSHALL").IsOk(); // gives the save up
        redis.Call("DEBUG", "POPULATE", "100").IsOk();
        Eventually.True(() => server.Log.Contains("Starting BGSAVE for SYNC", StringComparison.Ordinal), () => server.Log);
        replica.Dispose();
        Eventually.True(() => Information.Number(redis, "persistence", "rdb_bgsave_in_progress") == 0, () => server.Log);
        Eventually.True(() => Directory.GetFiles(_place.Path).Length == 0, () => server.Log);
        Assert.Equal("Background saving started", redis.Call("BGSAVE").Text);
    }

    [Fact]
    public void AReplicaThatReadsNothingCostsNoMemory()
    {
        using ServerProcess server = Start("--rdbcompression", "no");
        using RespConnection redis = server.Connect();
        redis.Call("DEBUG", "POPULATE", "2000", "key", "50000").IsOk();
        long before = Information.Number(redis, "memory", "used_memory");
        RespConnection replica = Ask(server, "SYNC");
        Eventually.True(
            () => Information.Number(redis, "replication", "connected_slaves") == 1
                && Information.Text(redis, "replication", "slave0").Contains("state=send_bulk", StringComparison.Ordinal),
            () => server.Log);
        Assert.Empty(Directory.GetFiles(_place.Path));
        Eventually.True(() => Information.Number(redis, "stats", "total_net_repl_output_bytes") > 0, () => server.Log);
        Assert.InRange(Information.Number(redis, "memory", "used_memory") - before, 0, 4_000_000);
        replica.Dispose();
        Eventually.True(() => Information.Number(redis, "replication", "connected_slaves") == 0, () => server.Log);
        using RespConnection other = Ask(server, "SYNC");
        Assert.InRange(ReadFile(other).Length, 100_000_000, 110_000_000);
    }

    private ServerProcess Start(params string[] arguments) =>
        ServerProcess.Start(["--dir", _place.Path, "--save", "", "--enable-debug-command", "yes", .. arguments]);

    private static RespConnection Ask(ServerProcess server, params Argument[] command)
    {
        RespConnection replica = server.Connect();
        replica.Call("REPLCONF", "rdb-only", "1").IsOk();
        replica.Send(command);
        return replica;
    }

    /// <summary>Reads "$length", newlines before it passed over, and as many bytes.</summary>
    private static byte[] ReadFile(RespConnection replica)
    {
        string head = ReadLine(replica);
        Assert.Equal('$', head[0]);
        byte[] file = new byte[int.Parse(head[1..], CultureInfo.InvariantCulture)];
        for (int have = 0; have < file.Length;)
        {
            int count = replica.Socket.Receive(file.AsSpan(have));
            Assert.NotEqual(0, count);
            have += count;
        }
        return file;
    }

    private static string ReadLine(RespConnection replica)
    {
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (true)
        {
            Assert.Equal(1, replica.Socket.Receive(one));
            if (one[0] == '\n' && line.Length > 0)
                return line.ToString().TrimEnd('\r');
            if (one[0] != '\n')
                line.Append((char)one[0]);
        }
    }
}
