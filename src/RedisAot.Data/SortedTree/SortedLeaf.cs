using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>A leaf of a <see cref="SortedTree"/>: up to 63 members in order, in a block that is as large as they need.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SortedLeaf
{
    /// <summary>With these the block is 512 bytes.</summary>
    public const int MaxCount = 63;

    /// <summary>A leaf with fewer is joined with a neighbour, if they fit.</summary>
    public const int MinCount = MaxCount / 4;

    private const int RoomyBy = 16;

    public int Count;
    private int _capacity;

    public static SortedLeaf* Create(int capacity) => SetCapacity(null, capacity);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte** Members(SortedLeaf* leaf) => (byte**)(leaf + 1);

    /// <summary>Adds a member to a leaf that is not full; returns where the leaf is now.</summary>
    public static SortedLeaf* Insert(SortedLeaf* leaf, int index, byte* member)
    {
        if (leaf->Count == leaf->_capacity)
            leaf = SetCapacity(leaf, leaf->Count + 1);
        byte** at = Members(leaf) + index;
        NativeMemory.Copy(at, at + 1, (nuint)((leaf->Count - index) * sizeof(byte*)));
        *at = member;
        leaf->Count++;
        return leaf;
    }

    /// <summary>Removes a member; returns where the leaf is now.</summary>
    public static SortedLeaf* Remove(SortedLeaf* leaf, int index)
    {
        byte** at = Members(leaf) + index;
        leaf->Count--;
        NativeMemory.Copy(at + 1, at, (nuint)((leaf->Count - index) * sizeof(byte*)));
        return leaf->_capacity - leaf->Count > RoomyBy ? SetCapacity(leaf, leaf->Count) : leaf;
    }

    /// <summary>Adds members of another leaf, from an index on, at the end; returns where the leaf is now.</summary>
    public static SortedLeaf* Append(SortedLeaf* leaf, SortedLeaf* other, int from)
    {
        int added = other->Count - from;
        if (leaf->Count + added > leaf->_capacity)
            leaf = SetCapacity(leaf, leaf->Count + added);
        NativeMemory.Copy(Members(other) + from, Members(leaf) + leaf->Count, (nuint)(added * sizeof(byte*)));
        leaf->Count += added;
        return leaf;
    }

    /// <summary>Keeps only the first members; returns where the leaf is now.</summary>
    public static SortedLeaf* Truncate(SortedLeaf* leaf, int count)
    {
        leaf->Count = count;
        return SetCapacity(leaf, count);
    }

    /// <summary>How many members lie before the bound.</summary>
    public static int CountBefore<TBound>(SortedLeaf* leaf, scoped in TBound bound)
        where TBound : struct, ISortedBound, allows ref struct
    {
        byte** members = Members(leaf);
        int low = 0, high = leaf->Count;
        for (int step = 0; low < high; step++)
        {
            // Each look at a member is likely to miss the caches; those that the next three steps may need are fetched at once.
            if (step % 3 == 0)
                PrefetchSteps(members + low, high - low);
            int middle = (int)((uint)(low + high) >> 1);
            byte* member = members[middle];
            if (bound.IsAfter(SortedMember.ScoreOf(member), member))
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static void PrefetchSteps(byte** members, int count)
    {
        if (!Sse.IsSupported)
            return;
        for (int eighth = 1; eighth < 8; eighth++)
            Sse.Prefetch0(members[count * eighth >> 3]);
    }

    private static SortedLeaf* SetCapacity(SortedLeaf* leaf, int capacity)
    {
        bool isNew = leaf == null;
        leaf = (SortedLeaf*)NativeHeap.Reallocate((byte*)leaf, (nuint)(sizeof(SortedLeaf) + capacity * sizeof(byte*)));
        leaf->_capacity = (int)(NativeHeap.UsableSize((byte*)leaf) - (nuint)sizeof(SortedLeaf)) / sizeof(byte*);
        if (isNew)
            leaf->Count = 0;
        return leaf;
    }
}
