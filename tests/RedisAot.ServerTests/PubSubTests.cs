using System.Net.Sockets;
using System.Text;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Messages to many, and what becomes of those who do not read them.</summary>
public sealed class PubSubTests
{
    private static readonly byte[] Message = Encoding.ASCII.GetBytes(new string('m', 20_000));

    [Fact]
    public void ClosesASlowSubscriberWithoutHarmToOthers()
    {
        using ServerProcess server = ServerProcess.Start("--client-output-buffer-limit", "pubsub 1mb 0 0");
        using RespConnection publisher = server.Connect(), slow = server.Connect();
        RespConnection[] others = [.. Enumerable.Range(0, 5).Select(_ => server.Connect())];
        slow.Socket.ReceiveBufferSize = 4096;
        slow.Call("SUBSCRIBE", "news");
        foreach (RespConnection other in others)
            other.Call("SUBSCRIBE", "news");

        // The others read all the time, the slow one never.
        long receivers = 6;
        int published = 0;
        for (; receivers == 6 && published < 2000; published++)
        {
            receivers = publisher.Call("PUBLISH", "news", Message).Integer;
            foreach (RespConnection other in others)
                Assert.Equal(Message.Length, other.Read()[2].Content.Length);
        }

        Assert.Equal(5, receivers);
        Assert.InRange(published, 50, 1999);
        Assert.Contains("overcoming of output buffer limits", server.Log);
        publisher.Call("PUBSUB", "NUMSUB", "news").Is("[ \"news\" :5 ]");
        Eventually.True(
            () => Information.Number(publisher, "memory", "mem_clients_normal") < 1024 * 1024,
            () => $"{Information.Number(publisher, "memory", "mem_clients_normal")} bytes in clients");
        foreach (RespConnection other in others)
            other.Dispose();
    }

    [Fact]
    public void KeepsAMillionSubscriptionsInLittleMemory()
    {
        const int Clients = 10, PerCommand = 1000, Commands = 100;
        using ServerProcess server = ServerProcess.Start();
        using RespConnection redis = server.Connect();
        long before = Information.Number(redis, "memory", "used_memory");
        RespConnection[] subscribers = [.. Enumerable.Range(0, Clients).Select(_ => server.Connect())];
        for (int i = 0; i < Clients; i++)
        {
            for (int command = 0; command < Commands; command++)
            {
                subscribers[i].Send(["SUBSCRIBE", .. Enumerable.Range(0, PerCommand).Select(n => (Argument)$"channel:{i}:{command}:{n}")]);
                subscribers[i].Read(PerCommand);
            }
        }
        long perSubscription = (Information.Number(redis, "memory", "used_memory") - before) / (Clients * Commands * PerCommand);
        Assert.InRange(perSubscription, 1, 80);
        Assert.Equal(Clients * Commands * PerCommand, Information.Number(redis, "stats", "pubsub_channels"));
        redis.Call("PUBLISH", "channel:3:14:159", "x").Is(":1");
        Assert.Equal("channel:3:14:159", subscribers[3].Read()[1].Text);

        foreach (RespConnection subscriber in subscribers)
            subscriber.Dispose();
        Eventually.True(
            () => Information.Number(redis, "stats", "pubsub_channels") == 0,
            () => $"{Information.Number(redis, "stats", "pubsub_channels")} channels");
        Assert.InRange(Information.Number(redis, "memory", "used_memory"), 0, before + (1024 * 1024));
    }

    [Fact]
    public void SendsALongMessageToAllWholeAndHoldsItOnce()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection publisher = server.Connect();
        RespConnection[] subscribers = [.. Enumerable.Range(0, 50).Select(i => i % 2 == 0 ? server.Connect() : server.Connect3())];
        foreach (RespConnection subscriber in subscribers)
            subscriber.Call("SUBSCRIBE", "c");
        byte[] message = new byte[2 * 1024 * 1024];
        Random.Shared.NextBytes(message);
        publisher.Call("PUBLISH", "c", message).Is(":50");
        Assert.InRange(Information.Number(publisher, "memory", "used_memory"), 0, 16 * 1024 * 1024);
        foreach (RespConnection subscriber in subscribers)
        {
            Assert.True(message.AsSpan().SequenceEqual(subscriber.Read()[2].Content));
            subscriber.Dispose();
        }
        Eventually.True(
            () => Information.Number(publisher, "memory", "used_memory") < 4 * 1024 * 1024,
            () => $"{Information.Number(publisher, "memory", "used_memory")} bytes used");
    }
}
