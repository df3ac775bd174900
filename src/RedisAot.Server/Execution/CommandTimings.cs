using System.Runtime.CompilerServices;
using RedisAot.Resp;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Execution;

/// <summary>What becomes of a command's duration beside the row's totals: histogram, slow log, latency monitor.</summary>
public sealed class CommandTimings
{
    private readonly RedisServer _server;

    internal CommandTimings(RedisServer server) => _server = server;

    /// <summary>The last slow commands.</summary>
    public SlowLog SlowLog { get; } = new();

    /// <summary>The latency spikes.</summary>
    public LatencyMonitor LatencyMonitor { get; } = new();

    /// <summary>Notes the duration of a command; <paramref name="arguments"/> are those that may be shown.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(CommandRow row, CommandContext context, ArgumentVector arguments, long microseconds)
    {
        RecordUnblocked(row, context, arguments, microseconds);
        if (_server.Config.LatencyMonitorThreshold != 0)
            RecordSpike((row.Flags & CommandFlags.Fast) != 0 ? "fast-command" : "command", microseconds / 1000);
    }

    /// <summary>Notes the duration of a command that had to wait, without the time in which it did.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RecordUnblocked(CommandRow row, CommandContext context, ArgumentVector arguments, long microseconds)
    {
        ServerConfig config = _server.Config;
        if (config.LatencyTracking)
            (row.Latencies ??= new LatencyHistogram()).Record(microseconds);
        if ((ulong)microseconds >= (ulong)config.SlowLogSlowerThan)
            RecordSlow(row, context, arguments, microseconds);
    }

    /// <summary>Notes how long something took, if that is as long as <c>latency-monitor-threshold</c>.</summary>
    public void RecordSpike(string eventName, long milliseconds)
    {
        long threshold = _server.Config.LatencyMonitorThreshold;
        if (threshold != 0 && milliseconds >= threshold)
            LatencyMonitor.Add(eventName, milliseconds, _server.Clock.NowMs / 1000);
    }

    // A negative threshold, as an unsigned number, is out of reach: nothing is logged.
    private void RecordSlow(CommandRow row, CommandContext context, ArgumentVector arguments, long microseconds)
    {
        if ((row.Flags & CommandFlags.SkipSlowlog) != 0)
            return;
        string address = context.Client.Connection?.RemoteAddress ?? "";
        SlowLog.Add(arguments, microseconds, _server.Clock.NowMs / 1000, address, context.Client.Name);
        SlowLog.Trim(_server.Config.SlowLogMaxLen);
    }
}
