using System.Runtime.CompilerServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A field of a big hash with its value, one block of native memory. The block moves when it outgrows its size class, so
/// a handle is good until the next change of its field through <see cref="FieldTable"/>.
/// <code>
///   0  flags
///   1  length of the field
///   2  length of the value, 2 bytes
///   4  [time of expiry, Unix ms, 8 bytes, and place among the fields that expire, 4 bytes]
///      [lengths of field and value, 4 bytes each, when they do not fit above]
///      field, value
/// </code>
/// </summary>
public readonly unsafe struct HashField : IHashEntry
{
    /// <summary>"No time of expiry"; the number that a listpack with times has for it too.</summary>
    public const long NoExpiry = 0;

    /// <summary>The place of a field that does not expire.</summary>
    internal const int NoPlace = -1;

    private const int HeaderBytes = 4;
    private const int ExpiryBytes = 12;
    private const int LengthsBytes = 8;

    private const byte ExpirySlotFlag = 1;
    private const byte LongFlag = 2;

    private readonly byte* _address;

    /// <summary>A handle of the block at <paramref name="address"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HashField(byte* address) => _address = address;

    /// <summary>The block; null: there is no such field.</summary>
    public byte* Address => _address;

    /// <summary>Whether there is no field.</summary>
    public bool IsNull => _address == null;

    /// <summary>Bytes of native memory that the field takes.</summary>
    public nuint Bytes => NativeHeap.UsableSize(_address);

    /// <summary>Unix ms of expiry, or <see cref="NoExpiry"/>.</summary>
    public long ExpireAtMs => HasExpirySlot ? *(long*)(_address + HeaderBytes) : NoExpiry;

    /// <summary>The field.</summary>
    public ReadOnlySpan<byte> Name => KeyOf(_address);

    /// <summary>The value; writable in place.</summary>
    public Span<byte> Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            uint header = *(uint*)_address;
            byte* at = _address + HeaderBytes + (header & ExpirySlotFlag) * ExpiryBytes;
            return (header & LongFlag) == 0
                ? new Span<byte>(at + (byte)(header >> 8), (int)(header >> 16))
                : new Span<byte>(at + LengthsBytes + *(int*)at, *(int*)(at + sizeof(int)));
        }
    }

    internal bool HasExpirySlot => (*_address & ExpirySlotFlag) != 0;

    /// <summary>Where the field stands among those that expire; only with an expiry slot.</summary>
    internal ref int Place => ref *(int*)(_address + HeaderBytes + sizeof(long));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry)
    {
        uint header = *(uint*)entry;
        byte* at = entry + HeaderBytes + (header & ExpirySlotFlag) * ExpiryBytes;
        return (header & LongFlag) == 0
            ? new ReadOnlySpan<byte>(at, (byte)(header >> 8))
            : new ReadOnlySpan<byte>(at + LengthsBytes, *(int*)at);
    }

    /// <summary>A new field, which does not expire yet; free it with the heap's Free.</summary>
    internal static HashField Create(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool expirySlot)
    {
        HashField field = new(NativeHeap.Allocate(SizeOf(name.Length, value.Length, expirySlot)));
        byte* at = field._address;
        bool isLong = IsLong(name.Length, value.Length);
        *at = (byte)((expirySlot ? ExpirySlotFlag : 0) | (isLong ? LongFlag : 0));
        at += HeaderBytes;
        if (expirySlot)
        {
            field.SetExpiry(NoExpiry);
            field.Place = NoPlace;
            at += ExpiryBytes;
        }
        if (isLong)
        {
            *(int*)at = name.Length;
            at += LengthsBytes;
        }
        else
        {
            field._address[1] = (byte)name.Length;
        }
        name.CopyTo(new Span<byte>(at, name.Length));
        field.SetValueLength(value.Length);
        value.CopyTo(field.Value);
        return field;
    }

    /// <summary>Gives the field another value in the same block if that suits; false if it takes another block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TrySetValue(ReadOnlySpan<byte> value)
    {
        Span<byte> old = Value;
        // The usual case, decided without asking the heap for the size, which costs a cache miss.
        if (old.Length == value.Length)
        {
            value.CopyTo(old);
            return true;
        }
        return TryResizeValue(value);
    }

    private bool TryResizeValue(ReadOnlySpan<byte> value)
    {
        int nameLength = Name.Length;
        bool isLong = (*_address & LongFlag) != 0;
        nuint needed = SizeOf(nameLength, value.Length, HasExpirySlot);
        nuint usable = Bytes;
        if (isLong != IsLong(nameLength, value.Length) || needed > usable || needed + needed / 4 < usable)
            return false;
        SetValueLength(value.Length);
        value.CopyTo(Value);
        return true;
    }

    /// <summary>Sets the time of a field with an expiry slot.</summary>
    internal void SetExpiry(long unixMs) => *(long*)(_address + HeaderBytes) = unixMs;

    private void SetValueLength(int length)
    {
        if ((*_address & LongFlag) == 0)
            *(ushort*)(_address + 2) = (ushort)length;
        else
            *(int*)(_address + HeaderBytes + (HasExpirySlot ? ExpiryBytes : 0) + sizeof(int)) = length;
    }

    private static bool IsLong(int nameLength, int valueLength) => nameLength > byte.MaxValue || valueLength > ushort.MaxValue;

    private static nuint SizeOf(int nameLength, int valueLength, bool expirySlot) =>
        (nuint)HeaderBytes + (expirySlot ? ExpiryBytes : 0u) + (IsLong(nameLength, valueLength) ? LengthsBytes : 0u)
            + (nuint)nameLength + (nuint)valueLength;
}
