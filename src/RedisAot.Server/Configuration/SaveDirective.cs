using System.Text;

namespace RedisAot.Server.Configuration;

/// <summary>A snapshot is due when at least <paramref name="Changes"/> changes are <paramref name="Seconds"/> old.</summary>
public readonly record struct SavePoint(long Seconds, int Changes);

/// <summary><c>save seconds changes …</c>: in a file every line adds, CONFIG SET replaces, an empty argument clears.</summary>
internal sealed class SaveDirective() : Directive("save", DirectiveFlags.MultiArg)
{
    public override void Reset(ServerConfig config) => config.SavePoints = [new(3600, 1), new(300, 100), new(60, 10000)];

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        if (arguments.Length == 1 && arguments[0].Length == 0)
        {
            config.SavePoints = [];
            arguments = default;
        }

        if (!TryParse(arguments, out SavePoint[] added))
        {
            error = "Invalid save parameters";
            return ConfigChange.Refused;
        }

        // The first line of a file replaces the defaults, the next ones add to it.
        bool adds = config.IsReadingFile && config.SaveSeenInFile;
        config.SaveSeenInFile |= config.IsReadingFile;
        config.SavePoints = adds ? [.. config.SavePoints, .. added] : added;
        error = null;
        return ConfigChange.Changed;
    }

    public override byte[] Get(ServerConfig config) =>
        Ascii(string.Join(' ', Array.ConvertAll(config.SavePoints, p => $"{p.Seconds} {p.Changes}")));

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        if (config.SavePoints.Length == 0) rewriter.Write(Name, "\"\""u8, force: true);
        foreach (SavePoint point in config.SavePoints)
            rewriter.Write(Name, Ascii($"{point.Seconds} {point.Changes}"), force: true);
    }

    private static bool TryParse(ReadOnlySpan<byte[]> arguments, out SavePoint[] points)
    {
        points = new SavePoint[arguments.Length / 2];
        if (arguments.Length % 2 != 0) return false;
        for (int i = 0; i < points.Length; i++)
        {
            if (!AsciiText.TryParsePrefixedInteger(arguments[2 * i], 10, out long seconds) || seconds < 1) return false;
            if (!AsciiText.TryParsePrefixedInteger(arguments[2 * i + 1], 10, out long changes) || changes < 0) return false;
            points[i] = new SavePoint(seconds, unchecked((int)changes));
        }
        return true;
    }
}
