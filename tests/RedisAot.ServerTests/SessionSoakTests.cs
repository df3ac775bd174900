using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>
/// Five hundred clients that subscribe, publish, track keys, watch, wait, read streams and change users at random, some of whom
/// are cut off at any moment: every message arrives, every counter returns to where it was, and no memory is left behind.
/// REDIS_AOT_SOAK_SECONDS makes it last longer than an ordinary run, REDIS_AOT_SOAK_SEED repeats one.
/// </summary>
public sealed class SessionSoakTests
{
    private const int Threads = 5, TalkersPerThread = 90, VictimsPerThread = 10, Channels = 20, Keys = 200, Streams = 10, Users = 5;

    /// <summary>What may remain in use once all clients and keys are gone: tables and pools that keep some room.</summary>
    private const long UsedMemorySlack = 512 * 1024;

    /// <summary>What the process may be larger by than after the first third of the time under this load.</summary>
    private const long ResidentSlack = 16L * 1024 * 1024;

    private static readonly TimeSpan s_duration =
        TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("REDIS_AOT_SOAK_SECONDS") ?? "10", CultureInfo.InvariantCulture));

    private static readonly int s_seed =
        int.Parse(Environment.GetEnvironmentVariable("REDIS_AOT_SOAK_SEED") ?? $"{Random.Shared.Next(1_000_000)}", CultureInfo.InvariantCulture);

    private static readonly string[] s_countersInStats =
        ["pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"];

    private static readonly string[] s_countersInClients = ["blocked_clients", "tracking_clients", "clients_in_timeout_table"];

    private long _sent;
    private long _received;
    private long _invalidations;
    private long _streamEntries;
    private long _cutOff;

    [Fact]
    public void EveryMessageArrivesAndNothingIsLeftBehind()
    {
        using ServerProcess server = ServerProcess.Start("--notify-keyspace-events", "KEA", "--tracking-table-max-keys", "100");
        using RespConnection redis = server.Connect();
        for (int i = 0; i < Users; i++)
            SetUser(redis, i);
        redis.Call("FLUSHALL").IsOk();
        long usedBefore = Information.Number(redis, "memory", "used_memory");
        using var barrier = new Barrier(Threads);
        List<Exception> failures = [];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() => Run(server, new Random(s_seed + i), barrier, failures)))];
        foreach (Thread thread in threads)
            thread.Start();
        Thread.Sleep(s_duration / 3);
        long residentEarly = server.ResidentMemory;
        foreach (Thread thread in threads)
            thread.Join();

        Assert.True(failures.Count == 0, $"seed {s_seed}: {string.Join('\n', failures)}\n{server.Log}");
        Assert.True(
            _sent > 500 && _invalidations > 100 && _streamEntries > 100 && _cutOff > 10,
            $"{_sent} messages, {_invalidations} invalidations, {_streamEntries} entries, {_cutOff} clients cut off in all");
        Assert.True(_sent == _received, $"seed {s_seed}: {_sent} messages were sent, {_received} arrived");
        Eventually.True(
            () => Information.Number(redis, "clients", "connected_clients") == 1,
            () => $"{Information.Number(redis, "clients", "connected_clients")} clients");
        redis.Call("FLUSHALL").IsOk();
        redis.Call("ACL", "LOG", "RESET").IsOk();
        foreach (string field in s_countersInStats)
            AwaitZero(redis, "stats", field);
        foreach (string field in s_countersInClients)
            AwaitZero(redis, "clients", field);
        Eventually.True(
            () => Information.Number(redis, "memory", "used_memory") < usedBefore + UsedMemorySlack,
            () => $"seed {s_seed}: {Information.Number(redis, "memory", "used_memory")} bytes used, {usedBefore} before");
        Eventually.True(
            () => server.ResidentMemory < residentEarly + ResidentSlack,
            () => $"seed {s_seed}: {server.ResidentMemory} bytes resident, {residentEarly} early on");
    }

    private static void AwaitZero(RespConnection redis, string section, string field) => Eventually.True(
        () => Information.Number(redis, section, field) == 0,
        () => $"seed {s_seed}: {field} is {Information.Number(redis, section, field)}");

    private void Run(ServerProcess server, Random random, Barrier barrier, List<Exception> failures)
    {
        RespConnection[] talkers = [.. Enumerable.Range(0, TalkersPerThread).Select(_ => Connect(server, protocol: 3))];
        RespConnection[] victims = [.. Enumerable.Range(0, VictimsPerThread).Select(_ => Connect(server, protocol: 2))];
        try
        {
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < s_duration)
            {
                if (random.Next(10) > 0)
                    Talk(talkers[random.Next(talkers.Length)], random);
                else
                    Suffer(server, ref victims[random.Next(victims.Length)], random);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            lock (failures)
                failures.Add(e);
        }
        // What others still published has reached everybody's queue by now.
        barrier.SignalAndWait();
        foreach (RespConnection talker in talkers)
        {
            Do(talker, "PING");
            talker.Dispose();
        }
        foreach (RespConnection victim in victims)
            victim.Dispose();
    }

    private static RespConnection Connect(ServerProcess server, int protocol)
    {
        RespConnection connection = protocol == 3 ? server.Connect3() : server.Connect();
        connection.Timeout = TimeSpan.FromSeconds(60);
        return connection;
    }

    private static void SetUser(RespConnection redis, int number) => redis.Call(
        "ACL", "SETUSER", $"user{number}", "reset", "on", "nopass", "~k*", "~s*", "~list*", "&*", number == 0 ? "db=0" : "alldbs", "+@all", "-flushall");

    private void Talk(RespConnection client, Random random)
    {
        string channel = $"c{random.Next(Channels)}", key = $"k{random.Next(Keys)}";
        switch (random.Next(40))
        {
            case 0 or 1:
                Do(client, "SUBSCRIBE", channel);
                break;
            case 2:
                Do(client, "UNSUBSCRIBE", channel);
                break;
            case 3:
                Do(client, "PSUBSCRIBE", random.Next(4) == 0 ? "__keyevent@0__:xadd" : $"{channel[..2]}*");
                break;
            case 4 or 5:
                Do(client, "PUNSUBSCRIBE");
                break;
            case 6:
                Do(client, "SSUBSCRIBE", channel);
                break;
            case 7:
                Do(client, "SUNSUBSCRIBE", channel);
                break;
            case 8:
                Interlocked.Add(ref _sent, Do(client, "SPUBLISH", channel, new byte[random.Next(300)]));
                break;
            case 9 or 10:
                Interlocked.Add(ref _sent, Do(client, "PUBLISH", channel, new byte[random.Next(8) == 0 ? 10_000 : 100]));
                break;
            case 11:
                Do(client, "CLIENT", "TRACKING", "OFF");
                Do(client, "CLIENT", "TRACKING", "ON");
                break;
            case 12:
                Do(client, "CLIENT", "TRACKING", "OFF");
                Do(client, "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "k1");
                break;
            case 13 or 14:
                Do(client, "SET", key, random.Next());
                break;
            case 15 or 16:
                Transact(client, key, random);
                break;
            case < 30:
                ReadStream(client, random);
                break;
            case 30:
                Do(client, "LPUSH", $"list{random.Next(3)}", "x");
                break;
            case 31:
                Do(client, "BLPOP", $"list{random.Next(3)}", "list9", "0.001");
                break;
            default:
                Do(client, "GET", key);
                break;
        }
    }

    private void Transact(RespConnection client, string key, Random random)
    {
        List<Argument[]> commands = [["WATCH", key, "s1"], ["MULTI"], ["SET", key, random.Next(), "PX", random.Next(1, 2000)]];
        if (random.Next(5) == 0)
            commands.Add(["NOSUCHCOMMAND"]);
        commands.Add(["XADD", "s1", "MAXLEN", "~", 500, "*", "f", random.Next()]);
        commands.Add([random.Next(4) == 0 ? "DISCARD" : "EXEC"]);
        Do(client, [.. commands]);
    }

    private void ReadStream(RespConnection client, Random random)
    {
        string stream = $"s{random.Next(Streams)}", group = $"g{random.Next(3)}", consumer = $"c{random.Next(5)}";
        switch (random.Next(12))
        {
            case < 4:
                Do(client, "XADD", stream, "MAXLEN", "~", 300, random.Next(3) switch { 0 => "ACKED", 1 => "DELREF", _ => "KEEPREF" }, "*", "f", random.Next());
                break;
            case 4:
                Do(client, "XGROUP", "CREATE", stream, group, "$", "MKSTREAM");
                break;
            case 5:
                Do(client, "XGROUP", "DESTROY", stream, group);
                break;
            case 6:
                Do(client, "XREAD", "BLOCK", random.Next(1, 4), "STREAMS", stream, "$");
                break;
            case 7:
                Do(client, "XAUTOCLAIM", stream, group, consumer, 1, 0, "COUNT", 10);
                break;
            case 8:
                Do(client, "XTRIM", stream, "MAXLEN", 100, "ACKED");
                break;
            default:
                Do(client, "XREADGROUP", "GROUP", group, consumer, "COUNT", 5, "BLOCK", 1, "CLAIM", random.Next(20), "STREAMS", stream, ">");
                Do(client, "XACKDEL", stream, group, "ACKED", "IDS", 1, "1-1");
                break;
        }
    }

    /// <summary>Clients that hold no subscription that counts do what may cost them, or others of them, the connection.</summary>
    private void Suffer(ServerProcess server, ref RespConnection client, Random random)
    {
        int user = random.Next(Users);
        try
        {
            switch (random.Next(12))
            {
                case 0:
                    client.Call("AUTH", $"user{user}", "x");
                    break;
                case 1:
                    client.Call("ACL", "DELUSER", $"user{user}");
                    SetUser(client, user);
                    break;
                case 2:
                    client.Call("ACL", "SETUSER", $"user{user}", random.Next(2) == 0 ? "resetchannels" : "allchannels");
                    break;
                case 3:
                    client.Call("CLIENT", "KILL", "TYPE", "normal", "USER", $"user{user}");
                    break;
                case 4:
                    client.Send("XREAD", "BLOCK", 0, "STREAMS", "nothing", "$");
                    Reconnect(server, ref client, random);
                    break;
                case 5:
                    client.Send("MONITOR");
                    Reconnect(server, ref client, random);
                    break;
                case 6:
                    client.Call("SUBSCRIBE", $"other{random.Next(5)}");
                    Reconnect(server, ref client, random);
                    break;
                case 7:
                    client.Call("MULTI");
                    client.Call("SET", "k1", new byte[random.Next(5000)]);
                    Reconnect(server, ref client, random);
                    break;
                case 8:
                    client.Call("WATCH", "k1", "k2");
                    client.Call("CLIENT", "NO-EVICT", "ON");
                    break;
                default:
                    client.Call("GET", $"k{random.Next(Keys)}");
                    if (random.Next(100) == 0)
                        client.Call("FLUSHALL");
                    break;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            Reconnect(server, ref client, random);
        }
    }

    private void Reconnect(ServerProcess server, ref RespConnection client, Random random)
    {
        Interlocked.Increment(ref _cutOff);
        client.Dispose();
        client = Connect(server, protocol: random.Next(2) + 2);
    }

    private long Do(RespConnection client, params Argument[] command) => Do(client, [command]);

    // Sends commands and reads up to the answer of an ECHO behind them; what the last one answered that answered a number.
    private long Do(RespConnection client, Argument[][] commands)
    {
        client.SendRaw([.. commands.SelectMany(command => RespConnection.Encode(command)), .. RespConnection.Encode("ECHO", "done")]);
        long answer = 0;
        while (true)
        {
            Reply reply = client.Read();
            if (reply.Type == '>')
                Count(reply);
            else if (reply.Type == ':')
                answer = reply.Integer;
            else if (reply.Type == '%')
                Interlocked.Increment(ref _streamEntries);
            else if (reply.Type == '$' && reply.Text == "done")
                return answer;
        }
    }

    private void Count(Reply push)
    {
        string kind = push[0].Text;
        if (kind is "message" or "pmessage" or "smessage" && !push[push.Items.Count - 2].Text.StartsWith("__", StringComparison.Ordinal))
            Interlocked.Increment(ref _received);
        else if (kind == "invalidate")
            Interlocked.Increment(ref _invalidations);
    }
}
