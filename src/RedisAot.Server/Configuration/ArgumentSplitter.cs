using RedisAot.Resp;

namespace RedisAot.Server.Configuration;

/// <summary>Configuration lines to arguments; <see cref="Text.ArgumentText"/> goes the other way.</summary>
internal static class ArgumentSplitter
{
    /// <summary>The arguments of a line; null when quotes are unbalanced.</summary>
    public static unsafe byte[][]? Split(ReadOnlySpan<byte> line)
    {
        byte[] unescaped = new byte[line.Length];
        var arguments = new ArgumentVector();
        if (!InlineArguments.TrySplit(line, unescaped, arguments)) return null;
        var copies = new byte[arguments.Count][];
        fixed (byte* start = unescaped)
        {
            arguments.SetBase(start);
            for (int i = 0; i < copies.Length; i++) copies[i] = arguments[i].ToArray();
        }
        return copies;
    }
}
