namespace RedisAot.Data;

/// <summary>Goes through the entries of a stream in a range of IDs. The stream must not change meanwhile.</summary>
public unsafe ref struct StreamCursor
{
    private readonly IdMap _nodes;
    private readonly StreamId _start;
    private readonly StreamId _end;
    private readonly bool _reverse;
    private readonly bool _withDeleted;
    private IdPlace _nextNode;
    private StreamId _nodeId;
    private byte* _lp;
    private byte* _master;
    private long _masterCount;

    /// <summary>Forward: the next element, and how many follow it before the one that ends the entry. Backward: the latter of the entry before.</summary>
    private byte* _at;
    private long _left;
    private byte* _tail;
    private byte* _field;

    /// <summary>A cursor before the first entry.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="start">The least ID that counts.</param>
    /// <param name="end">The greatest ID that counts.</param>
    /// <param name="reverse">Whether to go from the end to the start.</param>
    /// <param name="withDeleted">Whether deleted entries that are still in a node count.</param>
    public StreamCursor(StreamData* stream, StreamId start, StreamId end, bool reverse = false, bool withDeleted = false)
    {
        _nodes = stream->Nodes;
        _start = start;
        _end = end;
        _reverse = reverse;
        _withDeleted = withDeleted;
        _nextNode = _nodes.AtOrBefore(reverse ? end : start);
        if (_nextNode.IsNone && !reverse)
            _nextNode = _nodes.First;
    }

    /// <summary>The ID of the current entry.</summary>
    public StreamId Id { get; private set; }

    /// <summary>The number of its fields.</summary>
    public long FieldCount { get; private set; }

    /// <summary>The place of its node.</summary>
    internal IdPlace Node { get; private set; }

    /// <summary>Where its flags are.</summary>
    internal byte* Flags { get; private set; }

    /// <summary>Goes to the next entry; false when there is none.</summary>
    public bool MoveNext() => _reverse ? MoveBack() : MoveOn();

    /// <summary>The next field of the current entry and its value; to be called up to <see cref="FieldCount"/> times.</summary>
    public void ReadField(out ListpackValue field, out ListpackValue value)
    {
        if (_field != null)
        {
            field = Listpack.Get(_field);
            _field += ListpackEncoding.EntrySize(_field);
        }
        else
        {
            field = Listpack.Get(_at);
            _at += ListpackEncoding.EntrySize(_at);
            _left--;
        }
        value = Listpack.Get(_at);
        _at += ListpackEncoding.EntrySize(_at);
        _left--;
    }

    private bool MoveOn()
    {
        while (true)
        {
            if (_lp == null && !OpenNode())
                return false;
            byte* p = _at;
            for (; _left > 0; _left--)
                p += ListpackEncoding.EntrySize(p);
            p += ListpackEncoding.EntrySize(p);
            if (*p == ListpackEncoding.End)
            {
                _lp = null;
                continue;
            }
            bool isDeleted = ReadHead(p);
            if (Id > _end)
                return Finish();
            if (Id >= _start && (_withDeleted || !isDeleted))
                return true;
        }
    }

    private bool MoveBack()
    {
        while (true)
        {
            if (_lp == null && !OpenNode())
                return false;
            long count = Listpack.Get(_tail).Integer;
            if (count == 0)
            {
                _lp = null;
                continue;
            }
            byte* p = _tail;
            for (; count > 0; count--)
                p = Listpack.Previous(_lp, p);
            _tail = Listpack.Previous(_lp, p);
            bool isDeleted = ReadHead(p);
            if (Id < _start)
                return Finish();
            if (Id <= _end && (_withDeleted || !isDeleted))
                return true;
        }
    }

    private bool Finish()
    {
        _lp = null;
        _nextNode = IdPlace.None;
        return false;
    }

    private bool OpenNode()
    {
        if (_nextNode.IsNone)
            return false;
        Node = _nextNode;
        _nodeId = _nodes.IdAt(Node);
        _lp = _nodes.ValueAt(Node);
        _nextNode = _reverse ? _nodes.Previous(Node) : _nodes.Next(Node);
        _master = StreamNode.MasterFields(_lp, out _masterCount);
        _at = _master;
        _left = _masterCount;
        if (_reverse)
            _tail = Listpack.Last(_lp);
        return true;
    }

    /// <summary>Reads an entry up to its fields; whether it is deleted.</summary>
    private bool ReadHead(byte* p)
    {
        Flags = p;
        long flags = Listpack.Get(p).Integer;
        p += ListpackEncoding.EntrySize(p);
        long ms = Listpack.Get(p).Integer;
        p += ListpackEncoding.EntrySize(p);
        Id = _nodeId.Plus(ms, Listpack.Get(p).Integer);
        p += ListpackEncoding.EntrySize(p);
        if ((flags & StreamNode.SameFieldsFlag) != 0)
        {
            FieldCount = _left = _masterCount;
            _field = _master;
        }
        else
        {
            FieldCount = Listpack.Get(p).Integer;
            p += ListpackEncoding.EntrySize(p);
            _left = 2 * FieldCount;
            _field = null;
        }
        _at = p;
        return (flags & StreamNode.DeletedFlag) != 0;
    }
}
