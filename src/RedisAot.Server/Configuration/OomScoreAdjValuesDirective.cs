using RedisAot.Server.Process;

namespace RedisAot.Server.Configuration;

/// <summary><c>oom-score-adj-values master replica background</c>: how the kernel should rank the process when memory runs out.</summary>
internal sealed class OomScoreAdjValuesDirective() : Directive("oom-score-adj-values", DirectiveFlags.MultiArg)
{
    private static readonly int[] Defaults = [0, 200, 800];

    public override void Reset(ServerConfig config) => config.OomScoreAdjValues = [.. Defaults];

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        error = "wrong number of arguments";
        if (arguments.Length != Defaults.Length) return ConfigChange.Refused;
        var values = new int[Defaults.Length];
        for (int i = 0; i < values.Length; i++)
        {
            error = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
            if (!AsciiText.TryParsePrefixedInteger(arguments[i], 10, out long value) || value is < -2000 or > 2000)
                return ConfigChange.Refused;
            values[i] = (int)value;
        }

        if (values[1] < values[0] || values[2] < values[1])
        {
            ServerLog.Warning("The oom-score-adj-values configuration may not work for non-privileged processes! "
                + "Please consult the documentation.");
        }

        error = null;
        bool changed = !values.AsSpan().SequenceEqual(config.OomScoreAdjValues);
        config.OomScoreAdjValues = values;
        return Change(changed);
    }

    public override byte[] Get(ServerConfig config) => Ascii(string.Join(' ', config.OomScoreAdjValues));

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter) =>
        rewriter.Write(Name, Get(config), force: !Defaults.AsSpan().SequenceEqual(config.OomScoreAdjValues));
}
