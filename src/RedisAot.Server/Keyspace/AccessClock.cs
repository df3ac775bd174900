using System.Runtime.CompilerServices;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// The 24 bits an entry keeps about its accesses: seconds of the last one (LRU), or minutes of the last decay and a
/// logarithmic counter (LFU). See https://redis.io/docs/latest/develop/reference/eviction/.
/// </summary>
public sealed class AccessClock
{
    private const uint ClockMask = 0xFFFFFF;
    private const uint InitialCounter = 5;
    private const uint MaxCounter = 255;

    private readonly Random _random;

    /// <summary>A clock that shows 0.</summary>
    /// <param name="random">Decides which accesses LFU counts; null: a generator of its own.</param>
    public AccessClock(Random? random = null) => _random = random ?? new Random();

    /// <summary>Whether the eviction policy counts accesses instead of timing them.</summary>
    public bool IsLfu { get; set; }

    /// <summary>lfu-log-factor</summary>
    public int LogFactor { get; set; } = 10;

    /// <summary>lfu-decay-time, in minutes.</summary>
    public int DecayMinutes { get; set; } = 1;

    /// <summary>The value for an entry accessed now, in LRU mode; updated with the server's clock.</summary>
    public uint LruNow => (uint)_seconds & ClockMask;

    /// <summary>The value for a new entry.</summary>
    public uint Initial => IsLfu ? _minutes << 8 | InitialCounter : LruNow;

    private long _seconds;
    private uint _minutes;

    /// <summary>Moves the clock on.</summary>
    public void Update(long unixMs)
    {
        _seconds = unixMs / 1000;
        _minutes = (uint)(unixMs / 60000) & 0xFFFF;
    }

    /// <summary>Notes an access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Touch(KeyEntry entry)
    {
        if (IsLfu)
            TouchLfu(entry);
        else
            entry.AccessClock = LruNow;
    }

    /// <summary>Seconds since the last access; LRU mode.</summary>
    public long IdleSeconds(KeyEntry entry) => (LruNow - entry.AccessClock) & ClockMask;

    /// <summary>Unix time in seconds of the last access, unless that is half a year ago; LRU mode.</summary>
    public long LastAccess(KeyEntry entry) => _seconds - IdleSeconds(entry);

    /// <summary>The access counter, decayed for the time that has passed; LFU mode.</summary>
    public uint Counter(KeyEntry entry)
    {
        uint clock = entry.AccessClock;
        uint counter = clock & 0xFF;
        if (DecayMinutes == 0)
            return counter;
        uint periods = ((_minutes - (clock >> 8)) & 0xFFFF) / (uint)DecayMinutes;
        return periods > counter ? 0 : counter - periods;
    }

    /// <summary>Gives an entry an idle time in seconds (LRU) or an access counter (LFU), whichever the mode asks for; negative: not known.</summary>
    public void Restore(KeyEntry entry, long idleSeconds, long counter)
    {
        if (IsLfu)
        {
            if (counter >= 0)
                entry.AccessClock = _minutes << 8 | (uint)counter;
        }
        else if (idleSeconds >= 0)
        {
            // Longer than the clock has run since it last began at 0: as long ago as it can tell.
            entry.AccessClock = idleSeconds <= LruNow ? LruNow - (uint)idleSeconds : (LruNow + ClockMask / 2) % ClockMask;
        }
    }

    private void TouchLfu(KeyEntry entry)
    {
        uint counter = Counter(entry);
        if (counter < MaxCounter && _random.NextDouble() < 1.0 / ((counter > InitialCounter ? counter - InitialCounter : 0) * (double)LogFactor + 1))
            counter++;
        entry.AccessClock = _minutes << 8 | counter;
    }
}
