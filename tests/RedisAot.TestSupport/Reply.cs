using System.Globalization;
using System.Text;

namespace RedisAot.TestSupport;

/// <summary>One reply as it came over the wire, and the value that it means.</summary>
public sealed class Reply
{
    private Reply(byte[] raw, char type, byte[] content, IReadOnlyList<Reply> items)
    {
        Raw = raw;
        Type = type;
        Content = content;
        Items = items;
    }

    /// <summary>The bytes of the whole reply.</summary>
    public byte[] Raw { get; }

    /// <summary>Its first byte: '+', '-', ':', '$', '*', '%', '~', '>', …</summary>
    public char Type { get; }

    /// <summary>A string's bytes, or the text of the line; empty for a null and for an aggregate.</summary>
    public byte[] Content { get; }

    /// <summary>The elements of an aggregate; keys and values in turn for a map.</summary>
    public IReadOnlyList<Reply> Items { get; }

    /// <summary>The content as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Content);

    public bool IsError => Type is '-' or '!';

    public bool IsNull => Type == '_' || (Type is '$' or '*' && Raw[1] == '-');

    public long Integer => long.Parse(Text, CultureInfo.InvariantCulture);

    public Reply this[int index] => Items[index];

    /// <summary>The value that follows the key in a map (or in a flat list of pairs).</summary>
    public Reply this[string key]
    {
        get
        {
            for (int i = 0; i + 1 < Items.Count; i += 2)
                if (Items[i].Text == key)
                    return Items[i + 1];
            throw new KeyNotFoundException($"No {key} in {this}");
        }
    }

    /// <summary>Reads one whole reply that fills the bytes.</summary>
    public static Reply Parse(byte[] raw)
    {
        int at = 0;
        Reply reply = Parse(raw, ref at);
        return at == raw.Length ? reply : throw new FormatException($"Bytes after the reply: {RespText.Quote(raw)}");
    }

    /// <summary>The reply on one line, in the notation of <see cref="ReplyNotation"/>.</summary>
    public override string ToString() => ReplyNotation.Write(this);

    private static Reply Parse(byte[] raw, ref int at)
    {
        int start = at;
        char type = (char)raw[at];
        int lineEnd = at + raw.AsSpan(at).IndexOf("\r\n"u8);
        byte[] line = raw[(at + 1)..lineEnd];
        at = lineEnd + 2;
        byte[] content = [];
        var items = new List<Reply>();
        switch (type)
        {
            case '$' or '=' or '!':
                int size = Number(line);
                if (size >= 0)
                {
                    content = raw[at..(at + size)];
                    at += size + 2;
                }
                break;
            case '*' or '~' or '>' or '%' or '|':
                int count = type is '%' or '|' ? 2 * Number(line) : Number(line);
                for (int i = 0; i < count; i++)
                    items.Add(Parse(raw, ref at));
                if (type == '|')
                    items.Add(Parse(raw, ref at));
                break;
            default:
                content = line;
                break;
        }
        return new Reply(raw[start..at], type, content, items);
    }

    private static int Number(byte[] line) => int.Parse(Encoding.ASCII.GetString(line), CultureInfo.InvariantCulture);
}
