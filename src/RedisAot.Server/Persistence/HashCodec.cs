using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Hashes in RDB data.</summary>
internal static unsafe class HashCodec
{
    /// <summary>No field expires later than this, Unix ms: official has 48 bits for it.</summary>
    private const ulong MaxExpireAtMs = (1UL << 48) - 1;

    /// <summary>In place of a time of expiry, Valkey: none.</summary>
    private const long ValkeyNoExpiry = -1;

    /// <summary>A hash of which no field expires any more is written as one of which none ever did, for 7.0 reads that.</summary>
    public static RdbType TypeOf(KeyEntry entry) => entry.Encoding switch
    {
        ValueEncoding.ListPack => RdbType.HashListpack,
        _ when HashValue.EarliestExpiryMs(entry) == long.MaxValue => RdbType.Hash,
        ValueEncoding.ListPackEx => RdbType.HashListpackEx,
        _ => RdbType.HashExpiring,
    };

    public static void Write(RdbWriter writer, KeyEntry entry)
    {
        RdbType type = TypeOf(entry);
        long earliestMs = HashValue.EarliestExpiryMs(entry);
        if (type is RdbType.HashExpiring or RdbType.HashListpackEx)
            writer.WriteMilliseconds(earliestMs);
        if (type is RdbType.HashListpack or RdbType.HashListpackEx)
        {
            writer.WriteString(Listpack.AsBytes(HashValue.ListpackOf(entry)));
            return;
        }
        Span<byte> nameScratch = stackalloc byte[DecimalInteger.MaxLength], valueScratch = stackalloc byte[DecimalInteger.MaxLength];
        writer.WriteLength((ulong)HashValue.Count(entry));
        foreach (HashFieldView field in HashValue.Fields(entry))
        {
            if (type == RdbType.HashExpiring)
                WriteTime(writer, field.ExpireAtMs, earliestMs);
            WriteField(writer, field.Name.AsBytes(nameScratch), field.Value.AsBytes(valueScratch));
        }
    }

    /// <summary>Begins to write a hash that is a table.</summary>
    public static ValueWalk Begin(RdbWriter writer, KeyEntry entry)
    {
        bool expires = TypeOf(entry) == RdbType.HashExpiring;
        long earliestMs = HashValue.EarliestExpiryMs(entry);
        if (expires)
            writer.WriteMilliseconds(earliestMs);
        writer.WriteLength((ulong)HashValue.Count(entry));
        void Write(RdbWriter output, byte* element)
        {
            HashField field = new(element);
            if (expires)
                WriteTime(output, field.ExpireAtMs, earliestMs);
            WriteField(output, field.Name, field.Value);
        }
        return new TableValueWalk<HashField>(writer, FieldTable.FieldsOf(HashValue.TableOf(entry)), Write);
    }

    // 0: never; else one more than what lies between the earliest time and this one.
    private static void WriteTime(RdbWriter writer, long expireAtMs, long earliestMs) =>
        writer.WriteLength(expireAtMs == HashField.NoExpiry ? 0 : (ulong)(expireAtMs - earliestMs) + 1);

    private static void WriteField(RdbWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        writer.WriteString(name);
        writer.WriteString(value);
    }

    public static KeyEntry Read(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        bool isFlat = type is not (RdbType.Hash or RdbType.HashExpiring or RdbType.HashExpiringPreGa);
        KeyEntry entry = isFlat
            ? ReadListpack(reader, type, key, expirySlot, config)
            : Empty(key, expirySlot, Listpack.Create());
        if (isFlat)
            return entry;
        try
        {
            if (type == RdbType.Hash)
                ReadFields(reader, entry, config);
            else
                ReadExpiringFields(reader, type, entry, config);
        }
        catch
        {
            HashValue.Free(entry);
            NativeHeap.Free(entry.Address);
            throw;
        }
        return entry;
    }

    private static KeyEntry Empty(ReadOnlySpan<byte> key, bool expirySlot, byte* lp)
    {
        KeyEntry entry = KeyEntry.Create(key, DataType.Hash, ValueEncoding.ListPack, expirySlot, valueSlot: true, 0);
        entry.External = lp;
        return entry;
    }

    private static KeyEntry ReadListpack(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        bool isTimed = type is RdbType.HashListpackEx or RdbType.HashListpackExPreGa;
        if (type == RdbType.HashListpackEx)
            reader.ReadMilliseconds();
        int longest = 0;
        string what = type switch { RdbType.HashZipmap => "Hash zipmap", RdbType.HashZiplist => "Hash ziplist", _ => "Hash listpack" };
        byte* lp = type switch
        {
            RdbType.HashZipmap => RdbListpack.ReadZipmap(reader, out longest),
            RdbType.HashZiplist => RdbListpack.ReadZiplist(reader, what),
            _ => RdbListpack.Read(reader, what),
        };
        lp = RdbListpack.CheckTuples(lp, isTimed ? FieldListpack.Triplet : FieldListpack.Pair, what);
        if (isTimed)
            CheckTimes(lp);
        KeyEntry entry = Empty(key, expirySlot, lp);
        if (isTimed)
        {
            entry.External = (byte*)TimedListpack.Create(lp);
            entry.SetKind(DataType.Hash, ValueEncoding.ListPackEx);
        }
        if (HashValue.Count(entry) > config.HashMaxListpackEntries || longest > config.HashMaxListpackValue)
            HashValue.ConvertToTable(entry);
        return entry;
    }

    /// <summary>Frees the listpack and refuses it unless its times are times and ascend, those that never come last.</summary>
    private static void CheckTimes(byte* triplets)
    {
        ulong previous = 0;
        bool isRight = true;
        for (byte* field = Listpack.First(triplets); field != null && isRight;)
        {
            byte* time = Listpack.Next(Listpack.Next(field));
            ListpackValue value = Listpack.Get(time);
            ulong expireAtMs = value.IsInteger ? (ulong)value.Integer : ulong.MaxValue;
            isRight = expireAtMs <= MaxExpireAtMs && (expireAtMs == HashField.NoExpiry || expireAtMs >= previous);
            previous = expireAtMs == HashField.NoExpiry ? ulong.MaxValue : expireAtMs;
            field = Listpack.Next(time);
        }
        if (isRight)
            return;
        NativeHeap.Free(triplets);
        throw RdbException.Corrupt("Hash listpack integrity check failed: times out of order.");
    }

    private static void ReadFields(RdbReader reader, KeyEntry entry, ServerConfig config)
    {
        for (long left = ReadCount(reader, entry, config); left > 0; left--)
            Add(entry, reader.ReadKeptString(), reader.ReadString(), config);
    }

    private static void ReadExpiringFields(RdbReader reader, RdbType type, KeyEntry entry, ServerConfig config)
    {
        bool isValkey = type == RdbType.HashExpiringPreGa && reader.Version >= RdbVersion.Valkey;
        ulong earliestMs = type == RdbType.HashExpiring ? (ulong)reader.ReadMilliseconds() : 0;
        long left = ReadCount(reader, entry, config);
        HashValue.PrepareForTimes(entry);
        for (; left > 0; left--)
        {
            ulong time = isValkey ? 0 : reader.ReadLength();
            if (time != 0 && type == RdbType.HashExpiring)
                time = unchecked(time + earliestMs - 1);
            ReadOnlySpan<byte> name = reader.ReadKeptString();
            Add(entry, name, reader.ReadString(), config);
            if (isValkey && reader.ReadMilliseconds() is var given && given != ValkeyNoExpiry)
                time = (ulong)Math.Max(given, 1);
            if (time > MaxExpireAtMs)
                throw RdbException.Corrupt($"invalid expireAt time: {time}");
            if (time != 0)
                HashValue.SetExpiry(entry, name, (long)time);
        }
    }

    private static long ReadCount(RdbReader reader, KeyEntry entry, ServerConfig config)
    {
        long count = reader.ReadCount();
        if (count == 0)
            throw RdbException.EmptyKey();
        if (count > config.HashMaxListpackEntries)
            HashValue.ConvertToTable(entry);
        return count;
    }

    private static void Add(KeyEntry entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ServerConfig config)
    {
        if (!HashValue.Set(entry, name, value, config))
            throw RdbException.Corrupt("Duplicate hash fields detected");
    }
}
