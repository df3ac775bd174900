using System.Net.Sockets;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Clients that mean no good, beside one that must not notice.</summary>
public sealed class HostileClientTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public void DropsAClientThatNeverReads()
    {
        using ServerProcess server = ServerProcess.Start("--client-output-buffer-limit", "normal 8mb 0 0");
        using RespConnection other = server.Connect();
        other.Call("SET", "k", new byte[Megabyte]).IsOk();
        long before = server.ResidentMemory;
        using RespConnection deaf = server.Connect();
        try
        {
            for (int i = 0; i < 200; i++)
                deaf.Send("GET", "k");
        }
        catch (SocketException)
        {
            // Dropped while still sending, which is what the limit is for.
        }
        Eventually.True(
            () => Information.Number(other, "clients", "connected_clients") == 1, () => "the client that never reads is still connected.");
        Assert.InRange(server.ResidentMemory, 0, before + (64 * Megabyte));
        other.Call("STRLEN", "k").IsInteger(Megabyte);
    }

    [Fact]
    public void DropsAClientWhoseRequestExceedsTheQueryBufferLimit()
    {
        using ServerProcess server = ServerProcess.Start("--client-query-buffer-limit", "4mb");
        using RespConnection other = server.Connect();
        using RespConnection endless = server.Connect();
        endless.SendRaw("*2\r\n$4\r\nECHO\r\n$100000000\r\n"u8);
        byte[] part = new byte[100_000];
        bool dropped = false;
        for (int i = 0; i < 999 && !dropped; i++)
        {
            try
            {
                endless.SendRaw(part);
            }
            catch (SocketException)
            {
                dropped = true;
            }
        }
        Assert.True(dropped, "The client could send 100 MB, 4 MB being the limit.");
        other.Call("PING").Is("+PONG");
    }

    [Fact]
    public void SurvivesThousandsOfHastyDisconnects()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection other = server.Connect();
        for (int i = 0; i < 2000; i++)
        {
            using RespConnection hasty = server.Connect();
            hasty.SendRaw(i % 3 == 0 ? "*2\r\n$4\r\nEC"u8 : "PING\r\n"u8);
            if (i % 5 == 0)
                hasty.Socket.LingerState = new LingerOption(true, 0); // a reset instead of an orderly end
        }
        other.Call("PING").Is("+PONG");
        Eventually.True(
            () => Information.Number(other, "clients", "connected_clients") == 1, () => "clients that went are still counted.");
    }
}
