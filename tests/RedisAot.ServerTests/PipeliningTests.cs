using System.Text;

using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Requests in any portion, from single bytes to a hundred thousand at once.</summary>
public sealed class PipeliningTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task AnswersAHundredThousandCommandsInOrder()
    {
        const int Count = 100_000;
        using RespConnection redis = server.Connect();
        var requests = new MemoryStream();
        for (int i = 0; i < Count; i++)
            requests.Write(RespConnection.Encode("INCR", "counter"));
        // The replies are more than the sockets' buffers hold, so they are read while the requests are being sent.
        Task sending = Task.Run(() => redis.SendRaw(requests.GetBuffer().AsSpan(0, (int)requests.Length)));
        for (int i = 1; i <= Count; i++)
            redis.Read().IsInteger(i);
        await sending;
    }

    [Fact]
    public void AnswersAPipelineWhoseRepliesAreReadOnlyAtTheEnd()
    {
        const int Count = 20_000;
        using RespConnection redis = server.Connect();
        var requests = new MemoryStream();
        for (int i = 0; i < Count; i++)
            requests.Write(RespConnection.Encode("ECHO", i));
        redis.SendRaw(requests.ToArray());
        for (int i = 0; i < Count; i++)
            redis.Read().IsText($"{i}");
    }

    [Fact]
    public void TakesARequestSplitAtAnyByte()
    {
        using RespConnection redis = server.Connect();
        byte[] request = RespConnection.Encode("SET", "key\r\n", "a value of\r\n some length");
        for (int split = 1; split < request.Length; split++)
        {
            redis.SendRaw(request.AsSpan(0, split));
            Settle();
            redis.SendRaw(request.AsSpan(split));
            redis.Read().IsOk();
            redis.Call("GET", "key\r\n").IsText("a value of\r\n some length");
        }
    }

    [Fact]
    public void TakesAnInlineRequestSplitAtAnyByte()
    {
        using RespConnection redis = server.Connect();
        byte[] request = Encoding.ASCII.GetBytes("ECHO \"two words\"\r\n");
        for (int split = 1; split < request.Length; split++)
        {
            redis.SendRaw(request.AsSpan(0, split));
            Settle();
            redis.SendRaw(request.AsSpan(split));
            redis.Read().IsText("two words");
        }
    }

    [Fact]
    public void TakesOneByteAtATime()
    {
        using RespConnection slow = server.Connect();
        using RespConnection other = server.Process.Connect();
        foreach (byte b in RespConnection.Encode("SET", "slow", "but steady"))
        {
            slow.SendRaw([b]);
            Settle();
            other.Call("PING").Is("+PONG");
        }
        slow.Read().IsOk();
        slow.Call("GET", "slow").IsText("but steady");
    }

    [Fact]
    public void AnswersEverythingThatCameBeforeAHalfClose()
    {
        using RespConnection redis = server.Connect();
        redis.SendRaw("SET a 1\r\nGET a\r\n"u8);
        redis.HalfClose();
        redis.IsClosedAfter("+OK\\r\\n$1\\r\\n1\\r\\n");
    }

    /// <summary>Lets the part that was sent arrive alone; nothing depends on it, it only makes the split a real one.</summary>
    private static void Settle() => Thread.Sleep(1);
}
