using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// An inner node of a <see cref="SortedTree"/>: its children in order, for each the number of members below it, the first
/// of them, and that one's score, which is here so that going down the tree need not look at members.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SortedInner
{
    /// <summary>With these the node has 960 bytes.</summary>
    public const int MaxCount = 34;

    /// <summary>A node with fewer is joined with a neighbour, if they fit.</summary>
    public const int MinCount = MaxCount / 4;

    public int Count;
    private readonly int _unused;
    private fixed double _scores[MaxCount];
    private fixed ulong _firsts[MaxCount];
    private fixed ulong _children[MaxCount];
    private fixed uint _sizes[MaxCount];

    public static SortedInner* Create() => (SortedInner*)NativeHeap.AllocateZeroed((nuint)sizeof(SortedInner));

    public void* Child(int index) => (void*)_children[index];

    public byte* First(int index) => (byte*)_firsts[index];

    public ref uint Size(int index) => ref _sizes[index];

    public void SetChild(int index, void* child) => _children[index] = (ulong)child;

    /// <summary>The number of members below the first <paramref name="count"/> children.</summary>
    public long SizeOfFirst(int count)
    {
        long size = 0;
        for (int i = 0; i < count; i++)
            size += _sizes[i];
        return size;
    }

    /// <summary>The last child that has members before the bound, or else the first child.</summary>
    public int IndexBefore<TBound>(scoped in TBound bound)
        where TBound : struct, ISortedBound, allows ref struct
    {
        int low = 1, high = Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (bound.IsAfter(_scores[middle], (byte*)_firsts[middle]))
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    /// <summary>The child that holds the member of a rank, which becomes the rank below that child.</summary>
    public int IndexOfRank(ref long rank)
    {
        int i = 0;
        for (; i < Count - 1 && rank >= _sizes[i]; i++)
            rank -= _sizes[i];
        return i;
    }

    /// <summary>Adds a child to a node that is not full.</summary>
    public void Insert(int index, void* child, uint size, byte* first)
    {
        Shift(index, index + 1, Count - index);
        Count++;
        _children[index] = (ulong)child;
        _sizes[index] = size;
        SetFirst(index, first, changedScore: true);
    }

    /// <summary>Takes a child out; it is not freed.</summary>
    public void Remove(int index)
    {
        Count--;
        Shift(index + 1, index, Count - index);
    }

    /// <summary>Moves the children of another node, from an index on, to the end of this one.</summary>
    public void TakeFrom(SortedInner* other, int from)
    {
        for (int i = from; i < other->Count; i++, Count++)
        {
            _scores[Count] = other->_scores[i];
            _firsts[Count] = other->_firsts[i];
            _children[Count] = other->_children[i];
            _sizes[Count] = other->_sizes[i];
        }
        other->Count = from;
    }

    /// <summary>Notes which member is the first below a child; its score is read only if it is another one or has changed.</summary>
    public void SetFirst(int index, byte* first, bool changedScore)
    {
        if (_firsts[index] == (ulong)first && !changedScore)
            return;
        _firsts[index] = (ulong)first;
        _scores[index] = SortedMember.ScoreOf(first);
    }

    private void Shift(int from, int to, int count)
    {
        MoveWithin(ref _scores[0], from, to, count);
        MoveWithin(ref _firsts[0], from, to, count);
        MoveWithin(ref _children[0], from, to, count);
        MoveWithin(ref _sizes[0], from, to, count);
    }

    private static void MoveWithin<T>(ref T array, int from, int to, int count) where T : unmanaged =>
        MemoryMarshal.CreateSpan(ref Unsafe.Add(ref array, from), count).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref array, to), count));
}
