using System.Runtime.InteropServices;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// Members with scores, collected in any order, that are then read in theirs or become a sorted set in one pass: the results
/// of ZUNION and its like, of ZRANGESTORE and of GEOSEARCHSTORE. Dispose it.
/// </summary>
internal unsafe struct SortedSetBuilder : IDisposable
{
    private const long MinCapacity = 16;

    private static readonly Comparison<Item> s_order = Compare;

    private Item* _items;
    private long _capacity;
    private HashTable<SortedMember> _table;
    private bool _hasTable;
    private int _longestName;
    private ulong _nameBytes;

    /// <summary>The number of members.</summary>
    public long Count { get; private set; }

    /// <summary>A member's name, by its place: that of the order after <see cref="Sort"/>.</summary>
    public readonly ReadOnlySpan<byte> Name(long index) => SortedMember.NameOf(_items[index].Member);

    /// <summary>A member's score, by its place.</summary>
    public readonly double Score(long index) => SortedMember.ScoreOf(_items[index].Member);

    /// <summary>Adds a member of another name than all others.</summary>
    public void Add(ReadOnlySpan<byte> name, double score)
    {
        if (Count == _capacity)
            Grow();
        _items[Count].Member = SortedMember.Create(score, name);
        Count++;
        _longestName = Math.Max(_longestName, name.Length);
        _nameBytes += (ulong)name.Length;
    }

    /// <summary>
    /// Adds a member unless there is one of that name; returns the score of either, to be changed at will until
    /// <see cref="Sort"/>. Then no member may be added otherwise.
    /// </summary>
    public ref double AddOrFind(ReadOnlySpan<byte> name, double score, out bool added)
    {
        ulong hash = Hashing.Hash(name);
        Slot slot = _table.Find(name, hash);
        added = slot.IsNone;
        if (!added)
            return ref SortedMember.Score(slot.Entry);
        Add(name, score);
        byte* member = _items[Count - 1].Member;
        _table.Insert(hash, member);
        _hasTable = true;
        return ref SortedMember.Score(member);
    }

    /// <summary>Puts the members in order.</summary>
    public readonly void Sort()
    {
        bool ordered = true;
        for (long i = 0; i < Count; i++)
        {
            _items[i].Score = SortedMember.ScoreOf(_items[i].Member);
            ordered = ordered && (i == 0 || Compare(_items[i - 1], _items[i]) < 0);
        }
        if (!ordered)
            new Span<Item>(_items, (int)Count).Sort(s_order);
    }

    /// <summary>Makes the members, at least one, the value of a key, whatever was there; the builder is empty then. The caller has sorted them.</summary>
    public void Store(Database db, ReadOnlySpan<byte> key, ServerConfig config)
    {
        if (SortedSetValue.FitsListpack(config, Count, _longestName) && _nameBytes <= Listpack.MaxBytes / 2)
        {
            db.SetExternal(key, DataType.SortedSet, ValueEncoding.ListPack, ToListpack());
            return;
        }
        // The items shrink to the addresses that the tree is made of.
        var members = (byte**)_items;
        for (long i = 0; i < Count; i++)
            members[i] = _items[i].Member;
        SortedMembers* set = _hasTable ? SortedMembers.Create(members, Count, _table) : SortedMembers.Create(members, Count);
        Count = 0;
        _table = default;
        db.SetExternal(key, DataType.SortedSet, ValueEncoding.SkipList, (byte*)set);
    }

    /// <summary>Frees what has not been stored.</summary>
    public void Dispose()
    {
        for (long i = 0; i < Count; i++)
            NativeHeap.Free(_items[i].Member);
        Count = 0;
        KeepMembers freer = default;
        _table.FreeSlice(long.MaxValue, ref freer);
        if (_items != null)
            NativeHeap.Free((byte*)_items);
        _items = null;
        _capacity = 0;
    }

    private static int Compare(Item x, Item y)
    {
        if (x.Score != y.Score)
            return x.Score < y.Score ? -1 : 1;
        return x.Member == y.Member ? 0 : SortedMember.NameOf(x.Member).SequenceCompareTo(SortedMember.NameOf(y.Member));
    }

    private readonly byte* ToListpack()
    {
        const int scoreBytes = 12;
        byte* listpack = Listpack.Create((nuint)_nameBytes + (nuint)Count * scoreBytes);
        for (long i = 0; i < Count; i++)
            SortedListpack.Append(ref listpack, Name(i), Score(i));
        Listpack.ShrinkToFit(ref listpack);
        return listpack;
    }

    private void Grow()
    {
        _capacity = Math.Max(MinCapacity, _capacity * 2);
        nuint bytes = (nuint)_capacity * (nuint)sizeof(Item);
        _items = (Item*)(_items == null ? NativeHeap.Allocate(bytes) : NativeHeap.Reallocate((byte*)_items, bytes));
    }

    /// <summary>A member and, for sorting, its score beside it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Item
    {
        public double Score;
        public byte* Member;
    }

    private readonly struct KeepMembers : IEntryFreer
    {
        public void Free(byte* entry)
        {
        }
    }
}
