using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Server.Persistence;

namespace RedisAot.Server.Keyspace;

/// <content>What loading and saving need of a database.</content>
public sealed unsafe partial class Database
{
    private readonly SnapshotWalk _snapshot;

    /// <summary>The number under which the contents stand in the snapshot that is being written.</summary>
    internal int SnapshotId { get; set; }

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
    public void Load(KeyEntry entry, long expireAtMs) => Load(entry, Hashing.Hash(entry.Key), expireAtMs);

    /// <summary>The same, where the hash of the key is known.</summary>
    internal void Load(KeyEntry entry, ulong hash, long expireAtMs)
    {
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

    /// <summary>To be called before anything of an entry changes: a snapshot that is being written gets it as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Preserve(KeyEntry entry)
    {
        if (_snapshot.IsActive && (entry.SnapshotSide != _snapshot.Side || _snapshot.HasFragile))
            _snapshot.Preserve(this, entry);
    }

    /// <summary>The same, where the entry goes or gets another time of expiry, but its value stays as it is.</summary>
    private void PreserveEntry(KeyEntry entry)
    {
        if (_snapshot.IsActive && entry.SnapshotSide != _snapshot.Side)
            _snapshot.PreserveEntry(this, entry);
    }
}
