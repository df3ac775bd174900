using System.Diagnostics;
using RedisAot.Data;
using RedisAot.Memory;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// Frees big values and whole databases in slices between commands, so that no client waits for it. Used under the
/// execution lock only.
/// </summary>
public sealed unsafe class LazyFree
{
    /// <summary>A value that takes more frees than this is not freed by the command that drops it.</summary>
    private const long MaxEffortAtOnce = 64;

    private const int EntriesPerStep = 256;

    private const long SliceMicroseconds = 500;

    private readonly Queue<Batch> _queue = new();

    /// <summary>Keys and values that wait to be freed.</summary>
    public long PendingObjects { get; private set; }

    /// <summary>Keys and values freed so far.</summary>
    public long FreedObjects { get; private set; }

    /// <summary>Whether there is anything to do.</summary>
    public bool HasWork => _queue.Count > 0;

    /// <summary>Forgets the count of <see cref="FreedObjects"/>.</summary>
    public void ResetStatistics() => FreedObjects = 0;

    /// <summary>Frees an entry that was taken out of its table, at once if that is little work.</summary>
    public void Free(KeyEntry entry)
    {
        if (ValueMemory.FreeEffort(entry) > MaxEffortAtOnce)
        {
            _queue.Enqueue(new Batch(entry));
            PendingObjects++;
            return;
        }
        ValueMemory.FreeValue(entry);
        NativeHeap.Free(entry.Address);
    }

    /// <summary>Takes over the keys and the wheel of a flushed database.</summary>
    public void Add(HashTable<KeyEntry> keys, ExpiryWheel wheel)
    {
        PendingObjects += keys.Count;
        _queue.Enqueue(new Batch(keys, wheel));
    }

    /// <summary>Frees for as long as a command may be held up: what a small flush has dropped is free when it replies.</summary>
    public void RunSlice()
    {
        long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency * SliceMicroseconds / 1_000_000;
        while (HasWork && Stopwatch.GetTimestamp() < end)
            RunStep();
    }

    /// <summary>Frees a few hundred objects; call again while <see cref="HasWork"/> and time is left.</summary>
    public void RunStep()
    {
        if (!_queue.TryPeek(out Batch? batch))
            return;
        long freed = batch.FreeSome(EntriesPerStep, out bool done);
        PendingObjects -= freed;
        FreedObjects += freed;
        if (done)
            _queue.Dequeue();
    }

    private sealed class Batch
    {
        private readonly ExpiryWheel? _wheel;
        private HashTable<KeyEntry> _keys;
        private KeyEntry _entry;

        public Batch(KeyEntry entry) => _entry = entry;

        public Batch(HashTable<KeyEntry> keys, ExpiryWheel wheel)
        {
            _keys = keys;
            _wheel = wheel;
        }

        public long FreeSome(int entries, out bool done)
        {
            if (_wheel == null)
            {
                ValueMemory.FreeValue(_entry);
                NativeHeap.Free(_entry.Address);
                done = true;
                return 1;
            }
            long before = _keys.Count;
            EntryFreer freer = default;
            bool emptied = _keys.FreeSlice(entries, ref freer);
            done = emptied && _wheel.ClearSlice(entries);
            return before - _keys.Count;
        }

        private struct EntryFreer : IEntryFreer
        {
            public readonly void Free(byte* entry)
            {
                ValueMemory.FreeValue(new KeyEntry(entry));
                NativeHeap.Free(entry);
            }
        }
    }
}
