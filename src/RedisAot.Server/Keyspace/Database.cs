using System.Diagnostics;
using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Execution;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// One numbered database: the table of its keys and the wheel of their expiries. Every change of a key goes through
/// here. Used under the execution lock only.
/// </summary>
public sealed unsafe partial class Database
{
    /// <summary>In place of a time of expiry: the one that the key has.</summary>
    public const long KeepExpiry = -2;

    /// <summary>The wheel's time of an entry that the wheel knows nothing of.</summary>
    private const long NoWheelRecord = long.MaxValue;

    private readonly RedisServer _server;
    private readonly AccessClock _accessClock;
    private HashTable<KeyEntry> _keys;
    private ExpiryWheel _wheel;
    private FastRandom _random = new((ulong)System.Random.Shared.NextInt64());

    internal Database(RedisServer server, int id)
    {
        _server = server;
        _accessClock = server.AccessClock;
        _snapshot = server.Snapshots.Walk;
        _wheel = new ExpiryWheel(server.Clock.NowMs);
        _fieldWheel = new ExpiryWheel(server.Clock.NowMs);
        Id = id;
        Blocked = new BlockedKeys(this);
    }

    /// <summary>Number of the database; SWAPDB changes it.</summary>
    public int Id { get; internal set; }

    /// <summary>Number of keys.</summary>
    public long Count => _keys.Count;

    /// <summary>Number of keys that expire.</summary>
    public long ExpiringCount { get; private set; }

    /// <summary>Mean time to live in ms of the keys that expire, of a sample; 0 when none does.</summary>
    public long AverageTtlMs { get; private set; }

    /// <summary>Who watches which key.</summary>
    public WatchTable Watches { get; } = new();

    /// <summary>Who waits for which key in a blocking command.</summary>
    internal BlockedKeys Blocked { get; }

    /// <summary>What commands draw random elements with.</summary>
    public ref FastRandom Random => ref _random;

    /// <summary>Whether client tracking wants to know of changes.</summary>
    internal bool IsTracked { get; set; }

    /// <summary>The table of keys.</summary>
    public ref HashTable<KeyEntry> Keys => ref _keys;

    /// <summary>When keys are due.</summary>
    public ExpiryWheel Wheel => _wheel;

    /// <summary>The entry as it is, expired or not; null entry when missing. Touches nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyEntry Peek(ReadOnlySpan<byte> key)
    {
        Slot slot = _keys.Find(key, Hashing.Hash(key));
        return slot.IsNone ? default : new KeyEntry(slot.Entry);
    }

    /// <summary>Whether there is such a key that has not expired. Touches nothing.</summary>
    public bool Exists(ReadOnlySpan<byte> key) => Peek(key) is { IsNull: false } entry && !IsExpired(entry, _server.Clock.NowMs);

    /// <summary>Whether the key is there but past its time.</summary>
    public bool IsExpired(ReadOnlySpan<byte> key, long nowMs) => Peek(key) is { IsNull: false } entry && IsExpired(entry, nowMs);

    /// <summary>Looks a key up for reading: deletes it if expired, counts hit or miss, notes the access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyEntry LookupRead(ReadOnlySpan<byte> key)
    {
        KeyEntry entry = LookupReadUntouched(key);
        if (!entry.IsNull && !_server.Context.Client.NoTouch)
            _accessClock.Touch(entry);
        return entry;
    }

    /// <summary>Looks a key up for reading without noting the access (TTL, TYPE, EXISTS).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyEntry LookupReadUntouched(ReadOnlySpan<byte> key)
    {
        KeyEntry entry = LookupLive(key);
        if (entry.IsNull)
        {
            _server.Stats.KeyspaceMisses++;
            _server.KeyspaceEvents.Notify(KeyspaceEventClass.KeyMiss, "keymiss"u8, key, this);
        }
        else
        {
            _server.Stats.KeyspaceHits++;
        }
        return entry;
    }

    /// <summary>Looks a key up to change it: deletes it if expired, notes the access, counts nothing.</summary>
    public KeyEntry LookupWrite(ReadOnlySpan<byte> key)
    {
        KeyEntry entry = LookupLive(key);
        if (entry.IsNull)
            return entry;
        Preserve(entry);
        if (!_server.Context.Client.NoTouch)
            _accessClock.Touch(entry);
        return entry;
    }

    /// <summary>Looks a key up, deleting it if expired, without noting or counting anything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyEntry LookupLive(ReadOnlySpan<byte> key)
    {
        ulong hash = Hashing.Hash(key);
        Slot slot = _keys.Find(key, hash);
        if (slot.IsNone)
            return default;
        KeyEntry entry = new(slot.Entry);
        if (entry.HasExpiry && IsExpired(entry, _server.ExpiryNowMs))
        {
            ExpireUnlessPaused(slot, hash);
            return default;
        }
        return entry;
    }

    /// <summary>Sets a collection that lies at <paramref name="value"/>, whatever was there before.</summary>
    public KeyEntry SetExternal(scoped ReadOnlySpan<byte> key, DataType type, ValueEncoding encoding, byte* value, bool keepTtl = false)
    {
        KeyEntry entry = Prepare(key, type, encoding, valueSlot: true, 0, keepTtl ? KeepExpiry : KeyEntry.NoExpiry);
        entry.External = value;
        return entry;
    }

    /// <summary>Sets the time of expiry of a key that exists. The entry may move.</summary>
    public void SetExpiry(ReadOnlySpan<byte> key, long unixMs)
    {
        ulong hash = Hashing.Hash(key);
        Slot slot = _keys.Find(key, hash);
        KeyEntry entry = new(slot.Entry);
        PreserveEntry(entry);
        if (!entry.HasExpirySlot)
            entry = AddExpirySlot(slot, entry);
        SetExpiry(entry, hash, unixMs);
    }

    /// <summary>The key no longer expires; false when it did not.</summary>
    public bool ClearExpiry(KeyEntry entry)
    {
        if (!entry.HasExpiry)
            return false;
        entry.ClearExpiry();
        ExpiringCount--;
        return true;
    }

    /// <summary>Deletes a key, expired or not; false when there is none. Big values are freed in slices.</summary>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        ulong hash = Hashing.Hash(key);
        Slot slot = _keys.Find(key, hash);
        if (slot.IsNone)
            return false;
        KeyEntry entry = new(slot.Entry);
        PreserveEntry(entry);
        _keys.Remove(slot, hash);
        SignalLost(entry);
        Dispose(entry);
        return true;
    }

    /// <summary>Deletes a key; one that has expired already goes with its own event and counts as missing.</summary>
    public bool DeleteLive(ReadOnlySpan<byte> key)
    {
        ulong hash = Hashing.Hash(key);
        Slot slot = _keys.Find(key, hash);
        if (slot.IsNone)
            return false;
        KeyEntry entry = new(slot.Entry);
        if (entry.HasExpiry && IsExpired(entry, _server.ExpiryNowMs))
        {
            ExpireUnlessPaused(slot, hash);
            return false;
        }
        PreserveEntry(entry);
        _keys.Remove(slot, hash);
        SignalLost(entry);
        Dispose(entry);
        return true;
    }

    /// <summary>Whether the key has expired; if so it is deleted.</summary>
    public bool DropIfExpired(KeyEntry entry)
    {
        if (!IsExpired(entry, _server.ExpiryNowMs))
            return false;
        ulong hash = Hashing.Hash(entry.Key);
        ExpireUnlessPaused(_keys.Find(entry.Key, hash), hash);
        return true;
    }

    /// <summary>The name of a key drawn at random that has not expired, a copy; null when there is none.</summary>
    public byte[]? RandomKey()
    {
        // While a pause keeps expired keys in place, a database of nothing else must not be searched for ever.
        const int maxTries = 100;
        for (int tries = 0; ; tries++)
        {
            byte* entry = _keys.Random(ref _random);
            if (entry == null)
                return null;
            byte[] key = new KeyEntry(entry).Key.ToArray();
            if (!DropIfExpired(new KeyEntry(entry)) || tries == maxTries)
                return key;
        }
    }

    /// <summary>
    /// Takes a key out without freeing it, for RENAME and MOVE; null entry when there is none. The caller gives it to
    /// <see cref="Attach"/> or frees it.
    /// </summary>
    public KeyEntry Detach(ReadOnlySpan<byte> key)
    {
        ulong hash = Hashing.Hash(key);
        Slot slot = _keys.Find(key, hash);
        if (slot.IsNone)
            return default;
        KeyEntry entry = new(slot.Entry);
        PreserveEntry(entry);
        _keys.Remove(slot, hash);
        SignalLost(entry);
        if (entry.HasExpiry)
            ExpiringCount--;
        ForgetFieldTimes(entry);
        return entry;
    }

    /// <summary>Puts the value of a detached entry under a key that does not exist; the old entry block is freed.</summary>
    public void Attach(ReadOnlySpan<byte> key, KeyEntry detached)
    {
        byte* external = detached.HasValueSlot ? detached.External : null;
        AddLike(key, detached, external).AccessClock = detached.AccessClock;
        long expireAt = detached.ExpireAtMs;
        NativeHeap.Free(detached.Address);
        if (expireAt != KeyEntry.NoExpiry)
            SetExpiry(key, expireAt);
    }

    /// <summary>Puts a copy of an entry's value, with its time of expiry, under a key that does not exist.</summary>
    public void AddCopy(ReadOnlySpan<byte> key, KeyEntry source)
    {
        AddLike(key, source, ValueMemory.DuplicateExternal(source)).AccessClock = _accessClock.Initial;
        if (source.HasExpiry)
            SetExpiry(key, source.ExpireAtMs);
    }

    /// <summary>Says that a key has another value now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SignalModified(ReadOnlySpan<byte> key)
    {
        if (!Watches.IsEmpty || IsTracked)
            SignalModified(key, _server.Executor.ActiveClient);
    }

    /// <summary>Says that a key has another value now; <paramref name="by"/> is who did it, null for the server itself.</summary>
    private void SignalModified(ReadOnlySpan<byte> key, Client? by)
    {
        Watches.Touch(key);
        if (IsTracked)
            _server.Tracking.Invalidate(key, by);
    }

    /// <summary>
    /// Says that a key has something that a blocked client may be waiting for. Database does so for values that appear under a
    /// key, though not, as official, for those that replace another; to be called by commands for values that have grown.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SignalReady(ReadOnlySpan<byte> key)
    {
        if (!Blocked.IsEmpty)
            _server.BlockedClients.NoteReady(Blocked, key);
    }

    /// <summary>Says that a value is gone, of a type whose readers want to know.</summary>
    private void SignalLost(KeyEntry entry)
    {
        if (entry.Type == DataType.Stream)
            SignalReady(entry.Key);
    }

    /// <summary>Forgets all keys; their memory is freed in slices.</summary>
    public long Clear()
    {
        long removed = Count;
        if (removed == 0)
            return 0;
        Watches.TouchAll(this, null, _server.Clock.NowMs);
        if (!_snapshot.TryTakeOver(this, _keys, _wheel))
            _server.LazyFree.Add(_keys, _wheel);
        _server.LazyFree.Add(default, _fieldWheel);
        DropOldWheel();
        _keys = default;
        _wheel = new ExpiryWheel(_server.Clock.NowMs);
        _fieldWheel = new ExpiryWheel(_server.Clock.NowMs);
        ExpiringCount = 0;
        ExpiringHashCount = 0;
        AverageTtlMs = 0;
        _server.BlockedClients.NoteReady(this);
        return removed;
    }

    /// <summary>Exchanges the contents of two databases; clients stay with the numbers they selected.</summary>
    public static void Swap(Database a, Database b)
    {
        long nowMs = a._server.Clock.NowMs;
        a.Watches.TouchAll(a, b, nowMs);
        b.Watches.TouchAll(b, a, nowMs);
        (a._keys, b._keys) = (b._keys, a._keys);
        (a._wheel, b._wheel) = (b._wheel, a._wheel);
        (a._oldWheel, b._oldWheel) = (b._oldWheel, a._oldWheel);
        (a._fieldWheel, b._fieldWheel) = (b._fieldWheel, a._fieldWheel);
        (a._oldFieldWheel, b._oldFieldWheel) = (b._oldFieldWheel, a._oldFieldWheel);
        (a._overdueHashes, b._overdueHashes) = (b._overdueHashes, a._overdueHashes);
        (a._renewalCursor, b._renewalCursor) = (b._renewalCursor, a._renewalCursor);
        (a.ExpiringCount, b.ExpiringCount) = (b.ExpiringCount, a.ExpiringCount);
        (a.ExpiringHashCount, b.ExpiringHashCount) = (b.ExpiringHashCount, a.ExpiringHashCount);
        (a.AverageTtlMs, b.AverageTtlMs) = (b.AverageTtlMs, a.AverageTtlMs);
        a._snapshot.Swap(a, b);
        a._server.BlockedClients.NoteReady(a);
        a._server.BlockedClients.NoteReady(b);
    }

    /// <summary>Frees an entry that is no longer in the table, its value at once or, when that is much work, in slices.</summary>
    public void Dispose(KeyEntry entry)
    {
        if (entry.HasExpiry)
            ExpiringCount--;
        ForgetFieldTimes(entry);
        _server.LazyFree.Free(entry);
    }

    /// <summary>Deletes keys whose time has come; false when none is left, true when the time allowed was not enough.</summary>
    internal bool ExpireSome(long nowMs, long endTicks)
    {
        DueHandler handler = new(this, nowMs);
        _keys.HoldSize();
        bool more = Expire(_wheel, nowMs, endTicks, ref handler) || (_oldWheel != null && Expire(_oldWheel, nowMs, endTicks, ref handler));
        _keys.ReleaseSize();
        return ExpireFieldsOfAll(nowMs, endTicks) || more;
    }

    private static bool Expire<THandler>(ExpiryWheel wheel, long nowMs, long endTicks, ref THandler handler)
        where THandler : struct, IExpiryHandler
    {
        const int recordsAtOnce = 4 * HashBucket.ChunkRecords;
        bool more;
        while ((more = wheel.Advance(nowMs, recordsAtOnce, ref handler) == recordsAtOnce) && Stopwatch.GetTimestamp() < endTicks)
        {
        }
        return more;
    }

    /// <summary>Estimates <see cref="AverageTtlMs"/> from a few keys; called once a second.</summary>
    internal void SampleTtl(long nowMs)
    {
        const int samples = 16;
        long sum = 0;
        int count = 0;
        for (int i = 0; i < samples && _wheel.TrySample(_random.Next(), out ulong hash); i++)
        {
            Slot slot = _keys.FindByHash(hash);
            if (slot.IsNone || new KeyEntry(slot.Entry) is not { HasExpiry: true } entry || entry.ExpireAtMs <= nowMs)
                continue;
            // Sixteen of the longest times must not overflow the sum.
            sum += (entry.ExpireAtMs - nowMs) / samples;
            count++;
        }
        if (ExpiringCount == 0)
            AverageTtlMs = 0;
        else if (count > 0)
            SmoothTtl((long)(sum * ((double)samples / count)));
    }

    // As official: a new sample counts one in fifty, so that the figure does not flicker.
    private void SmoothTtl(long sample) => AverageTtlMs = AverageTtlMs == 0 ? sample : AverageTtlMs / 50 * 49 + sample / 50;

    internal static bool IsExpired(KeyEntry entry, long nowMs) => entry.HasExpiry && nowMs > entry.ExpireAtMs;

    /// <summary>
    /// An entry of the given shape under the key: the old one if its block will do, else a new one in its place. The
    /// old value is freed; the new one is for the caller to fill in.
    /// </summary>
    private KeyEntry Prepare(
        scoped ReadOnlySpan<byte> key, DataType type, ValueEncoding encoding, bool valueSlot, int embeddedLength, long expireAtMs)
    {
        ulong hash = Hashing.Hash(key);
        Slot slot = _keys.Find(key, hash);
        if (slot.IsNone)
            return AddNew(key, hash, type, encoding, valueSlot, embeddedLength, expireAtMs);
        KeyEntry entry = new(slot.Entry);
        if (entry.HasExpiry)
        {
            if (IsExpired(entry, _server.Clock.NowMs))
            {
                Expire(slot, hash);
                return AddNew(key, hash, type, encoding, valueSlot, embeddedLength, expireAtMs);
            }
            PreserveEntry(entry);
            if (expireAtMs == KeyEntry.NoExpiry)
                ClearExpiry(entry);
        }
        PreserveEntry(entry);
        ForgetFieldTimes(entry);
        SignalLost(entry);
        bool expirySlot = expireAtMs >= 0 || entry.HasExpiry;
        if (!LazyFree.IsMuchWork(entry) && !_snapshot.IsWriting(entry) && CanReuse(entry, key.Length, expirySlot, valueSlot, embeddedLength))
        {
            ValueMemory.FreeValue(entry);
            entry.SetKind(type, encoding);
            entry.SetEmbeddedLength(embeddedLength);
        }
        else
        {
            entry = ReplaceBlock(slot, entry, type, encoding, expirySlot, valueSlot, embeddedLength);
        }
        if (!_accessClock.IsLfu)
            entry.AccessClock = _accessClock.LruNow;
        else if (!_server.Context.Client.NoTouch)
            _accessClock.Touch(entry);
        if (expireAtMs >= 0)
            SetExpiry(entry, hash, expireAtMs);
        return entry;
    }

    private KeyEntry AddNew(
        scoped ReadOnlySpan<byte> key, ulong hash, DataType type, ValueEncoding encoding, bool valueSlot, int embeddedLength, long expireAtMs)
    {
        KeyEntry entry = KeyEntry.Create(key, type, encoding, expirySlot: expireAtMs >= 0, valueSlot, embeddedLength);
        entry.AccessClock = _accessClock.Initial;
        entry.SnapshotSide = _snapshot.Side;
        _keys.Insert(hash, entry.Address);
        if (expireAtMs >= 0)
        {
            entry.SetWheelTime(NoWheelRecord);
            SetExpiry(entry, hash, expireAtMs);
        }
        // As official, a value of a type that nobody awaits does not have a key looked at, even if it gives way to another at once.
        if (!Blocked.IsEmpty && _server.BlockedClients.IsAwaited(type))
            SignalReady(key);
        _server.KeyspaceEvents.Notify(KeyspaceEventClass.New, "new"u8, key, this);
        return entry;
    }

    /// <summary>A new entry with a value like that of another entry; <paramref name="external"/> replaces its address.</summary>
    private KeyEntry AddLike(ReadOnlySpan<byte> key, KeyEntry like, byte* external)
    {
        int embedded = like.HasValueSlot ? 0 : like.Embedded.Length;
        KeyEntry entry = AddNew(key, Hashing.Hash(key), like.Type, like.Encoding, like.HasValueSlot, embedded, KeyEntry.NoExpiry);
        if (like.HasValueSlot)
            entry.External = external;
        else
            like.Embedded.CopyTo(entry.Embedded);
        if (entry.Type == DataType.Hash)
            FieldTimesChanged(entry);
        return entry;
    }

    private void SetExpiry(KeyEntry entry, ulong hash, long unixMs)
    {
        if (!entry.HasExpiry)
            ExpiringCount++;
        long recorded = entry.WheelTimeMs;
        entry.SetExpiry(unixMs);
        if (recorded != NoWheelRecord && _wheel.Covers(DueMs(recorded), DueMs(unixMs)))
            return;
        _wheel.Add(hash, DueMs(unixMs));
        _server.Cron.WakeBy(DueMs(unixMs));
    }

    // A key lives through the millisecond of its expiry.
    private static long DueMs(long expireAtMs) => expireAtMs == long.MaxValue ? expireAtMs : expireAtMs + 1;

    /// <summary>Deletes a key whose time has come, unless CLIENT PAUSE wants the data to stay as they are.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ExpireUnlessPaused(Slot slot, ulong hash)
    {
        if (!_server.Pause.IsActive)
            Expire(slot, hash);
    }

    /// <summary>Deletes a key because its time has come, with the event and the propagation that go with it.</summary>
    private void Expire(Slot slot, ulong hash)
    {
        KeyEntry entry = new(slot.Entry);
        PreserveEntry(entry);
        _keys.Remove(slot, hash);
        _server.Stats.ExpiredKeys++;
        _server.KeyspaceEvents.Notify(KeyspaceEventClass.Expired, "expired"u8, entry.Key, this);
        SignalModified(entry.Key, by: null);
        SignalLost(entry);
        Effects effects = _server.Context.Effects;
        if (effects.IsPropagating)
            effects.Also(Id, _server.Config.LazyFreeLazyExpire ? "UNLINK"u8.ToArray() : "DEL"u8.ToArray(), entry.Key.ToArray());
        Dispose(entry);
    }

    /// <summary>Deletes a key to make room, with the event and the propagation that go with it; returns the bytes freed.</summary>
    internal long Evict(Slot slot, ulong hash)
    {
        KeyEntry entry = new(slot.Entry);
        long before = NativeHeap.UsedBytes;
        PreserveEntry(entry);
        _keys.Remove(slot, hash);
        long freed = before - NativeHeap.UsedBytes;
        SignalModified(entry.Key, by: null);
        SignalLost(entry);
        _server.KeyspaceEvents.Notify(KeyspaceEventClass.Evicted, "evicted"u8, entry.Key, this);
        Effects effects = _server.Context.Effects;
        if (effects.IsPropagating)
        {
            effects.Also(Id, _server.Config.LazyFreeLazyEviction ? "UNLINK"u8.ToArray() : "DEL"u8.ToArray(), entry.Key.ToArray());
            effects.Flush();
        }
        before = NativeHeap.UsedBytes;
        Dispose(entry);
        return freed + before - NativeHeap.UsedBytes;
    }

    private static bool CanReuse(KeyEntry entry, int keyLength, bool expirySlot, bool valueSlot, int embeddedLength)
    {
        if (entry.HasValueSlot != valueSlot || (expirySlot && !entry.HasExpirySlot))
            return false;
        // The usual case, decided without asking the heap for the size, which costs a cache miss.
        if (entry.EmbeddedLength == embeddedLength)
            return true;
        nuint needed = KeyEntry.SizeOf(keyLength, entry.HasExpirySlot, valueSlot, embeddedLength);
        nuint usable = entry.EntryBytes;
        return needed <= usable && needed + needed / 4 >= usable;
    }

    private KeyEntry ReplaceBlock(
        Slot slot, KeyEntry old, DataType type, ValueEncoding encoding, bool expirySlot, bool valueSlot, int embeddedLength)
    {
        // A slot that holds no active expiry may be given up with the old block: the wheel's record then simply misses.
        KeyEntry entry = KeyEntry.Create(old.Key, type, encoding, expirySlot, valueSlot, embeddedLength);
        entry.AccessClock = old.AccessClock;
        entry.SnapshotSide = old.SnapshotSide;
        if (expirySlot)
            CopyExpiry(old, entry);
        slot.Entry = entry.Address;
        _server.LazyFree.Free(old);
        return entry;
    }

    private static KeyEntry AddExpirySlot(Slot slot, KeyEntry old)
    {
        int embedded = old.HasValueSlot ? 0 : old.Embedded.Length;
        KeyEntry entry = KeyEntry.Create(old.Key, old.Type, old.Encoding, expirySlot: true, old.HasValueSlot, embedded);
        entry.AccessClock = old.AccessClock;
        entry.SnapshotSide = old.SnapshotSide;
        entry.SetWheelTime(NoWheelRecord);
        if (old.HasValueSlot)
            entry.Integer = old.Integer;
        else
            old.Embedded.CopyTo(entry.Embedded);
        NativeHeap.Free(old.Address);
        slot.Entry = entry.Address;
        return entry;
    }

    private static void CopyExpiry(KeyEntry from, KeyEntry to)
    {
        if (from.HasExpiry)
            to.SetExpiry(from.ExpireAtMs);
        else
            to.SetWheelTime(from.HasExpirySlot ? from.WheelTimeMs : NoWheelRecord);
    }

    /// <summary>Deletes the keys whose records the wheel delivers.</summary>
    private readonly struct DueHandler(Database database, long nowMs) : IExpiryHandler
    {
        public void PrefetchLater(ReadOnlySpan<ulong> keyHashes) => database._keys.PrefetchBuckets(keyHashes);

        public void PrefetchNext(ReadOnlySpan<ulong> keyHashes) => database._keys.PrefetchEntries(keyHashes);

        public long Visit(ulong keyHash, long latestDueMs)
        {
            // Whichever key it is that the record seems to stand for: when its time has come, it goes. That its hash is the one
            // sought matters only for the others, which saves reading the key.
            Slot slot;
            while (!(slot = database._keys.FindLikely(keyHash)).IsNone && IsExpired(new KeyEntry(slot.Entry), nowMs))
                Expire(slot, keyHash);
            if (slot.IsNone || (slot = database._keys.FindByHash(keyHash)).IsNone)
                return ExpiryWheel.Gone;
            KeyEntry entry = new(slot.Entry);
            if (IsExpired(entry, nowMs))
                Expire(slot, keyHash);
            else if (entry.HasExpirySlot && entry.WheelTimeMs != NoWheelRecord && DueMs(entry.WheelTimeMs) <= latestDueMs)
                return KeepIfExpiring(entry);
            return ExpiryWheel.Gone;
        }

        private void Expire(Slot slot, ulong keyHash)
        {
            database.Expire(slot, keyHash);
            // Each deletion is passed on by itself, not as a part of a transaction.
            database._server.Context.Effects.Flush();
        }

        private static long KeepIfExpiring(KeyEntry entry)
        {
            if (entry.HasExpiry)
                return DueMs(entry.ExpireAtMs);
            entry.SetWheelTime(NoWheelRecord);
            return ExpiryWheel.Gone;
        }
    }
}
