using RedisAot.Memory;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed unsafe class AccessClockTests : IDisposable
{
    private const long Start = 1_700_000_000_000;
    private const int Seed = 42;

    private readonly AccessClock _clock = new(new Random(Seed));
    private readonly KeyEntry _entry = KeyEntry.Create("key"u8, DataType.String, ValueEncoding.Int, expirySlot: false, valueSlot: true, 0);

    public AccessClockTests() => _clock.Update(Start);

    public void Dispose() => NativeHeap.Free(_entry.Address);

    [Fact]
    public void IdleTimeIsThatSinceTheLastAccess()
    {
        _entry.AccessClock = _clock.Initial;
        _clock.Update(Start + 7_999);
        Assert.Equal(7, _clock.IdleSeconds(_entry));
        Assert.Equal(Start / 1000, _clock.LastAccess(_entry));
        _clock.Touch(_entry);
        Assert.Equal(0, _clock.IdleSeconds(_entry));
    }

    [Fact]
    public void IdleTimeOutlivesTheWrapOfTheClock()
    {
        long wrap = (1L << 24) * 1000;
        _clock.Update(wrap - 2000);
        _entry.AccessClock = _clock.Initial;
        _clock.Update(wrap + 3000);
        Assert.Equal(5, _clock.IdleSeconds(_entry));
        Assert.Equal((wrap - 2000) / 1000, _clock.LastAccess(_entry));
    }

    [Fact]
    public void CounterBeginsAtFiveAndFallsByOneInEachDecayTime()
    {
        _clock.IsLfu = true;
        _clock.DecayMinutes = 2;
        _entry.AccessClock = _clock.Initial;
        Assert.Equal(5u, _clock.Counter(_entry));
        for (int minutes = 0; minutes < 15; minutes++)
        {
            _clock.Update(Start + minutes * 60_000);
            Assert.Equal((uint)Math.Max(5 - minutes / 2, 0), _clock.Counter(_entry));
        }
        _clock.DecayMinutes = 0;
        Assert.Equal(5u, _clock.Counter(_entry));
    }

    // The table of official's redis.conf: the counter after so many accesses, by lfu-log-factor.
    [Theory]
    [InlineData(0, 100, 104)]
    [InlineData(0, 1000, 255)]
    [InlineData(1, 100, 18)]
    [InlineData(1, 1000, 49)]
    [InlineData(10, 100, 10)]
    [InlineData(10, 1000, 18)]
    [InlineData(10, 100_000, 142)]
    [InlineData(10, 1_000_000, 255)]
    [InlineData(100, 1000, 11)]
    [InlineData(100, 100_000, 49)]
    [InlineData(100, 1_000_000, 143)]
    public void CounterGrowsWithTheLogarithmOfTheAccesses(int logFactor, int accesses, double expected)
    {
        _clock.IsLfu = true;
        _clock.LogFactor = logFactor;
        int rounds = Math.Max(1, 100_000 / accesses);
        double sum = 0;
        for (int round = 0; round < rounds; round++)
        {
            _entry.AccessClock = _clock.Initial;
            for (int i = 0; i < accesses; i++)
                _clock.Touch(_entry);
            sum += _clock.Counter(_entry);
        }
        Assert.InRange(sum / rounds, expected * 0.85, expected * 1.15);
    }
}
