using System.Diagnostics;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Networking;

namespace RedisAot.Server.Execution;

/// <summary>
/// Work that time brings: expiry, freeing, statistics, idle clients. A thread only keeps the time; the work runs on the
/// first loop like any command, in slices of at most half a millisecond.
/// </summary>
public sealed class Cron : ILoopWork
{
    private const long SliceMicroseconds = 500;

    private readonly RedisServer _server;
    private readonly List<Action> _everySecond = [];
    private readonly AutoResetEvent _sooner = new(false);
    private readonly Thread _thread;
    private SocketLoop _loop = null!;
    private long _wakeAtMs;
    private long _nextSecondMs;
    private long _nextSampleMs;
    private int _isWanted; // 1 when the next round is to begin at once
    private bool _posted;
    private volatile bool _stopped;

    internal Cron(RedisServer server)
    {
        _server = server;
        _thread = new Thread(KeepTime) { IsBackground = true, Name = "cron" };
    }

    /// <summary>Whether expiry runs by itself (DEBUG SET-ACTIVE-EXPIRE).</summary>
    public bool ActiveExpire { get; set; } = true;

    /// <summary>Whether all of the work that time brings is put off (DEBUG PAUSE-CRON).</summary>
    public bool IsPaused { get; set; }

    /// <summary>Has <paramref name="action"/> run under the execution lock once a second.</summary>
    public void EverySecond(Action action) => _everySecond.Add(action);

    /// <summary>Makes sure that the next round begins no later than <paramref name="unixMs"/>. Needs the lock.</summary>
    public void WakeBy(long unixMs)
    {
        // Times that clients gave may have overflowed; what is left to wait is a difference that must not.
        unixMs = Math.Max(unixMs, 0);
        if (unixMs >= Volatile.Read(ref _wakeAtMs))
            return;
        Volatile.Write(ref _wakeAtMs, unixMs);
        _sooner.Set();
    }

    /// <summary>A round that sees what the caller wrote before is to begin at once. Callable from any thread.</summary>
    public void WakeNow()
    {
        Interlocked.Exchange(ref _isWanted, 1);
        _sooner.Set();
    }

    internal void Start(SocketLoop loop)
    {
        _loop = loop;
        _thread.Start();
    }

    internal void Stop()
    {
        _stopped = true;
        _sooner.Set();
    }

    void ILoopWork.Run(SocketLoop loop)
    {
        _server.Lock.Enter();
        _server.Clock.Synchronize();
        _server.AccessClock.Update(_server.Clock.NowMs);
        Volatile.Write(ref _posted, false);
        // Whoever asks from here on may have come too late for this round.
        Interlocked.Exchange(ref _isWanted, 0);
        _server.BlockedClients.TimeOut(_server.Clock.NowMs);
        bool more = !IsPaused && RunSlice(_server.Clock.NowMs);
        long round = 1000 / _server.Config.Hz;
        long due = Math.Min(_server.Clock.NowMs + round, more ? long.MaxValue : _server.NextDueMs());
        Volatile.Write(ref _wakeAtMs, due);
        _server.Executor.EndBatch();
        _server.Lock.Exit();
        _server.Executor.FlushPending();
        if (more)
            Post();
        else
            _sooner.Set();
    }

    // Sleeps until the next round is due; only posts it, so that commands and rounds never compete for the lock.
    private void KeepTime()
    {
        while (!_stopped)
        {
            long wait = Volatile.Read(ref _wakeAtMs) - (long)(DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds;
            if (wait > 0 && Volatile.Read(ref _isWanted) == 0)
            {
                _sooner.WaitOne((int)Math.Min(wait, 1000));
                continue;
            }
            if (Volatile.Read(ref _posted))
                _sooner.WaitOne(1000);
            else
                Post();
        }
    }

    private void Post()
    {
        Volatile.Write(ref _posted, true);
        _loop.Post(this);
    }

    private bool RunSlice(long nowMs)
    {
        _server.ObeySignal();
        if (_server.Exit.Task.IsCompleted)
            return false;
        long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency * SliceMicroseconds / 1_000_000;
        if (nowMs >= _nextSecondMs)
        {
            _nextSecondMs = nowMs + 1000;
            foreach (Action action in _everySecond)
                action();
        }
        if (nowMs >= _nextSampleMs)
        {
            _nextSampleMs = nowMs + 100;
            _server.Information.Rates.Sample(_server.Stats, nowMs);
            _server.Stats.NoteMemory(_server.UsedMemory);
        }
        _server.Pause.Advance(nowMs);
        bool more = ActiveExpire && !_server.Pause.IsActive && !_server.IsLoading && ExpireSome(nowMs, end);
        more |= RenewWheels(end);
        _server.Tracking.KeepToLimit();
        // Tables that are being loaded have been made as big as they will have to be.
        more |= !_server.IsLoading && ResizeTables(end);
        LazyFree lazyFree = _server.LazyFree;
        while (lazyFree.HasWork && Stopwatch.GetTimestamp() < end)
            lazyFree.RunStep();
        more |= _server.Snapshots.Continue();
        more |= _server.Eviction.Continue();
        return more || lazyFree.HasWork;
    }

    private bool RenewWheels(long end)
    {
        bool more = false;
        foreach (Database database in _server.Databases)
        {
            while (database.NeedsWheelRenewal && Stopwatch.GetTimestamp() < end)
                database.RenewWheelStep();
            more |= database.NeedsWheelRenewal;
        }
        return more;
    }

    // Expiry leaves the tables' sizes alone; here they catch up.
    private bool ResizeTables(long end)
    {
        const int bucketsAtOnce = 64;
        bool more = false;
        foreach (Database database in _server.Databases)
        {
            bool suits;
            while (!(suits = database.Keys.Resize(bucketsAtOnce)) && Stopwatch.GetTimestamp() < end)
            {
            }
            more |= !suits;
        }
        return more;
    }

    private bool ExpireSome(long nowMs, long end)
    {
        bool more = false;
        foreach (Database database in _server.Databases)
            more |= database.ExpireSome(nowMs, end);
        if (more)
            _server.Stats.ExpiredTimeCapReached++;
        _server.AfterCommand();
        return more;
    }
}
