using System.Buffers.Text;

namespace RedisAot.TestSupport;

/// <summary>
/// Finds where a whole reply ends, RESP2 or RESP3, nested as it may be. It keeps its place, so that a reply which
/// arrives in many pieces is looked at once.
/// </summary>
public struct ReplyScanner
{
    private int _position;
    private long _missing; // values still to come
    private bool _started;

    /// <summary>True when <paramref name="bytes"/> (which only ever grows) holds a whole reply; it ends at <paramref name="length"/>.</summary>
    public bool TryFindEnd(ReadOnlySpan<byte> bytes, out int length)
    {
        if (!_started)
        {
            _started = true;
            _missing = 1;
        }
        while (_missing > 0)
        {
            length = 0;
            if (_position > bytes.Length)
                return false; // inside a bulk string
            int lineEnd = bytes[_position..].IndexOf("\r\n"u8);
            if (lineEnd < 0)
                return false;
            ReadOnlySpan<byte> line = bytes.Slice(_position, lineEnd);
            _position += lineEnd + 2;
            TakeLine(line);
        }
        length = _position;
        return length <= bytes.Length;
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
            throw new FormatException("An empty line where a reply should begin.");
        switch ((char)line[0])
        {
            case '$' or '=' or '!':
                long size = Count(line);
                if (size >= 0)
                    _position = checked(_position + (int)size + 2);
                _missing--;
                break;
            case '*' or '~' or '>':
                _missing += Math.Max(0, Count(line)) - 1;
                break;
            case '%':
                _missing += (2 * Count(line)) - 1;
                break;
            case '|': // attributes come before the value that they describe
                _missing += 2 * Count(line);
                break;
            case '+' or '-' or ':' or ',' or '#' or '(' or '_':
                _missing--;
                break;
            default:
                throw new FormatException($"A reply cannot begin with: {RespText.Quote(line)}");
        }
    }

    private static long Count(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line[1..], out long value, out int consumed) && consumed == line.Length - 1
            ? value
            : throw new FormatException($"Not a length: {RespText.Quote(line)}");
}
