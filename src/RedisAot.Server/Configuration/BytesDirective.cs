namespace RedisAot.Server.Configuration;

/// <summary>A directive whose value is any bytes: a password. Empty means "not set".</summary>
internal sealed class BytesDirective(string name, BytesDirective.Field field, DirectiveFlags flags) : Directive(name, flags)
{
    /// <summary>The backing field.</summary>
    public delegate ref byte[] Field(ServerConfig config);

    public override void Reset(ServerConfig config) => field(config) = [];

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        error = null;
        ref byte[] value = ref field(config);
        bool changed = !value.AsSpan().SequenceEqual(arguments[0]);
        value = arguments[0];
        return Change(changed);
    }

    public override byte[] Get(ServerConfig config) => field(config);

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        byte[] value = field(config);
        if (value.Length == 0) rewriter.MarkProcessed(Name);
        else rewriter.WriteQuoted(Name, value, force: true);
    }
}
