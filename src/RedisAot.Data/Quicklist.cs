using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A list of strings as a chain of listpacks, in the native heap. How full a node gets follows official Redis: with a
/// negative fill (list-max-listpack-size) -1 to -5, 4 to 64 kB; with a positive one, that many elements within 8 kB.
/// With a compress depth above 0, all nodes but that many at each end are compressed. Elements from
/// <see cref="PackedThreshold"/> bytes on have nodes of their own.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Quicklist
{
    private const int SmallestSizeLimit = 4096;
    private const int LargestSizeClass = 5;

    /// <summary>The size limit of a node that is limited by its number of elements, in bytes.</summary>
    private const uint SafetyLimit = 8192;

    /// <summary>What is reckoned for an entry beyond its text, in bytes.</summary>
    private const uint EntryOverhead = 8;

    /// <summary>What merging two listpacks is reckoned to save, in bytes.</summary>
    private const uint MergeSavings = 11;

    /// <summary>Listpacks with more elements are not taken over as a node, for they do not know their count.</summary>
    private const int MaxNodeElements = ushort.MaxValue - 1;

    /// <summary>The size from which on an element is kept plain in a node of its own, in bytes; 1 GB unless a test sets it.</summary>
    public static uint PackedThreshold { get; set; } = DefaultPackedThreshold;

    /// <summary>The value that <see cref="PackedThreshold"/> starts with.</summary>
    public const uint DefaultPackedThreshold = 1 << 30;

    private QuicklistNode* _head;
    private QuicklistNode* _tail;
    private long _count;
    private int _nodeCount;
    private short _fill;
    private ushort _compressDepth;
    private nint _watcher;

    /// <summary>The number of elements.</summary>
    public readonly long Count => _count;

    /// <summary>The number of nodes.</summary>
    public readonly int NodeCount => _nodeCount;

    /// <summary>The first node, or null.</summary>
    public readonly QuicklistNode* Head => _head;

    /// <summary>The last node, or null.</summary>
    public readonly QuicklistNode* Tail => _tail;

    /// <summary>How full a node gets, see <see cref="Quicklist"/>.</summary>
    public readonly int Fill => _fill;

    /// <summary>How many nodes at each end are not compressed, 0 for all.</summary>
    public readonly int CompressDepth => _compressDepth;

    /// <summary>A new empty list; fill and depth are cut to what official Redis allows.</summary>
    public static Quicklist* Create(int fill, int compressDepth)
    {
        var list = (Quicklist*)NativeHeap.AllocateZeroed((nuint)sizeof(Quicklist));
        list->_fill = (short)Math.Clamp(fill, -LargestSizeClass, short.MaxValue);
        list->_compressDepth = (ushort)Math.Clamp(compressDepth, 0, ushort.MaxValue);
        return list;
    }

    /// <summary>Frees the list and all it holds.</summary>
    public static void Free(Quicklist* list) => FreeSome(list, int.MaxValue);

    /// <summary>Frees up to so many nodes and, after the last one, the list: true when it is gone. Nothing else may be done with it meanwhile.</summary>
    public static bool FreeSome(Quicklist* list, int maxNodes)
    {
        QuicklistNode* node = list->_head;
        for (; node != null && maxNodes > 0; maxNodes--)
        {
            QuicklistNode* next = node->NextNode;
            QuicklistNode.Free(node);
            node = next;
        }
        list->_head = node;
        if (node != null)
            return false;
        NativeHeap.Free((byte*)list);
        return true;
    }

    /// <summary>Native bytes of the list; reckoned from the first <paramref name="samples"/> nodes.</summary>
    public readonly nuint MemoryBytes(long samples)
    {
        nuint bytes = 0;
        long seen = 0;
        for (QuicklistNode* node = _head; node != null && seen < samples; node = node->NextNode, seen++)
            bytes += node->MemoryBytes;
        fixed (Quicklist* self = &this)
            return NativeHeap.UsableSize((byte*)self) + (seen == 0 ? 0 : (nuint)((double)bytes / seen * _nodeCount));
    }

    /// <summary>Has a watcher told of nodes before they change; null: nobody is told any more.</summary>
    public void Watch(QuicklistWatcher? watcher)
    {
        if (_watcher != 0)
            GCHandle.FromIntPtr(_watcher).Free();
        _watcher = watcher == null ? 0 : GCHandle.ToIntPtr(GCHandle.Alloc(watcher));
    }

    private readonly QuicklistWatcher Watcher => (QuicklistWatcher)GCHandle.FromIntPtr(_watcher).Target!;

    private readonly void BeforeChange(QuicklistNode* node)
    {
        if (_watcher == 0)
            return;
        if (node == _head || node == _tail)
            Watcher.BeforeChangeAtEnd(node);
        else
            Watcher.BeforeRearrangement();
    }

    private readonly void BeforeRearrangement()
    {
        if (_watcher != 0)
            Watcher.BeforeRearrangement();
    }

    /// <summary>A copy with everything of its own.</summary>
    public readonly Quicklist* Duplicate()
    {
        Quicklist* copy = Create(_fill, _compressDepth);
        for (QuicklistNode* node = _head; node != null; node = node->NextNode)
            copy->Link(node->Duplicate(), copy->_tail, after: true);
        copy->_count = _count;
        return copy;
    }

    /// <summary>Adds an element before the first.</summary>
    public void PushHead(ReadOnlySpan<byte> bytes)
    {
        if (AllowsInsert(_head, (uint)bytes.Length))
        {
            BeforeChange(_head);
            fixed (byte* start = bytes)
                _head->Prepend(ListpackValue.Of(start, bytes.Length));
            _count++;
            return;
        }
        AddNode(NodeOf(bytes), _head, after: false);
    }

    /// <summary>Adds an element after the last.</summary>
    public void PushTail(ReadOnlySpan<byte> bytes)
    {
        if (AllowsInsert(_tail, (uint)bytes.Length))
        {
            BeforeChange(_tail);
            fixed (byte* start = bytes)
                _tail->Append(ListpackValue.Of(start, bytes.Length));
            _count++;
            return;
        }
        AddNode(NodeOf(bytes), _tail, after: true);
    }

    /// <summary>The first element of a list that is not empty; its bytes are good until the list changes.</summary>
    public readonly ListpackValue First => _head->ValueAt(_head->FirstElement);

    /// <summary>The last element of a list that is not empty; its bytes are good until the list changes.</summary>
    public readonly ListpackValue Last => _tail->ValueAt(_tail->LastElement);

    /// <summary>Removes the first element of a list that is not empty.</summary>
    public void RemoveFirst()
    {
        BeforeChange(_head);
        _count--;
        if (_head->Count == 1)
            RemoveNode(_head);
        else
            _head->DropFirst();
    }

    /// <summary>Removes the last element of a list that is not empty.</summary>
    public void RemoveLast()
    {
        BeforeChange(_tail);
        _count--;
        if (_tail->Count == 1)
            RemoveNode(_tail);
        else
            _tail->DropLast();
    }

    /// <summary>Adds the elements of a listpack, which must have passed <see cref="Listpack.Validate"/>, and takes it over.</summary>
    public void AppendListpack(byte* lp)
    {
        int count = Listpack.Count(lp);
        if (count is > 0 and <= MaxNodeElements)
        {
            AddNode(QuicklistNode.OfListpack(lp), _tail, after: true);
            _count += count - 1;
            return;
        }
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        for (byte* p = Listpack.First(lp); p != null; p = Listpack.Next(p))
            PushTail(Listpack.Get(p).AsBytes(scratch));
        NativeHeap.Free(lp);
    }

    /// <summary>Adds an element in a plain node, as an RDB file has it.</summary>
    public void AppendPlain(ReadOnlySpan<byte> bytes) => AddNode(PlainNodeOf(bytes), _tail, after: true);

    /// <summary>Adds an element, whose block it takes over, in a plain node.</summary>
    public void AppendPlain(byte* block, uint size) => AddNode(QuicklistNode.OfPlain(block, size), _tail, after: true);

    /// <summary>Removes up to <paramref name="count"/> elements from an index on (negative: from the end); returns how many there were.</summary>
    public long RemoveRange(long index, long count)
    {
        if (index < 0)
            index += _count;
        if ((ulong)index >= (ulong)_count || count <= 0)
            return 0;
        count = Math.Min(count, _count - index);
        QuicklistNode* node = NodeAt(ref index);
        for (long left = count; left > 0;)
        {
            BeforeChange(node);
            QuicklistNode* next = node->NextNode;
            int here = (int)Math.Min(left, node->Count - index);
            _count -= here;
            if (here == node->Count)
                RemoveNode(node);
            else
                RemoveWithin(node, (int)index, here);
            left -= here;
            index = 0;
            node = next;
        }
        return count;
    }

    /// <summary>The node that holds the element at an index within the list; the index becomes that within the node.</summary>
    internal readonly QuicklistNode* NodeAt(ref long index)
    {
        QuicklistNode* node;
        if (index <= _count / 2)
        {
            for (node = _head; index >= node->Count; node = node->NextNode)
                index -= node->Count;
            return node;
        }
        // Counted down from the end to where the node starts.
        long start = _count;
        node = _tail;
        while ((start -= node->Count) > index)
            node = node->PreviousNode;
        index -= start;
        return node;
    }

    /// <summary>Removes an element of a node that is not compressed; true when the node went with it, else <paramref name="element"/> is the one after it or null.</summary>
    internal bool RemoveElement(QuicklistNode* node, ref byte* element)
    {
        BeforeRearrangement();
        _count--;
        if (node->Count == 1)
        {
            RemoveNode(node);
            return true;
        }
        nint offset = (nint)(element - node->Start);
        byte* lp = node->GiveListpack();
        element = Listpack.Delete(ref lp, lp + offset);
        node->TakeListpack(lp);
        return false;
    }

    /// <summary>Adds an element beside one of a node that is not compressed. Nodes may be split and merged.</summary>
    internal void Insert(QuicklistNode* node, byte* element, ReadOnlySpan<byte> bytes, bool after)
    {
        BeforeRearrangement();
        uint length = (uint)bytes.Length;
        bool atEdge = element == (after ? node->LastElement : node->FirstElement);
        QuicklistNode* neighbour = after ? node->NextNode : node->PreviousNode;
        if (AllowsInsert(node, length))
        {
            InsertWithin(node, element, bytes, after);
            FixCompression(node);
        }
        else if (atEdge && AllowsInsert(neighbour, length))
        {
            neighbour->Decompress();
            InsertWithin(neighbour, after ? neighbour->FirstElement : neighbour->LastElement, bytes, !after);
            FixCompression(neighbour);
            FixCompression(node);
        }
        else if (atEdge || node->IsPlain)
        {
            AddNode(NodeOf(bytes), node, after);
        }
        else if (IsLarge(length))
        {
            SplitBeside(node, element, after);
            AddNode(NodeOf(bytes), node, after);
        }
        else
        {
            // The new element goes to the half that the present one leaves, as in official Redis, so that nodes are the same.
            QuicklistNode* half = SplitBeside(node, element, after);
            half->Decompress();
            InsertWithin(half, after ? half->FirstElement : half->LastElement, bytes, !after);
            FixCompression(half);
            FixCompression(node);
            MergeAround(node);
        }
    }

    /// <summary>Replaces an element of a node that is not compressed, whatever the sizes.</summary>
    internal void Replace(QuicklistNode* node, byte* element, ReadOnlySpan<byte> bytes)
    {
        BeforeRearrangement();
        bool large = IsLarge((uint)bytes.Length);
        if (node->IsPlain && large)
        {
            node->ReplacePlain(bytes);
            FixCompression(node);
        }
        else if (!node->IsPlain && !large)
        {
            nint offset = (nint)(element - node->Start);
            byte* lp = node->GiveListpack();
            Listpack.Replace(ref lp, lp + offset, bytes);
            node->TakeListpack(lp);
            FixCompression(node);
        }
        else if (node->Count == 1)
        {
            Insert(node, node->FirstElement, bytes, after: true);
            _count--;
            RemoveNode(node);
        }
        else
        {
            ReplaceByNode(node, element, bytes);
        }
    }

    /// <summary>Recompresses what a reader or a change has left open: nodes within the depth are open, all others compressed.</summary>
    internal readonly void FixCompression(QuicklistNode* changed)
    {
        if (_compressDepth == 0 || _head == null)
            return;
        QuicklistNode* fromHead = _head, fromTail = _tail;
        bool isInner = true;
        for (int i = 0; i < _compressDepth; i++)
        {
            fromHead->Decompress();
            fromTail->Decompress();
            isInner &= fromHead != changed && fromTail != changed;
            if (fromHead == fromTail || fromHead->NextNode == fromTail)
                return;
            fromHead = fromHead->NextNode;
            fromTail = fromTail->PreviousNode;
        }
        if (changed != null && isInner)
            changed->Compress();
        fromHead->Compress();
        fromTail->Compress();
    }

    private static bool IsLarge(uint size) => size >= PackedThreshold;

    private static QuicklistNode* NodeOf(ReadOnlySpan<byte> bytes)
    {
        if (IsLarge((uint)bytes.Length))
            return PlainNodeOf(bytes);
        byte* lp = Listpack.Create((nuint)bytes.Length + Listpack.EmptyBytes + EntryOverhead);
        Listpack.Append(ref lp, bytes);
        return QuicklistNode.OfListpack(lp);
    }

    private static QuicklistNode* PlainNodeOf(ReadOnlySpan<byte> bytes)
    {
        byte* block = NativeHeap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(block, bytes.Length));
        return QuicklistNode.OfPlain(block, (uint)bytes.Length);
    }

    private readonly bool AllowsInsert(QuicklistNode* node, uint length) =>
        node != null && !node->IsPlain && !IsLarge(length) && Fits((ulong)node->Size + length + EntryOverhead, node->Count + 1);

    private readonly bool AllowsMerge(QuicklistNode* a, QuicklistNode* b) =>
        a != null && b != null && !a->IsPlain && !b->IsPlain && Fits((ulong)a->Size + b->Size - MergeSavings, a->Count + b->Count);

    private readonly bool Fits(ulong size, int count) =>
        _fill < 0 ? size <= (ulong)SmallestSizeLimit << (-_fill - 1) : size <= SafetyLimit && count <= _fill;

    private void AddNode(QuicklistNode* added, QuicklistNode* beside, bool after)
    {
        _count++;
        Link(added, beside, after);
        if (beside != null)
        {
            beside->Trim();
            FixCompression(beside);
        }
        FixCompression(added);
    }

    private void Link(QuicklistNode* added, QuicklistNode* beside, bool after)
    {
        QuicklistNode* previous = after ? beside : beside != null ? beside->PreviousNode : null;
        QuicklistNode* next = !after ? beside : beside != null ? beside->NextNode : null;
        added->PreviousNode = previous;
        added->NextNode = next;
        if (previous != null)
            previous->NextNode = added;
        else
            _head = added;
        if (next != null)
            next->PreviousNode = added;
        else
            _tail = added;
        _nodeCount++;
    }

    private void RemoveNode(QuicklistNode* node)
    {
        if (node->PreviousNode != null)
            node->PreviousNode->NextNode = node->NextNode;
        else
            _head = node->NextNode;
        if (node->NextNode != null)
            node->NextNode->PreviousNode = node->PreviousNode;
        else
            _tail = node->PreviousNode;
        _nodeCount--;
        QuicklistNode.Free(node);
        FixCompression(null);
    }

    private readonly void RemoveWithin(QuicklistNode* node, int index, int count)
    {
        node->Decompress();
        byte* lp = node->GiveListpack();
        Listpack.DeleteRange(ref lp, index, count);
        node->TakeListpack(lp);
        FixCompression(node);
    }

    private void InsertWithin(QuicklistNode* node, byte* element, ReadOnlySpan<byte> bytes, bool after)
    {
        nint offset = (nint)(element - node->Start);
        byte* lp = node->GiveListpack();
        if (after)
            Listpack.InsertAfter(ref lp, lp + offset, bytes);
        else
            Listpack.InsertBefore(ref lp, lp + offset, bytes);
        node->TakeListpack(lp);
        _count++;
    }

    /// <summary>Moves what lies beyond an inner element, on the given side, from the node to a new one, which it returns.</summary>
    private QuicklistNode* SplitBeside(QuicklistNode* node, byte* element, bool after)
    {
        byte* start = node->Start;
        byte* cut = after ? Listpack.Next(element) : element;
        int before = 0;
        for (byte* p = Listpack.First(start); p != cut; p = Listpack.Next(p))
            before++;
        nint offset = (nint)(cut - start);
        byte* lp = node->GiveListpack();
        byte* other = Listpack.Create();
        int moved = after ? node->Count - before : before;
        Listpack.AppendPart(ref other, lp + (after ? offset : Listpack.HeaderBytes), after ? Listpack.EndOf(lp) : lp + offset, moved);
        Listpack.DeleteRange(ref lp, after ? before : 0, moved);
        node->TakeListpack(lp);
        QuicklistNode* added = QuicklistNode.OfListpack(other);
        Link(added, node, after);
        FixCompression(added);
        return added;
    }

    /// <summary>Replaces an element of a listpack by a plain node between its neighbours.</summary>
    private void ReplaceByNode(QuicklistNode* node, byte* element, ReadOnlySpan<byte> bytes)
    {
        bool isLast = element == node->LastElement;
        if (!isLast)
            SplitBeside(node, element, after: true);
        QuicklistNode* added = NodeOf(bytes);
        AddNode(added, node, after: true);
        _count--;
        if (node->Count == 1)
        {
            RemoveNode(node);
            return;
        }
        node->Decompress();
        node->DropLast();
        FixCompression(node);
    }

    /// <summary>Joins small nodes around one that was split.</summary>
    private void MergeAround(QuicklistNode* node)
    {
        QuicklistNode* previous = node->PreviousNode;
        QuicklistNode* next = node->NextNode;
        if (previous != null)
            Merge(previous->PreviousNode, previous);
        if (next != null)
            Merge(next, next->NextNode);
        node = Merge(node->PreviousNode, node);
        Merge(node, node->NextNode);
    }

    /// <summary>Moves the elements of <paramref name="b"/> to <paramref name="a"/>, the node before it, if they fit; returns where they are.</summary>
    private QuicklistNode* Merge(QuicklistNode* a, QuicklistNode* b)
    {
        if (!AllowsMerge(a, b))
            return b;
        a->Decompress();
        b->Decompress();
        byte* lp = a->GiveListpack();
        Listpack.AppendAll(ref lp, b->Start);
        a->TakeListpack(lp);
        RemoveNode(b);
        FixCompression(a);
        return a;
    }
}
