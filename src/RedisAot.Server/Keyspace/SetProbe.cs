using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Data;

namespace RedisAot.Server.Keyspace;

/// <summary>A member of one set that is looked for in others: its text and its hash are made once, where they are needed.</summary>
internal unsafe ref struct SetProbe
{
    private readonly ListpackValue _value;
    private fixed byte _text[DecimalInteger.MaxLength];
    private int _textLength;
    private ulong _hash;
    private bool _hasHash;

    public SetProbe(ListpackValue value) => _value = value;

    /// <summary>The member's bytes.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _value.IsInteger ? Text : _value.Bytes;
    }

    /// <summary>The hash of the bytes.</summary>
    public ulong Hash
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (!_hasHash)
            {
                _hash = Hashing.Hash(Bytes);
                _hasHash = true;
            }
            return _hash;
        }
    }

    /// <summary>The text of an integer.</summary>
    [UnscopedRef]
    private ReadOnlySpan<byte> Text
    {
        get
        {
            Span<byte> text = MemoryMarshal.CreateSpan(ref _text[0], DecimalInteger.MaxLength);
            if (_textLength == 0)
                _textLength = DecimalInteger.Format(_value.Integer, text).Length;
            return text[.._textLength];
        }
    }

    /// <summary>The integer that the member is, if it is one.</summary>
    public readonly bool TryGetInteger(out long integer)
    {
        integer = _value.Integer;
        return _value.IsInteger || DecimalInteger.TryParse(_value.Bytes, out integer);
    }
}
