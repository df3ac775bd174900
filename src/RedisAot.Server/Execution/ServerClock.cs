using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RedisAot.Server.Execution;

/// <summary>
/// The server's time. <see cref="NowMs"/> stands still while a command runs, so that all of a command sees one moment;
/// the executor moves it on before each top-level command.
/// </summary>
public sealed class ServerClock
{
    private static readonly double s_ticksToMicroseconds = 1_000_000.0 / Stopwatch.Frequency;
    private long _ticksAtSync;
    private long _unixMicrosecondsAtSync;

    /// <summary>A clock that shows the present.</summary>
    public ServerClock() => Synchronize();

    /// <summary>Unix time in ms.</summary>
    public long NowMs { get; private set; }

    /// <summary>Unix time in µs, as of the last update.</summary>
    public long NowMicroseconds { get; private set; }

    /// <summary>Ticks of the monotonic clock at the last update.</summary>
    public long Ticks { get; private set; }

    /// <summary>Moves on to the present, which the caller has just read from <see cref="Stopwatch"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(long ticks)
    {
        Ticks = ticks;
        NowMicroseconds = _unixMicrosecondsAtSync + ToMicroseconds(ticks - _ticksAtSync);
        NowMs = NowMicroseconds / 1000;
    }

    /// <summary>Reads the wall clock again; called several times a second, because that clock may be set.</summary>
    public void Synchronize()
    {
        _ticksAtSync = Stopwatch.GetTimestamp();
        _unixMicrosecondsAtSync = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        Update(_ticksAtSync);
    }

    /// <summary>Monotonic ticks as microseconds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ToMicroseconds(long ticks) => (long)(ticks * s_ticksToMicroseconds);
}
