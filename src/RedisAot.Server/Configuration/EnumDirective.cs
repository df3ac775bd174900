using System.Runtime.CompilerServices;
using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary>A directive with named values; with <see cref="DirectiveFlags.MultiArg"/> the values are bits and may be combined.</summary>
/// <typeparam name="T">An enum of 32 bits.</typeparam>
internal sealed class EnumDirective<T>(
    string name, EnumDirective<T>.Field field, T initial, (string Name, T Value)[] values, DirectiveFlags flags) : Directive(name, flags)
    where T : unmanaged, Enum
{
    /// <summary>The backing field.</summary>
    public delegate ref T Field(ServerConfig config);

    /// <summary>Says what is wrong with a value; null when nothing is.</summary>
    public Func<T, string?>? Validate { get; init; }

    /// <summary>Values that newer official versions know. They are accepted, but not listed in the error text of 7.0.</summary>
    public (string Name, T Value)[] NewerValues { get; init; } = [];

    public override void Reset(ServerConfig config) => field(config) = initial;

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        if (!TryParse(arguments, out int bits))
        {
            error = "argument(s) must be one of the following: " + string.Join(", ", Array.ConvertAll(values, v => v.Name));
            return ConfigChange.Refused;
        }

        T parsed = Unsafe.BitCast<int, T>(bits);
        error = Validate?.Invoke(parsed);
        if (error != null) return ConfigChange.Refused;
        ref T value = ref field(config);
        bool changed = Bits(value) != bits;
        value = parsed;
        return Change(changed);
    }

    public override byte[] Get(ServerConfig config) => Ascii(Describe(Bits(field(config))));

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter) =>
        rewriter.Write(Name, Get(config), force: Bits(field(config)) != Bits(initial));

    private static int Bits(T value) => Unsafe.BitCast<T, int>(value);

    private bool TryParse(ReadOnlySpan<byte[]> arguments, out int bits)
    {
        bits = 0;
        if (arguments.Length == 0 || (!IsMultiArg && arguments.Length != 1)) return false;
        foreach (byte[] argument in arguments)
        {
            if (!TryFind(values, argument, out int value) && !TryFind(NewerValues, argument, out value)) return false;
            bits |= value;
        }
        return true;
    }

    private static bool TryFind((string Name, T Value)[] candidates, byte[] text, out int bits)
    {
        foreach ((string name, T value) in candidates)
        {
            if (!AsciiText.EqualsIgnoreCase(text, name)) continue;
            bits = Bits(value);
            return true;
        }
        bits = 0;
        return false;
    }

    private string Describe(int bits)
    {
        foreach ((string name, T value) in values)
            if (Bits(value) == bits) return name;
        foreach ((string name, T value) in NewerValues)
            if (Bits(value) == bits) return name;

        var names = new StringBuilder();
        foreach ((string name, T value) in values)
        {
            if (Bits(value) == 0 || (bits & Bits(value)) != Bits(value)) continue;
            if (names.Length > 0) names.Append(' ');
            names.Append(name);
            bits &= ~Bits(value);
        }
        return names.ToString();
    }
}
