namespace RedisAot.Resp;

/// <summary>
/// Splits a line into arguments the way the official server splits inline requests and configuration lines: blanks
/// separate, double quotes with escapes (\n \r \t \b \a \xHH), single quotes with \' only.
/// </summary>
public static class InlineArguments
{
    /// <summary>
    /// Writes the arguments' bytes one after another into <paramref name="output"/> (at least as long as the line) and
    /// their ranges into <paramref name="arguments"/>. Answers false when quotes are unbalanced.
    /// </summary>
    public static bool TrySplit(ReadOnlySpan<byte> line, Span<byte> output, ArgumentVector arguments)
    {
        int at = 0;
        int written = 0;
        while (true)
        {
            while (at < line.Length && IsSpace(line[at]))
                at++;
            if (at == line.Length || line[at] == 0)
                return true;
            int start = written;
            if (!TryReadToken(line, ref at, output, ref written))
                return false;
            arguments.Add(start, written - start);
        }
    }

    private static bool TryReadToken(ReadOnlySpan<byte> line, ref int at, Span<byte> output, ref int written)
    {
        while (at < line.Length)
        {
            byte c = line[at];
            if (c == 0 || IsSpace(c))
                return true;
            at++;
            if (c is (byte)'"' or (byte)'\'')
                return TryReadQuoted(line, c, ref at, output, ref written);
            output[written++] = c;
        }
        return true;
    }

    // A closing quote must end the token: "a"b is as unbalanced as "a.
    private static bool TryReadQuoted(ReadOnlySpan<byte> line, byte quote, ref int at, Span<byte> output, ref int written)
    {
        while (at < line.Length)
        {
            byte c = line[at++];
            if (c == quote)
                return at == line.Length || IsSpace(line[at]) || line[at] == 0;
            if (c == '\\' && at < line.Length)
                c = quote == '"' ? Unescape(line, ref at) : SingleQuoteEscape(line, ref at);
            output[written++] = c;
        }
        return false;
    }

    private static byte SingleQuoteEscape(ReadOnlySpan<byte> line, ref int at)
    {
        if (line[at] != '\'')
            return (byte)'\\';
        at++;
        return (byte)'\'';
    }

    private static byte Unescape(ReadOnlySpan<byte> line, ref int at)
    {
        byte c = line[at++];
        if (c == 'x' && at + 1 < line.Length && char.IsAsciiHexDigit((char)line[at]) && char.IsAsciiHexDigit((char)line[at + 1]))
        {
            at += 2;
            return (byte)(HexValue(line[at - 2]) << 4 | HexValue(line[at - 1]));
        }
        return c switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            _ => c,
        };
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static bool IsSpace(byte c) => c == ' ' || c is >= 9 and <= 13;
}
