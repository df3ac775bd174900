namespace RedisAot.Server.Text;

/// <summary>
/// Arbitrary bytes as a quoted, printable text: <c>"a\x00\n\"b"</c>, the form of MONITOR lines, CONFIG REWRITE and log messages.
/// </summary>
public static class ArgumentText
{
    /// <summary>The most bytes that <see cref="Quote"/> writes for an argument of <paramref name="length"/> bytes.</summary>
    public static int MaxQuotedLength(int length) => checked(length * 4 + 2);

    /// <summary>Writes the quoted form and returns its length; the destination has room for <see cref="MaxQuotedLength"/>.</summary>
    public static int Quote(ReadOnlySpan<byte> argument, Span<byte> destination)
    {
        destination[0] = (byte)'"';
        int length = 1 + Escape(argument, destination[1..]);
        destination[length++] = (byte)'"';
        return length;
    }

    /// <summary>Writes what stands between the quotes and returns its length, at most four times that of the argument.</summary>
    public static int Escape(ReadOnlySpan<byte> argument, Span<byte> destination)
    {
        int length = 0;
        foreach (byte c in argument)
        {
            byte escape = EscapeLetter(c);
            if (escape != 0)
            {
                destination[length++] = (byte)'\\';
                destination[length++] = escape;
            }
            else if (c is >= 0x20 and < 0x7f)
            {
                destination[length++] = c;
            }
            else
            {
                destination[length++] = (byte)'\\';
                destination[length++] = (byte)'x';
                destination[length++] = HexDigit(c >> 4);
                destination[length++] = HexDigit(c & 15);
            }
        }
        return length;
    }

    /// <summary>The quoted form as a new array, for log messages and other places where speed is no matter.</summary>
    public static byte[] Quote(ReadOnlySpan<byte> argument)
    {
        byte[] text = new byte[MaxQuotedLength(argument.Length)];
        return text[..Quote(argument, text)];
    }

    private static byte EscapeLetter(byte c) => c switch
    {
        (byte)'\\' or (byte)'"' => c,
        (byte)'\n' => (byte)'n',
        (byte)'\r' => (byte)'r',
        (byte)'\t' => (byte)'t',
        (byte)'\a' => (byte)'a',
        (byte)'\b' => (byte)'b',
        _ => 0,
    };

    private static byte HexDigit(int value) => (byte)"0123456789abcdef"[value];
}
