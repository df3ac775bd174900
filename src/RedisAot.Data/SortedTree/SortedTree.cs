using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// The order of a sorted set: a B+ tree of <see cref="SortedMember"/>s by score, then by name (bytewise, the shorter
/// first), that also knows the number of members below each node, so that rank and member lead to each other in
/// O(log n). The tree does not own the members. At most 4 billion members.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SortedTree
{
    private void* _root;
    private long _count;
    private int _height;

    /// <summary>The number of members.</summary>
    public readonly long Count => _count;

    /// <summary>A new empty tree.</summary>
    public static SortedTree* Create() => (SortedTree*)NativeHeap.AllocateZeroed((nuint)sizeof(SortedTree));

    /// <summary>A new tree of members that are in order already, at least one.</summary>
    public static SortedTree* Build(byte** members, long count)
    {
        SortedTree* tree = Create();
        tree->_count = count;
        for (long capacity = SortedLeaf.MaxCount; capacity < count; capacity *= SortedInner.MaxCount)
            tree->_height++;
        tree->_root = BuildNode(members, count, tree->_height);
        return tree;
    }

    /// <summary>Frees the tree, but not its members.</summary>
    public static void Free(SortedTree* tree) => FreeSome(tree, int.MaxValue);

    /// <summary>Frees up to so many leaves and, after the last one, the tree: true when it is gone. Nothing else may be done with it meanwhile.</summary>
    public static bool FreeSome(SortedTree* tree, int maxLeaves)
    {
        for (; maxLeaves > 0 && tree->_root != null; maxLeaves--)
            tree->_root = FreeLastLeaf(tree->_root, tree->_height);
        if (tree->_root != null)
            return false;
        NativeHeap.Free((byte*)tree);
        return true;
    }

    /// <summary>Adds a member whose name is not in the tree.</summary>
    public void Insert(byte* member)
    {
        if (_root == null)
            _root = SortedLeaf.Create(1);
        Unsafe.SkipInit(out SortedPath path);
        Find(ref path, new MemberBound(SortedMember.ScoreOf(member), SortedMember.NameOf(member)));
        _count++;
        if (path.Leaf->Count == SortedLeaf.MaxCount)
        {
            SplitLeaf(ref path, member);
            return;
        }
        SetLeaf(ref path, SortedLeaf.Insert(path.Leaf, path.Index, member));
        AfterInsert(ref path, 0);
    }

    /// <summary>Takes out a member of the tree.</summary>
    public void Remove(byte* member)
    {
        Unsafe.SkipInit(out SortedPath path);
        FindMember(ref path, member);
        RemoveAt(ref path);
    }

    /// <summary>Takes out and returns the member of a rank from 0 to <see cref="Count"/> - 1.</summary>
    public byte* RemoveAt(long rank)
    {
        Unsafe.SkipInit(out SortedPath path);
        FindRank(ref path, rank);
        byte* member = SortedLeaf.Members(path.Leaf)[path.Index];
        RemoveAt(ref path);
        return member;
    }

    /// <summary>Gives a member of the tree another score and place.</summary>
    public void UpdateScore(byte* member, double score)
    {
        Unsafe.SkipInit(out SortedPath path);
        FindMember(ref path, member);
        if (StaysInPlace(ref path, member, score))
        {
            SortedMember.SetScore(member, score);
            SortedLeaf.NoteScore(path.Leaf, path.Index, score);
            if (path.Index == 0)
                RefreshFirsts(ref path, 0, changedScore: true);
            return;
        }
        RemoveAt(ref path);
        SortedMember.SetScore(member, score);
        Insert(member);
    }

    /// <summary>The rank, from 0, of a member of the tree.</summary>
    public readonly long RankOf(byte* member)
    {
        Unsafe.SkipInit(out SortedPath path);
        return FindMember(ref path, member);
    }

    /// <summary>The number of members before a bound, which is also the rank of the first one after it.</summary>
    public readonly long CountBefore<TBound>(scoped in TBound bound)
        where TBound : struct, ISortedBound, allows ref struct
    {
        if (_root == null)
            return 0;
        Unsafe.SkipInit(out SortedPath path);
        return Find(ref path, bound);
    }

    /// <summary>The member of a rank from 0 to <see cref="Count"/> - 1.</summary>
    public readonly byte* At(long rank)
    {
        Unsafe.SkipInit(out SortedPath path);
        FindRank(ref path, rank);
        return SortedLeaf.Members(path.Leaf)[path.Index];
    }

    /// <summary>Native memory of the nodes, in bytes, estimated from up to so many leaves spread over the tree, at least one.</summary>
    public readonly long MemoryBytes(long samples)
    {
        if (_root == null)
            return 0;
        const long smallestLeaf = SortedLeaf.MinCount;
        samples = Math.Clamp(samples, 1, _count / smallestLeaf + 1);
        Unsafe.SkipInit(out SortedPath path);
        double bytesPerMember = 0;
        for (long i = 0; i < samples; i++)
        {
            FindRank(ref path, _count * i / samples);
            double members = path.Leaf->Count;
            bytesPerMember += NativeHeap.UsableSize((byte*)path.Leaf) / members;
            for (int level = 0; level < _height; level++)
            {
                members *= path.Node(level)->Count;
                bytesPerMember += sizeof(SortedInner) / members;
            }
        }
        return (long)(bytesPerMember / samples * _count);
    }

    /// <summary>Leads to the member of a rank that exists.</summary>
    internal readonly void FindRank(ref SortedPath path, long rank)
    {
        void* node = _root;
        for (int level = _height - 1; level >= 0; level--)
        {
            var inner = (SortedInner*)node;
            int index = inner->IndexOfRank(ref rank);
            path.Set(level, inner, index);
            node = inner->Child(index);
        }
        path.Leaf = (SortedLeaf*)node;
        path.Index = (int)rank;
    }

    /// <summary>Leads to behind the last member before the bound, in that one's leaf if there is one; returns how many lie before.</summary>
    private readonly long Find<TBound>(ref SortedPath path, scoped in TBound bound)
        where TBound : struct, ISortedBound, allows ref struct
    {
        void* node = _root;
        long before = 0;
        for (int level = _height - 1; level >= 0; level--)
        {
            var inner = (SortedInner*)node;
            int index = inner->IndexBefore(bound);
            before += inner->SizeOfFirst(index);
            path.Set(level, inner, index);
            node = inner->Child(index);
        }
        path.Leaf = (SortedLeaf*)node;
        path.Index = SortedLeaf.CountBefore(path.Leaf, bound);
        return before + path.Index;
    }

    /// <summary>Leads to a member of the tree; returns its rank.</summary>
    private readonly long FindMember(ref SortedPath path, byte* member)
    {
        long rank = Find(ref path, new MemberBound(SortedMember.ScoreOf(member), SortedMember.NameOf(member))) - 1;
        if (--path.Index < 0 || SortedLeaf.Members(path.Leaf)[path.Index] != member)
            throw new InvalidOperationException("A member is not where its score and name put it in the tree.");
        return rank;
    }

    /// <summary>Whether the neighbours, where they are known without looking into other leaves, leave the member where it is.</summary>
    private readonly bool StaysInPlace(ref SortedPath path, byte* member, double score)
    {
        byte** members = SortedLeaf.Members(path.Leaf);
        bool up = score > SortedMember.ScoreOf(member);
        if (up && path.Index == path.Leaf->Count - 1)
            return path.IsRightmost(0, _height);
        if (!up && path.Index == 0)
            return path.IsLeftmost(0, _height);
        byte* neighbour = members[path.Index + (up ? 1 : -1)];
        bool neighbourIsBefore = new MemberBound(score, SortedMember.NameOf(member)).IsAfter(SortedMember.ScoreOf(neighbour), neighbour);
        return up != neighbourIsBefore;
    }

    /// <summary>The node of a height over these members, shared out among as few children as will hold them.</summary>
    private static void* BuildNode(byte** members, long count, int height)
    {
        if (height == 0)
            return SortedLeaf.Of(members, (int)count);
        long childCapacity = SortedLeaf.MaxCount;
        for (int i = 1; i < height; i++)
            childCapacity *= SortedInner.MaxCount;
        int children = (int)((count + childCapacity - 1) / childCapacity);
        SortedInner* inner = SortedInner.Create();
        for (int i = 0; i < children; i++)
        {
            long from = count * i / children;
            long size = count * (i + 1) / children - from;
            inner->Insert(i, BuildNode(members + from, size, height - 1), (uint)size, members[from]);
        }
        return inner;
    }

    private void SplitLeaf(ref SortedPath path, byte* member)
    {
        SortedLeaf* left = path.Leaf;
        // In ascending or descending order, full leaves stay full.
        bool ascending = path.Index == left->Count && path.IsRightmost(0, _height);
        bool descending = path.Index == 0 && path.IsLeftmost(0, _height);
        int cut = ascending ? left->Count : descending ? 0 : left->Count / 2;
        SortedLeaf* right = SortedLeaf.Append(SortedLeaf.Create(1), left, cut);
        left = SortedLeaf.Truncate(left, cut);
        if (path.Index < cut || descending)
            left = SortedLeaf.Insert(left, path.Index, member);
        else
            right = SortedLeaf.Insert(right, path.Index - cut, member);
        AddBeside(ref path, 0, left, right);
    }

    /// <summary>Puts in the place of the child that the path goes by at a level two that make it up.</summary>
    private void AddBeside(ref SortedPath path, int level, void* left, void* right)
    {
        if (level == _height)
        {
            SortedInner* root = SortedInner.Create();
            root->Insert(0, left, SizeOf(left, level), FirstOf(left, level));
            root->Insert(1, right, SizeOf(right, level), FirstOf(right, level));
            _root = root;
            _height++;
            return;
        }
        SortedInner* inner = path.Node(level);
        int index = path.IndexAt(level);
        inner->SetChild(index, left);
        inner->Size(index) = SizeOf(left, level);
        inner->SetFirst(index, FirstOf(left, level), changedScore: false);
        int at = index + 1;
        if (inner->Count < SortedInner.MaxCount)
        {
            inner->Insert(at, right, SizeOf(right, level), FirstOf(right, level));
            AfterInsert(ref path, level + 1);
            return;
        }
        bool ascending = at == inner->Count && path.IsRightmost(level + 1, _height);
        bool descending = index == 0 && path.IsLeftmost(level + 1, _height);
        int cut = ascending ? inner->Count : descending ? 1 : inner->Count / 2;
        SortedInner* other = SortedInner.Create();
        other->TakeFrom(inner, cut);
        if (at < cut)
            inner->Insert(at, right, SizeOf(right, level), FirstOf(right, level));
        else
            other->Insert(at - cut, right, SizeOf(right, level), FirstOf(right, level));
        AddBeside(ref path, level + 1, inner, other);
    }

    private readonly void AfterInsert(ref SortedPath path, int fromLevel)
    {
        for (int level = fromLevel; level < _height; level++)
            path.Node(level)->Size(path.IndexAt(level))++;
        RefreshFirsts(ref path, fromLevel, changedScore: false);
    }

    private readonly void RefreshFirsts(ref SortedPath path, int fromLevel, bool changedScore)
    {
        for (int level = fromLevel; level < _height; level++)
        {
            SortedInner* inner = path.Node(level);
            int index = path.IndexAt(level);
            inner->SetFirst(index, FirstOf(inner->Child(index), level), changedScore);
            // Beyond the first child, the first member below the node is another one.
            if (index > 0)
                break;
        }
    }

    private void RemoveAt(ref SortedPath path)
    {
        _count--;
        SetLeaf(ref path, SortedLeaf.Remove(path.Leaf, path.Index));
        for (int level = 0; level < _height; level++)
        {
            SortedInner* inner = path.Node(level);
            int index = path.IndexAt(level);
            inner->Size(index)--;
            int left = CountOf(inner->Child(index), level);
            if (left == 0)
            {
                NativeHeap.Free((byte*)inner->Child(index));
                inner->Remove(index);
                continue;
            }
            if (left < (level == 0 ? SortedLeaf.MinCount : SortedInner.MinCount))
                index = JoinWithNeighbour(inner, index, level);
            inner->SetFirst(index, FirstOf(inner->Child(index), level), changedScore: false);
        }
        LowerRoot();
    }

    /// <summary>Joins a child of a node with one beside it if they fit; returns where the child or the joined one is.</summary>
    private static int JoinWithNeighbour(SortedInner* inner, int index, int level)
    {
        int max = level == 0 ? SortedLeaf.MaxCount : SortedInner.MaxCount;
        int count = CountOf(inner->Child(index), level);
        int left = index > 0 && CountOf(inner->Child(index - 1), level) + count <= max ? index - 1
            : index + 1 < inner->Count && CountOf(inner->Child(index + 1), level) + count <= max ? index
            : -1;
        if (left < 0)
            return index;
        void* joined = inner->Child(left);
        void* other = inner->Child(left + 1);
        if (level == 0)
            joined = SortedLeaf.Append((SortedLeaf*)joined, (SortedLeaf*)other, 0);
        else
            ((SortedInner*)joined)->TakeFrom((SortedInner*)other, 0);
        NativeHeap.Free((byte*)other);
        inner->SetChild(left, joined);
        inner->Size(left) += inner->Size(left + 1);
        inner->Remove(left + 1);
        return left;
    }

    private void LowerRoot()
    {
        while (_height > 0 && CountOf(_root, _height) == 1)
        {
            void* child = ((SortedInner*)_root)->Child(0);
            NativeHeap.Free((byte*)_root);
            _root = child;
            _height--;
        }
        if (_count == 0)
        {
            NativeHeap.Free((byte*)_root);
            _root = null;
            _height = 0;
        }
    }

    private void SetLeaf(ref SortedPath path, SortedLeaf* leaf)
    {
        path.Leaf = leaf;
        if (_height == 0)
            _root = leaf;
        else
            path.Node(0)->SetChild(path.IndexAt(0), leaf);
    }

    // Levels here are those of the parent, as in a path: at level 0 the node is a leaf.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountOf(void* node, int level) => level == 0 ? ((SortedLeaf*)node)->Count : ((SortedInner*)node)->Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* FirstOf(void* node, int level) =>
        level == 0 ? *SortedLeaf.Members((SortedLeaf*)node) : ((SortedInner*)node)->First(0);

    private static uint SizeOf(void* node, int level) =>
        level == 0 ? (uint)((SortedLeaf*)node)->Count : (uint)((SortedInner*)node)->SizeOfFirst(((SortedInner*)node)->Count);

    /// <summary>Frees the last leaf below a node, and the nodes that then have no children; returns what is left of the node.</summary>
    private static void* FreeLastLeaf(void* node, int level)
    {
        if (level > 0)
        {
            var inner = (SortedInner*)node;
            void* child = FreeLastLeaf(inner->Child(inner->Count - 1), level - 1);
            if (child != null || --inner->Count > 0)
                return node;
        }
        NativeHeap.Free((byte*)node);
        return null;
    }
}
