using System.Diagnostics;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Persistence;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// Frees big values and whole databases in slices between commands, so that no client waits for it. Used under the
/// execution lock only.
/// </summary>
public sealed unsafe class LazyFree
{
    /// <summary>A value that takes more frees than this is not freed by the command that drops it.</summary>
    private const long MaxEffortAtOnce = 64;

    private const int FreesPerStep = 64;

    private const long SliceMicroseconds = 500;

    private readonly Queue<LazyBatch> _queue = new();

    /// <summary>May need a value that is to be freed, to free it later.</summary>
    internal SnapshotWalk? Snapshot { get; set; }

    /// <summary>Keys and values that wait to be freed.</summary>
    public long PendingObjects { get; private set; }

    /// <summary>Keys and values freed so far.</summary>
    public long FreedObjects { get; private set; }

    /// <summary>Whether there is anything to do.</summary>
    public bool HasWork => _queue.Count > 0;

    /// <summary>Forgets the count of <see cref="FreedObjects"/>.</summary>
    public void ResetStatistics() => FreedObjects = 0;

    /// <summary>Whether a value is too much work to be freed by the command that drops it.</summary>
    public static bool IsMuchWork(KeyEntry entry) => ValueMemory.FreeEffort(entry) > MaxEffortAtOnce;

    /// <summary>Frees an entry that was taken out of its table, at once if that is little work.</summary>
    public void Free(KeyEntry entry)
    {
        if (Snapshot != null && Snapshot.TryTakeOver(entry))
            return;
        if (IsMuchWork(entry))
        {
            _queue.Enqueue(new ValueBatch(entry));
            PendingObjects++;
            return;
        }
        ValueMemory.FreeValue(entry);
        NativeHeap.Free(entry.Address);
    }

    /// <summary>Takes over something else of so many objects.</summary>
    internal void Add(LazyBatch batch, long objects)
    {
        PendingObjects += objects;
        _queue.Enqueue(batch);
    }

    /// <summary>Takes over the keys and the wheel of a flushed database.</summary>
    public void Add(HashTable<KeyEntry> keys, ExpiryWheel wheel)
    {
        Add(new TableBatch(this, keys, wheel), keys.Count);
    }

    /// <summary>Frees for as long as a command may be held up: what a small flush has dropped is free when it replies.</summary>
    public void RunSlice()
    {
        long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency * SliceMicroseconds / 1_000_000;
        while (HasWork && Stopwatch.GetTimestamp() < end)
            RunStep();
    }

    /// <summary>Frees a few hundred allocations; call again while <see cref="HasWork"/> and time is left.</summary>
    public void RunStep()
    {
        if (!_queue.TryPeek(out LazyBatch? batch))
            return;
        long freed = batch.FreeSome(FreesPerStep, out bool done);
        PendingObjects -= freed;
        FreedObjects += freed;
        if (done)
            _queue.Dequeue();
    }

    /// <summary>One big value with its entry.</summary>
    private sealed class ValueBatch(KeyEntry entry) : LazyBatch
    {
        public override long FreeSome(int budget, out bool done)
        {
            done = ValueMemory.FreeSome(entry, ref budget);
            if (!done)
                return 0;
            NativeHeap.Free(entry.Address);
            return 1;
        }
    }

    /// <summary>All keys of a database; the big values among them wait for their turn.</summary>
    private sealed class TableBatch(LazyFree owner, HashTable<KeyEntry> keys, ExpiryWheel wheel) : LazyBatch
    {
        private HashTable<KeyEntry> _keys = keys;

        public override long FreeSome(int budget, out bool done)
        {
            long before = _keys.Count;
            EntryFreer freer = new(owner);
            bool emptied = _keys.FreeSlice(budget, ref freer);
            done = emptied && wheel.ClearSlice(budget);
            return before - _keys.Count - freer.PutOff;
        }

        private struct EntryFreer(LazyFree owner) : IEntryFreer
        {
            public long PutOff { get; private set; }

            public void Free(byte* address)
            {
                KeyEntry entry = new(address);
                if (owner.Snapshot != null && owner.Snapshot.TryTakeOver(entry))
                    return;
                if (IsMuchWork(entry))
                {
                    owner._queue.Enqueue(new ValueBatch(entry));
                    PutOff++;
                    return;
                }
                ValueMemory.FreeValue(entry);
                NativeHeap.Free(address);
            }
        }
    }
}
