using System.Globalization;
using System.Text;

namespace RedisAot.TestSupport;

/// <summary>Bytes as text that a person can read and type: quoting and splitting in the manner of redis-cli.</summary>
public static class RespText
{
    /// <summary>The bytes with everything that is not printable ASCII written as an escape, without quotes.</summary>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length + 16);
        foreach (byte b in bytes)
        {
            _ = b switch
            {
                (byte)'\\' => text.Append("\\\\"),
                (byte)'"' => text.Append("\\\""),
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                >= 32 and < 127 => text.Append((char)b),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
            };
        }
        return text.ToString();
    }

    /// <summary>The bytes in double quotes.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes) => $"\"{Escape(bytes)}\"";

    /// <summary>
    /// Splits a line into arguments: words, "double quotes" with \n \r \t \a \b \\ \" \xHH, 'single quotes' with \'.
    /// Throws <see cref="FormatException"/> for unbalanced quotes.
    /// </summary>
    public static List<byte[]> Split(string line)
    {
        byte[] source = Encoding.UTF8.GetBytes(line);
        var arguments = new List<byte[]>();
        int at = 0;
        while (true)
        {
            while (at < source.Length && IsSpace(source[at]))
                at++;
            if (at == source.Length)
                return arguments;
            arguments.Add(ReadArgument(source, ref at));
        }
    }

    private static byte[] ReadArgument(ReadOnlySpan<byte> source, ref int at)
    {
        var bytes = new List<byte>();
        while (at < source.Length && !IsSpace(source[at]))
        {
            byte b = source[at++];
            if (b == '"')
                ReadDoubleQuoted(source, ref at, bytes);
            else if (b == '\'')
                ReadSingleQuoted(source, ref at, bytes);
            else
                bytes.Add(b);
        }
        return [.. bytes];
    }

    private static void ReadDoubleQuoted(ReadOnlySpan<byte> source, ref int at, List<byte> bytes)
    {
        while (at < source.Length)
        {
            byte b = source[at++];
            if (b == '"')
                return;
            bytes.Add(b == '\\' && at < source.Length ? ReadEscape(source, ref at) : b);
        }
        throw new FormatException($"Unbalanced quotes in: {Encoding.UTF8.GetString(source)}");
    }

    private static byte ReadEscape(ReadOnlySpan<byte> source, ref int at)
    {
        byte b = source[at++];
        if (b != 'x')
            return b switch { (byte)'n' => 10, (byte)'r' => 13, (byte)'t' => 9, (byte)'a' => 7, (byte)'b' => 8, _ => b };
        byte value = Convert.FromHexString(Encoding.ASCII.GetString(source.Slice(at, 2)))[0];
        at += 2;
        return value;
    }

    private static void ReadSingleQuoted(ReadOnlySpan<byte> source, ref int at, List<byte> bytes)
    {
        while (at < source.Length)
        {
            byte b = source[at++];
            if (b == '\'')
                return;
            if (b == '\\' && at < source.Length && source[at] == '\'')
                b = source[at++];
            bytes.Add(b);
        }
        throw new FormatException($"Unbalanced quotes in: {Encoding.UTF8.GetString(source)}");
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t';
}
