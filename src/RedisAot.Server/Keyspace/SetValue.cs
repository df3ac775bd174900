using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Keyspace;

/// <summary>Set values: <see cref="SetContents"/> under a key, never empty between commands.</summary>
internal static unsafe class SetValue
{
    /// <summary>The number of members.</summary>
    public static long Count(KeyEntry entry) => new SetContents(entry).Count;

    /// <summary>Puts a set, to be filled at once, under a key that does not exist; <paramref name="member"/> is what it will hold first.</summary>
    public static KeyEntry Create(Database db, ReadOnlySpan<byte> key, ReadOnlySpan<byte> member) =>
        Store(db, key, SetContents.CreateFor(member));

    /// <summary>Adds a member; false when it was there.</summary>
    public static bool Add(KeyEntry entry, ReadOnlySpan<byte> member, ServerConfig config)
    {
        SetContents contents = new(entry);
        bool added = contents.Add(member, config);
        contents.StoreIn(entry);
        return added;
    }

    /// <summary>Removes a member; false when it was not there. The caller deletes a key whose set is empty then.</summary>
    public static bool Remove(KeyEntry entry, ReadOnlySpan<byte> member)
    {
        SetContents contents = new(entry);
        bool removed = contents.Remove(member);
        contents.StoreIn(entry);
        return removed;
    }

    /// <summary>Removes a member that the set itself has given.</summary>
    public static void Remove(KeyEntry entry, ListpackValue member)
    {
        SetContents contents = new(entry);
        contents.Remove(member);
        contents.StoreIn(entry);
    }

    /// <summary>Makes these members, at least one, the value of a key, whatever was there.</summary>
    public static KeyEntry Store(Database db, ReadOnlySpan<byte> key, in SetContents contents, bool keepTtl = false) =>
        db.SetExternal(key, DataType.Set, contents.Encoding, contents.Address, keepTtl);

    /// <summary>Frees what belongs to the value beside its entry.</summary>
    public static void Free(KeyEntry entry) => new SetContents(entry).Free();

    /// <summary>See <see cref="ValueMemory.FreeSome"/>.</summary>
    public static bool FreeSome(KeyEntry entry, ref int budget)
    {
        // Only a table is ever much work.
        bool done = MemberTable.FreeSome(new SetContents(entry).Table, Math.Max(budget, 1));
        budget = 0;
        return done;
    }

    /// <summary>A copy of what belongs to the value beside its entry.</summary>
    public static byte* Duplicate(KeyEntry entry) => entry.Encoding switch
    {
        ValueEncoding.HashTable => (byte*)MemberTable.Duplicate(new SetContents(entry).Table),
        ValueEncoding.IntSet => Intset.Duplicate(entry.External),
        _ => Listpack.Duplicate(entry.External),
    };

    /// <summary>Native bytes of the value beside its entry, estimated from so many members.</summary>
    public static long Bytes(KeyEntry entry, long samples) => entry.Encoding == ValueEncoding.HashTable
        ? new SetContents(entry).Table->MemoryBytes(samples)
        : (long)NativeHeap.UsableSize(entry.External);

    /// <summary>How much work it is to free the value: the number of allocations, roughly.</summary>
    public static long FreeEffort(KeyEntry entry) => entry.Encoding == ValueEncoding.HashTable ? Count(entry) : 1;

    /// <summary>Adds the members to a digest; their order does not count.</summary>
    public static void AddDigest(Span<byte> digest, KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        foreach (ListpackValue member in new SetContents(entry))
            DataDigest.Xor(digest, member.AsBytes(scratch));
    }
}
