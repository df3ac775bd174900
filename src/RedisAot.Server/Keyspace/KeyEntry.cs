using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Memory;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// A key with its value, one block of native memory. The block moves when it outgrows its size class, so a handle is
/// good until the next change of its key through <see cref="Database"/>.
/// <code>
///   0  type (low 4 bits), encoding (high 4 bits)
///   1  flags
///   2  length of the embedded value, 2 bytes
///   4  access clock, 24 bits; length of the key, 8 bits (255: it stands in 4 bytes before the key)
///   8  [time of expiry, Unix ms, 8 bytes]  [integer, or address of the value, 8 bytes]  [length of the key, 4 bytes]
///      key, embedded value
/// </code>
/// </summary>
public readonly unsafe struct KeyEntry : IHashEntry
{
    /// <summary>Longest string value that lies in the entry itself, in bytes.</summary>
    public const int MaxEmbeddedBytes = 1024;

    /// <summary>"No time of expiry".</summary>
    public const long NoExpiry = -1;

    private const int HeaderBytes = 8;
    private const int SlotBytes = 8;
    private const int LongKey = 255;

    private const byte ExpirySlotFlag = 1;
    private const byte ValueSlotFlag = 2;
    private const byte ExpiryActiveFlag = 4;
    private const byte SnapshotSideFlag = 8;

    private readonly byte* _address;

    /// <summary>A handle of the block at <paramref name="address"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyEntry(byte* address) => _address = address;

    /// <summary>The block; null: there is no such key.</summary>
    public byte* Address => _address;

    /// <summary>Whether there is no entry.</summary>
    public bool IsNull => _address == null;

    /// <summary>The value's type.</summary>
    public DataType Type => (DataType)(*_address & 15);

    /// <summary>The value's encoding.</summary>
    public ValueEncoding Encoding => (ValueEncoding)(*_address >> 4);

    /// <summary>Seconds (LRU) or minutes and counter (LFU) of the last access; 24 bits.</summary>
    public uint AccessClock
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(uint*)(_address + 4) & 0xFFFFFF;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => *(uint*)(_address + 4) = (*(uint*)(_address + 4) & 0xFF000000) | value;
    }

    /// <summary>Whether there is a place for a time of expiry, whether or not one is set.</summary>
    public bool HasExpirySlot => (_address[1] & ExpirySlotFlag) != 0;

    /// <summary>Whether the key expires.</summary>
    public bool HasExpiry => (_address[1] & ExpiryActiveFlag) != 0;

    /// <summary>On which side of the latest snapshot the entry is; see <see cref="Persistence.SnapshotWalk"/>.</summary>
    public bool SnapshotSide
    {
        get => (_address[1] & SnapshotSideFlag) != 0;
        set => _address[1] = (byte)(value ? _address[1] | SnapshotSideFlag : _address[1] & ~SnapshotSideFlag);
    }

    /// <summary>Unix ms of expiry, or <see cref="NoExpiry"/>.</summary>
    public long ExpireAtMs => HasExpiry ? *(long*)(_address + HeaderBytes) : NoExpiry;

    /// <summary>
    /// The time for which the expiry wheel holds a record of this key at the latest, though the key may have been
    /// persisted since; only for entries with an expiry slot.
    /// </summary>
    public long WheelTimeMs => *(long*)(_address + HeaderBytes);

    /// <summary>Whether the value is an integer or lies in a block of its own.</summary>
    public bool HasValueSlot => (_address[1] & ValueSlotFlag) != 0;

    /// <summary>The integer of an int-encoded string.</summary>
    public ref long Integer => ref *(long*)ValueSlotAddress;

    /// <summary>The address of a value that lies in a block of its own.</summary>
    public ref byte* External => ref *(byte**)ValueSlotAddress;

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte* at = SlotsEnd;
            uint length = *(uint*)(_address + 4) >> 24;
            if (length != LongKey)
                return new ReadOnlySpan<byte>(at, (int)length);
            return new ReadOnlySpan<byte>(at + sizeof(int), *(int*)at);
        }
    }

    /// <summary>The embedded string value; writable in place.</summary>
    public Span<byte> Embedded
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ReadOnlySpan<byte> key = Key;
            byte* value = (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in System.Runtime.InteropServices.MemoryMarshal.GetReference(key))) + key.Length;
            return new Span<byte>(value, *(ushort*)(_address + 2));
        }
    }

    /// <summary>Length of the embedded value; 0 when there is a value slot.</summary>
    public int EmbeddedLength => *(ushort*)(_address + 2);

    /// <summary>Bytes of native memory of the entry itself.</summary>
    public nuint EntryBytes => NativeHeap.UsableSize(_address);

    private byte* SlotsEnd =>
        _address + HeaderBytes + ((_address[1] & ExpirySlotFlag) + ((_address[1] & ValueSlotFlag) >> 1)) * SlotBytes;

    private byte* ValueSlotAddress => _address + HeaderBytes + (_address[1] & ExpirySlotFlag) * SlotBytes;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => new KeyEntry(entry).Key;

    /// <summary>A new entry. The value (slot or embedded bytes) is left for the caller to fill in.</summary>
    public static KeyEntry Create(
        ReadOnlySpan<byte> key, DataType type, ValueEncoding encoding, bool expirySlot, bool valueSlot, int embeddedLength)
    {
        KeyEntry entry = new(NativeHeap.Allocate(SizeOf(key.Length, expirySlot, valueSlot, embeddedLength)));
        byte* at = entry._address;
        *at = (byte)((int)type | (int)encoding << 4);
        at[1] = (byte)((expirySlot ? ExpirySlotFlag : 0) | (valueSlot ? ValueSlotFlag : 0));
        *(ushort*)(at + 2) = (ushort)embeddedLength;
        *(uint*)(at + 4) = (uint)Math.Min(key.Length, LongKey) << 24;
        byte* keyAt = entry.SlotsEnd;
        if (key.Length >= LongKey)
        {
            *(int*)keyAt = key.Length;
            keyAt += sizeof(int);
        }
        key.CopyTo(new Span<byte>(keyAt, key.Length));
        return entry;
    }

    /// <summary>Bytes that an entry needs.</summary>
    public static nuint SizeOf(int keyLength, bool expirySlot, bool valueSlot, int embeddedLength) =>
        (nuint)(HeaderBytes + (expirySlot ? SlotBytes : 0) + (valueSlot ? SlotBytes : 0)
            + (keyLength >= LongKey ? sizeof(int) : 0) + keyLength + embeddedLength);

    /// <summary>Changes type and encoding, the shape of the block staying as it is.</summary>
    public void SetKind(DataType type, ValueEncoding encoding) => *_address = (byte)((int)type | (int)encoding << 4);

    /// <summary>Changes the length of the embedded value; the caller has seen that the block has room for it.</summary>
    public void SetEmbeddedLength(int length) => *(ushort*)(_address + 2) = (ushort)length;

    /// <summary>Sets the time of expiry of an entry that has a slot for it.</summary>
    public void SetExpiry(long unixMs)
    {
        *(long*)(_address + HeaderBytes) = unixMs;
        _address[1] |= ExpiryActiveFlag;
    }

    /// <summary>Sets the time for which the wheel holds a record, without making the key expire.</summary>
    public void SetWheelTime(long unixMs) => *(long*)(_address + HeaderBytes) = unixMs;

    /// <summary>The key no longer expires; the slot keeps the time that the wheel knows.</summary>
    public void ClearExpiry() => _address[1] &= unchecked((byte)~ExpiryActiveFlag);
}
