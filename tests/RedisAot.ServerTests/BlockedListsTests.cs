using System.Diagnostics;
using System.Globalization;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Clients that wait for lists are served as a simple model says, in whatever order things happen.</summary>
public sealed class BlockedListsTests
{
    private const int ClientCount = 24;
    private static readonly string[] s_keys = ["a", "b", "c", "d", "e"];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    public void AreServedInOrder(int seed, int threads)
    {
        using ServerProcess server = ServerProcess.Start("--io-threads", $"{threads}");
        using var run = new Run(server, seed);
        for (int step = 0; step < 1500; step++)
            run.Step();
        run.Finish();
    }

    /// <summary>The counts are those of official 7.0.</summary>
    [Theory]
    [InlineData("BLPOP k 0", 0)]
    [InlineData("BRPOP k 0", 0)]
    [InlineData("BLMOVE k d LEFT LEFT 0", 0)]
    [InlineData("BRPOPLPUSH k d 0", 0)]
    [InlineData("BLMPOP 0 1 k LEFT COUNT 5", 2)]
    public void CountAsTheChangesThatOfficialCounts(string command, int changes)
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection redis = server.Connect();
        using RespConnection waiting = server.Connect();
        waiting.SendInline(command);
        Eventually.True(() => Information.Number(redis, "clients", "blocked_clients") == 1, () => "the client does not wait.");
        long before = Information.Number(redis, "persistence", "rdb_changes_since_last_save");
        redis.Call("RPUSH", "k", "a", "b").IsInteger(2);
        waiting.Read();
        Assert.Equal(before + 2 + changes, Information.Number(redis, "persistence", "rdb_changes_since_last_save"));
    }

    [Fact]
    public void TimeOutInTheirOwnTime()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection redis = server.Connect();
        var random = new Random(5);
        List<(RespConnection Client, double Seconds)> waiting = [];
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < 50; i++)
        {
            double seconds = random.Next(1, 500) / 1000.0;
            RespConnection client = server.Connect();
            client.SendInline(string.Create(CultureInfo.InvariantCulture, $"BLPOP nothing {seconds}"));
            waiting.Add((client, clock.Elapsed.TotalSeconds + seconds));
        }
        foreach ((RespConnection client, double due) in waiting.OrderBy(wait => wait.Seconds))
        {
            client.Read().Is("nil-array");
            double late = clock.Elapsed.TotalSeconds - due;
            Assert.InRange(late, -0.005, 5);
            client.Call("PING").Is("+PONG");
            client.Dispose();
        }
        Assert.Equal(0, Information.Number(redis, "clients", "blocked_clients"));
        Assert.Equal(0, Information.Number(redis, "clients", "clients_in_timeout_table"));
    }

    /// <summary>Clients on several loops, with further requests behind every blocking one, all served at once by others.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void GetEveryElementOnce(int threads)
    {
        const int consumers = 8, rounds = 40, perRound = 25;
        using ServerProcess server = ServerProcess.Start("--io-threads", $"{threads}");
        string request = string.Concat(Enumerable.Repeat("BLPOP q1 q2 0\r\nPING\r\n", perRound));
        var taken = new List<string>();
        Thread[] threadsOfConsumers = [.. Enumerable.Range(0, consumers).Select(_ => new Thread(() =>
        {
            using RespConnection client = server.Connect();
            for (int round = 0; round < rounds; round++)
            {
                client.SendInline(request[..^2]);
                List<Reply> replies = client.Read(2 * perRound);
                lock (taken)
                    taken.AddRange(replies.Where(reply => reply.Type == '*').Select(reply => reply[1].Text));
            }
        }))];
        foreach (Thread thread in threadsOfConsumers)
            thread.Start();
        using RespConnection producer = server.Connect();
        const int total = consumers * rounds * perRound;
        for (int i = 0; i < total; i++)
            producer.Call("RPUSH", i % 2 == 0 ? "q1" : "q2", $"{i}");
        Assert.All(threadsOfConsumers, thread => Assert.True(thread.Join(RespConnection.DefaultTimeout), "A consumer was forgotten."));
        Assert.Equal(Enumerable.Range(0, total), taken.Select(int.Parse).Order());
        producer.Call("EXISTS", "q1", "q2").Is(":0");
    }

    private sealed class Run : IDisposable
    {
        private readonly ServerProcess _server;
        private readonly RespConnection _redis;
        private readonly RespConnection[] _clients = new RespConnection[ClientCount];
        private readonly string[] _ids = new string[ClientCount];
        private readonly BlockedListsModel _model = new();
        private readonly List<string> _history = [];
        private readonly Random _random;
        private int _elements;

        public Run(ServerProcess server, int seed)
        {
            _server = server;
            _random = new Random(seed);
            _redis = server.Connect();
            for (int i = 0; i < ClientCount; i++)
                Connect(i);
        }

        public void Step()
        {
            int client = _random.Next(ClientCount);
            bool waits = _model.IsWaiting(client);
            switch (_random.Next(10))
            {
                case < 4 when !waits:
                    Block(client);
                    break;
                case 4 when waits:
                    Unblock(client);
                    break;
                case 5 when waits:
                    Leave(client);
                    break;
                case 6:
                    Transaction();
                    break;
                default:
                    Change();
                    break;
            }
            ExpectServed();
        }

        /// <summary>All that was pushed and not taken is still there, and those who wait are all that the server knows of.</summary>
        public void Finish()
        {
            AwaitBlocked();
            foreach (string key in s_keys)
            {
                string[] left = [.. _redis.Call("LRANGE", key, 0, -1).Items.Select(item => item.Text)];
                Assert.Equal(_model.Lists.GetValueOrDefault(key, []), left);
            }
        }

        public void Dispose()
        {
            _redis.Dispose();
            foreach (RespConnection client in _clients)
                client.Dispose();
        }

        private string Key => s_keys[_random.Next(s_keys.Length)];

        private string[] NewElements => [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => $"v{_elements++}")];

        // A second request waits behind the blocking one.
        private void Block(int client)
        {
            BlockingCommand command = BlockingCommand.Draw(_random, s_keys);
            _history.Add($"client {client}: {command.Text}");
            _clients[client].SendInline($"{command.Text}\r\nPING");
            if (_model.Call(client, command) is { } reply)
                Expect(client, reply);
            else
                AwaitBlocked();
        }

        private void Unblock(int client)
        {
            bool error = _random.Next(2) == 0;
            _history.Add($"CLIENT UNBLOCK of client {client}");
            _redis.Call("CLIENT", "UNBLOCK", _ids[client], error ? "ERROR" : "TIMEOUT").Is(":1");
            _model.Forget(client);
            Expect(client, error ? "-UNBLOCKED client unblocked via CLIENT UNBLOCK" : "nil-array");
        }

        private void Leave(int client)
        {
            _history.Add($"client {client} leaves");
            _clients[client].Dispose();
            _model.Forget(client);
            AwaitBlocked();
            Connect(client);
        }

        private void Change()
        {
            string command = DrawChange();
            _history.Add(command);
            _redis.CallLine(command);
        }

        private void Transaction()
        {
            string[] commands = [.. Enumerable.Range(0, _random.Next(2, 5)).Select(_ => DrawChange())];
            _history.Add($"MULTI {string.Join("; ", commands)} EXEC");
            _redis.SendInline($"MULTI\r\n{string.Join("\r\n", commands)}\r\nEXEC");
            _redis.Read(commands.Length + 2);
        }

        /// <summary>A random command that needs no waiting; the model has done it already.</summary>
        private string DrawChange()
        {
            string key = Key;
            switch (_random.Next(8))
            {
                case 0:
                    _model.Delete(key);
                    return $"DEL {key}";
                case 1:
                    string to = Key;
                    _model.Rename(key, to);
                    return $"RENAME {key} {to}";
                default:
                    string[] elements = NewElements;
                    bool left = _random.Next(2) == 0;
                    _model.Push(key, left, elements);
                    return $"{(left ? "LPUSH" : "RPUSH")} {key} {string.Join(' ', elements)}";
            }
        }

        private void ExpectServed()
        {
            foreach ((int client, string reply) in _model.Serve())
                Expect(client, reply);
        }

        private void Expect(int client, string reply)
        {
            try
            {
                _clients[client].Read().Is(reply);
                _clients[client].Read().Is("+PONG");
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"Client {client} did not get {reply} after: {string.Join(" | ", _history.TakeLast(12))}", e);
            }
        }

        private void AwaitBlocked()
        {
            Eventually.True(
                () => Information.Number(_redis, "clients", "blocked_clients") == _model.WaitingCount,
                () => $"{_model.WaitingCount} clients wait; after: {string.Join(" | ", _history.TakeLast(12))}");
        }

        private void Connect(int client)
        {
            _clients[client] = _server.Connect();
            _ids[client] = _clients[client].Call("CLIENT", "ID").Text;
        }
    }
}
