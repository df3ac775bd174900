using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RedisAot.Data;

/// <summary>A place in a <see cref="SortedTree"/> that moves in rank order either way, while the tree does not change.</summary>
public unsafe struct SortedTreeCursor
{
    private const int PrefetchDistance = 8;

    private readonly SortedTree* _tree;
    private SortedLeaf* _leaf;
    private int _index;

    /// <summary>At the member of a rank; before the first or after the last one where there is no such rank.</summary>
    public SortedTreeCursor(SortedTree* tree, long rank)
    {
        _tree = tree;
        Seek(rank);
    }

    /// <summary>The rank of the member, from 0.</summary>
    public long Rank { get; private set; }

    /// <summary>Whether there is a member here.</summary>
    public readonly bool IsValid => _leaf != null;

    /// <summary>The member.</summary>
    public readonly byte* Current => SortedLeaf.Members(_leaf)[_index];

    /// <summary>Goes to the next higher rank; false after the last one.</summary>
    public bool MoveNext()
    {
        if (_leaf == null || ++_index == _leaf->Count)
            return Seek(Rank + 1);
        Rank++;
        Prefetch(_index + PrefetchDistance);
        return true;
    }

    /// <summary>Goes to the next lower rank; false before the first one.</summary>
    public bool MovePrevious()
    {
        if (_leaf == null || --_index < 0)
            return Seek(Rank - 1);
        Rank--;
        Prefetch(_index - PrefetchDistance);
        return true;
    }

    private bool Seek(long rank)
    {
        Rank = Math.Clamp(rank, -1, _tree->Count);
        _leaf = null;
        if (Rank < 0 || Rank == _tree->Count)
            return false;
        Unsafe.SkipInit(out SortedPath path);
        _tree->FindRank(ref path, Rank);
        _leaf = path.Leaf;
        _index = path.Index;
        for (int i = _index - PrefetchDistance; i < _index + PrefetchDistance; i++)
            Prefetch(i);
        return true;
    }

    /// <summary>Members lie anywhere, and whoever walks looks at each.</summary>
    private readonly void Prefetch(int index)
    {
        if (Sse.IsSupported && (uint)index < (uint)_leaf->Count)
            Sse.Prefetch0(SortedLeaf.Members(_leaf)[index]);
    }
}
