using System.Text;
using RedisAot.Server.Configuration;
using Xunit;

namespace RedisAot.UnitTests.Server.Configuration;

public sealed class DirectiveTableTests
{
    [Theory]
    [InlineData("port", "6379")]
    [InlineData("bind", "* -::*")]
    [InlineData("save", "3600 1 300 100 60 10000")]
    [InlineData("client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60")]
    [InlineData("latency-tracking-info-percentiles", "50 99 99.9")]
    [InlineData("oom-score-adj-values", "0 200 800")]
    [InlineData("shutdown-on-sigint", "default")]
    [InlineData("maxmemory-policy", "noeviction")]
    [InlineData("slave-priority", "100")]
    [InlineData("requirepass", "")]
    public void Defaults_are_official(string directive, string value) =>
        Assert.Equal(value, Encoding.ASCII.GetString(new ServerConfig().Get(directive)));

    [Fact]
    public void Every_default_can_be_set_again()
    {
        var config = new ServerConfig();
        foreach (Directive directive in DirectiveTable.All)
        {
            byte[] value = directive.Get(config);
            ConfigChange change = directive.Set(config, directive.SplitValue(value), out string? error);
            Assert.True(change != ConfigChange.Refused || directive.Name == "replicaof", $"{directive.Name}: {error}");
            Assert.Equal(value, directive.Get(config));
        }
    }

    [Fact]
    public void Names_are_found_in_any_case() => Assert.Equal("port", DirectiveTable.Find("PoRt"u8)?.Name);
}
