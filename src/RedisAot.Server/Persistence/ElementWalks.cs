using RedisAot.Data;

namespace RedisAot.Server.Persistence;

/// <summary>Writes an element of a value.</summary>
internal unsafe delegate void ElementWriter(RdbWriter writer, byte* element);

/// <summary>A value that is a table, of whose elements the order does not matter.</summary>
internal sealed unsafe class TableValueWalk<TEntry> : ValueWalk
    where TEntry : struct, IHashEntry
{
    private readonly BucketWalk<TEntry> _buckets;

    public TableValueWalk(RdbWriter writer, HashTable<TEntry>* table, ElementWriter write)
        : base(writer) => _buckets = new BucketWalk<TEntry>(table, element => write(Writer, element));

    public override bool ToleratesChanges => true;

    public override bool Continue(long endTicks) => _buckets.Continue(endTicks);

    public override void End() => _buckets.End();
}

/// <summary>A sorted set.</summary>
internal sealed unsafe class SortedSetWalk : ValueWalk
{
    private readonly SortedWalk _members;

    public SortedSetWalk(RdbWriter writer, SortedMembers* set, ElementWriter write)
        : base(writer) => _members = new SortedWalk(set, member => write(Writer, member));

    public override bool ToleratesChanges => true;

    public override bool Continue(long endTicks) => _members.Continue(endTicks);

    public override void End() => _members.End();
}
