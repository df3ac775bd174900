namespace RedisAot.Server.Configuration;

/// <summary>A directive with the values <c>yes</c> and <c>no</c>.</summary>
internal sealed class BoolDirective(string name, BoolDirective.Field field, bool initial, DirectiveFlags flags) : Directive(name, flags)
{
    /// <summary>The backing field.</summary>
    public delegate ref bool Field(ServerConfig config);

    public override void Reset(ServerConfig config) => field(config) = initial;

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        bool yes = AsciiText.EqualsIgnoreCase(arguments[0], "yes"u8);
        if (!yes && !AsciiText.EqualsIgnoreCase(arguments[0], "no"u8))
        {
            error = "argument must be 'yes' or 'no'";
            return ConfigChange.Refused;
        }

        error = null;
        ref bool value = ref field(config);
        bool changed = value != yes;
        value = yes;
        return Change(changed);
    }

    public override byte[] Get(ServerConfig config) => field(config) ? "yes"u8.ToArray() : "no"u8.ToArray();

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter) =>
        rewriter.Write(Name, Get(config), force: field(config) != initial);
}
