using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Readers of streams, alone and in groups, that wait, share, crash and come back.</summary>
public sealed class StreamTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void EveryWaitingReaderGetsWhatIsNew(int protocol)
    {
        using RespConnection redis = server.Connect();
        RespConnection[] readers = [.. Enumerable.Range(0, 5).Select(_ => protocol == 3 ? server.Process.Connect3() : server.Process.Connect())];
        redis.Call("XADD", "s", "1-0", "f", "old");
        foreach (RespConnection reader in readers)
            reader.Send("XREAD", "BLOCK", 0, "STREAMS", "other", "s", "$", "$");
        AwaitBlocked(redis, readers.Length);
        redis.Call("XADD", "s", "2-0", "f", "new").IsText("2-0");
        foreach (RespConnection reader in readers)
        {
            reader.Read().Is(
                protocol == 3 ? "{ \"s\" [ [ \"2-0\" [ \"f\" \"new\" ] ] ] }" : "[ [ \"s\" [ [ \"2-0\" [ \"f\" \"new\" ] ] ] ] ]", protocol);
            reader.Dispose();
        }
        AwaitBlocked(redis, 0);
    }

    [Fact]
    public void WaitingReadersSeeWholeTransactionsAndTimeOut()
    {
        using RespConnection redis = server.Connect();
        using RespConnection reader = server.Process.Connect();
        reader.Send("XREAD", "BLOCK", 10_000, "COUNT", 2, "STREAMS", "s", "0");
        AwaitBlocked(redis, 1);
        redis.Call("MULTI").IsOk();
        for (int i = 1; i <= 3; i++)
            redis.Call("XADD", "s", $"{i}-0", "n", i).Is("+QUEUED");
        redis.Call("EXEC");
        reader.Read().Is("[ [ \"s\" [ [ \"1-0\" [ \"n\" \"1\" ] ] [ \"2-0\" [ \"n\" \"2\" ] ] ] ] ]");
        reader.Call("XREAD", "BLOCK", 30, "STREAMS", "s", "3").Is("nil-array");
        // An entry that is gone when the transaction ends was never there.
        reader.Send("XREAD", "BLOCK", 100, "STREAMS", "t", "0");
        AwaitBlocked(redis, 1);
        redis.Call("MULTI").IsOk();
        redis.Call("XADD", "t", "1-0", "f", "v");
        redis.Call("DEL", "t");
        redis.Call("EXEC");
        reader.Read().Is("nil-array");
    }

    [Fact]
    public void AGroupSharesEntriesAndAConsumerTakesUpWhereItCrashed()
    {
        using RespConnection redis = server.Connect();
        redis.Call("XGROUP", "CREATE", "jobs", "workers", "$", "MKSTREAM").IsOk();
        var seen = new HashSet<string>();
        RespConnection[] workers = [.. Enumerable.Range(0, 4).Select(_ => server.Process.Connect())];
        for (int i = 0; i < workers.Length; i++)
            workers[i].Send("XREADGROUP", "GROUP", "workers", $"w{i}", "BLOCK", 0, "COUNT", 1, "STREAMS", "jobs", ">");
        AwaitBlocked(redis, workers.Length);
        for (int i = 1; i <= workers.Length; i++)
            redis.Call("XADD", "jobs", $"{i}-0", "job", i);
        // First come, first served.
        for (int i = 0; i < workers.Length; i++)
            workers[i].Read().Is($"[ [ \"jobs\" [ [ \"{i + 1}-0\" [ \"job\" \"{i + 1}\" ] ] ] ] ]");
        workers[0].Call("XACK", "jobs", "workers", "1-0").IsInteger(1);

        // A worker crashes; under its name it finds what it has not acknowledged, and another can claim it.
        workers[1].Dispose();
        using RespConnection again = server.Process.Connect();
        again.Call("XREADGROUP", "GROUP", "workers", "w1", "STREAMS", "jobs", "0").Is("[ [ \"jobs\" [ [ \"2-0\" [ \"job\" \"2\" ] ] ] ] ]");
        again.Call("XREADGROUP", "GROUP", "workers", "w1", "STREAMS", "jobs", ">").Is("nil-array");
        workers[3].Call("XAUTOCLAIM", "jobs", "workers", "w3", 0, "0", "COUNT", 1)
            .Is("[ \"3-0\" [ [ \"2-0\" [ \"job\" \"2\" ] ] ] [ ] ]");
        again.Call("XREADGROUP", "GROUP", "workers", "w1", "STREAMS", "jobs", "0").Is("[ [ \"jobs\" [ ] ] ]");
        redis.Call("XPENDING", "jobs", "workers").Is("[ :3 \"2-0\" \"4-0\" [ [ \"w2\" \"1\" ] [ \"w3\" \"2\" ] ] ]");
        foreach (RespConnection worker in workers)
            worker.Dispose();
    }

    [Fact]
    public void WhoWaitsForAGroupIsToldThatItIsGone()
    {
        using RespConnection redis = server.Connect();
        using RespConnection first = server.Process.Connect(), second = server.Process.Connect();
        redis.Call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM").IsOk();
        first.Send("XREADGROUP", "GROUP", "g", "a", "BLOCK", 0, "STREAMS", "s", ">");
        AwaitBlocked(redis, 1);
        redis.Call("XGROUP", "DESTROY", "s", "g").IsInteger(1);
        first.Read().IsErrorStarting("NOGROUP");
        redis.Call("XGROUP", "CREATE", "s", "g", "$").IsOk();
        second.Send("XREADGROUP", "GROUP", "g", "a", "BLOCK", 0, "STREAMS", "s", ">");
        AwaitBlocked(redis, 1);
        redis.Call("DEL", "s").IsInteger(1);
        second.Read().IsErrorStarting("UNBLOCKED");
    }

    [Fact]
    public void GroupsOutliveARestart()
    {
        using var place = new TemporaryPlace();
        using (ServerProcess before = ServerProcess.Start("--dir", place.Path))
        {
            using RespConnection redis = before.Connect();
            for (int i = 1; i <= 250; i++)
                redis.Call("XADD", "s", $"{i}-1", "n", i);
            redis.Call("XGROUP", "CREATE", "s", "g", "0").IsOk();
            redis.Call("XREADGROUP", "GROUP", "g", "a", "COUNT", 120, "STREAMS", "s", ">");
            redis.Call("XREADGROUP", "GROUP", "g", "b", "COUNT", 5, "STREAMS", "s", ">");
            redis.Call("XACK", "s", "g", "1-1", "121-1").IsInteger(2);
            redis.Call("XNACK", "s", "g", "FAIL", "IDS", 2, "124-1", "3-1").IsInteger(2);
            redis.Call("SAVE").IsOk();
        }
        using ServerProcess after = ServerProcess.Start("--dir", place.Path);
        using RespConnection again = after.Connect();
        again.Call("XLEN", "s").IsInteger(250);
        again.Call("XPENDING", "s", "g").Is("[ :123 \"2-1\" \"125-1\" [ [ \"a\" \"118\" ] [ \"b\" \"3\" ] ] ]");
        // What was released comes first, in the order in which it was released.
        Reply claimed = again.Call("XREADGROUP", "GROUP", "g", "c", "COUNT", 2, "CLAIM", 1_000_000, "STREAMS", "s", ">")[0][1];
        Assert.Equal(["124-1", "3-1"], claimed.Items.Select(entry => entry[0].Text));
        again.Call("XREADGROUP", "GROUP", "g", "b", "COUNT", 1, "STREAMS", "s", ">").Is("[ [ \"s\" [ [ \"126-1\" [ \"n\" \"126\" ] ] ] ] ]");
        again.Call("XADD", "s", "250", "f", "v").IsErrorStarting("ERR The ID specified in XADD is equal or smaller");
    }

    [Fact]
    public void AWaitingClaimIsServedOnceEntriesAreIdleLongEnoughOrReleased()
    {
        using RespConnection redis = server.Connect();
        using RespConnection slow = server.Process.Connect(), patient = server.Process.Connect(), plain = server.Process.Connect();
        redis.Call("XADD", "s", "1-0", "f", "v");
        redis.Call("XADD", "s", "2-0", "f", "v");
        redis.Call("XGROUP", "CREATE", "s", "g", "0").IsOk();
        slow.Call("XREADGROUP", "GROUP", "g", "slow", "STREAMS", "s", ">");
        plain.Send("XREADGROUP", "GROUP", "g", "plain", "BLOCK", 0, "STREAMS", "s", ">");
        patient.Send("XREADGROUP", "GROUP", "g", "patient", "BLOCK", 0, "COUNT", 1, "CLAIM", 150, "STREAMS", "s", ">");
        AwaitBlocked(redis, 2);
        Reply claimed = patient.Read()[0][1][0];
        claimed[0].IsText("1-0");
        Assert.InRange(claimed[2].Integer, 150, 9000);
        claimed[3].IsInteger(1);

        patient.Call("XACK", "s", "g", "1-0").IsInteger(1);
        slow.Call("XCLAIM", "s", "g", "slow", 0, "2-0", "JUSTID");
        patient.Send("XREADGROUP", "GROUP", "g", "patient", "BLOCK", 0, "CLAIM", 1_000_000, "STREAMS", "s", ">");
        AwaitBlocked(redis, 2);
        slow.Call("XNACK", "s", "g", "FAIL", "IDS", 1, "2-0").IsInteger(1);
        patient.Read()[0][1][0][0].IsText("2-0");
        // Nobody was given anything that was not for them.
        redis.Call("XADD", "s", "3-0", "f", "v");
        plain.Read().Is("[ [ \"s\" [ [ \"3-0\" [ \"f\" \"v\" ] ] ] ] ]");
        // A wait that has both ends at the earlier of them.
        patient.Call("XREADGROUP", "GROUP", "g", "patient", "BLOCK", 50, "CLAIM", 1_000_000, "STREAMS", "s", ">").Is("nil-array");
        AwaitBlocked(redis, 0);
    }

    private static void AwaitBlocked(RespConnection redis, int count) => Eventually.True(
        () => Information.Number(redis, "clients", "blocked_clients") == count,
        () => $"{Information.Number(redis, "clients", "blocked_clients")} blocked clients, {count} wanted");
}
