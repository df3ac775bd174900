using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary>A directive with one UTF-8 text: a file name, an address, a template.</summary>
internal sealed class TextDirective(string name, TextDirective.Field field, string initial, DirectiveFlags flags) : Directive(name, flags)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The backing field.</summary>
    public delegate ref string Field(ServerConfig config);

    /// <summary>Says what is wrong with a value; null when nothing is.</summary>
    public Func<ServerConfig, string, string?>? Validate { get; init; }

    /// <summary>Whether an empty text means "not set", which a configuration file expresses by having no such line.</summary>
    public bool EmptyIsUnset { get; init; }

    public override void Reset(ServerConfig config) => field(config) = initial;

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        if (!TryDecode(arguments[0], out string text))
        {
            error = "argument must be valid UTF-8";
            return ConfigChange.Refused;
        }

        error = Validate?.Invoke(config, text);
        if (error != null) return ConfigChange.Refused;
        ref string value = ref field(config);
        bool changed = value != text;
        value = text;
        return Change(changed);
    }

    public override byte[] Get(ServerConfig config) => Encoding.UTF8.GetBytes(field(config));

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        string value = field(config);
        if (EmptyIsUnset && value.Length == 0) rewriter.MarkProcessed(Name);
        else rewriter.WriteQuoted(Name, Get(config), force: EmptyIsUnset || value != initial);
    }

    /// <summary>The text up to a zero byte, which ends a C string.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        int end = bytes.IndexOf((byte)0);
        if (end >= 0) bytes = bytes[..end];
        try
        {
            text = StrictUtf8.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = "";
            return false;
        }
    }
}
