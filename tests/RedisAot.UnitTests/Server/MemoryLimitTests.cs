using RedisAot.Server.Clients;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class MemoryLimitTests
{
    [Theory]
    [InlineData(0, 100, 0)]
    [InlineData(1_000_000, 0, 1_000_000)]
    [InlineData(-5, 0, 0)]
    [InlineData(-5, 100_000_000, 5_000_000)]
    [InlineData(1, 0, 128 * 1024)]
    [InlineData(-1, 1000, 128 * 1024)]
    public void LimitOfAllClientsIsAbsoluteOrAShareOfMaxmemory(long maxMemoryClients, long maxMemory, long limit) =>
        Assert.Equal(limit, ClientEviction.LimitOf(maxMemoryClients, maxMemory));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 500)]
    [InlineData(11, 575)]
    [InlineData(20, 2022.7)]
    [InlineData(100, double.PositiveInfinity)]
    public void TenacitySetsTheTimeOfOneSlice(int tenacity, double microseconds) =>
        Assert.Equal(microseconds, Eviction.TimeLimitMicroseconds(tenacity), tolerance: 0.1);
}
