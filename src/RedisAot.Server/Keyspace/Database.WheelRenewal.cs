using RedisAot.Data;

namespace RedisAot.Server.Keyspace;

/// <content>
/// Keys that are deleted before their time leave their records in the wheel. Where these become too many, as they do when keys
/// with long times to live are evicted and set again, a new wheel is filled from the keys, a few at a time, and the old one
/// is dropped. Until then both are in force.
/// </content>
public sealed unsafe partial class Database
{
    /// <summary>Stale records that are not worth the trouble.</summary>
    private const long ToleratedStaleRecords = 4096;

    /// <summary>One stale record for so many keys is tolerated: a renewal looks at every key.</summary>
    private const int KeysPerStaleRecord = 8;

    private const int BucketsPerRenewalStep = 64;

    private ExpiryWheel? _oldWheel;
    private ulong _renewalCursor;

    /// <summary>When expiry has work next, Unix ms.</summary>
    internal long NextExpiryDueMs => _overdueHashes.Count != 0 ? 0 : Math.Min(
        Math.Min(_wheel.NextDueMs, _oldWheel?.NextDueMs ?? long.MaxValue),
        Math.Min(_fieldWheel.NextDueMs, _oldFieldWheel?.NextDueMs ?? long.MaxValue));

    /// <summary>Whether the wheel is being renewed, or should be.</summary>
    internal bool NeedsWheelRenewal =>
        _oldWheel != null || HasTooManyRecords(_wheel, ExpiringCount) || HasTooManyRecords(_fieldWheel, ExpiringHashCount);

    private bool HasTooManyRecords(ExpiryWheel wheel, long needed) =>
        wheel.Count > 2 * needed + Count / KeysPerStaleRecord + ToleratedStaleRecords;

    /// <summary>Brings the renewal, which is needed, a few hundred keys further.</summary>
    internal void RenewWheelStep()
    {
        if (_oldWheel == null)
        {
            _oldWheel = _wheel;
            _wheel = new ExpiryWheel(_server.Clock.NowMs);
            _oldFieldWheel = _fieldWheel;
            _fieldWheel = new ExpiryWheel(_server.Clock.NowMs);
            _renewalCursor = 0;
        }
        Recorder recorder = new(this);
        for (int buckets = 0; buckets < BucketsPerRenewalStep; buckets++)
        {
            _renewalCursor = _keys.Scan(_renewalCursor, ref recorder);
            if (_renewalCursor != 0)
                continue;
            DropOldWheel();
            return;
        }
    }

    private void DropOldWheel()
    {
        if (_oldWheel != null)
            _server.LazyFree.Add(default, _oldWheel);
        if (_oldFieldWheel != null)
            _server.LazyFree.Add(default, _oldFieldWheel);
        _oldWheel = null;
        _oldFieldWheel = null;
    }

    private readonly struct Recorder(Database database) : ISlotVisitor
    {
        public void Visit(Slot slot)
        {
            KeyEntry entry = new(slot.Entry);
            if (entry.HasExpiry)
                database._wheel.Add(Hashing.Hash(entry.Key), DueMs(entry.ExpireAtMs));
            else if (entry.HasExpirySlot)
                entry.SetWheelTime(NoWheelRecord);
            if (entry.Type == DataType.Hash)
                database.RecordFieldTimesAnew(entry);
        }
    }
}
