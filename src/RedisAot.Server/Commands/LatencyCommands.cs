using System.Text;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Commands;

/// <summary>LATENCY: spikes by event, and durations by command. See https://redis.io/docs/latest/commands/latency/.</summary>
internal static unsafe class LatencyCommands
{
    private static void Doctor(CommandContext c)
    {
        string report = LatencyDoctor.Report(c.Server.Timings.LatencyMonitor, c.Server.Config, c.NowMs / 1000);
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(report));
    }

    private static void Graph(CommandContext c)
    {
        string name = Encoding.UTF8.GetString(c[2]);
        if (!c.Server.Timings.LatencyMonitor.Series.TryGetValue(name, out LatencySeries? series))
        {
            c.Reply.Error([.. "ERR No samples available for event '"u8, .. c[2], (byte)'\'']);
            return;
        }
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(LatencyGraph.Draw(name, series, c.NowMs / 1000)));
    }

    private static void History(CommandContext c)
    {
        c.Server.Timings.LatencyMonitor.Series.TryGetValue(Encoding.UTF8.GetString(c[2]), out LatencySeries? series);
        int count = series?.Count ?? 0;
        c.Reply.ArrayHeader(count);
        for (int i = 0; i < count; i++)
        {
            c.Reply.ArrayHeader(2);
            c.Reply.Integer(series![i].UnixSeconds);
            c.Reply.Integer(series[i].Milliseconds);
        }
    }

    private static void Latest(CommandContext c)
    {
        IReadOnlyDictionary<string, LatencySeries> all = c.Server.Timings.LatencyMonitor.Series;
        c.Reply.ArrayHeader(all.Count);
        foreach ((string name, LatencySeries series) in all)
        {
            c.Reply.ArrayHeader(4);
            c.Reply.Bulk(name);
            c.Reply.Integer(series.Latest.UnixSeconds);
            c.Reply.Integer(series.Latest.Milliseconds);
            c.Reply.Integer(series.AllTimeMax);
        }
    }

    private static void Reset(CommandContext c)
    {
        LatencyMonitor monitor = c.Server.Timings.LatencyMonitor;
        int count = c.ArgCount == 2 ? monitor.Reset() : 0;
        for (int i = 2; i < c.ArgCount; i++)
            count += monitor.Reset(Encoding.UTF8.GetString(c[i]));
        c.Reply.Integer(count);
    }

    private static void Histogram(CommandContext c)
    {
        nint mark = c.Reply.BeginDeferred();
        int count = 0;
        if (c.ArgCount == 2)
        {
            foreach (CommandRow row in c.Server.Commands.Commands)
                count += WriteDistributions(c, row);
        }
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (c.Server.Commands.FindFullName(c[i]) is { } row)
                count += WriteDistributions(c, row);
        }
        c.Reply.EndDeferredMap(mark, count);
    }

    /// <summary>Writes the distributions of a command and its subcommands, where they were called; returns how many.</summary>
    private static int WriteDistributions(CommandContext c, CommandRow row)
    {
        int count = 0;
        if (row.Latencies is { } latencies)
        {
            c.Reply.Bulk(row.FullNameUtf8);
            WriteDistribution(c, latencies);
            count++;
        }
        foreach (CommandRow subcommand in row.Subcommands)
            count += WriteDistributions(c, subcommand);
        return count;
    }

    private static void WriteDistribution(CommandContext c, LatencyHistogram latencies)
    {
        Span<(long Microseconds, long Count)> pairs = stackalloc (long, long)[LatencyHistogram.MaxDistributionPairs];
        int length = latencies.WriteDistribution(pairs);
        c.Reply.MapHeader(2);
        c.Reply.Bulk("calls"u8);
        c.Reply.Integer(latencies.TotalCount);
        c.Reply.Bulk("histogram_usec"u8);
        c.Reply.MapHeader(length);
        foreach ((long microseconds, long cumulative) in pairs[..length])
        {
            c.Reply.Integer(microseconds);
            c.Reply.Integer(cumulative);
        }
    }

    private static void Help(CommandContext c) => HelpReply.Write(
        c,
        "DOCTOR",
        "    Return a human readable latency analysis report.",
        "GRAPH <event>",
        "    Return an ASCII latency graph for the <event> class.",
        "HISTORY <event>",
        "    Return time-latency samples for the <event> class.",
        "LATEST",
        "    Return the latest latency samples for all events.",
        "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.",
        "    (default: reset all data for all event classes)",
        "HISTOGRAM [COMMAND ...]",
        "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
        "    If no commands are specified then all histograms are replied.");

    internal static void Register(CommandTable table)
    {
        table.Add(new("latency", -2, null)
        {
            Group = CommandGroup.Server, Since = "2.8.13",
            Summary = "A container for latency diagnostics commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("doctor", 2, &Doctor)
                {
                    Group = CommandGroup.Server, Since = "2.8.13",
                    Flags = CommandFlags.Administration,
                    Summary = "Return a human readable latency analysis report.",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                },
                new("graph", 3, &Graph)
                {
                    Group = CommandGroup.Server, Since = "2.8.13",
                    Flags = CommandFlags.Administration,
                    Summary = "Return a latency graph for the event.",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    Arguments = "event",
                },
                new("help", 2, &Help)
                {
                    Group = CommandGroup.Server, Since = "2.8.13", Flags = CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Show helpful text about the different subcommands.",
                    Complexity = "O(1)",
                },
                new("histogram", -2, &Histogram)
                {
                    Group = CommandGroup.Server, Since = "7.0.0",
                    Flags = CommandFlags.Administration,
                    Summary = "Return the cumulative distribution of latencies of a subset of commands or all.",
                    Complexity = "O(N) where N is the number of commands with latency information being retrieved.",
                    Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    Arguments = "[command...]",
                },
                new("history", 3, &History)
                {
                    Group = CommandGroup.Server, Since = "2.8.13",
                    Flags = CommandFlags.Administration,
                    Summary = "Return timestamp-latency samples for the event.",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    Arguments = "event",
                },
                new("latest", 2, &Latest)
                {
                    Group = CommandGroup.Server, Since = "2.8.13",
                    Flags = CommandFlags.Administration,
                    Summary = "Return the latest latency samples for all events.",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                },
                new("reset", -2, &Reset)
                {
                    Group = CommandGroup.Server, Since = "2.8.13",
                    Flags = CommandFlags.Administration,
                    Summary = "Reset latency data for one or more events.",
                    Complexity = "O(1)",
                    Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    Arguments = "[event...]",
                },
            ],
        });
    }
}
