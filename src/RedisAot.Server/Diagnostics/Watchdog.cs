using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Diagnostics;

/// <summary>Reports commands that run for longer than <c>watchdog-period</c>.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly RedisServer _server;
    private readonly ServerConfig _config;
    private readonly Timer _timer;
    private long _commandsSeen;
    private bool _wasBusy;

    public Watchdog(RedisServer server)
    {
        _server = server;
        _config = server.Config;
        _timer = new Timer(static watchdog => ((Watchdog)watchdog!).Look(), this, Timeout.Infinite, Timeout.Infinite);
        _config.OnChanged(FollowConfiguration, "watchdog-period");
        FollowConfiguration();
    }

    public void Dispose() => _timer.Dispose();

    private string? FollowConfiguration()
    {
        // Shorter than two background rounds is no sign of trouble; official Redis raises it likewise.
        if (_config.WatchdogPeriod > 0) _config.WatchdogPeriod = Math.Max(_config.WatchdogPeriod, 2 * 1000 / _config.Hz);
        int period = _config.WatchdogPeriod > 0 ? _config.WatchdogPeriod : Timeout.Infinite;
        _wasBusy = false;
        _timer.Change(period, period);
        return null;
    }

    /// <summary>A command that runs at two looks in a row, none having ended in between, has run for a whole period.</summary>
    private void Look()
    {
        bool busy = _server.Executor.IsBusy;
        long commands = _server.Stats.CommandsProcessed;
        bool stuck = busy && _wasBusy && commands == _commandsSeen;
        (_wasBusy, _commandsSeen) = (busy, commands);
        if (!stuck || _server.DescribeCommand() is not { } command) return;
        string function = command[..command.AsSpan().IndexOfAny('|', ' ')] + "Command";
        ServerLog.Warning("--- WATCHDOG TIMER EXPIRED ---");
        ServerLog.Warning($"In {function}: {command}");
        ServerLog.Warning("--------");
    }
}
