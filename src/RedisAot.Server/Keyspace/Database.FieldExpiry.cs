using System.Diagnostics;
using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Execution;

namespace RedisAot.Server.Keyspace;

/// <content>
/// Fields of hashes expire like keys. A second wheel holds a record for each hash with such fields, for the time of the first
/// one; which fields of the hash are due, the hash knows.
/// </content>
public sealed unsafe partial class Database
{
    private ExpiryWheel _fieldWheel;
    private ExpiryWheel? _oldFieldWheel;

    /// <summary>Hashes with more due fields than there was time for.</summary>
    private HashBucket _overdueHashes;

    /// <summary>When hashes with fields that expire are due.</summary>
    internal ExpiryWheel FieldWheel => _fieldWheel;

    /// <summary>Number of hashes with fields that expire.</summary>
    public long ExpiringHashCount { get; private set; }

    /// <summary>To be called when fields of a hash were given other times of expiry, or fields with such times were removed.</summary>
    public void FieldTimesChanged(KeyEntry hash)
    {
        if (HashValue.TryGetNotes(hash, out FieldExpiryNotes* notes))
            NoteFieldTimes(notes, hash.Key, HashValue.EarliestExpiryMs(hash));
    }

    private void NoteFieldTimes(FieldExpiryNotes* notes, ReadOnlySpan<byte> key, long earliestMs)
    {
        bool expires = earliestMs != long.MaxValue;
        if (notes->IsCounted != expires)
            ExpiringHashCount += expires ? 1 : -1;
        notes->IsCounted = expires;
        if (earliestMs >= notes->WheelTimeMs)
            return;
        bool isCovered = notes->WheelTimeMs != long.MaxValue && _fieldWheel.Covers(DueMs(notes->WheelTimeMs), DueMs(earliestMs));
        notes->WheelTimeMs = earliestMs;
        if (isCovered)
            return;
        _fieldWheel.Add(Hashing.Hash(key), DueMs(earliestMs));
        _server.Cron.WakeBy(DueMs(earliestMs));
    }

    /// <summary>
    /// Removes fields of a hash whose time has come, at least one if there is any and until <paramref name="endTicks"/>; with the
    /// last field goes the key. Returns whether the key is still there.
    /// </summary>
    internal bool ExpireFields(KeyEntry hash, long nowMs, long endTicks)
    {
        const int fieldsBetweenLooks = 16;
        if (HashValue.EarliestExpiryMs(hash) >= nowMs)
            return true;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        int removed = 0;
        do
        {
            RemoveExpiredField(hash, HashValue.Earliest(hash).AsBytes(scratch));
            removed++;
        }
        while (HashValue.EarliestExpiryMs(hash) < nowMs && (removed % fieldsBetweenLooks != 0 || Stopwatch.GetTimestamp() < endTicks));
        NotifyFieldsExpired(hash);
        return !DeleteIfEmpty(hash);
    }

    /// <summary>Removes a field whose time has come; once all such are removed, <see cref="NotifyFieldsExpired"/> and <see cref="DeleteIfEmpty"/> follow.</summary>
    internal void RemoveExpiredField(KeyEntry hash, ReadOnlySpan<byte> field)
    {
        _server.Stats.ExpiredFields++;
        Effects effects = _server.Context.Effects;
        if (effects.IsPropagating)
            effects.Also(Id, "HDEL"u8.ToArray(), hash.Key.ToArray(), field.ToArray());
        Preserve(hash);
        HashValue.Remove(hash, field);
    }

    /// <summary>Says that fields of a hash have expired.</summary>
    internal void NotifyFieldsExpired(KeyEntry hash)
    {
        SignalModified(hash.Key);
        _server.KeyspaceEvents.Notify(KeyspaceEventClass.Hash, "hexpired"u8, hash.Key, this);
    }

    /// <summary>After fields were removed or given other times: deletes the hash if none is left, and says whether it did.</summary>
    internal bool DeleteIfEmpty(KeyEntry hash)
    {
        if (HashValue.Count(hash) != 0)
        {
            FieldTimesChanged(hash);
            return false;
        }
        _server.KeyspaceEvents.Notify(KeyspaceEventClass.Generic, "del"u8, hash.Key, this);
        Delete(hash.Key);
        return true;
    }

    /// <summary>Removes fields whose time has come; false when none is left, true when the time allowed was not enough.</summary>
    private bool ExpireFieldsOfAll(long nowMs, long endTicks)
    {
        DueHashHandler handler = new(this, nowMs, endTicks);
        for (long left = _overdueHashes.Count; left > 0 && Stopwatch.GetTimestamp() < endTicks; left--)
        {
            ulong keyHash = _overdueHashes.Take(out _);
            long dueMs = handler.Visit(keyHash, long.MaxValue);
            if (dueMs != ExpiryWheel.Gone)
                _fieldWheel.Add(keyHash, dueMs);
        }
        return _overdueHashes.Count != 0
            || Expire(_fieldWheel, nowMs, endTicks, ref handler)
            || (_oldFieldWheel != null && Expire(_oldFieldWheel, nowMs, endTicks, ref handler))
            || _overdueHashes.Count != 0;
    }

    /// <summary>A hash that leaves the database, or whose value is about to be replaced, counts no more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ForgetFieldTimes(KeyEntry entry)
    {
        if (entry.Type == DataType.Hash && HashValue.TryGetNotes(entry, out FieldExpiryNotes* notes))
            ForgetFieldTimes(notes);
    }

    private void ForgetFieldTimes(FieldExpiryNotes* notes)
    {
        if (notes->IsCounted)
            ExpiringHashCount--;
        *notes = new FieldExpiryNotes { WheelTimeMs = NoWheelRecord };
    }

    /// <summary>Makes a new wheel know a hash.</summary>
    private void RecordFieldTimesAnew(KeyEntry hash)
    {
        if (!HashValue.TryGetNotes(hash, out FieldExpiryNotes* notes))
            return;
        notes->WheelTimeMs = NoWheelRecord;
        FieldTimesChanged(hash);
    }

    private struct DueHashHandler(Database database, long nowMs, long endTicks) : IExpiryHandler
    {
        public readonly void PrefetchLater(ReadOnlySpan<ulong> keyHashes) => database._keys.PrefetchBuckets(keyHashes);

        public readonly void PrefetchNext(ReadOnlySpan<ulong> keyHashes) => database._keys.PrefetchEntries(keyHashes);

        public readonly long Visit(ulong keyHash, long latestDueMs)
        {
            Slot slot = database._keys.FindByHash(keyHash);
            if (slot.IsNone)
                return ExpiryWheel.Gone;
            KeyEntry entry = new(slot.Entry);
            if (entry.Type != DataType.Hash || !HashValue.TryGetNotes(entry, out FieldExpiryNotes* notes))
                return ExpiryWheel.Gone;
            long earliestMs = HashValue.EarliestExpiryMs(entry);
            if (earliestMs < nowMs)
            {
                ServerStats stats = database._server.Stats;
                long before = stats.ExpiredFields;
                bool remains = database.ExpireFields(entry, nowMs, endTicks);
                stats.ExpiredFieldsUnasked += stats.ExpiredFields - before;
                database._server.Context.Effects.Flush();
                if (!remains)
                    return ExpiryWheel.Gone;
                earliestMs = HashValue.EarliestExpiryMs(entry);
                if (earliestMs < nowMs)
                {
                    database._overdueHashes.Add(keyHash);
                    return ExpiryWheel.Gone;
                }
            }
            if (notes->WheelTimeMs == NoWheelRecord || DueMs(notes->WheelTimeMs) > latestDueMs)
                return ExpiryWheel.Gone;
            notes->WheelTimeMs = earliestMs;
            return earliestMs == long.MaxValue ? ExpiryWheel.Gone : DueMs(earliestMs);
        }
    }
}
