using System.Globalization;
using RedisAot.Resp;

namespace RedisAot.Server.Configuration;

/// <summary>How a number is written.</summary>
[Flags]
internal enum NumberKind
{
    /// <summary>A decimal integer.</summary>
    Plain = 0,

    /// <summary>Bytes, with an optional unit (<see cref="MemorySize"/>).</summary>
    Memory = 1,

    /// <summary>Also <c>N%</c>, stored as a negative number.</summary>
    Percent = 2,

    /// <summary>Octal, as file modes are.</summary>
    Octal = 4,

    /// <summary>64 bits without sign in a signed field; every value is in range.</summary>
    Unsigned = 8,
}

/// <summary>A directive with a number in a range.</summary>
internal abstract class NumberDirective(
    string name, long initial, long min, long max, NumberKind kind, DirectiveFlags flags) : Directive(name, flags)
{
    protected abstract long Load(ServerConfig config);

    protected abstract void Store(ServerConfig config, long value);

    public override void Reset(ServerConfig config) => Store(config, initial);

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        error = TryParse(arguments[0], out long value) ? RangeError(value) : ParseError;
        if (error != null) return ConfigChange.Refused;
        bool changed = Load(config) != value;
        Store(config, value);
        return Change(changed);
    }

    public override byte[] Get(ServerConfig config)
    {
        long value = Load(config);
        if (Is(NumberKind.Percent) && value < 0) return Ascii((-value).ToString(CultureInfo.InvariantCulture) + "%");
        if (Is(NumberKind.Octal)) return Ascii(Convert.ToString(value, 8));
        if (Is(NumberKind.Memory)) return Ascii(((ulong)value).ToString(CultureInfo.InvariantCulture));
        return Ascii(value.ToString(CultureInfo.InvariantCulture));
    }

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        long value = Load(config);
        byte[] text = Is(NumberKind.Memory) && !(Is(NumberKind.Percent) && value < 0)
            ? Ascii(MemorySize.Format(value))
            : Get(config);
        rewriter.Write(Name, text, force: value != initial);
    }

    private bool Is(NumberKind bit) => (kind & bit) != 0;

    private bool TryParse(byte[] text, out long value)
    {
        if (Is(NumberKind.Memory) && MemorySize.TryParse(text, out ulong bytes))
        {
            value = (long)bytes;
            return true;
        }

        if (Is(NumberKind.Percent) && text.Length > 1 && text[^1] == '%'
            && NumberText.TryParseLong(text.AsSpan(0, text.Length - 1), out value) && value >= 0)
        {
            value = -value;
            return true;
        }

        if (Is(NumberKind.Octal)) return AsciiText.TryParsePrefixedInteger(text, 8, out value);
        value = 0;
        return (kind & (NumberKind.Memory | NumberKind.Percent)) == 0 && NumberText.TryParseLong(text, out value);
    }

    private string ParseError
    {
        get
        {
            if (Is(NumberKind.Memory) && Is(NumberKind.Percent)) return "argument must be a memory or percent value";
            if (Is(NumberKind.Memory)) return "argument must be a memory value";
            if (Is(NumberKind.Octal)) return "argument couldn't be parsed as an octal number";
            return "argument couldn't be parsed into an integer";
        }
    }

    private string? RangeError(long value)
    {
        if (Is(NumberKind.Unsigned)) return null;
        if (Is(NumberKind.Percent) && value < 0)
            return value < min ? $"percentage argument must be less or equal to {-min}" : null;
        if (value >= min && value <= max) return null;
        int radix = Is(NumberKind.Octal) ? 8 : 10;
        return $"argument must be between {Convert.ToString(min, radix)} and {Convert.ToString(max, radix)} inclusive";
    }
}

/// <summary>A number in a 32-bit field.</summary>
internal sealed class Int32Directive(
    string name, Int32Directive.Field field, int initial, long min, long max, NumberKind kind, DirectiveFlags flags)
    : NumberDirective(name, initial, min, max, kind, flags)
{
    /// <summary>The backing field.</summary>
    public delegate ref int Field(ServerConfig config);

    protected override long Load(ServerConfig config) => field(config);

    protected override void Store(ServerConfig config, long value) => field(config) = (int)value;
}

/// <summary>A number in a 64-bit field.</summary>
internal sealed class Int64Directive(
    string name, Int64Directive.Field field, long initial, long min, long max, NumberKind kind, DirectiveFlags flags)
    : NumberDirective(name, initial, min, max, kind, flags)
{
    /// <summary>The backing field.</summary>
    public delegate ref long Field(ServerConfig config);

    protected override long Load(ServerConfig config) => field(config);

    protected override void Store(ServerConfig config, long value) => field(config) = value;
}
