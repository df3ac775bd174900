using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Clients side by side: nobody sees half of another's command or transaction.</summary>
public sealed class ManyClientsTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int ClientCount = 20;

    [Fact]
    public void CountTogether()
    {
        using RespConnection redis = server.Connect();
        InParallel(client =>
        {
            for (int i = 0; i < 500; i++)
                client.Call("INCR", "counter");
        });
        redis.Call("GET", "counter").IsText($"{ClientCount * 500}");
    }

    [Fact]
    public void AreAnsweredThoughTheyEndWithTheirRequest()
    {
        for (int i = 0; i < 200; i++)
        {
            using RespConnection client = server.Connect();
            for (int busy = i; busy > 0; busy--)
                client.Call("PING").Is("+PONG");
            client.Send("PING");
            client.HalfClose();
            client.Read().Is("+PONG");
            Assert.Empty(client.ReadToEnd());
        }
    }

    [Fact]
    public void SeeTransactionsWholeOrNotAtAll()
    {
        using RespConnection redis = server.Connect();
        redis.Call("MSET", "left", 0, "right", 0).IsOk();
        InParallel(client =>
        {
            for (int i = 0; i < 200; i++)
            {
                client.SendRaw("MULTI\r\nINCR left\r\nMGET left right\r\nINCR right\r\nMGET left right\r\nEXEC\r\n"u8);
                Reply result = client.Read(6)[5];
                long left = result[0].Integer;
                result[1].Is($"[ \"{left}\" \"{left - 1}\" ]");
                result[3].Is($"[ \"{left}\" \"{left}\" ]");
                Reply outside = client.Call("MGET", "left", "right");
                Assert.Equal(outside[0].Text, outside[1].Text);
            }
        });
        redis.Call("GET", "right").IsText($"{ClientCount * 200}");
    }

    [Fact]
    public void LoseNoIncrementUnderWatch()
    {
        using RespConnection redis = server.Connect();
        redis.Call("SET", "balance", 0).IsOk();
        int done = 0;
        InParallel(client =>
        {
            for (int i = 0; i < 25;)
            {
                client.Call("WATCH", "balance").IsOk();
                long balance = client.Call("GET", "balance").Integer;
                client.Call("MULTI").IsOk();
                client.Call("SET", "balance", balance + 1).Is("+QUEUED");
                if (client.Call("EXEC").IsNull)
                    continue; // somebody was faster
                i++;
                Interlocked.Increment(ref done);
            }
        });
        redis.Call("GET", "balance").IsText($"{done}");
        Assert.Equal(ClientCount * 25, done);
    }

    [Fact]
    public void GetTheirOwnReplies()
    {
        using RespConnection redis = server.Connect();
        InParallel(client =>
        {
            string mine = client.Call("CLIENT", "ID").Text;
            for (int round = 0; round < 20; round++)
            {
                for (int i = 0; i < 100; i++)
                    client.Send("ECHO", $"{mine}:{i}");
                for (int i = 0; i < 100; i++)
                    client.Read().IsText($"{mine}:{i}");
            }
        });
    }

    private void InParallel(Action<RespConnection> work)
    {
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, ClientCount).Select(_ => new Thread(() =>
        {
            try
            {
                using RespConnection client = server.Process.Connect();
                work(client);
            }
            catch (Exception e)
            {
                lock (failures)
                    failures.Add(e);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failures.Count > 0)
            throw new AggregateException(failures);
    }
}
