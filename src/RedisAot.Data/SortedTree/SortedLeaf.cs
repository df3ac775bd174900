using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A leaf of a <see cref="SortedTree"/>: up to 63 members in order, in a block that is as large as they need. Behind
/// their addresses are their scores rounded to single precision: these lead, mostly without a look at any member, to
/// the few whose order against a bound they leave open.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SortedLeaf
{
    /// <summary>With these the block is 768 bytes.</summary>
    public const int MaxCount = 63;

    /// <summary>A leaf with fewer is joined with a neighbour, if they fit.</summary>
    public const int MinCount = MaxCount / 4;

    private const int RoomyBy = 16;
    private const int EntryBytes = sizeof(ulong) + sizeof(float);

    public int Count;
    private int _capacity;

    /// <summary>A leaf without members; an empty one is good for adding to only.</summary>
    public static SortedLeaf* Create(int capacity)
    {
        var leaf = (SortedLeaf*)NativeHeap.Allocate(BytesFor(capacity));
        leaf->Count = 0;
        leaf->_capacity = CapacityOf(leaf);
        return leaf;
    }

    /// <summary>A leaf of members that are in order.</summary>
    public static SortedLeaf* Of(byte** members, int count)
    {
        SortedLeaf* leaf = Create(count);
        leaf->Count = count;
        for (int i = 0; i < count; i++)
        {
            Members(leaf)[i] = members[i];
            NoteScore(leaf, i, SortedMember.ScoreOf(members[i]));
        }
        return leaf;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte** Members(SortedLeaf* leaf) => (byte**)(leaf + 1);

    /// <summary>Adds a member to a leaf that is not full; returns where the leaf is now.</summary>
    public static SortedLeaf* Insert(SortedLeaf* leaf, int index, byte* member)
    {
        if (leaf->Count == leaf->_capacity)
            leaf = SetCapacity(leaf, leaf->Count + 1);
        Move(leaf, index, leaf, index + 1, leaf->Count - index);
        Members(leaf)[index] = member;
        NoteScore(leaf, index, SortedMember.ScoreOf(member));
        leaf->Count++;
        return leaf;
    }

    /// <summary>Notes that the member at an index has this score.</summary>
    public static void NoteScore(SortedLeaf* leaf, int index, double score) => Hints(leaf)[index] = (float)score;

    /// <summary>Removes a member; returns where the leaf is now.</summary>
    public static SortedLeaf* Remove(SortedLeaf* leaf, int index)
    {
        leaf->Count--;
        Move(leaf, index + 1, leaf, index, leaf->Count - index);
        return leaf->_capacity - leaf->Count > RoomyBy ? SetCapacity(leaf, leaf->Count) : leaf;
    }

    /// <summary>Adds members of another leaf, from an index on, at the end; returns where the leaf is now.</summary>
    public static SortedLeaf* Append(SortedLeaf* leaf, SortedLeaf* other, int from)
    {
        int added = other->Count - from;
        if (leaf->Count + added > leaf->_capacity)
            leaf = SetCapacity(leaf, leaf->Count + added);
        Move(other, from, leaf, leaf->Count, added);
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
        // Rounding keeps the order but for ties; NaN, for a bound without a score, leaves all open.
        RangeOfHint(Hints(leaf), leaf->Count, (float)bound.Score, out int low, out int high);
        byte** members = Members(leaf);
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

    /// <summary>The range that is neither less nor greater than a hint.</summary>
    private static void RangeOfHint(float* hints, int count, float hint, out int low, out int high)
    {
        Vector128<float> sought = Vector128.Create(hint);
        int less = 0, greater = 0, i = 0;
        for (; i <= count - Vector128<float>.Count; i += Vector128<float>.Count)
        {
            Vector128<float> four = Vector128.Load(hints + i);
            less += BitOperations.PopCount(Vector128.LessThan(four, sought).ExtractMostSignificantBits());
            greater += BitOperations.PopCount(Vector128.GreaterThan(four, sought).ExtractMostSignificantBits());
        }
        for (; i < count; i++)
        {
            less += hints[i] < hint ? 1 : 0;
            greater += hints[i] > hint ? 1 : 0;
        }
        low = less;
        high = count - greater;
    }

    private static void PrefetchSteps(byte** members, int count)
    {
        if (!Sse.IsSupported)
            return;
        for (int eighth = 1; eighth < 8; eighth++)
            Sse.Prefetch0(members[count * eighth >> 3]);
    }

    private static float* Hints(SortedLeaf* leaf) => (float*)(Members(leaf) + leaf->_capacity);

    private static nuint BytesFor(int capacity) => (nuint)(sizeof(SortedLeaf) + capacity * EntryBytes);

    private static int CapacityOf(SortedLeaf* leaf) => (int)(NativeHeap.UsableSize((byte*)leaf) - (nuint)sizeof(SortedLeaf)) / EntryBytes;

    private static void Move(SortedLeaf* from, int fromIndex, SortedLeaf* to, int toIndex, int count)
    {
        NativeMemory.Copy(Members(from) + fromIndex, Members(to) + toIndex, (nuint)(count * sizeof(byte*)));
        NativeMemory.Copy(Hints(from) + fromIndex, Hints(to) + toIndex, (nuint)(count * sizeof(float)));
    }

    private static SortedLeaf* SetCapacity(SortedLeaf* leaf, int capacity)
    {
        SortedLeaf* moved = Create(capacity);
        Move(leaf, 0, moved, 0, leaf->Count);
        moved->Count = leaf->Count;
        NativeHeap.Free((byte*)leaf);
        return moved;
    }
}
