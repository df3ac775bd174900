using System.Globalization;
using System.Text;

namespace RedisAot.TestSupport;

/// <summary>
/// Replies written on one line, for expectations and for reports:
/// <c>+OK</c>, <c>-ERR text</c> (to the end of the line), <c>:1</c>, <c>"bulk"</c>, <c>nil</c>, <c>nil-array</c>,
/// <c>[ "a" :1 ]</c> an array, <c>{ "key" :1 }</c> a map, <c>~[ ]</c> a set, <c>>[ ]</c> a push, <c>,1.5</c> a double,
/// <c>#t</c>, <c>(123</c> a big number, <c>="txt:verbatim"</c>. A null and a map take the form of the protocol asked for.
/// </summary>
public static class ReplyNotation
{
    private const int LongestShown = 120;

    public static string Write(Reply reply) => reply.Type switch
    {
        _ when reply.IsNull => reply.Type == '*' ? "nil-array" : "nil",
        '$' => Shortened(reply.Content),
        '=' or '!' => $"{reply.Type}{Shortened(reply.Content)}",
        '*' => $"[ {WriteItems(reply)}]",
        '~' or '>' => $"{reply.Type}[ {WriteItems(reply)}]",
        '%' or '|' => $"{(reply.Type == '|' ? "|" : "")}{{ {WriteItems(reply)}}}",
        _ => reply.Type + RespText.Escape(reply.Content),
    };

    /// <summary>The bytes of the reply that the text describes, in protocol 2 or 3.</summary>
    public static byte[] Encode(string text, int protocol)
    {
        var output = new MemoryStream();
        int at = 0;
        EncodeValue(text, ref at, protocol, output);
        return text[at..].Trim().Length == 0
            ? output.ToArray()
            : throw new FormatException($"Unexpected text after the reply: {text[at..]}");
    }

    private static string WriteItems(Reply reply) => string.Concat(reply.Items.Select(item => Write(item) + " "));

    private static string Shortened(byte[] content) => content.Length <= LongestShown
        ? RespText.Quote(content)
        : $"{RespText.Quote(content.AsSpan(0, LongestShown))}...({content.Length} bytes)";

    private static void EncodeValue(string text, ref int at, int protocol, MemoryStream output)
    {
        SkipSpaces(text, ref at);
        char type = at < text.Length ? text[at] : throw new FormatException($"A value is missing in: {text}");
        switch (type)
        {
            case '[':
                at++;
                EncodeItems(text, ref at, ']', '*', 1, protocol, output);
                break;
            case '~' or '>' when text.AsSpan(at + 1).StartsWith("["):
                at += 2;
                EncodeItems(text, ref at, ']', protocol == 3 ? type : '*', 1, protocol, output);
                break;
            case '{':
                at++;
                EncodeItems(text, ref at, '}', protocol == 3 ? '%' : '*', protocol == 3 ? 2 : 1, protocol, output);
                break;
            case '"':
                EncodeString('$', text, ref at, output);
                break;
            case '=':
                at++;
                EncodeString(protocol == 3 ? '=' : '$', text, ref at, output);
                break;
            case '-':
                WriteAscii(output, text[at..].TrimEnd() + "\r\n");
                at = text.Length;
                break;
            default:
                EncodeWord(Word(text, ref at), protocol, output);
                break;
        }
    }

    private static void EncodeWord(string word, int protocol, MemoryStream output) => WriteAscii(output, word switch
    {
        "nil" => protocol == 3 ? "_\r\n" : "$-1\r\n",
        "nil-array" => protocol == 3 ? "_\r\n" : "*-1\r\n",
        _ when word[0] is '+' or ':' or ',' or '#' or '(' => word + "\r\n",
        _ => throw new FormatException($"Not a reply: {word}"),
    });

    private static void EncodeItems(
        string text, ref int at, char end, char type, int valuesPerItem, int protocol, MemoryStream output)
    {
        var items = new MemoryStream();
        int values = 0;
        while (true)
        {
            SkipSpaces(text, ref at);
            if (at == text.Length)
                throw new FormatException($"{end} is missing in: {text}");
            if (text[at] == end)
                break;
            EncodeValue(text, ref at, protocol, items);
            values++;
        }
        at++;
        WriteAscii(output, string.Create(CultureInfo.InvariantCulture, $"{type}{values / valuesPerItem}\r\n"));
        items.WriteTo(output);
    }

    private static void EncodeString(char type, string text, ref int at, MemoryStream output)
    {
        int end = at + 1;
        while (end < text.Length && text[end] != '"')
            end += text[end] == '\\' ? 2 : 1;
        byte[] content = RespText.Split(text[at..(end + 1)]).Single();
        at = end + 1;
        WriteAscii(output, string.Create(CultureInfo.InvariantCulture, $"{type}{content.Length}\r\n"));
        output.Write(content);
        WriteAscii(output, "\r\n");
    }

    private static string Word(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && text[at] != ' ')
            at++;
        return text[start..at];
    }

    private static void SkipSpaces(string text, ref int at)
    {
        while (at < text.Length && text[at] == ' ')
            at++;
    }

    private static void WriteAscii(MemoryStream output, string text) => output.Write(Encoding.UTF8.GetBytes(text));
}
