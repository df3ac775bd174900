using System.Diagnostics;

namespace RedisAot.Data;

/// <summary>What is done with an entry.</summary>
public unsafe delegate void EntryAction(byte* entry);

/// <summary>
/// Visits each entry of a table once, as it is when the walk begins, while the table goes on changing: the bucket of an entry
/// that is about to change is visited first. Until it has ended, the table keeps its size.
/// </summary>
public sealed unsafe class BucketWalk<TEntry> : TableWatcher<TEntry>
    where TEntry : struct, IHashEntry
{
    /// <summary>How far ahead entries are fetched into the cache, and how often the clock is read, in buckets.</summary>
    private const uint PrefetchBuckets = 4, BucketsPerStep = 8;

    private readonly HashTable<TEntry>* _table;
    private readonly EntryAction _visit;
    private readonly ulong[] _visited;
    private readonly uint _count;
    private uint _next;

    /// <summary>Begins.</summary>
    /// <param name="table">Not watched by anybody; stays where it is until <see cref="End"/>.</param>
    /// <param name="visit">Is given each entry.</param>
    public BucketWalk(HashTable<TEntry>* table, EntryAction visit)
    {
        _table = table;
        _visit = visit;
        _count = (uint)table->BucketCount;
        _visited = new ulong[(_count + 63) / 64];
        table->HoldSize();
        table->Watch(this);
    }

    /// <summary>Goes on until <paramref name="endTicks"/>, by a few buckets at least; true when all have been visited.</summary>
    public bool Continue(long endTicks)
    {
        while (_next < _count)
        {
            for (uint end = Math.Min(_next + BucketsPerStep, _count); _next < end; _next++)
            {
                if (_next + PrefetchBuckets < _count)
                    _table->PrefetchBucket(_next + PrefetchBuckets);
                Visit(_next);
            }
            if (Stopwatch.GetTimestamp() >= endTicks)
                break;
        }
        return _next == _count;
    }

    /// <summary>Lets go of the table, be everything visited or not.</summary>
    public void End()
    {
        _table->Watch(null);
        _table->ReleaseSize();
    }

    /// <inheritdoc/>
    public override void BeforeChange(ulong hash, byte* entry, bool isNew)
    {
        uint bucket = _table->BucketOf(hash);
        if (bucket >= _next)
            Visit(bucket);
    }

    private void Visit(uint bucket)
    {
        ref ulong word = ref _visited[bucket / 64];
        ulong bit = 1UL << (int)(bucket % 64);
        if ((word & bit) != 0)
            return;
        word |= bit;
        Visitor visitor = new(_visit);
        _table->VisitBucket(bucket, ref visitor);
    }

    private readonly struct Visitor(EntryAction visit) : ISlotVisitor
    {
        public void Visit(Slot slot) => visit(slot.Entry);
    }
}
