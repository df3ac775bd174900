using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>What the keyspace notes of a hash whose fields may expire: the head of such a hash in either encoding.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FieldExpiryNotes
{
    /// <summary>The time for which the wheel holds a record at the latest, Unix ms; <see cref="long.MaxValue"/>: there is none.</summary>
    public long WheelTimeMs;

    /// <summary>Whether the hash is counted among those with fields that expire.</summary>
    public bool IsCounted;
}

/// <summary>A big hash: the table of its fields, and which of them expire when. Lives in native memory.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FieldTable
{
    /// <summary>What the keyspace notes.</summary>
    public FieldExpiryNotes Notes;

    private HashTable<HashField> _fields;
    private FieldExpiries _expiries;

    /// <summary>The number of fields.</summary>
    public readonly long Count => _fields.Count;

    /// <summary>The number of fields that expire.</summary>
    public readonly int ExpiringCount => _expiries.Count;

    /// <summary>When the first field expires, Unix ms; <see cref="long.MaxValue"/> when none does.</summary>
    public readonly long EarliestExpiryMs => _expiries.EarliestMs;

    /// <summary>The field that expires first; there must be one that does.</summary>
    public readonly HashField Earliest => _expiries.Earliest;

    /// <summary>Native bytes without the fields.</summary>
    public readonly long TableBytes => sizeof(FieldTable) + _fields.BucketBytes + (long)_expiries.MemoryBytes;

    /// <summary>The table of fields, to scan and sample.</summary>
    [UnscopedRef]
    public ref HashTable<HashField> Fields => ref _fields;

    /// <summary>The same, which stays where it is as long as the hash.</summary>
    public static HashTable<HashField>* FieldsOf(FieldTable* table) => &table->_fields;

    /// <summary>A new empty hash.</summary>
    public static FieldTable* Create()
    {
        var table = (FieldTable*)NativeHeap.AllocateZeroed((nuint)sizeof(FieldTable));
        table->Notes.WheelTimeMs = long.MaxValue;
        return table;
    }

    /// <summary>A copy with its own fields; the keyspace has noted nothing of it yet.</summary>
    public static FieldTable* Duplicate(FieldTable* table)
    {
        FieldTable* copy = Create();
        foreach (byte* address in table->_fields)
        {
            HashField field = new(address);
            copy->Add(field.Name, field.Value, field.ExpireAtMs);
        }
        return copy;
    }

    /// <summary>Frees fields until the budget is used up and, after the last one, the table: true when it is gone. Nothing else may be done with it meanwhile.</summary>
    public static bool FreeSome(FieldTable* table, ref int budget)
    {
        table->_expiries.Free();
        FieldFreer freer = default;
        bool done = table->_fields.FreeSlice(budget, ref freer);
        budget -= freer.Freed;
        if (done)
            NativeHeap.Free((byte*)table);
        return done;
    }

    /// <summary>The field of this name, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly HashField Find(ReadOnlySpan<byte> name)
    {
        Slot slot = _fields.Find(name, Hashing.Hash(name));
        return slot.IsNone ? default : new HashField(slot.Entry);
    }

    /// <summary>Adds a field that is known to be absent.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long expireAtMs = HashField.NoExpiry) =>
        Add(name, Hashing.Hash(name), value, expireAtMs);

    /// <summary>Sets a field and says whether it is new. An old one keeps its time of expiry or loses it.</summary>
    public bool Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool keepExpiry)
    {
        ulong hash = Hashing.Hash(name);
        Slot slot = _fields.Find(name, hash);
        if (slot.IsNone)
        {
            Add(name, hash, value, HashField.NoExpiry);
            return true;
        }
        HashField field = new(slot.Entry);
        _fields.BeforeChange(hash, field.Address);
        if (field.HasExpirySlot && !keepExpiry)
            Persist(field);
        if (!field.TrySetValue(value))
            Replace(slot, field, value, field.ExpireAtMs != HashField.NoExpiry);
        return false;
    }

    /// <summary>Removes a field; false when there is none of this name.</summary>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        ulong hash = Hashing.Hash(name);
        Slot slot = _fields.Find(name, hash);
        if (slot.IsNone)
            return false;
        HashField field = new(slot.Entry);
        _fields.BeforeChange(hash, field.Address);
        Persist(field);
        _fields.Remove(slot, hash);
        NativeHeap.Free(field.Address);
        return true;
    }

    /// <summary>Has a field that exists expire at <paramref name="expireAtMs"/> (Unix ms), or never.</summary>
    public void SetExpiry(ReadOnlySpan<byte> name, long expireAtMs)
    {
        ulong hash = Hashing.Hash(name);
        Slot slot = _fields.Find(name, hash);
        HashField field = new(slot.Entry);
        _fields.BeforeChange(hash, field.Address);
        if (expireAtMs == HashField.NoExpiry)
            Persist(field);
        else
            _expiries.Put(field.HasExpirySlot ? field : Replace(slot, field, field.Value, expirySlot: true), expireAtMs);
    }

    /// <summary>How many fields have a time before <paramref name="unixMs"/>.</summary>
    public readonly long CountExpiredBefore(long unixMs) => _expiries.EarliestMs < unixMs ? CountExpiredBelow(0, unixMs) : 0;

    private readonly long CountExpiredBelow(int place, long unixMs)
    {
        if (place >= _expiries.Count || _expiries.At(place).ExpireAtMs >= unixMs)
            return 0;
        return 1 + CountExpiredBelow(2 * place + 1, unixMs) + CountExpiredBelow(2 * place + 2, unixMs);
    }

    private void Add(ReadOnlySpan<byte> name, ulong hash, ReadOnlySpan<byte> value, long expireAtMs)
    {
        bool expires = expireAtMs != HashField.NoExpiry;
        HashField field = HashField.Create(name, value, expires);
        _fields.Insert(hash, field.Address);
        if (expires)
            _expiries.Put(field, expireAtMs);
    }

    private void Persist(HashField field)
    {
        if (field.ExpireAtMs != HashField.NoExpiry)
            _expiries.Remove(field);
    }

    private readonly HashField Replace(Slot slot, HashField old, ReadOnlySpan<byte> value, bool expirySlot)
    {
        HashField field = HashField.Create(old.Name, value, expirySlot);
        if (old.ExpireAtMs != HashField.NoExpiry)
        {
            field.SetExpiry(old.ExpireAtMs);
            field.Place = old.Place;
            _expiries.Moved(field);
        }
        slot.Entry = field.Address;
        NativeHeap.Free(old.Address);
        return field;
    }

    private struct FieldFreer : IEntryFreer
    {
        public int Freed;

        public void Free(byte* entry)
        {
            NativeHeap.Free(entry);
            Freed++;
        }
    }
}
