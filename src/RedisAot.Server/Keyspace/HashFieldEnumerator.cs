using RedisAot.Data;

namespace RedisAot.Server.Keyspace;

/// <summary>What was found under a field's name.</summary>
/// <param name="value">The value; its bytes are not owned.</param>
/// <param name="expireAtMs">Unix ms of expiry, or <see cref="HashField.NoExpiry"/>.</param>
internal readonly unsafe struct FieldValue(ListpackValue value, long expireAtMs)
{
    /// <summary>What a field of a table holds.</summary>
    public FieldValue(HashField field)
        : this(AsElement(field.Value), field.ExpireAtMs)
    {
    }

    /// <summary>The value; its bytes are not owned.</summary>
    public ListpackValue Value { get; } = value;

    /// <summary>Unix ms of expiry, or <see cref="HashField.NoExpiry"/>.</summary>
    public long ExpireAtMs { get; } = expireAtMs;

    /// <summary>Whether the field's time has come; it lives through the millisecond of its expiry.</summary>
    public bool IsExpired(long nowMs) => ExpireAtMs != HashField.NoExpiry && ExpireAtMs < nowMs;

    /// <summary>Native bytes as an element.</summary>
    public static ListpackValue AsElement(ReadOnlySpan<byte> nativeBytes)
    {
        // Native memory does not move.
        fixed (byte* bytes = nativeBytes)
            return ListpackValue.OfString(bytes, nativeBytes.Length);
    }
}

/// <summary>A field that a walk over a hash is at.</summary>
/// <param name="name">The field; its bytes are not owned.</param>
/// <param name="value">The value; its bytes are not owned.</param>
/// <param name="expireAtMs">Unix ms of expiry, or <see cref="HashField.NoExpiry"/>.</param>
internal readonly struct HashFieldView(ListpackValue name, ListpackValue value, long expireAtMs)
{
    /// <summary>The field; its bytes are not owned.</summary>
    public ListpackValue Name { get; } = name;

    /// <summary>The value; its bytes are not owned.</summary>
    public ListpackValue Value { get; } = value;

    /// <summary>Unix ms of expiry, or <see cref="HashField.NoExpiry"/>.</summary>
    public long ExpireAtMs { get; } = expireAtMs;

    /// <summary>Whether the field's time has come.</summary>
    public bool IsExpired(long nowMs) => ExpireAtMs != HashField.NoExpiry && ExpireAtMs < nowMs;
}

/// <summary>A walk over the fields of a hash in any encoding.</summary>
internal unsafe ref struct HashFieldEnumerator
{
    private readonly bool _isTable;
    private readonly bool _isTimed;
    private HashTable<HashField>.Enumerator _table;
    private byte* _next;
    private byte* _field;

    internal HashFieldEnumerator(KeyEntry entry)
    {
        _isTable = entry.Encoding == ValueEncoding.HashTable;
        _isTimed = entry.Encoding == ValueEncoding.ListPackEx;
        if (_isTable)
            _table = HashValue.TableOf(entry)->Fields.GetEnumerator();
        else
            _next = Listpack.First(HashValue.ListpackOf(entry));
    }

    /// <summary>The field that the walk is at.</summary>
    public readonly HashFieldView Current
    {
        get
        {
            if (_isTable)
            {
                HashField field = new(_table.Current);
                return new HashFieldView(FieldValue.AsElement(field.Name), FieldValue.AsElement(field.Value), field.ExpireAtMs);
            }
            byte* value = Listpack.Next(_field);
            long expireAtMs = _isTimed ? Listpack.Get(Listpack.Next(value)).Integer : HashField.NoExpiry;
            return new HashFieldView(Listpack.Get(_field), Listpack.Get(value), expireAtMs);
        }
    }

    /// <summary>For a foreach.</summary>
    public readonly HashFieldEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next field; false after the last.</summary>
    public bool MoveNext()
    {
        if (_isTable)
            return _table.MoveNext();
        _field = _next;
        if (_field == null)
            return false;
        byte* last = Listpack.Next(_field);
        _next = Listpack.Next(_isTimed ? Listpack.Next(last) : last);
        return true;
    }

    /// <summary>Lets the table change its size again.</summary>
    public readonly void Dispose()
    {
        if (_isTable)
            _table.Dispose();
    }
}
