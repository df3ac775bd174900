using System.Diagnostics;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>
/// Writes the data as they are at one moment while commands go on changing them, without a copy of the memory. A flag of
/// each entry tells whether it has been written; beginning a walk changes what the flag means, so that it costs nothing.
/// A walker writes entry after entry; a key that is about to change before the walker has come to it is written first.
/// Used under the execution lock.
/// </summary>
internal sealed unsafe class SnapshotWalk(RedisServer server)
{
    private readonly List<Part> _parts = [];
    private DataSetSaver? _saver;

    /// <summary>What the flag of an entry is once the entry has been written, or is too new for that.</summary>
    public bool Side { get; private set; }

    /// <summary>Whether there may be entries that have not been written.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Begins: what is in the databases now is what will be written. The walk before has ended, or was abandoned.</summary>
    public void Begin(DataSetSaver saver)
    {
        while (IsActive)
            Continue(long.MaxValue);
        _saver = saver;
        Side = !Side;
        IsActive = true;
        foreach (Database database in server.Databases)
        {
            if (database.Count == 0)
                continue;
            database.SnapshotId = database.Id;
            _parts.Add(new Part { Database = database, Id = database.Id });
        }
    }

    /// <summary>Goes on until <paramref name="endTicks"/>, by at least one bucket of a table; true when all has been written.</summary>
    public bool Continue(long endTicks)
    {
        while (_parts.Count > 0)
        {
            Part part = _parts[^1];
            if (part.WalkBucket(this))
                Remove(part);
            if (Stopwatch.GetTimestamp() >= endTicks)
                break;
        }
        if (_parts.Count > 0)
            return false;
        IsActive = false;
        _saver = null;
        return true;
    }

    /// <summary>Nothing more is to be written; the walk still goes on to bring the flags of all entries to one side.</summary>
    public void Abandon()
    {
        _saver = null;
        for (int i = _parts.Count - 1; i >= 0; i--)
        {
            if (_parts[i].Database == null)
                Remove(_parts[i]);
        }
    }

    /// <summary>Writes an entry that is about to change or to go and has not been written yet.</summary>
    public void Preserve(Database database, KeyEntry entry)
    {
        _saver?.WriteKey(database.SnapshotId, entry);
        entry.SnapshotSide = Side;
    }

    /// <summary>
    /// Takes over the keys of a database that is flushed, if they have not been written yet, to free them afterwards; false when
    /// the caller can.
    /// </summary>
    public bool TryTakeOver(Database database, HashTable<KeyEntry> keys, ExpiryWheel wheel)
    {
        Part? part = _saver == null ? null : _parts.Find(p => p.Database == database);
        if (part == null)
        {
            _parts.RemoveAll(p => p.Database == database);
            return false;
        }
        part.TakeOver(keys, wheel);
        return true;
    }

    /// <summary>Two databases have exchanged their contents.</summary>
    public void Swap(Database a, Database b)
    {
        (a.SnapshotId, b.SnapshotId) = (b.SnapshotId, a.SnapshotId);
        foreach (Part part in _parts)
            part.Database = part.Database == a ? b : part.Database == b ? a : part.Database;
    }

    private void Remove(Part part)
    {
        _parts.Remove(part);
        part.FreeTakenOver(server.LazyFree);
    }

    /// <summary>The keys of one database, as far as they have not been written.</summary>
    private sealed class Part
    {
        private HashTable<KeyEntry> _takenOver;
        private ExpiryWheel? _wheel;
        private ulong _cursor;
        private bool _isBegun;

        /// <summary>Where the keys are; null: they were taken over.</summary>
        public Database? Database { get; set; }

        /// <summary>The number that the database had at the beginning.</summary>
        public int Id { get; init; }

        /// <summary>Writes what is left in one bucket; true after the last.</summary>
        public bool WalkBucket(SnapshotWalk walk)
        {
            if (!_isBegun && Database != null)
                walk._saver?.WriteSizes(Id, Database);
            _isBegun = true;
            Visitor visitor = new(walk, Id);
            ref HashTable<KeyEntry> keys = ref _takenOver;
            if (Database != null)
                keys = ref Database.Keys;
            _cursor = keys.Scan(_cursor, ref visitor);
            return _cursor == 0;
        }

        public void TakeOver(HashTable<KeyEntry> keys, ExpiryWheel wheel)
        {
            Database = null;
            _takenOver = keys;
            _wheel = wheel;
        }

        public void FreeTakenOver(LazyFree lazyFree)
        {
            if (_wheel != null)
                lazyFree.Add(_takenOver, _wheel);
        }
    }

    private readonly struct Visitor(SnapshotWalk walk, int databaseId) : ISlotVisitor
    {
        public void Visit(Slot slot)
        {
            KeyEntry entry = new(slot.Entry);
            if (entry.SnapshotSide == walk.Side)
                return;
            walk._saver?.WriteKey(databaseId, entry);
            entry.SnapshotSide = walk.Side;
        }
    }
}
