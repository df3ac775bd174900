using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary><c>replicaof host port</c>, or <c>no one</c>.</summary>
internal sealed class ReplicaOfDirective() : Directive("replicaof", DirectiveFlags.Immutable | DirectiveFlags.MultiArg)
{
    public override void Reset(ServerConfig config)
    {
        config.ReplicaOfHost = null;
        config.ReplicaOfPort = 6379;
    }

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        error = "wrong number of arguments";
        if (arguments.Length != 2) return ConfigChange.Refused;
        error = null;
        config.ReplicaOfHost = null;
        if (AsciiText.EqualsIgnoreCase(arguments[0], "no"u8) && AsciiText.EqualsIgnoreCase(arguments[1], "one"u8))
            return ConfigChange.Changed;
        if (!AsciiText.TryParsePrefixedInteger(arguments[1], 10, out long port) || port is < 0 or > 65535)
        {
            error = "Invalid master port";
            return ConfigChange.Refused;
        }

        config.ReplicaOfHost = Encoding.UTF8.GetString(arguments[0]);
        config.ReplicaOfPort = (int)port;
        return ConfigChange.Changed;
    }

    public override byte[] Get(ServerConfig config) =>
        config.ReplicaOfHost == null ? [] : Encoding.UTF8.GetBytes($"{config.ReplicaOfHost} {config.ReplicaOfPort}");

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        if (config.ReplicaOfHost == null || config.ClusterEnabled) rewriter.MarkProcessed(Name);
        else rewriter.Write(Name, Get(config), force: true);
    }
}
