using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server.Configuration;

public sealed class ConfigUpdateTests
{
    private const string Failed = "ERR CONFIG SET failed (possibly related to argument '";

    private readonly ServerConfig _config = new();

    [Theory]
    [InlineData("appendonly", "maybe", "argument must be 'yes' or 'no'")]
    [InlineData("timeout", "x", "argument couldn't be parsed into an integer")]
    [InlineData("timeout", "-1", "argument must be between 0 and 2147483647 inclusive")]
    [InlineData("timeout", "08", "argument couldn't be parsed into an integer")]
    [InlineData("maxmemory", "1zb", "argument must be a memory value")]
    [InlineData("maxmemory-clients", "x", "argument must be a memory or percent value")]
    [InlineData("maxmemory-clients", "101%", "percentage argument must be less or equal to 100")]
    [InlineData("proto-max-bulk-len", "1", "argument must be between 1048576 and 9223372036854775807 inclusive")]
    [InlineData("loglevel", "loud", "argument(s) must be one of the following: debug, verbose, notice, warning")]
    [InlineData("shutdown-on-sigint", "save nosave", "shutdown options SAVE and NOSAVE can't be used simultaneously")]
    [InlineData("save", "900", "Invalid save parameters")]
    [InlineData("save", "0 1", "Invalid save parameters")]
    [InlineData("client-output-buffer-limit", "normal 1", "Wrong number of arguments in buffer limit configuration.")]
    [InlineData("client-output-buffer-limit", "master 1 1 1", "Invalid client class specified in buffer limit configuration.")]
    [InlineData("client-output-buffer-limit", "normal x 1 1", "Error in hard, soft or soft_seconds setting in buffer limit configuration.")]
    [InlineData("oom-score-adj-values", "1 2", "wrong number of arguments")]
    [InlineData("oom-score-adj-values", "1 2 2001", "Invalid oom-score-adj-values, elements must be between -2000 and 2000.")]
    [InlineData("notify-keyspace-events", "Q", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")]
    [InlineData("latency-tracking-info-percentiles", "x", "Invalid latency-tracking-info-percentiles parameters")]
    [InlineData("latency-tracking-info-percentiles", "101", "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")]
    [InlineData("cluster-announce-hostname", "a_b", "Hostnames may only contain alphanumeric characters, hyphens or dots")]
    [InlineData("proc-title-template", "{nothing}", "template format is invalid or contains unknown variables")]
    [InlineData("proc-title-template", "{title}", "template format is invalid or contains unknown variables")]
    [InlineData("daemonize", "yes", "can't set immutable config")]
    [InlineData("dbfilename", "x.rdb", "can't set protected config")]
    public void Bad_values_are_refused_with_the_official_text(string directive, string value, string error)
    {
        byte[] before = _config.Get(directive);
        Assert.Equal($"{Failed}{directive}') - {error}", Set(directive, value));
        Assert.Equal(before, _config.Get(directive));
    }

    [Theory]
    [InlineData("maxmemory", "1gb", "1073741824")]
    [InlineData("maxmemory-clients", "5%", "5%")]
    [InlineData("shutdown-on-sigint", "force now", "now force")]
    [InlineData("notify-keyspace-events", "KEA", "AKE")]
    [InlineData("notify-keyspace-events", "Ehg", "ghE")]
    [InlineData("save", "", "")]
    [InlineData("save", "5 6 7 8", "5 6 7 8")]
    [InlineData("client-output-buffer-limit", "replica 1mb 2 3",
        "normal 0 0 0 slave 1048576 2 3 pubsub 33554432 8388608 60")]
    [InlineData("latency-tracking-info-percentiles", "50 99.990", "50 99.99")]
    [InlineData("oom-score-adj", "yes", "yes")]
    [InlineData("oom-score-adj", "relative", "yes")]
    [InlineData("hz", "0", "1")]
    [InlineData("hz", "9999", "500")]
    [InlineData("loglevel", "nothing", "nothing")]
    public void Good_values_are_stored(string directive, string value, string shown)
    {
        Assert.Null(Set(directive, value));
        Assert.Equal(shown, Encoding.ASCII.GetString(_config.Get(directive)));
    }

    [Fact]
    public void Fields_follow()
    {
        Assert.Null(Set("maxmemory-policy", "ALLKEYS-lru", "hash-max-ziplist-entries", "7", "notify-keyspace-events", "K$"));
        Assert.Equal(MaxMemoryPolicy.AllKeysLru, _config.MaxMemoryPolicy);
        Assert.Equal(7, _config.HashMaxListpackEntries);
        Assert.Equal(KeyspaceEventClass.Keyspace | KeyspaceEventClass.String, _config.NotifyKeyspaceEvents);
    }

    [Fact]
    public void Several_directives_change_together_or_not_at_all()
    {
        Assert.Equal(Failed + "tcp-keepalive') - argument couldn't be parsed into an integer", Set("timeout", "5", "tcp-keepalive", "x"));
        Assert.Equal(0, _config.Timeout);
        Assert.Equal(Failed + "TIMEOUT') - duplicate parameter", Set("timeout", "5", "TIMEOUT", "6"));
        Assert.Equal("ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'", Set("timeout", "5", "nosuch", "6"));
        Assert.Equal(0, _config.Timeout);
    }

    [Fact]
    public void A_hook_that_fails_takes_everything_back_and_is_called_again()
    {
        var seen = new List<int>();
        _config.OnChanged(
            () =>
            {
                seen.Add(_config.Port);
                return _config.Port == 1 ? "Unable to listen on this port. Check server logs." : null;
            },
            "port");
        Assert.Equal(Failed + "port') - Unable to listen on this port. Check server logs.", Set("timeout", "5", "port", "1"));
        Assert.Equal([1, 6379], seen);
        Assert.Equal(0, _config.Timeout);
        Assert.Null(Set("port", "2"));
        Assert.Equal([1, 6379, 2], seen);
    }

    [Fact]
    public void A_hook_of_several_directives_is_called_once_and_only_for_changes()
    {
        int calls = 0;
        _config.OnChanged(
            () =>
            {
                calls++;
                return null;
            },
            "min-replicas-to-write", "min-replicas-max-lag");
        Set("min-replicas-to-write", "1", "min-slaves-max-lag", "2");
        Assert.Equal(1, calls);
        Set("min-replicas-to-write", "1");
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Loading_refuses_some_directives() =>
        Assert.Equal(
            "LOADING Redis is loading the dataset in memory",
            ConfigUpdate.Set(_config, Bytes("appendonly", "yes"), isLoading: true, isLocalClient: true));

    [Theory]
    [InlineData("no", true, false)]
    [InlineData("local", true, true)]
    [InlineData("local", false, false)]
    [InlineData("yes", false, true)]
    public void Protected_directives_depend_on_their_guard(string guard, bool local, bool allowed)
    {
        new ConfigFileReader(_config).LoadText(Encoding.ASCII.GetBytes("enable-protected-configs " + guard));
        string? error = ConfigUpdate.Set(_config, Bytes("dbfilename", "x.rdb"), isLoading: false, isLocalClient: local);
        Assert.Equal(allowed, error == null);
    }

    [Fact]
    public void Passwords_are_sensitive()
    {
        Assert.True(ConfigUpdate.IsSensitive("RequirePass"u8));
        Assert.False(ConfigUpdate.IsSensitive("port"u8));
        Assert.False(ConfigUpdate.IsSensitive("nosuch"u8));
    }

    private static byte[][] Bytes(params string[] words) => Array.ConvertAll(words, Encoding.UTF8.GetBytes);

    private string? Set(params string[] pairs) => ConfigUpdate.Set(_config, Bytes(pairs), isLoading: false, isLocalClient: false);
}
