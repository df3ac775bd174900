using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Requests with bytes changed, cut and repeated. The server lives, and a client beside them gets right answers.</summary>
public sealed class ProtocolFuzzTests
{
    private const int Megabyte = 1024 * 1024;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(20240117, 4)]
    public void SurvivesMutatedRequests(int seed, int ioThreads)
    {
        using ServerProcess server = ServerProcess.Start("--io-threads", $"{ioThreads}");
        using RespConnection witness = server.Connect();
        witness.Call("SELECT", 9).IsOk(); // the mutated commands stay in database 0, or nearly always
        var random = new Random(seed);
        byte[][] requests = [.. Requests()];
        var clock = Stopwatch.StartNew();
        for (int round = 0; clock.Elapsed < Duration; round++)
        {
            Attack(server, Mutate(requests, random), random);
            if (round % 10 != 0)
                continue;
            witness.Call("SET", "canary", round).IsOk();
            witness.Call("GET", "canary").IsText($"{round}");
            Assert.True(
                server.ResidentMemory < 512L * Megabyte, $"{server.ResidentMemory / Megabyte} MB resident (seed {seed}, round {round}).");
        }
        Assert.False(server.HasExited, $"The server ended (seed {seed}). Its log:\n{server.Log}");
    }

    private static IEnumerable<byte[]> Requests()
    {
        string[] lines =
        [
            "PING", "ECHO hello", "SET key value EX 100", "GET key", "MSET a 1 b 2 c 3", "MGET a b c", "INCRBY n 5",
            "APPEND key tail", "SETRANGE key 10 x", "GETRANGE key 0 -1", "SETBIT bits 100 1", "BITCOUNT bits 0 -1 BIT",
            "BITFIELD bits SET u8 0 255 GET i5 3", "LCS a b IDX", "SCAN 0 MATCH * COUNT 10", "EXPIRE key 100 NX", "OBJECT ENCODING key",
            "MULTI", "EXEC", "WATCH key", "HELLO 3", "HELLO 2", "CLIENT SETNAME me", "COMMAND DOCS get", "CONFIG GET *", "INFO", "DEL a b",
        ];
        foreach (string line in lines)
        {
            yield return RespConnection.Encode([.. line.Split(' ').Select(word => (Argument)word)]);
            yield return Encoding.ASCII.GetBytes(line + "\r\n");
        }
    }

    /// <summary>A few requests in a row, damaged in a few places.</summary>
    private static byte[] Mutate(byte[][] requests, Random random)
    {
        var bytes = new List<byte>();
        for (int i = random.Next(1, 8); i > 0; i--)
            bytes.AddRange(requests[random.Next(requests.Length)]);
        for (int i = random.Next(0, 6); i > 0 && bytes.Count > 2; i--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)"0123456789-*$\r\n\"' \0"[random.Next(19)]);
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)'9', random.Next(1, 25)));
                    break;
                case 4:
                    bytes.RemoveRange(at, random.Next(bytes.Count - at));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(0, random.Next(bytes.Count)));
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>Sends the bytes in one piece or two, and hangs up in one of several ways.</summary>
    private static void Attack(ServerProcess server, byte[] bytes, Random random)
    {
        using RespConnection connection = server.Connect();
        try
        {
            int cut = random.Next(bytes.Length + 1);
            connection.SendRaw(bytes.AsSpan(0, cut));
            connection.SendRaw(bytes.AsSpan(cut));
            if (random.Next(2) == 0)
                return;
            connection.HalfClose();
            connection.ReadToEnd();
        }
        catch (SocketException)
        {
            // The server has hung up on us, as it may.
        }
    }
}
