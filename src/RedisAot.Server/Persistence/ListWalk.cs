using System.Diagnostics;
using RedisAot.Data;

namespace RedisAot.Server.Persistence;

/// <summary>
/// A list that is written from its first node to its last, as it is when that begins. A node at the head that is about to change
/// is written first; one at the tail is copied, to be written when those before it have been. Only what changes the middle of the
/// list has to wait for the rest of it.
/// </summary>
internal sealed unsafe class ListWalk : ValueWalk
{
    private readonly Quicklist* _list;
    private readonly Watcher _watcher;

    // The nodes to be written that are in the list as they were; none when the first is null.
    private QuicklistNode* _next;
    private QuicklistNode* _last;

    // Copies of those that followed; the topmost comes first.
    private readonly Stack<nint> _copies = [];

    public ListWalk(RdbWriter writer, Quicklist* list)
        : base(writer)
    {
        _list = list;
        _next = list->Head;
        _last = list->Tail;
        _watcher = new Watcher(this);
        list->Watch(_watcher);
    }

    public override bool ToleratesChanges => true;

    public override bool Continue(long endTicks)
    {
        while (_next != null || _copies.Count > 0)
        {
            if (_next != null)
                WriteNext();
            else
                WriteCopy();
            if (Stopwatch.GetTimestamp() >= endTicks)
                break;
        }
        return _next == null && _copies.Count == 0;
    }

    public override void End()
    {
        _list->Watch(null);
        while (_copies.TryPop(out nint copy))
            QuicklistNode.Free((QuicklistNode*)copy);
    }

    private void WriteNext()
    {
        ListCodec.WriteNode(Writer, _next);
        _next = _next == _last ? null : _next->Next;
    }

    private void WriteCopy()
    {
        var copy = (QuicklistNode*)_copies.Pop();
        ListCodec.WriteNode(Writer, copy);
        QuicklistNode.Free(copy);
    }

    private sealed class Watcher(ListWalk walk) : QuicklistWatcher
    {
        public override void BeforeChangeAtEnd(QuicklistNode* node)
        {
            // Any other node at an end has been written or copied, or is new.
            if (walk._next == null)
                return;
            if (node == walk._next)
            {
                walk.WriteNext();
            }
            else if (node == walk._last)
            {
                walk._copies.Push((nint)node->Duplicate());
                walk._last = node->Previous;
            }
        }

        public override void BeforeRearrangement()
        {
            while (walk._next != null)
                walk.WriteNext();
        }
    }
}
