using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A big sorted set: a table of its <see cref="SortedMember"/>s by name and a tree of them by score. It owns the members and
/// lives in a block of the native heap itself.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SortedMembers
{
    private SortedTree* _tree;
    private HashTable<SortedMember> _table;

    /// <summary>The number of members.</summary>
    public readonly long Count => _tree->Count;

    /// <summary>The members by name, to look at.</summary>
    [UnscopedRef]
    public readonly ref readonly HashTable<SortedMember> Names => ref _table;

    /// <summary>The members by score.</summary>
    public readonly SortedTree* Tree => _tree;

    /// <summary>A new set without members.</summary>
    public static SortedMembers* Create() => Create(SortedTree.Create(), default);

    /// <summary>A new set of these members, at least one, which are in order; it takes them over.</summary>
    public static SortedMembers* Create(byte** ordered, long count)
    {
        HashTable<SortedMember> table = default;
        for (long i = 0; i < count; i++)
            table.Insert(Hashing.Hash(SortedMember.NameOf(ordered[i])), ordered[i]);
        return Create(ordered, count, table);
    }

    /// <summary>The same with a table of exactly these members, which it takes over too.</summary>
    public static SortedMembers* Create(byte** ordered, long count, HashTable<SortedMember> table) =>
        Create(SortedTree.Build(ordered, count), table);

    private static SortedMembers* Create(SortedTree* tree, HashTable<SortedMember> table)
    {
        var set = (SortedMembers*)NativeHeap.Allocate((nuint)sizeof(SortedMembers));
        set->_tree = tree;
        set->_table = table;
        return set;
    }

    /// <summary>A copy with members of its own.</summary>
    public static SortedMembers* Duplicate(SortedMembers* set)
    {
        long count = set->Count;
        if (count == 0)
            return Create();
        var copies = (byte**)NativeHeap.Allocate((nuint)count * (nuint)sizeof(byte*));
        SortedTreeCursor cursor = new(set->_tree, 0);
        for (long i = 0; i < count; i++, cursor.MoveNext())
            copies[i] = SortedMember.Create(SortedMember.ScoreOf(cursor.Current), SortedMember.NameOf(cursor.Current));
        SortedMembers* copy = Create(copies, count);
        NativeHeap.Free((byte*)copies);
        return copy;
    }

    /// <summary>Frees at least so many blocks and, after the last one, the set: true when it is gone. Nothing else may be done with it meanwhile.</summary>
    public static bool FreeSome(SortedMembers* set, long blocks)
    {
        if (set->_tree != null)
        {
            // The tree first: its leaves are few beside the members.
            if (!SortedTree.FreeSome(set->_tree, (int)Math.Min(blocks, int.MaxValue)))
                return false;
            set->_tree = null;
        }
        MemberFreer freer = default;
        if (!set->_table.FreeSlice(blocks, ref freer))
            return false;
        NativeHeap.Free((byte*)set);
        return true;
    }

    /// <summary>The member with a name, whose hash is given; null when there is none.</summary>
    public readonly byte* Find(ReadOnlySpan<byte> name, ulong hash)
    {
        Slot slot = _table.Find(name, hash);
        return slot.IsNone ? null : slot.Entry;
    }

    /// <summary>The member with a name; null when there is none.</summary>
    public readonly byte* Find(ReadOnlySpan<byte> name) => Find(name, Hashing.Hash(name));

    /// <summary>Adds a member whose name is known to be absent.</summary>
    public void Add(ReadOnlySpan<byte> name, ulong hash, double score)
    {
        byte* member = SortedMember.Create(score, name);
        _table.Insert(hash, member);
        _tree->Insert(member);
    }

    /// <summary>Gives a member another score.</summary>
    public readonly void UpdateScore(byte* member, double score)
    {
        if (_table.IsWatched)
            _table.BeforeChange(Hashing.Hash(SortedMember.NameOf(member)), member);
        _tree->UpdateScore(member, score);
    }

    /// <summary>Removes the member with a name; false when there is none.</summary>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        byte* member = _table.Remove(name, Hashing.Hash(name));
        if (member == null)
            return false;
        _tree->Remove(member);
        NativeHeap.Free(member);
        return true;
    }

    /// <summary>Removes <paramref name="count"/> members, all of which exist, from a rank on.</summary>
    public void RemoveRange(long rank, long count)
    {
        for (; count > 0; count--)
        {
            byte* member = _tree->RemoveAt(rank);
            ReadOnlySpan<byte> name = SortedMember.NameOf(member);
            _table.Remove(name, Hashing.Hash(name));
            NativeHeap.Free(member);
        }
    }

    /// <summary>The members by name, to be looked at only.</summary>
    [UnscopedRef]
    public ref HashTable<SortedMember> Table => ref _table;

    /// <summary>Native memory in all, in bytes, estimated from so many members and leaves (0: from all).</summary>
    public readonly long MemoryBytes(long samples)
    {
        long count = Count;
        if (count == 0)
            return SetBytes;
        if (samples == 0 || samples > count)
            samples = count;
        long sampled = 0;
        SortedTreeCursor cursor = new(_tree, 0);
        for (long i = 0; i < samples; i++, cursor.MoveNext())
            sampled += (long)NativeHeap.UsableSize(cursor.Current);
        return SetBytes + _table.BucketBytes + _tree->MemoryBytes(samples) + (long)((double)sampled / samples * count);
    }

    private static long SetBytes => sizeof(SortedMembers) + sizeof(SortedTree);

    private struct MemberFreer : IEntryFreer
    {
        public readonly void Free(byte* entry) => NativeHeap.Free(entry);
    }
}
