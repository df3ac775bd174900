using System.Net.Sockets;

using RedisAot.TestSupport;

using Xunit;
using Xunit.Abstractions;

namespace RedisAot.ServerTests;

/// <summary>
/// A server that is killed at random moments, in the middle of writes, rewrites, saves and changes of files, comes back with
/// every change that it has acknowledged, in order, and none twice.
/// </summary>
public sealed class AofCrashTests : IDisposable
{
    private const int Kills = 200;
    private const int SignalKill = 9;
    private const int Keys = 50, Fields = 30, Members = 20;
    private const int CommandsPerStep = 9;
    private const int PreloadedKeys = 1000;

    private readonly TemporaryPlace _place = new();
    private readonly ITestOutputHelper _output;
    private readonly int _seed = Environment.TickCount;
    private readonly Random _random;
    private long _acknowledged;
    private long _counterLead; // how often a step was counted whose end was lost

    public AofCrashTests(ITestOutputHelper output)
    {
        _output = output;
        _random = new Random(_seed);
    }

    public void Dispose() => _place.Dispose();

    [Fact]
    public void NothingAcknowledgedIsLostByAKill()
    {
        _output.WriteLine($"seed {_seed}");
        for (int kill = 0; kill <= Kills; kill++)
        {
            bool always = _random.Next(2) == 0;
            using ServerProcess server = Start(always ? "always" : "everysec");
            Assert.True(server.WaitUntilReady(), $"seed {_seed}, kill {kill}:\n{server.Log}");
            using RespConnection redis = server.Connect();
            if (kill == 0)
                Preload(redis);
            long step = CheckState(redis, $"seed {_seed}, kill {kill}");
            // Of everysec a second may be missing; that is said of a machine that crashes, but more is not promised.
            if (kill > 0)
                Assert.True(step >= _acknowledged, $"seed {_seed}, kill {kill}: {step} of {_acknowledged} steps are there");
            _acknowledged = step;
            if (kill < Kills)
                WriteUntilKilled(server, redis);
        }
    }

    private ServerProcess Start(string appendFsync)
    {
        int port = ServerProcess.FreePort();
        return ServerProcess.Run(
            ServerBinary.UnderTest, _place.Path, port, "--port", $"{port}", "--bind", "127.0.0.1", "--dir", _place.Path,
            "--appendonly", "yes", "--appendfsync", appendFsync, "--enable-debug-command", "yes", "--save", "",
            "--aof-use-rdb-preamble", Choose("yes", "no"), "--aof-timestamp-enabled", Choose("yes", "no"),
            "--auto-aof-rewrite-percentage", Choose("0", "30"), "--auto-aof-rewrite-min-size", "1kb",
            "--io-threads", Choose("1", "2"));
    }

    private static void Preload(RespConnection redis)
    {
        List<Argument> arguments = ["MSET"];
        for (int i = 0; i < PreloadedKeys; i++)
            arguments.AddRange([$"filler{i}", new string('x', 40)]);
        redis.Call(arguments.ToArray()).IsOk();
    }

    private string Choose(string one, string other) => _random.Next(2) == 0 ? one : other;

    private void WriteUntilKilled(ServerProcess server, RespConnection redis)
    {
        string? work = _random.Next(3) switch { 0 => "BGREWRITEAOF", 1 => "BGSAVE", _ => null };
        int life = _random.Next(1, 40);
        var killer = new Thread(() =>
        {
            Thread.Sleep(life);
            server.Signal(SignalKill);
        });
        killer.Start();
        try
        {
            if (work != null)
                redis.Call(work);
            while (true)
                WriteSteps(redis, _random.Next(1, 30));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Killed.
        }
        killer.Join();
    }

    // Each step leaves its number in several places, and in the last of its commands in "step".
    private void WriteSteps(RespConnection redis, int count)
    {
        List<byte> requests = [];
        for (long step = _acknowledged + 1; step <= _acknowledged + count; step++)
        {
            requests.AddRange(RespConnection.Encode("SET", $"k{step % Keys}", $"{step}"));
            requests.AddRange(RespConnection.Encode("MULTI"));
            requests.AddRange(RespConnection.Encode("SET", "a", $"{step}"));
            requests.AddRange(RespConnection.Encode("HSET", "h", $"f{step % Fields}", $"{step}"));
            requests.AddRange(RespConnection.Encode("SETEX", "b", "1000", $"{step}"));
            requests.AddRange(RespConnection.Encode("EXEC"));
            requests.AddRange(RespConnection.Encode("ZADD", "z", $"{step}", $"m{step % Members}"));
            requests.AddRange(RespConnection.Encode("INCR", "counter"));
            requests.AddRange(RespConnection.Encode("SET", "step", $"{step}"));
        }
        redis.SendRaw(requests.ToArray());
        for (int i = 0; i < count; i++)
        {
            for (int reply = 0; reply < CommandsPerStep; reply++)
                redis.Read();
            _acknowledged++;
        }
    }

    // Returns the last step that is there as a whole. The next one may have begun, from its first command on.
    private long CheckState(RespConnection redis, string where)
    {
        long step = Number(redis.Call("GET", "step"));
        bool begun = false;
        // Later commands of a step first: if one is there, those before it must be.
        long counter = Number(redis.Call("GET", "counter")) - _counterLead;
        Require(counter, "counter");
        _counterLead += counter - step;
        for (int member = 0; member < Members; member++)
            Require(Number(redis.Call("ZSCORE", "z", $"m{member}")), $"member {member}", Members, member);
        long a = Number(redis.Call("GET", "a"));
        Assert.True(a == Number(redis.Call("GET", "b")), $"{where}: half a transaction");
        Require(a, "transaction");
        for (int field = 0; field < Fields; field++)
            Assert.True(Number(redis.Call("HGET", "h", $"f{field}")) == Last(a, Fields, field), $"{where}: field {field}");
        for (int key = 0; key < Keys; key++)
            Require(Number(redis.Call("GET", $"k{key}")), $"key {key}", Keys, key);
        redis.Call("DBSIZE").Is($":{PreloadedKeys + (step > 0 || begun ? Math.Min(step + (begun ? 1 : 0), Keys) : 0) + ExtraKeys(redis)}");
        return step;

        void Require(long value, string what, int modulus = 1, int remainder = 0)
        {
            bool isNext = value == step + 1 && value % modulus == remainder;
            begun |= isNext;
            bool isRight = isNext || value == Last(step, modulus, remainder);
            // Nothing of a later command is there without what came before it.
            bool isMissing = begun && !isNext && (step + 1) % modulus == remainder;
            Assert.True(isRight && !isMissing, $"{where}: {what} has {value} at step {step}");
        }
    }

    private static int ExtraKeys(RespConnection redis) =>
        new[] { "step", "counter", "z", "a", "b", "h" }.Count(key => redis.Call("EXISTS", key).Integer == 1);

    // The last step up to this one that wrote to a place.
    private static long Last(long step, int modulus, int remainder)
    {
        long last = step - (step - remainder + modulus) % modulus;
        return Math.Max(last, 0);
    }

    private static long Number(Reply reply) => reply.Text.Length == 0 ? 0 : long.Parse(reply.Text, System.Globalization.CultureInfo.InvariantCulture);
}
