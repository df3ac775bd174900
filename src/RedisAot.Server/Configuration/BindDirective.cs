using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary><c>bind address …</c>; a leading <c>-</c> marks an address that may be missing.</summary>
internal sealed class BindDirective() : Directive("bind", DirectiveFlags.MultiArg)
{
    /// <summary>The most addresses that can be given.</summary>
    private const int MaxAddresses = 16;

    private static readonly string[] Defaults = ["*", "-::*"];

    public override void Reset(ServerConfig config) => config.BindAddresses = Defaults;

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        error = "Too many bind addresses specified.";
        if (arguments.Length > MaxAddresses) return ConfigChange.Refused;
        error = null;
        bool none = arguments.Length == 1 && arguments[0].Length == 0;
        config.BindAddresses = none ? [] : Array.ConvertAll(arguments.ToArray(), Encoding.UTF8.GetString);
        return ConfigChange.Changed;
    }

    public override byte[] Get(ServerConfig config) => Encoding.UTF8.GetBytes(string.Join(' ', config.BindAddresses));

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        if (config.BindAddresses.AsSpan().SequenceEqual(Defaults)) rewriter.MarkProcessed(Name);
        else if (config.BindAddresses.Length == 0) rewriter.Write(Name, "\"\""u8, force: true);
        else rewriter.Write(Name, Get(config), force: true);
    }
}
