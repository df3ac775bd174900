namespace RedisAot.Data;

/// <summary>Is told of the entries of a table before they change; see <see cref="HashTable{TEntry}.Watch"/>.</summary>
public abstract unsafe class TableWatcher<TEntry>
    where TEntry : struct, IHashEntry
{
    /// <summary>An entry comes, goes or changes. It may be read; the table may not be changed.</summary>
    /// <param name="hash">The hash of its key.</param>
    /// <param name="entry">The entry, as it is before.</param>
    /// <param name="isNew">Whether it comes.</param>
    public abstract void BeforeChange(ulong hash, byte* entry, bool isNew);
}
