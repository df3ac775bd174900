using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Resp;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// The members of a set and how they are kept: integers as an intset, a few short strings as a listpack, others as a
/// <see cref="MemberTable"/>. What an entry holds, or a set that is under no key yet; it moves when it changes.
/// </summary>
internal unsafe struct SetContents(ValueEncoding encoding, byte* address)
{
    /// <summary>Official's limit of intsets, whatever the configuration says.</summary>
    private const long MaxIntsetEntries = 1 << 30;

    /// <summary>What an entry holds.</summary>
    public SetContents(KeyEntry entry)
        : this(entry.Encoding, entry.External)
    {
    }

    /// <summary>How the members are kept.</summary>
    public ValueEncoding Encoding { get; private set; } = encoding;

    /// <summary>Where they are.</summary>
    public byte* Address { get; private set; } = address;

    /// <summary>The number of members.</summary>
    public readonly long Count => Encoding switch
    {
        ValueEncoding.HashTable => Table->Count,
        ValueEncoding.IntSet => Intset.Count(Address),
        _ => Listpack.Count(Address),
    };

    /// <summary>The members of a set that is kept as a table.</summary>
    public readonly MemberTable* Table => (MemberTable*)Address;

    /// <summary>An empty set that can hold integers only, until something else is added.</summary>
    public static SetContents CreateForIntegers() => new(ValueEncoding.IntSet, Intset.Create());

    /// <summary>An empty set that strings can be added to.</summary>
    public static SetContents CreateForStrings() => new(ValueEncoding.ListPack, Listpack.Create());

    /// <summary>An empty set that suits what will be its first member.</summary>
    public static SetContents CreateFor(ReadOnlySpan<byte> member) =>
        DecimalInteger.TryParse(member, out _) ? CreateForIntegers() : CreateForStrings();

    /// <summary>Whether these bytes are a member.</summary>
    public readonly bool Contains(ReadOnlySpan<byte> member) => Encoding switch
    {
        ValueEncoding.HashTable => Table->Contains(member, Hashing.Hash(member)),
        ValueEncoding.IntSet => DecimalInteger.TryParse(member, out long integer) && Intset.Contains(Address, integer),
        _ => FindInListpack(member) != null,
    };

    /// <summary>Whether the member of another set is one of this set too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Contains(ref SetProbe probe) =>
        Encoding == ValueEncoding.HashTable ? Table->Contains(probe.Bytes, probe.Hash) : SmallContains(ref probe);

    private readonly bool SmallContains(ref SetProbe probe) => Encoding == ValueEncoding.IntSet
        ? probe.TryGetInteger(out long integer) && Intset.Contains(Address, integer)
        : FindInListpack(probe.Bytes) != null;

    /// <summary>Adds a member, going over to another encoding where the configuration asks for it; false when it was there.</summary>
    public bool Add(ReadOnlySpan<byte> member, ServerConfig config) => Encoding switch
    {
        ValueEncoding.HashTable => Table->Add(member),
        ValueEncoding.IntSet => AddToIntset(member, config),
        _ => AddToListpack(member, config),
    };

    /// <summary>Adds a member of another set; false when it was there.</summary>
    public bool Add(ListpackValue member, ServerConfig config)
    {
        if (member.IsInteger && Encoding == ValueEncoding.IntSet)
            return AddInteger(member.Integer, config);
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        return Add(member.AsBytes(scratch), config);
    }

    private bool AddToIntset(ReadOnlySpan<byte> member, ServerConfig config)
    {
        if (DecimalInteger.TryParse(member, out long integer))
            return AddInteger(integer, config);
        // Nothing but integers was there, so the new member is new indeed.
        if (FitsListpack(config, LongestInteger(), member.Length))
        {
            ConvertToListpack();
            return AppendToListpack(member);
        }
        ConvertToTable();
        return Table->Add(member);
    }

    private bool AddInteger(long integer, ServerConfig config)
    {
        byte* intset = Address;
        bool added = Intset.Add(ref intset, integer);
        Address = intset;
        if (added && Intset.Count(intset) > Math.Min(config.SetMaxIntSetEntries, MaxIntsetEntries))
            ConvertToTable();
        return added;
    }

    private bool AddToListpack(ReadOnlySpan<byte> member, ServerConfig config)
    {
        if (FindInListpack(member) != null)
            return false;
        if (FitsListpack(config, 0, member.Length))
            return AppendToListpack(member);
        ConvertToTable();
        return Table->Add(member);
    }

    private bool AppendToListpack(ReadOnlySpan<byte> member)
    {
        byte* listpack = Address;
        Listpack.Append(ref listpack, member);
        Address = listpack;
        return true;
    }

    /// <summary>Removes a member; false when it was not there.</summary>
    public bool Remove(ReadOnlySpan<byte> member) => Encoding switch
    {
        ValueEncoding.HashTable => Table->Remove(member),
        ValueEncoding.IntSet => DecimalInteger.TryParse(member, out long integer) && RemoveInteger(integer),
        _ => RemoveFromListpack(FindInListpack(member)),
    };

    /// <summary>Removes a member that this set itself has given.</summary>
    public void Remove(ListpackValue member)
    {
        if (Encoding == ValueEncoding.IntSet)
        {
            RemoveInteger(member.Integer);
            return;
        }
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        Remove(member.AsBytes(scratch));
    }

    private bool RemoveInteger(long integer)
    {
        byte* intset = Address;
        bool removed = Intset.Remove(ref intset, integer);
        Address = intset;
        return removed;
    }

    private bool RemoveFromListpack(byte* element)
    {
        if (element == null)
            return false;
        byte* listpack = Address;
        Listpack.Delete(ref listpack, element);
        Address = listpack;
        return true;
    }

    /// <summary>A member drawn at random, each with the same chance, good until the set changes; there is one.</summary>
    public readonly ListpackValue Random(ref FastRandom random) => Encoding switch
    {
        ValueEncoding.HashTable => SetMember.ValueOf(Table->Random(ref random)),
        _ => At((int)random.Next((uint)Count)),
    };

    /// <summary>The member at a place, from 0 on, of a set that is not a table.</summary>
    public readonly ListpackValue At(int index) => Encoding == ValueEncoding.IntSet
        ? ListpackValue.OfInteger(Intset.At(Address, index))
        : Listpack.Get(Listpack.Seek(Address, index));

    /// <summary>All members, in no particular order, for a foreach, during which the set does not change.</summary>
    public readonly SetEnumerator GetEnumerator() => new(Encoding, Address);

    /// <summary>Frees the members.</summary>
    public readonly void Free()
    {
        if (Encoding == ValueEncoding.HashTable)
            MemberTable.FreeSome(Table, long.MaxValue);
        else
            NativeHeap.Free(Address);
    }

    /// <summary>Has an entry hold the members as they are now.</summary>
    public readonly void StoreIn(KeyEntry entry)
    {
        entry.External = Address;
        entry.SetKind(DataType.Set, Encoding);
    }

    private readonly byte* FindInListpack(ReadOnlySpan<byte> member) => Listpack.Find(Listpack.First(Address), member);

    /// <summary>Whether a further member goes into a listpack with those that are there, the longest of which has so many bytes.</summary>
    private readonly bool FitsListpack(ServerConfig config, int longest, int length) =>
        Count < config.SetMaxListpackEntries && Math.Max(longest, length) <= config.SetMaxListpackValue
        && (Encoding == ValueEncoding.IntSet || Listpack.CanAdd(Address, (ulong)length));

    /// <summary>Bytes of the longest number in an intset, which is the first or the last one.</summary>
    private readonly int LongestInteger()
    {
        int count = Intset.Count(Address);
        return count == 0 ? 0 : Math.Max(NumberText.Length(Intset.At(Address, 0)), NumberText.Length(Intset.At(Address, count - 1)));
    }

    private void ConvertToListpack()
    {
        byte* intset = Address;
        byte* listpack = Listpack.Create();
        int count = Intset.Count(intset);
        for (int i = 0; i < count; i++)
            Listpack.Append(ref listpack, Intset.At(intset, i));
        NativeHeap.Free(intset);
        Encoding = ValueEncoding.ListPack;
        Address = listpack;
    }

    private void ConvertToTable()
    {
        MemberTable* table = MemberTable.Create();
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        foreach (ListpackValue member in this)
            table->Add(member.AsBytes(scratch));
        NativeHeap.Free(Address);
        Encoding = ValueEncoding.HashTable;
        Address = (byte*)table;
    }
}
