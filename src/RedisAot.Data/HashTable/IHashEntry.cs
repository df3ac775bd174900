namespace RedisAot.Data;

/// <summary>How a <see cref="HashTable{TEntry}"/> sees its entries: blocks in native memory that hold their key.</summary>
public unsafe interface IHashEntry
{
    /// <summary>The key of an entry; it must not change while the entry is in a table.</summary>
    static abstract ReadOnlySpan<byte> KeyOf(byte* entry);
}

/// <summary>What is done with each entry that a walk over a table comes to.</summary>
public interface ISlotVisitor
{
    /// <summary>May replace the entry in the slot or remove it from the table, but not touch the table otherwise.</summary>
    void Visit(Slot slot);
}

/// <summary>What is done with the entries of a table that is being destroyed.</summary>
public unsafe interface IEntryFreer
{
    /// <summary>Frees the entry, which the table no longer knows.</summary>
    void Free(byte* entry);
}
