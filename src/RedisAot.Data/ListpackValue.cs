namespace RedisAot.Data;

/// <summary>An element of a compact collection: an integer, or bytes that live elsewhere and are not owned.</summary>
public readonly unsafe struct ListpackValue
{
    // Null for an integer; the bytes of an empty string have some other address.
    private readonly byte* _bytes;
    private readonly long _integerOrLength;

    private ListpackValue(byte* bytes, long integerOrLength)
    {
        _bytes = bytes;
        _integerOrLength = integerOrLength;
    }

    /// <summary>True when the element is stored as an integer; <see cref="Integer"/> holds it then, else <see cref="Bytes"/> do.</summary>
    public bool IsInteger => _bytes == null;

    /// <summary>The integer of an integer element.</summary>
    public long Integer => _integerOrLength;

    /// <summary>The bytes of a string element.</summary>
    public ReadOnlySpan<byte> Bytes => new(_bytes, (int)_integerOrLength);

    internal byte* Start => _bytes;

    internal nuint Length => (nuint)_integerOrLength;

    /// <summary>An integer element.</summary>
    public static ListpackValue OfInteger(long value) => new(null, value);

    /// <summary>A string element as it is, even where its bytes are those of an integer.</summary>
    public static ListpackValue OfString(byte* bytes, int length) => new(bytes == null ? (byte*)1 : bytes, length);

    /// <summary>What official Redis stores for these bytes: an integer where they are the canonical text of one.</summary>
    public static ListpackValue Of(byte* bytes, int length) =>
        DecimalInteger.TryParse(new ReadOnlySpan<byte>(bytes, length), out long value) ? OfInteger(value) : OfString(bytes, length);

    /// <summary>The element as bytes; an integer is written into <paramref name="scratch"/> (<see cref="DecimalInteger.MaxLength"/> bytes).</summary>
    public ReadOnlySpan<byte> AsBytes(Span<byte> scratch) => IsInteger ? DecimalInteger.Format(Integer, scratch) : Bytes;
}
