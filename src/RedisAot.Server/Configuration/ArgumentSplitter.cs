using RedisAot.Resp;

namespace RedisAot.Server.Configuration;

/// <summary>Configuration lines to arguments and back.</summary>
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

    /// <summary>A text in double quotes that <see cref="Split"/> reads back as it was.</summary>
    public static byte[] Quote(ReadOnlySpan<byte> text)
    {
        var quoted = new List<byte>(text.Length + 2) { (byte)'"' };
        foreach (byte b in text)
        {
            switch (b)
            {
                case (byte)'\\' or (byte)'"': quoted.AddRange([(byte)'\\', b]); break;
                case (byte)'\n': quoted.AddRange("\\n"u8); break;
                case (byte)'\r': quoted.AddRange("\\r"u8); break;
                case (byte)'\t': quoted.AddRange("\\t"u8); break;
                case (byte)'\a': quoted.AddRange("\\a"u8); break;
                case (byte)'\b': quoted.AddRange("\\b"u8); break;
                case >= 32 and < 127: quoted.Add(b); break;
                default: quoted.AddRange([(byte)'\\', (byte)'x', HexDigit(b >> 4), HexDigit(b & 15)]); break;
            }
        }
        quoted.Add((byte)'"');
        return [.. quoted];
    }

    private static byte HexDigit(int value) => (byte)"0123456789abcdef"[value];
}
