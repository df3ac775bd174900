using System.Runtime.CompilerServices;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Execution;

/// <summary>What becomes of a command's duration beside the row's totals: slow log, latency monitor, histograms.</summary>
public sealed class CommandTimings
{
    private readonly RedisServer _server;
    private long _slowFromMicroseconds = long.MaxValue;

    internal CommandTimings(RedisServer server) => _server = server;

    /// <summary>Called with each command that is slower than the lowest threshold in force.</summary>
    public Action<CommandRow, CommandContext, long>? OnSlow { get; set; }

    /// <summary>Sets the lowest duration in µs that anybody wants to hear of; negative: none.</summary>
    public void SetThreshold(long microseconds) => _slowFromMicroseconds = microseconds < 0 ? long.MaxValue : microseconds;

    /// <summary>Notes the duration of a command.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(CommandRow row, CommandContext context, long microseconds)
    {
        if (microseconds >= _slowFromMicroseconds)
            OnSlow?.Invoke(row, context, microseconds);
    }
}
