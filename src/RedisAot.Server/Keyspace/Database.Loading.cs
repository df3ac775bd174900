using RedisAot.Data;

namespace RedisAot.Server.Keyspace;

public sealed unsafe partial class Database
{
    /// <summary>
    /// Puts an entry that was built outside under its key, which does not exist, to expire at
    /// <paramref name="expireAtMs"/> (Unix ms, or <see cref="KeyEntry.NoExpiry"/> when the entry has no place for it).
    /// </summary>
    public void Add(KeyEntry entry, long expireAtMs)
    {
        Load(entry, expireAtMs);
        SignalReady(entry.Key);
        _server.KeyspaceEvents.Notify(KeyspaceEventClass.New, "new"u8, entry.Key, this);
    }

    /// <summary>Like <see cref="Add"/>, but as a part of a data set that is loaded: nobody is told.</summary>
    public void Load(KeyEntry entry, long expireAtMs)
    {
        ulong hash = Hashing.Hash(entry.Key);
        entry.AccessClock = _accessClock.Initial;
        entry.SnapshotSide = _snapshot.Side;
        _keys.Insert(hash, entry.Address);
        if (entry.Type == DataType.Hash)
            FieldTimesChanged(entry);
        if (expireAtMs == KeyEntry.NoExpiry)
            return;
        entry.SetWheelTime(NoWheelRecord);
        SetExpiry(entry, hash, Math.Max(expireAtMs, 0));
    }
}
