using System.Text;
using RedisAot.Server.Configuration;
using Xunit;

namespace RedisAot.UnitTests.Server.Configuration;

public sealed class ConfigQueryTests
{
    [Theory]
    [InlineData("port", "port=6379")]
    [InlineData("PoRt", "PoRt=6379")]
    [InlineData("port PORT por*", "port=6379")]
    [InlineData("POR?", "port=6379")]
    [InlineData("slave-read-only", "slave-read-only=yes")]
    [InlineData("*-read-only", "replica-read-only=yes slave-read-only=yes")]
    [InlineData("key-load-delay", "key-load-delay=0")]
    [InlineData("key-load*", "")]
    [InlineData("nosuch", "")]
    public void Patterns_select(string patterns, string expected)
    {
        byte[][] words = Array.ConvertAll(patterns.Split(' '), Encoding.ASCII.GetBytes);
        var found = ConfigQuery.Get(new ServerConfig(), words)
            .ConvertAll(row => $"{Encoding.ASCII.GetString(row.Name)}={Encoding.ASCII.GetString(row.Value)}");
        Assert.Equal(expected, string.Join(' ', found));
    }
}
