namespace RedisAot.Server.Keyspace;

/// <summary>Something that <see cref="LazyFree"/> frees in slices.</summary>
internal abstract class LazyBatch
{
    /// <summary>Frees about so many allocations; returns how many objects (keys, as a rule) are gone.</summary>
    public abstract long FreeSome(int budget, out bool done);
}
