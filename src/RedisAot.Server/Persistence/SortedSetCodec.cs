using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Resp;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Sorted sets in RDB data.</summary>
internal static unsafe class SortedSetCodec
{
    public static RdbType TypeOf(KeyEntry entry) =>
        entry.Encoding == ValueEncoding.ListPack ? RdbType.SortedSetListpack : RdbType.SortedSet2;

    public static void Write(RdbWriter writer, KeyEntry entry)
    {
        if (entry.Encoding == ValueEncoding.ListPack)
        {
            writer.WriteString(Listpack.AsBytes(entry.External));
            return;
        }
        // From the greatest down, as official does: its reader is quickest when each member comes before all that it has.
        long count = SortedSetValue.Count(entry);
        writer.WriteLength((ulong)count);
        for (SortedSetCursor cursor = new(entry, count - 1); cursor.IsValid; cursor.MovePrevious())
            WriteMember(writer, cursor.Name, cursor.Score);
    }

    /// <summary>Begins to write a sorted set that is no listpack.</summary>
    public static ValueWalk Begin(RdbWriter writer, KeyEntry entry)
    {
        SortedMembers* set = SortedSetValue.Members(entry);
        writer.WriteLength((ulong)set->Count);
        return new SortedSetWalk(
            writer, set, static (output, member) => WriteMember(output, SortedMember.NameOf(member), SortedMember.ScoreOf(member)));
    }

    private static void WriteMember(RdbWriter writer, ReadOnlySpan<byte> name, double score)
    {
        writer.WriteString(name);
        writer.WriteDouble(score);
    }

    public static KeyEntry Read(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        if (type is RdbType.SortedSet or RdbType.SortedSet2)
            return ReadMembers(reader, type, key, expirySlot, config);
        string what = type == RdbType.SortedSetListpack ? "Zset listpack" : "Zset ziplist";
        byte* lp = type == RdbType.SortedSetListpack ? RdbListpack.Read(reader, what) : RdbListpack.ReadZiplist(reader, what);
        CheckOrder(RdbListpack.CheckTuples(lp, tuple: 2, what));
        KeyEntry entry = KeyEntry.Create(key, DataType.SortedSet, ValueEncoding.ListPack, expirySlot, valueSlot: true, 0);
        entry.External = lp;
        if (!SortedSetValue.FitsListpack(config, SortedSetValue.Count(entry), 0))
            SortedSetValue.ConvertToSkipList(entry);
        return entry;
    }

    private static KeyEntry ReadMembers(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        long count = reader.ReadCount();
        if (count == 0)
            throw RdbException.EmptyKey();
        bool isSmall = SortedSetValue.FitsListpack(config, count, 0);
        ValueEncoding encoding = isSmall ? ValueEncoding.ListPack : ValueEncoding.SkipList;
        KeyEntry entry = KeyEntry.Create(key, DataType.SortedSet, encoding, expirySlot, valueSlot: true, 0);
        entry.External = isSmall ? Listpack.Create() : (byte*)SortedMembers.Create();
        try
        {
            for (; count > 0; count--)
            {
                ReadOnlySpan<byte> name = reader.ReadKeptString();
                double score = type == RdbType.SortedSet2 ? reader.ReadDouble() : reader.ReadDoubleText();
                if (double.IsNaN(score))
                    throw RdbException.Corrupt("Zset with NAN score detected");
                if (SortedSetValue.Add(entry, config, name, ref score) != SortedSetAdded.Added)
                    throw RdbException.Corrupt("Duplicate zset fields detected");
            }
        }
        catch
        {
            SortedSetValue.Free(entry);
            NativeHeap.Free(entry.Address);
            throw;
        }
        return entry;
    }

    /// <summary>Frees a listpack and refuses it unless its scores are numbers and its members in order: look-ups rely on it.</summary>
    private static void CheckOrder(byte* lp)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength], otherScratch = stackalloc byte[DecimalInteger.MaxLength];
        byte* previous = null;
        double previousScore = double.NegativeInfinity;
        for (byte* member = Listpack.First(lp); member != null; member = SortedListpack.Next(member))
        {
            bool isRight = TryReadScore(SortedListpack.ScoreElementOf(member), out double score) && score >= previousScore
                && (previous == null || score > previousScore
                    || SortedListpack.NameOf(previous, scratch).SequenceCompareTo(SortedListpack.NameOf(member, otherScratch)) < 0);
            if (!isRight)
            {
                NativeHeap.Free(lp);
                throw RdbException.Corrupt("Zset integrity check failed: a score is no number, or members are out of order.");
            }
            previous = member;
            previousScore = score;
        }
    }

    private static bool TryReadScore(ListpackValue element, out double score)
    {
        score = 0;
        if (!element.IsInteger)
            return NumberText.TryParseDouble(element.Bytes, out score) && !double.IsNaN(score);
        score = element.Integer;
        return true;
    }
}
