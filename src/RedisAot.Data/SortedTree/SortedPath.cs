namespace RedisAot.Data;

/// <summary>The way from the root of a <see cref="SortedTree"/> to a place in a leaf. Level 0 is the node just above the leaf.</summary>
internal unsafe ref struct SortedPath
{
    /// <summary>More than any tree reaches: nodes have eight children at least where they have neighbours.</summary>
    public const int MaxHeight = 16;

    public SortedLeaf* Leaf;
    public int Index;
    private fixed ulong _nodes[MaxHeight];
    private fixed int _indexes[MaxHeight];

    public readonly SortedInner* Node(int level) => (SortedInner*)_nodes[level];

    public readonly int IndexAt(int level) => _indexes[level];

    public void Set(int level, SortedInner* node, int index)
    {
        _nodes[level] = (ulong)node;
        _indexes[level] = index;
    }

    /// <summary>Whether the way goes by the first child from the root down to a level.</summary>
    public readonly bool IsLeftmost(int level, int height)
    {
        for (; level < height; level++)
        {
            if (_indexes[level] != 0)
                return false;
        }
        return true;
    }

    /// <summary>Whether the way goes by the last child from the root down to a level.</summary>
    public readonly bool IsRightmost(int level, int height)
    {
        for (; level < height; level++)
        {
            if (_indexes[level] != Node(level)->Count - 1)
                return false;
        }
        return true;
    }
}
