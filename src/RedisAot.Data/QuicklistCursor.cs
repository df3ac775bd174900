using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A position in a <see cref="Quicklist"/> that moves in one direction. Only the cursor may change the list while it is
/// in use; dispose of it, for it may hold a decompressed node.
/// </summary>
public unsafe ref struct QuicklistCursor
{
    private readonly Quicklist* _list;
    private readonly bool _forward;
    private QuicklistNode* _node;
    private byte* _element;

    // What a compressed node holds: reading one does not open it.
    private byte* _copy;
    private bool _opened;

    // The element is the one that MoveNext has to arrive at.
    private bool _ahead;

    /// <summary>A cursor before the element at an index (negative: from the end); <see cref="MoveNext"/> arrives at it. At no element if there is none.</summary>
    public QuicklistCursor(Quicklist* list, long index, bool forward = true)
    {
        _list = list;
        _forward = forward;
        _ahead = true;
        if (index < 0)
            index += list->Count;
        if ((ulong)index >= (ulong)list->Count)
            return;
        _node = list->NodeAt(ref index);
        byte* start = Enter();
        _element = _node->IsPlain ? start : Listpack.Seek(start, index);
    }

    /// <summary>The element that the cursor is at; its bytes are good until the cursor moves or the list changes.</summary>
    public readonly ListpackValue Current => _node->ValueAt(_element);

    /// <summary>Goes to the next element in the cursor's direction; false when there is none.</summary>
    public bool MoveNext()
    {
        if (_ahead)
            _ahead = false;
        else if (_element != null)
            _element = Following();
        if (_element == null && _node != null)
            EnterNeighbour();
        return _element != null;
    }

    /// <summary>Removes the element; the cursor then moves on to the one that followed it in its direction.</summary>
    public void Remove()
    {
        Open();
        QuicklistNode* neighbour = _forward ? _node->Next : _node->Previous;
        byte* next = _element;
        bool wasFirst = !_node->IsPlain && _element == _node->FirstElement;
        bool wasLast = _node->Count > 1 && _element == _node->LastElement;
        _ahead = true;
        if (_list->RemoveElement(_node, ref next))
        {
            _opened = false;
            _node = neighbour;
            _element = null;
            if (_node != null)
                EnterAtEdge();
        }
        else if (_forward)
        {
            _element = next;
        }
        else
        {
            _element = wasFirst ? null : wasLast ? _node->LastElement : Listpack.Previous(_node->Start, next);
        }
    }

    /// <summary>Replaces the element. The cursor is at no element afterwards.</summary>
    public void Replace(ReadOnlySpan<byte> bytes)
    {
        Open();
        _list->Replace(_node, _element, bytes);
        Forget();
    }

    /// <summary>Adds an element before this one in the order of the list. The cursor is at no element afterwards.</summary>
    public void InsertBefore(ReadOnlySpan<byte> bytes) => Insert(bytes, after: false);

    /// <summary>Adds an element after this one in the order of the list. The cursor is at no element afterwards.</summary>
    public void InsertAfter(ReadOnlySpan<byte> bytes) => Insert(bytes, after: true);

    /// <summary>Leaves the list as compressed as it was.</summary>
    public void Dispose()
    {
        if (_node != null)
            Leave();
        Forget();
    }

    private void Insert(ReadOnlySpan<byte> bytes, bool after)
    {
        Open();
        _list->Insert(_node, _element, bytes, after);
        Forget();
    }

    private void Forget()
    {
        _node = null;
        _element = null;
        _opened = false;
    }

    private readonly byte* Following() => _node->IsPlain ? null
        : _forward ? Listpack.Next(_element)
        : Listpack.Previous(_copy != null ? _copy : _node->Start, _element);

    private void EnterNeighbour()
    {
        QuicklistNode* neighbour = _forward ? _node->Next : _node->Previous;
        Leave();
        _node = neighbour;
        if (_node != null)
            EnterAtEdge();
    }

    private void EnterAtEdge()
    {
        byte* start = Enter();
        _element = _node->IsPlain ? start : _forward ? Listpack.First(start) : Listpack.Last(start);
    }

    private byte* Enter()
    {
        if (!_node->IsCompressed)
            return _node->Start;
        _copy = _node->DecompressedCopy();
        return _copy;
    }

    /// <summary>Makes the node ready for a change; the element pointer stays good.</summary>
    private void Open()
    {
        if (_copy == null)
            return;
        _node->Adopt(_copy);
        _copy = null;
        _opened = true;
    }

    private void Leave()
    {
        NativeHeap.Free(_copy);
        _copy = null;
        if (_opened)
            _list->FixCompression(_node);
        _opened = false;
    }
}
