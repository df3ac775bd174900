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
    /// <summary>
    /// With more waiting in memory for the end of a big value, whoever adds to it writes a bit of that value, for so long: much more
    /// than was added.
    /// </summary>
    private const long MaxWaitingBytes = 1024 * 1024, PaidMicroseconds = 200;

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

    /// <summary>Whether a value is being written that must not change before; such changes are preceded by <see cref="Preserve"/>.</summary>
    public bool HasFragile => _saver is { HasFragile: true };

    /// <summary>Goes on until <paramref name="endTicks"/>, by one bucket of a table or one piece of a value at least; true when all has been written.</summary>
    public bool Continue(long endTicks)
    {
        while (ContinueValues(endTicks) && _parts.Count > 0)
        {
            Part part = _parts[^1];
            if (part.IsWalked)
                Remove(part);
            else
                part.WalkBucket(this);
            if (Stopwatch.GetTimestamp() >= endTicks)
                break;
        }
        if (_parts.Count > 0)
            return false;
        IsActive = false;
        _saver = null;
        return true;
    }

    private bool ContinueValues(long endTicks) => _saver == null || _saver.Continue(endTicks);

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

    /// <summary>Keeps what an entry has, which is about to change, if it has not been written yet.</summary>
    public void Preserve(Database database, KeyEntry entry)
    {
        PreserveEntry(database, entry);
        _saver?.BeforeChange(entry);
    }

    /// <summary>The same, where the entry goes or gets another time of expiry, but its value stays as it is.</summary>
    public void PreserveEntry(Database database, KeyEntry entry)
    {
        if (entry.SnapshotSide != Side)
            Take(database.SnapshotId, entry);
        if (_saver != null && _saver.WaitingBytes > MaxWaitingBytes)
            _saver.Continue(Stopwatch.GetTimestamp() + Stopwatch.Frequency * PaidMicroseconds / 1_000_000);
    }

    /// <summary>Whether the value of an entry is being written.</summary>
    public bool IsWriting(KeyEntry entry) => _saver != null && _saver.IsWriting(entry);

    /// <summary>Takes over an entry that is to be freed, if its value is still being written; false when the caller can free it.</summary>
    public bool TryTakeOver(KeyEntry entry) => _saver != null && _saver.TryTakeOver(entry);

    private void Take(int databaseId, KeyEntry entry)
    {
        _saver?.BeginKey(databaseId, entry);
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

        /// <summary>Whether the last bucket has been written; big values in it may still be under way.</summary>
        public bool IsWalked { get; private set; }

        /// <summary>Writes what is left in one bucket.</summary>
        public void WalkBucket(SnapshotWalk walk)
        {
            if (!_isBegun && Database != null)
                walk._saver?.WriteSizes(Id, Database);
            _isBegun = true;
            Visitor visitor = new(walk, Id);
            ref HashTable<KeyEntry> keys = ref _takenOver;
            if (Database != null)
                keys = ref Database.Keys;
            keys.PrefetchScan(_cursor);
            _cursor = keys.Scan(_cursor, ref visitor);
            IsWalked = _cursor == 0;
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
            if (entry.SnapshotSide != walk.Side)
                walk.Take(databaseId, entry);
        }
    }
}
