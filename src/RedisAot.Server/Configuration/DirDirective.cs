using System.Text;
using RedisAot.Server.Process;

namespace RedisAot.Server.Configuration;

/// <summary><c>dir path</c>: the working directory itself is the value.</summary>
internal sealed class DirDirective() : Directive("dir", DirectiveFlags.Protected | DirectiveFlags.DenyLoading)
{
    public override void Reset(ServerConfig config)
    {
    }

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        error = LibC.ChangeDirectory(arguments[0]);
        return error == null ? ConfigChange.Changed : ConfigChange.Refused;
    }

    public override byte[] Get(ServerConfig config) => Encoding.UTF8.GetBytes(Environment.CurrentDirectory);

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter) => rewriter.WriteQuoted(Name, Get(config), force: true);
}
