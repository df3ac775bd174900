using RedisAot.Data;

namespace RedisAot.Server.Commands;

/// <summary>Compares elements of lists with a text; whether that is an integer is found out once.</summary>
internal readonly ref struct ListElementMatcher
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly bool _isInteger;
    private readonly long _integer;

    public ListElementMatcher(ReadOnlySpan<byte> text)
    {
        _text = text;
        _isInteger = DecimalInteger.TryParse(text, out _integer);
    }

    /// <summary>Whether the element has this text.</summary>
    public bool Matches(ListpackValue element) =>
        element.IsInteger ? _isInteger && element.Integer == _integer : element.Bytes.SequenceEqual(_text);
}
