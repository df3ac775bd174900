using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>
/// The big values of a snapshot that have been begun. In the file a value is all in one place, so while the first of them is
/// written, the others write into memory, as do keys that are to be preserved meanwhile.
/// </summary>
/// <param name="server">Has the data.</param>
/// <param name="output">Takes what the first value writes, and then what has been waiting for its end.</param>
/// <param name="newBuffer">Makes what takes the rest meanwhile.</param>
internal sealed unsafe class ValueQueue(RedisServer server, RdbKeyWriter output, Func<RdbKeyWriter> newBuffer)
{
    private readonly List<Item> _items = [];
    private RdbKeyWriter? _waiting;

    /// <summary>Whether nothing is begun that has not ended.</summary>
    public bool IsEmpty => _items.Count == 0;

    /// <summary>Takes keys that are written at once.</summary>
    public RdbKeyWriter ForKeys => IsEmpty ? output : _waiting ??= newBuffer();

    /// <summary>Whether there is a value that must be finished before it changes.</summary>
    public bool HasFragile { get; private set; }

    /// <summary>What waits in memory, in bytes.</summary>
    public long WaitingBytes
    {
        get
        {
            long bytes = _waiting?.Writer.Position ?? 0;
            foreach (Item item in _items)
                bytes += item.Buffer?.Writer.Position ?? 0;
            return bytes;
        }
    }

    /// <summary>Begins to write a key with a big value.</summary>
    public void Begin(int databaseId, KeyEntry entry)
    {
        RdbKeyWriter? buffer = IsEmpty ? null : newBuffer();
        _items.Add(new Item { Value = (nint)entry.External, Walk = (buffer ?? output).Begin(databaseId, entry), Buffer = buffer });
        NoteFragile();
    }

    /// <summary>Goes on until <paramref name="endTicks"/>; true when all values that were begun are written.</summary>
    public bool Continue(long endTicks)
    {
        while (!IsEmpty)
        {
            if (!_items[0].IsDone && !_items[0].Walk.Continue(endTicks))
                return false;
            EndFirst();
        }
        return true;
    }

    /// <summary>Finishes a value, if it is one that has been begun and must not change before it is written.</summary>
    public void BeforeChange(KeyEntry entry)
    {
        int index = HasFragile ? IndexOf(entry) : -1;
        if (index < 0 || _items[index].Walk.ToleratesChanges)
            return;
        // One that is not the first is all in memory then, and stays in the queue for its turn.
        _items[index].Walk.Continue(long.MaxValue);
        if (index == 0)
            EndFirst();
        else
            _items[index].IsDone = true;
        NoteFragile();
    }

    /// <summary>Whether the value of an entry has been begun and is not all written.</summary>
    public bool Has(KeyEntry entry) => IndexOf(entry) >= 0;

    /// <summary>Takes over an entry that is to be freed, to do so when its value is written; false if that has not been begun.</summary>
    public bool TryTakeOver(KeyEntry entry)
    {
        int index = IndexOf(entry);
        if (index < 0)
            return false;
        _items[index].TakenOver = entry;
        return true;
    }

    /// <summary>Gives everything up.</summary>
    public void Abandon()
    {
        foreach (Item item in _items.ToArray())
        {
            _items.Remove(item);
            Release(item);
            item.Buffer?.Dispose();
        }
        _waiting?.Dispose();
        _waiting = null;
        NoteFragile();
    }

    private int IndexOf(KeyEntry entry)
    {
        if (IsEmpty || !entry.HasValueSlot || entry.Encoding == ValueEncoding.Int)
            return -1;
        nint value = (nint)entry.External;
        return _items.FindIndex(item => item.Value == value && !item.IsDone);
    }

    private void EndFirst()
    {
        Item first = _items[0];
        _items.RemoveAt(0);
        Release(first);
        if (_waiting != null)
            output.Append(_waiting);
        _waiting = null;
        if (!IsEmpty)
            Promote(_items[0]);
        NoteFragile();
    }

    private void Promote(Item item)
    {
        output.Append(item.Buffer!);
        item.Buffer = null;
        item.Walk.Writer = output.Writer;
    }

    private void Release(Item item)
    {
        item.Walk.End();
        if (!item.TakenOver.IsNull)
            server.LazyFree.Free(item.TakenOver);
    }

    private void NoteFragile() => HasFragile = _items.Exists(item => !item.IsDone && !item.Walk.ToleratesChanges);

    private sealed class Item
    {
        /// <summary>The address of the value, which tells it from others whatever key it is under.</summary>
        public required nint Value { get; init; }

        public required ValueWalk Walk { get; init; }

        /// <summary>Has what was written so far of one that is not the first.</summary>
        public RdbKeyWriter? Buffer { get; set; }

        /// <summary>To be freed at the end; null: the entry is still in use.</summary>
        public KeyEntry TakenOver { get; set; }

        /// <summary>Whether the value was finished before its turn, and may have changed since.</summary>
        public bool IsDone { get; set; }
    }
}
