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
    internal long NextExpiryDueMs => Math.Min(_wheel.NextDueMs, _oldWheel?.NextDueMs ?? long.MaxValue);

    /// <summary>Whether the wheel is being renewed, or should be.</summary>
    internal bool NeedsWheelRenewal =>
        _oldWheel != null || _wheel.Count > 2 * ExpiringCount + Count / KeysPerStaleRecord + ToleratedStaleRecords;

    /// <summary>Brings the renewal, which is needed, a few hundred keys further.</summary>
    internal void RenewWheelStep()
    {
        if (_oldWheel == null)
        {
            _oldWheel = _wheel;
            _wheel = new ExpiryWheel(_server.Clock.NowMs);
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
        _oldWheel = null;
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
        }
    }
}
