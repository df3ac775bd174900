using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Diagnostics;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class SlowLogTests
{
    [Fact]
    public void EntriesComeNewestFirstAndKeepTheirIds()
    {
        SlowLog log = new();
        for (int i = 0; i < 5; i++)
            log.Add(Arguments($"cmd{i}"), i * 10, 1000 + i, "127.0.0.1:1", "me"u8.ToArray());
        log.Trim(3);
        Assert.Equal([4L, 3L, 2L], log.Entries.Select(e => e.Id));
        log.Clear();
        log.Add(Arguments("again"), 1, 1, "", []);
        Assert.Equal(5, log.Entries.Single().Id);
    }

    [Fact]
    public void LongArgumentsAndManyArgumentsAreCut()
    {
        SlowLog log = new();
        log.Add(Arguments("set", new string('a', 129), new string('b', 128)), 1, 1, "", []);
        log.Add(Arguments([.. Enumerable.Range(0, 33).Select(i => $"{i}")]), 1, 1, "", []);
        log.Add(Arguments([.. Enumerable.Range(0, 32).Select(i => $"{i}")]), 1, 1, "", []);
        string[][] texts = [.. log.Entries.Select(e => e.Arguments.Select(Encoding.ASCII.GetString).ToArray())];
        Assert.Equal("31", texts[0][31]);
        Assert.Equal(32, texts[1].Length);
        Assert.Equal("30", texts[1][30]);
        Assert.Equal("... (2 more arguments)", texts[1][31]);
        Assert.Equal(new string('a', 128) + "... (1 more bytes)", texts[2][1]);
        Assert.Equal(new string('b', 128), texts[2][2]);
    }

    private static ArgumentVector Arguments(params string[] texts) => ArgumentVector.Of([.. texts.Select(Encoding.ASCII.GetBytes)]);
}
