using System.Diagnostics;
using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// Keeps used memory below maxmemory by deleting keys, as maxmemory-policy says. Each time it deletes the best of a few
/// sampled keys and of the pool of good ones seen before. See https://redis.io/docs/latest/develop/reference/eviction/.
/// </summary>
public sealed unsafe class Eviction
{
    private const int StepsBetweenLooksAtTheClock = 16;
    private const int MaxSampledAtOnce = 64;

    private readonly RedisServer _server;
    private readonly EvictionPool _pool = new();
    private FastRandom _random = new((ulong)Random.Shared.NextInt64());
    private int _nextDatabase;

    // There is more to free, for which the last slice had no time.
    private bool _isUnfinished;
    private bool _isExceeded;

    internal Eviction(RedisServer server)
    {
        _server = server;
        server.Config.OnChanged(OnLimitChanged, "maxmemory");
        server.Config.OnChanged(OnPolicyChanged, "maxmemory-policy");
    }

    private enum Outcome
    {
        Enough,
        Unfinished,
        NothingToEvict,
    }

    /// <summary>
    /// Deletes keys until memory is below the limit or the time allowed is over; called before each command while there is a
    /// limit. False when nothing can be deleted: commands that need memory are refused then.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MakeRoom() => (_server.UsedMemory <= _server.Config.MaxMemory && !_isExceeded) || Evict();

    /// <summary>Goes on with an eviction that was not finished; whether there is still more to do.</summary>
    internal bool Continue()
    {
        if (_isUnfinished && _server.Config.MaxMemory > 0)
            Evict();
        else
            _isUnfinished = false;
        return _isUnfinished;
    }

    /// <summary>How long one slice may take, in µs, at a maxmemory-eviction-tenacity of 0 to 100; official's progression.</summary>
    internal static double TimeLimitMicroseconds(int tenacity) => tenacity switch
    {
        <= 10 => 50 * tenacity,
        < 100 => 500 * Math.Pow(1.15, tenacity - 10),
        _ => double.PositiveInfinity,
    };

    private bool Evict()
    {
        if (!IsAllowed)
        {
            _isUnfinished = false;
            return true;
        }
        long tooMuch = _server.UsedMemory - _server.Config.MaxMemory;
        Outcome outcome = tooMuch <= 0 ? Outcome.Enough : Free(tooMuch);
        if (outcome == Outcome.Unfinished && !_isUnfinished)
            _server.Cron.WakeBy(_server.Clock.NowMs);
        _isUnfinished = outcome == Outcome.Unfinished;
        _isExceeded = outcome != Outcome.Enough;
        _server.Stats.NoteEviction(_isExceeded, _server.Clock.NowMs);
        return outcome != Outcome.NothingToEvict;
    }

    // A pause wants the data to stay as they are, and a replica is to be a copy of its master.
    private bool IsAllowed =>
        !_server.IsLoading && !_server.Pause.IsActive && (_server.Config.ReplicaOfHost == null || !_server.Config.ReplicaIgnoreMaxMemory);

    /// <summary>
    /// Frees so many bytes of keys and values. Only these are counted: what clients and replicas are told of the deletions takes
    /// memory itself, and eviction would never end if it had to make up for that.
    /// </summary>
    private Outcome Free(long bytes)
    {
        if (_server.Config.MaxMemoryPolicy == MaxMemoryPolicy.NoEviction)
            return Outcome.NothingToEvict;
        long begin = Stopwatch.GetTimestamp();
        double limit = begin + TimeLimitMicroseconds(_server.Config.MaxMemoryEvictionTenacity) * (Stopwatch.Frequency / 1e6);
        Outcome outcome = Outcome.Enough;
        for (int steps = 1; bytes > 0 && outcome == Outcome.Enough; steps++)
        {
            if (!TryFreeOne(ref bytes))
                outcome = Outcome.NothingToEvict;
            else if (steps % StepsBetweenLooksAtTheClock == 0 && bytes > 0 && Stopwatch.GetTimestamp() > limit)
                outcome = Outcome.Unfinished;
        }
        _server.Timings.RecordSpike("eviction-cycle", (long)Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        return outcome;
    }

    private bool TryFreeOne(ref long bytes)
    {
        // What was deleted already and waits to be freed goes before further keys.
        long before = NativeHeap.UsedBytes;
        if (TryFreeLeftovers())
        {
            bytes -= before - NativeHeap.UsedBytes;
            return true;
        }
        if (!TryChoose(out Database database, out ulong hash, out Slot slot))
            return false;
        bytes -= database.Evict(slot, hash);
        _server.Stats.EvictedKeys++;
        return true;
    }

    private bool TryFreeLeftovers()
    {
        if (_server.LazyFree.HasWork)
        {
            _server.LazyFree.RunStep();
            return true;
        }
        foreach (Database database in _server.Databases)
        {
            if (!database.NeedsWheelRenewal)
                continue;
            database.RenewWheelStep();
            return true;
        }
        return false;
    }

    private bool TryChoose(out Database database, out ulong hash, out Slot slot) =>
        _server.Config.MaxMemoryPolicy is MaxMemoryPolicy.AllKeysRandom or MaxMemoryPolicy.VolatileRandom
            ? TryChooseAnyone(out database, out hash, out slot)
            : TryChooseBest(out database, out hash, out slot);

    /// <summary>A key drawn from the databases in turn.</summary>
    private bool TryChooseAnyone(out Database database, out ulong hash, out Slot slot)
    {
        byte* entry = null;
        database = _server.Databases[0];
        for (int tries = 0; tries < _server.Databases.Length && entry == null; tries++)
        {
            _nextDatabase = (_nextDatabase + 1) % _server.Databases.Length;
            database = _server.Databases[_nextDatabase];
            entry = IsVolatileOnly ? AnyVolatile(database) : database.Keys.Random(ref _random);
        }
        hash = entry == null ? 0 : Hashing.Hash(new KeyEntry(entry).Key);
        slot = entry == null ? default : database.Keys.FindByHash(hash);
        return entry != null;
    }

    private byte* AnyVolatile(Database database)
    {
        byte** entries = stackalloc byte*[MaxSampledAtOnce];
        int found = VolatileSampler.Sample(database, ref _random, entries, 1, MaxSampledAtOnce);
        return found == 0 ? null : entries[_random.Next((uint)found)];
    }

    /// <summary>The best key of the pool, after samples of every database have been added to it.</summary>
    private bool TryChooseBest(out Database database, out ulong hash, out Slot slot)
    {
        bool any;
        do
        {
            any = false;
            foreach (Database sampled in _server.Databases)
                any |= AddSamples(sampled);
            while (_pool.TryTakeBest(out EvictionCandidate best))
            {
                (database, hash) = (best.Database, best.Hash);
                slot = database.Keys.FindByHash(hash);
                if (slot.IsNone)
                    continue;
                KeyEntry entry = new(slot.Entry);
                if (IsVolatileOnly && !entry.HasExpiry)
                    continue;
                ulong score = ScoreOf(entry);
                if (score >= best.Score)
                    return true;
                // It was used since it was sampled, and must stand up to the others again.
                _pool.Offer(best with { Score = score });
            }
        }
        while (any);
        (database, hash, slot) = (_server.Databases[0], 0, default);
        return false;
    }

    private bool AddSamples(Database database)
    {
        byte** entries = stackalloc byte*[MaxSampledAtOnce];
        long wanted = Math.Min(_server.Config.MaxMemorySamples, database.Count);
        bool any = false;
        while (wanted > 0)
        {
            int found = Sample(database, entries, (int)Math.Min(wanted, MaxSampledAtOnce));
            if (found == 0)
                break;
            any = true;
            wanted -= found;
            // Of equals the pool takes the first, and a bucket's first cell is where a new key replaces an evicted one: always
            // begun there, the newest would go again and again, before it could be used twice.
            uint begin = _random.Next((uint)found);
            for (int i = 0; i < found; i++)
            {
                KeyEntry entry = new(entries[(begin + i) % found]);
                _pool.Offer(new EvictionCandidate(database, Hashing.Hash(entry.Key), ScoreOf(entry)));
            }
        }
        return any;
    }

    private int Sample(Database database, byte** entries, int wanted)
    {
        if (_server.Config.MaxMemoryPolicy == MaxMemoryPolicy.VolatileTtl)
            return VolatileSampler.SampleSoonest(database, ref _random, entries, wanted, MaxSampledAtOnce);
        if (IsVolatileOnly)
            return VolatileSampler.Sample(database, ref _random, entries, wanted, MaxSampledAtOnce);
        int found = database.Keys.SampleBuckets(ref _random, entries, wanted, MaxSampledAtOnce);
        if (found > 0)
            return found;
        *entries = database.Keys.Random(ref _random);
        return *entries == null ? 0 : 1;
    }

    /// <summary>The higher, the sooner the key should go. Times stand as moments, so that a score in the pool does not age.</summary>
    private ulong ScoreOf(KeyEntry entry) => _server.Config.MaxMemoryPolicy switch
    {
        MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru => ulong.MaxValue - (ulong)_server.AccessClock.LastAccess(entry),
        MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu => ulong.MaxValue - _server.AccessClock.Counter(entry),
        _ => ulong.MaxValue - (ulong)entry.ExpireAtMs,
    };

    private bool IsVolatileOnly =>
        _server.Config.MaxMemoryPolicy is MaxMemoryPolicy.VolatileLru or MaxMemoryPolicy.VolatileLfu or MaxMemoryPolicy.VolatileRandom
            or MaxMemoryPolicy.VolatileTtl;

    private string? OnLimitChanged()
    {
        long used = _server.UsedMemory;
        long limit = _server.Config.MaxMemory;
        if (limit <= 0)
        {
            _isExceeded = false;
            _server.Stats.NoteEviction(false, _server.Clock.NowMs);
            return null;
        }
        if (limit < used)
        {
            ServerLog.Warning($"WARNING: the new maxmemory value set via CONFIG SET ({limit}) is smaller than the current memory usage ({used}). "
                + "This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.");
        }
        // Not at once: the change may be part of a transaction.
        _isUnfinished = true;
        _server.Cron.WakeBy(_server.Clock.NowMs);
        return null;
    }

    private string? OnPolicyChanged()
    {
        _pool.Clear();
        return null;
    }
}
