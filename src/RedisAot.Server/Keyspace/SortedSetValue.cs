using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Resp;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Keyspace;

/// <summary>When ZADD gives a member a score, and which.</summary>
[Flags]
public enum SortedSetAdd
{
    /// <summary>Add or update.</summary>
    None = 0,

    /// <summary>NX: add only.</summary>
    Missing = 1,

    /// <summary>XX: update only.</summary>
    Existing = 2,

    /// <summary>GT: a member that exists must get a greater score.</summary>
    Greater = 4,

    /// <summary>LT: a member that exists must get a lesser score.</summary>
    Less = 8,

    /// <summary>INCR: the score is added to the one that the member has.</summary>
    Increment = 16,
}

/// <summary>What <see cref="SortedSetValue.Add"/> did.</summary>
public enum SortedSetAdded
{
    /// <summary>Nothing: a condition did not hold.</summary>
    Refused,

    /// <summary>Nothing: the member has that score already.</summary>
    Unchanged,
    Added,
    Updated,

    /// <summary>Nothing: the sum is not a number.</summary>
    NotANumber,
}

/// <summary>
/// Sorted sets: members by score, then by name. Small ones are a <see cref="SortedListpack"/>, others
/// <see cref="SortedMembers"/> (encoding skiplist). A set in a database is never empty.
/// </summary>
public static unsafe class SortedSetValue
{
    /// <summary>Adds a set without members under a key, whatever was there; <paramref name="firstName"/> is what it will hold first.</summary>
    public static KeyEntry Create(Database db, ReadOnlySpan<byte> key, ServerConfig config, ReadOnlySpan<byte> firstName) =>
        FitsListpack(config, 1, firstName.Length)
            ? db.SetExternal(key, DataType.SortedSet, ValueEncoding.ListPack, Listpack.Create())
            : db.SetExternal(key, DataType.SortedSet, ValueEncoding.SkipList, (byte*)SortedMembers.Create());

    /// <summary>Whether so many members, the longest of which has so many bytes, go into a listpack.</summary>
    internal static bool FitsListpack(ServerConfig config, long count, long longestName) =>
        count <= config.ZsetMaxListpackEntries && longestName <= config.ZsetMaxListpackValue;

    /// <summary>The number of members.</summary>
    public static long Count(KeyEntry entry) =>
        entry.Encoding == ValueEncoding.ListPack ? SortedListpack.Count(entry.External) : Members(entry)->Count;

    /// <summary>The score of a member; false when there is none of that name.</summary>
    public static bool TryGetScore(KeyEntry entry, ReadOnlySpan<byte> name, out double score) =>
        TryGetScore(entry, name, entry.Encoding == ValueEncoding.ListPack ? 0 : Hashing.Hash(name), out score);

    /// <summary>The same, where the hash of the name is known.</summary>
    public static bool TryGetScore(KeyEntry entry, ReadOnlySpan<byte> name, ulong hash, out double score)
    {
        bool isListpack = entry.Encoding == ValueEncoding.ListPack;
        byte* member = isListpack ? SortedListpack.Find(entry.External, name) : Members(entry)->Find(name, hash);
        score = member == null ? 0 : isListpack ? SortedListpack.ScoreOf(member) : SortedMember.ScoreOf(member);
        return member != null;
    }

    /// <summary>The rank of a member, from 0 for the lowest score, and its score; -1 when there is none of that name.</summary>
    public static long Rank(KeyEntry entry, ReadOnlySpan<byte> name, out double score)
    {
        score = 0;
        if (entry.Encoding == ValueEncoding.ListPack)
        {
            byte* element = SortedListpack.Find(entry.External, name);
            if (element == null)
                return -1;
            score = SortedListpack.ScoreOf(element);
            return SortedListpack.RankOf(entry.External, element);
        }
        byte* member = Members(entry)->Find(name);
        if (member == null)
            return -1;
        score = SortedMember.ScoreOf(member);
        return Members(entry)->Tree->RankOf(member);
    }

    /// <summary>The name of a member that a cursor came by, the set being as it was; <paramref name="scratch"/> as in <see cref="SortedListpack.NameOf"/>.</summary>
    internal static ReadOnlySpan<byte> NameOf(KeyEntry entry, byte* member, Span<byte> scratch) =>
        entry.Encoding == ValueEncoding.ListPack ? SortedListpack.NameOf(member, scratch) : SortedMember.NameOf(member);

    /// <summary>The number of members before a bound, which is also the rank of the first one after it.</summary>
    public static long CountBefore<TBound>(KeyEntry entry, scoped in TBound bound)
        where TBound : struct, ISortedBound, allows ref struct =>
        entry.Encoding == ValueEncoding.ListPack
            ? SortedListpack.CountBefore(entry.External, bound)
            : Members(entry)->Tree->CountBefore(bound);

    /// <summary>
    /// Adds a member or gives it another score, as the options say. <paramref name="score"/>, which is not NaN, becomes the
    /// member's score where that was added or could have been updated.
    /// </summary>
    public static SortedSetAdded Add(
        KeyEntry entry, ServerConfig config, ReadOnlySpan<byte> name, ref double score, SortedSetAdd options = SortedSetAdd.None)
    {
        if (entry.Encoding == ValueEncoding.ListPack)
        {
            byte* element = SortedListpack.Find(entry.External, name);
            if (element != null)
            {
                SortedSetAdded change = Decide(SortedListpack.ScoreOf(element), ref score, options);
                if (change == SortedSetAdded.Updated)
                    SortedListpack.UpdateScore(ref entry.External, element, name, score);
                return change;
            }
            if ((options & SortedSetAdd.Existing) != 0)
                return SortedSetAdded.Refused;
            if (FitsListpack(config, Count(entry) + 1, name.Length) && Listpack.CanAdd(entry.External, (ulong)name.Length))
            {
                SortedListpack.Insert(ref entry.External, name, score);
                return SortedSetAdded.Added;
            }
            ConvertToSkipList(entry);
        }
        return AddToMembers(Members(entry), name, ref score, options);
    }

    private static SortedSetAdded AddToMembers(SortedMembers* members, ReadOnlySpan<byte> name, ref double score, SortedSetAdd options)
    {
        ulong hash = Hashing.Hash(name);
        byte* member = members->Find(name, hash);
        if (member != null)
        {
            SortedSetAdded change = Decide(SortedMember.ScoreOf(member), ref score, options);
            if (change == SortedSetAdded.Updated)
                members->UpdateScore(member, score);
            return change;
        }
        if ((options & SortedSetAdd.Existing) != 0)
            return SortedSetAdded.Refused;
        members->Add(name, hash, score);
        return SortedSetAdded.Added;
    }

    /// <summary>What becomes of a member that exists.</summary>
    private static SortedSetAdded Decide(double current, ref double score, SortedSetAdd options)
    {
        if ((options & SortedSetAdd.Missing) != 0)
            return SortedSetAdded.Refused;
        double wanted = (options & SortedSetAdd.Increment) != 0 ? score + current : score;
        if (double.IsNaN(wanted))
            return SortedSetAdded.NotANumber;
        if (((options & SortedSetAdd.Less) != 0 && wanted >= current) || ((options & SortedSetAdd.Greater) != 0 && wanted <= current))
            return SortedSetAdded.Refused;
        score = wanted;
        return wanted == current ? SortedSetAdded.Unchanged : SortedSetAdded.Updated;
    }

    /// <summary>Removes a member; false when there is none of that name. The caller deletes a key whose set is empty then.</summary>
    public static bool Remove(KeyEntry entry, ReadOnlySpan<byte> name)
    {
        if (entry.Encoding != ValueEncoding.ListPack)
            return Members(entry)->Remove(name);
        byte* element = SortedListpack.Find(entry.External, name);
        if (element == null)
            return false;
        SortedListpack.Remove(ref entry.External, element);
        return true;
    }

    /// <summary>Removes so many members from a rank on; all of them exist.</summary>
    public static void RemoveRange(KeyEntry entry, long rank, long count)
    {
        if (entry.Encoding == ValueEncoding.ListPack)
            SortedListpack.Remove(ref entry.External, SortedListpack.At(entry.External, rank), (int)count);
        else
            Members(entry)->RemoveRange(rank, count);
    }

    /// <summary>Gives a set the encoding for big ones.</summary>
    internal static void ConvertToSkipList(KeyEntry entry)
    {
        byte* listpack = entry.External;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        SortedMembers* members = SortedMembers.Create();
        for (byte* element = Listpack.First(listpack); element != null; element = SortedListpack.Next(element))
        {
            ReadOnlySpan<byte> name = SortedListpack.NameOf(element, scratch);
            members->Add(name, Hashing.Hash(name), SortedListpack.ScoreOf(element));
        }
        entry.SetKind(DataType.SortedSet, ValueEncoding.SkipList);
        entry.External = (byte*)members;
        NativeHeap.Free(listpack);
    }

    /// <summary>The members of a set that is not a listpack.</summary>
    internal static SortedMembers* Members(KeyEntry entry) => (SortedMembers*)entry.External;

    /// <summary>Frees what belongs to the value beside its entry.</summary>
    public static void Free(KeyEntry entry)
    {
        if (entry.Encoding == ValueEncoding.ListPack)
            NativeHeap.Free(entry.External);
        else
            SortedMembers.FreeSome(Members(entry), long.MaxValue);
    }

    /// <summary>See <see cref="ValueMemory.FreeSome"/>.</summary>
    public static bool FreeSome(KeyEntry entry, ref int budget)
    {
        // Only the encoding for big sets is ever much work.
        bool done = SortedMembers.FreeSome(Members(entry), Math.Max(budget, 1));
        budget = 0;
        return done;
    }

    /// <summary>A copy of what belongs to the value beside its entry.</summary>
    public static byte* Duplicate(KeyEntry entry) =>
        entry.Encoding == ValueEncoding.ListPack ? Listpack.Duplicate(entry.External) : (byte*)SortedMembers.Duplicate(Members(entry));

    /// <summary>Native bytes of the value beside its entry, estimated from so many members (0: all).</summary>
    public static long Bytes(KeyEntry entry, long samples) =>
        entry.Encoding == ValueEncoding.ListPack ? (long)NativeHeap.UsableSize(entry.External) : Members(entry)->MemoryBytes(samples);

    /// <summary>How much work it is to free the value: the number of allocations, roughly.</summary>
    public static long FreeEffort(KeyEntry entry) => entry.Encoding == ValueEncoding.ListPack ? 1 : Members(entry)->Count;

    /// <summary>Adds the members to a digest; their order does not count.</summary>
    public static void AddDigest(Span<byte> digest, KeyEntry entry)
    {
        Span<byte> ofMember = stackalloc byte[DataDigest.Bytes];
        Span<byte> scoreText = stackalloc byte[NumberText.MaxDoubleLength];
        for (SortedSetCursor cursor = new(entry, 0); cursor.IsValid; cursor.MoveNext())
        {
            ofMember.Clear();
            DataDigest.Mix(ofMember, cursor.Name);
            DataDigest.Mix(ofMember, scoreText[..NumberText.Format(cursor.Score, scoreText)]);
            DataDigest.Xor(digest, ofMember);
        }
    }
}
