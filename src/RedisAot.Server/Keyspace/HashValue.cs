using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// Hash values: a listpack of pairs; one of triplets under a <see cref="TimedListpack"/> once a field of it was given a time to
/// live; a <see cref="FieldTable"/> when big. Whoever gives fields other times, or removes fields that have one, calls
/// <see cref="Database.FieldTimesChanged"/> afterwards.
/// </summary>
internal static unsafe class HashValue
{
    /// <summary>A new hash without fields in place of whatever the key held, to be filled by the same command.</summary>
    /// <param name="capacity">Bytes of fields and values to come, as far as known.</param>
    public static KeyEntry Create(Database db, ReadOnlySpan<byte> key, nuint capacity) =>
        db.SetExternal(key, DataType.Hash, ValueEncoding.ListPack, Listpack.Create(capacity));

    /// <summary>The table of a hash in that encoding.</summary>
    public static FieldTable* TableOf(KeyEntry entry) => (FieldTable*)entry.External;

    /// <summary>The listpack of a hash that is not a table.</summary>
    public static ref byte* ListpackOf(KeyEntry entry)
    {
        if (entry.Encoding == ValueEncoding.ListPack)
            return ref entry.External;
        return ref ((TimedListpack*)entry.External)->Fields;
    }

    /// <summary>Elements a field in the listpack of a hash that is not a table.</summary>
    public static int ElementsPerField(KeyEntry entry) => entry.Encoding == ValueEncoding.ListPack ? FieldListpack.Pair : FieldListpack.Triplet;

    /// <summary>The number of fields, those included whose time has come but that are not gone yet.</summary>
    public static long Count(KeyEntry entry) => entry.Encoding == ValueEncoding.HashTable
        ? TableOf(entry)->Count
        : Listpack.Count(ListpackOf(entry)) / ElementsPerField(entry);

    /// <summary>A field's value and time of expiry; the value's bytes are good until the hash changes. False when there is no such field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(KeyEntry entry, ReadOnlySpan<byte> name, out FieldValue found)
    {
        if (entry.Encoding != ValueEncoding.ListPack)
            return TryFindWithTime(entry, name, out found);
        byte* field = Listpack.Find(Listpack.First(entry.External), name, skip: FieldListpack.Pair - 1);
        found = field == null ? default : new FieldValue(Listpack.Get(Listpack.Next(field)), HashField.NoExpiry);
        return field != null;
    }

    private static bool TryFindWithTime(KeyEntry entry, ReadOnlySpan<byte> name, out FieldValue found)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
        {
            HashField field = TableOf(entry)->Find(name);
            found = field.IsNull ? default : new FieldValue(field);
            return !field.IsNull;
        }
        byte* lp = ListpackOf(entry);
        byte* at = Listpack.Find(Listpack.First(lp), name, skip: FieldListpack.Triplet - 1);
        found = at == null ? default : new FieldValue(Listpack.Get(Listpack.Next(at)), FieldListpack.ExpiryOf(at));
        return at != null;
    }

    /// <summary>
    /// Sets a field and says whether it is new. An old one loses its time of expiry, or keeps it. The hash becomes a table
    /// when the field takes it over a limit of the configuration.
    /// </summary>
    public static bool Set(KeyEntry entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ServerConfig config, bool keepExpiry = false)
    {
        if (entry.Encoding != ValueEncoding.HashTable)
        {
            if (name.Length <= config.HashMaxListpackValue && value.Length <= config.HashMaxListpackValue
                && Listpack.CanAdd(ListpackOf(entry), (ulong)name.Length + (ulong)value.Length))
            {
                bool isNew = SetInListpack(entry, name, value, keepExpiry);
                if (isNew && Count(entry) > config.HashMaxListpackEntries)
                    ConvertToTable(entry);
                return isNew;
            }
            ConvertToTable(entry);
        }
        return TableOf(entry)->Set(name, value, keepExpiry);
    }

    private static bool SetInListpack(KeyEntry entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool keepExpiry)
    {
        ref byte* lp = ref ListpackOf(entry);
        bool timed = entry.Encoding == ValueEncoding.ListPackEx;
        byte* field = Listpack.Find(Listpack.First(lp), name, ElementsPerField(entry) - 1);
        if (field == null)
        {
            fixed (byte* nameBytes = name, valueBytes = value)
            {
                ReadOnlySpan<ListpackValue> elements =
                [
                    ListpackValue.Of(nameBytes, name.Length), ListpackValue.Of(valueBytes, value.Length),
                    ListpackValue.OfInteger(HashField.NoExpiry),
                ];
                Listpack.Append(ref lp, timed ? elements : elements[..FieldListpack.Pair]);
            }
            return true;
        }
        nint offset = (nint)(field - lp);
        Listpack.Replace(ref lp, Listpack.Next(field), value);
        if (timed && !keepExpiry && FieldListpack.ExpiryOf(lp + offset) != HashField.NoExpiry)
            FieldListpack.SetExpiry(ref lp, lp + offset, HashField.NoExpiry);
        return false;
    }

    /// <summary>Removes a field; false when there is none of this name. The last one leaves an empty hash for the caller to delete.</summary>
    public static bool Remove(KeyEntry entry, ReadOnlySpan<byte> name)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
            return TableOf(entry)->Remove(name);
        ref byte* lp = ref ListpackOf(entry);
        int elements = ElementsPerField(entry);
        byte* field = Listpack.Find(Listpack.First(lp), name, elements - 1);
        if (field == null)
            return false;
        Listpack.Delete(ref lp, field, elements);
        return true;
    }

    /// <summary>Makes the hash able to hold times of expiry.</summary>
    public static void PrepareForTimes(KeyEntry entry)
    {
        if (entry.Encoding != ValueEncoding.ListPack)
            return;
        entry.External = (byte*)TimedListpack.Create(FieldListpack.WithTimes(entry.External));
        entry.SetKind(DataType.Hash, ValueEncoding.ListPackEx);
    }

    /// <summary>Has a field that exists expire at <paramref name="expireAtMs"/> (Unix ms), or never; the hash was prepared for times.</summary>
    public static void SetExpiry(KeyEntry entry, ReadOnlySpan<byte> name, long expireAtMs)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
        {
            TableOf(entry)->SetExpiry(name, expireAtMs);
            return;
        }
        ref byte* lp = ref ListpackOf(entry);
        FieldListpack.SetExpiry(ref lp, Listpack.Find(Listpack.First(lp), name, FieldListpack.Triplet - 1), expireAtMs);
    }

    /// <summary>When the first field expires, Unix ms; <see cref="long.MaxValue"/> when none does.</summary>
    public static long EarliestExpiryMs(KeyEntry entry) => entry.Encoding switch
    {
        ValueEncoding.ListPack => long.MaxValue,
        ValueEncoding.ListPackEx => FieldListpack.EarliestExpiryMs(ListpackOf(entry)),
        _ => TableOf(entry)->EarliestExpiryMs,
    };

    /// <summary>The name of the field that expires first; there must be one that does.</summary>
    public static ListpackValue Earliest(KeyEntry entry) => entry.Encoding == ValueEncoding.HashTable
        ? FieldValue.AsElement(TableOf(entry)->Earliest.Name)
        : Listpack.Get(Listpack.First(ListpackOf(entry)));

    /// <summary>How many fields the time has come for at <paramref name="nowMs"/>.</summary>
    public static long CountExpired(KeyEntry entry, long nowMs) => entry.Encoding switch
    {
        ValueEncoding.ListPack => 0,
        ValueEncoding.ListPackEx => FieldListpack.CountExpiredBefore(ListpackOf(entry), nowMs),
        _ => TableOf(entry)->CountExpiredBefore(nowMs),
    };

    /// <summary>What the keyspace notes of a hash whose fields may expire; false for one whose fields cannot.</summary>
    public static bool TryGetNotes(KeyEntry entry, out FieldExpiryNotes* notes)
    {
        notes = (FieldExpiryNotes*)entry.External;
        return entry.Encoding != ValueEncoding.ListPack;
    }

    /// <summary>Makes the hash a table if it is none.</summary>
    public static void ConvertToTable(KeyEntry entry)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
            return;
        FieldTable* table = FieldTable.Create();
        Span<byte> nameScratch = stackalloc byte[DecimalInteger.MaxLength];
        Span<byte> valueScratch = stackalloc byte[DecimalInteger.MaxLength];
        foreach (HashFieldView field in Fields(entry))
            table->Add(field.Name.AsBytes(nameScratch), field.Value.AsBytes(valueScratch), field.ExpireAtMs);
        if (TryGetNotes(entry, out FieldExpiryNotes* notes))
            table->Notes = *notes;
        Free(entry);
        entry.External = (byte*)table;
        entry.SetKind(DataType.Hash, ValueEncoding.HashTable);
    }

    /// <summary>All fields, those included whose time has come; nothing may be added meanwhile.</summary>
    public static HashFieldEnumerator Fields(KeyEntry entry) => new(entry);

    /// <summary>Frees the hash.</summary>
    public static void Free(KeyEntry entry)
    {
        int unlimited = int.MaxValue;
        while (!FreeSome(entry, ref unlimited))
            unlimited = int.MaxValue;
    }

    /// <summary>See <see cref="ValueMemory.FreeSome"/>.</summary>
    public static bool FreeSome(KeyEntry entry, ref int budget)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
            return FieldTable.FreeSome(TableOf(entry), ref budget);
        if (entry.Encoding == ValueEncoding.ListPackEx)
            TimedListpack.Free((TimedListpack*)entry.External);
        else
            NativeHeap.Free(entry.External);
        budget--;
        return true;
    }

    /// <summary>See <see cref="ValueMemory.FreeEffort"/>.</summary>
    public static long FreeEffort(KeyEntry entry) => entry.Encoding == ValueEncoding.HashTable ? TableOf(entry)->Count : 1;

    /// <summary>A copy.</summary>
    public static byte* Duplicate(KeyEntry entry) => entry.Encoding switch
    {
        ValueEncoding.ListPack => Listpack.Duplicate(entry.External),
        ValueEncoding.ListPackEx => (byte*)TimedListpack.Create(Listpack.Duplicate(ListpackOf(entry))),
        _ => (byte*)FieldTable.Duplicate(TableOf(entry)),
    };

    /// <summary>Native bytes of the hash; of a table, reckoned from so many fields.</summary>
    public static long Bytes(KeyEntry entry, long samples)
    {
        if (entry.Encoding != ValueEncoding.HashTable)
        {
            long head = entry.Encoding == ValueEncoding.ListPackEx ? (long)NativeHeap.UsableSize(entry.External) : 0;
            return head + (long)NativeHeap.UsableSize(ListpackOf(entry));
        }
        FieldTable* table = TableOf(entry);
        long sampled = 0, bytes = 0;
        foreach (byte* field in table->Fields)
        {
            if (sampled == samples)
                break;
            bytes += (long)new HashField(field).Bytes;
            sampled++;
        }
        return table->TableBytes + (sampled == 0 ? 0 : (long)((double)bytes / sampled * table->Count));
    }

    /// <summary>Adds the fields to a digest, in whatever order.</summary>
    public static void AddDigest(Span<byte> digest, KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        Span<byte> ofField = stackalloc byte[DataDigest.Bytes];
        foreach (HashFieldView field in Fields(entry))
        {
            ofField.Clear();
            DataDigest.Mix(ofField, field.Name.AsBytes(scratch));
            DataDigest.Mix(ofField, field.Value.AsBytes(scratch));
            if (field.ExpireAtMs != HashField.NoExpiry)
                DataDigest.Xor(ofField, "!!hexpire!!"u8);
            DataDigest.Xor(digest, ofField);
        }
    }
}
