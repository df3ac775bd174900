using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary>What an attempt to set a directive led to.</summary>
internal enum ConfigChange
{
    /// <summary>The value is not acceptable; nothing changed.</summary>
    Refused,

    /// <summary>The directive has this value already.</summary>
    Unchanged,

    /// <summary>The directive has a new value.</summary>
    Changed,
}

/// <summary>One row of <see cref="DirectiveTable"/>: how a directive is named, parsed, shown and rewritten.</summary>
internal abstract class Directive
{
    protected Directive(string name, DirectiveFlags flags)
    {
        Name = name;
        Flags = flags;
    }

    /// <summary>The name that CONFIG REWRITE writes.</summary>
    public string Name { get; }

    /// <summary>What may be done with it, and when.</summary>
    public DirectiveFlags Flags { get; }

    /// <summary>A former name, shown by CONFIG GET beside <see cref="Name"/>.</summary>
    public string? Alias { get; init; }

    /// <summary>A name that only newer official versions know: accepted, and shown when asked for exactly.</summary>
    public string? HiddenAlias { get; init; }

    /// <summary>Whether it takes several arguments.</summary>
    public bool IsMultiArg => (Flags & DirectiveFlags.MultiArg) != 0;

    /// <summary>Gives the backing field its default.</summary>
    public abstract void Reset(ServerConfig config);

    /// <summary>Parses and stores a value; <paramref name="error"/> says why it was refused.</summary>
    public abstract ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error);

    /// <summary>The value as CONFIG GET shows it.</summary>
    public abstract byte[] Get(ServerConfig config);

    /// <summary>Brings the lines of a configuration file up to date.</summary>
    public abstract void Rewrite(ServerConfig config, ConfigRewriter rewriter);

    /// <summary><see cref="ConfigChange.Changed"/> when something is new or setting it again counts as a change.</summary>
    protected ConfigChange Change(bool changed) =>
        changed || (Flags & DirectiveFlags.Reapply) != 0 ? ConfigChange.Changed : ConfigChange.Unchanged;

    /// <summary>Splits the one argument of CONFIG SET as its directive wants it: at single spaces, or not at all.</summary>
    public byte[][] SplitValue(byte[] value)
    {
        if (!IsMultiArg) return [value];
        if (value.Length == 0) return [];
        var parts = new List<byte[]>();
        int start = 0;
        for (int i = 0; i <= value.Length; i++)
        {
            if (i < value.Length && value[i] != ' ') continue;
            parts.Add(value[start..i]);
            start = i + 1;
        }
        return [.. parts];
    }

    protected static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
