using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Commands;

/// <summary>SLOWLOG: the last commands that took long. See https://redis.io/docs/latest/commands/slowlog/.</summary>
internal static unsafe class SlowlogCommands
{
    private const long DefaultCount = 10;

    private static void Get(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.SubcommandSyntaxError();
            return;
        }
        long count = DefaultCount;
        if (c.ArgCount == 3)
        {
            ReadOnlySpan<byte> error = "ERR count should be greater than or equal to -1"u8;
            if (!c.TryGetLong(2, out count, error))
                return;
            if (count < -1)
            {
                c.Reply.Error(error);
                return;
            }
        }
        SlowLog log = Trimmed(c);
        long rest = count == -1 ? log.Count : Math.Min(count, log.Count);
        c.Reply.ArrayHeader(rest);
        foreach (SlowLog.Entry entry in log.Entries)
        {
            if (rest-- == 0)
                break;
            Write(c, entry);
        }
    }

    private static void Write(CommandContext c, SlowLog.Entry entry)
    {
        c.Reply.ArrayHeader(6);
        c.Reply.Integer(entry.Id);
        c.Reply.Integer(entry.UnixSeconds);
        c.Reply.Integer(entry.Microseconds);
        c.Reply.ArrayHeader(entry.Arguments.Length);
        foreach (byte[] argument in entry.Arguments)
            c.Reply.Bulk(argument);
        c.Reply.Bulk(entry.Address);
        c.Reply.Bulk(entry.ClientName);
    }

    private static void Len(CommandContext c) => c.Reply.Integer(Trimmed(c).Count);

    private static void Reset(CommandContext c)
    {
        c.Server.Timings.SlowLog.Clear();
        c.Reply.Ok();
    }

    private static void Help(CommandContext c) => HelpReply.Write(
        c,
        "GET [<count>]",
        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
        "    Entries are made of:",
        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name",
        "LEN",
        "    Return the length of the slowlog.",
        "RESET",
        "    Reset the slowlog.");

    /// <summary>The log, after slowlog-max-len may have been lowered.</summary>
    private static SlowLog Trimmed(CommandContext c)
    {
        SlowLog log = c.Server.Timings.SlowLog;
        log.Trim(c.Server.Config.SlowLogMaxLen);
        return log;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("slowlog", -2, null)
        {
            Group = CommandGroup.Server, Since = "2.2.12",
            Summary = "A container for slow log commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("get", -2, &Get)
                {
                    Group = CommandGroup.Server, Since = "2.2.12",
                    Flags = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Get the slow log's entries",
                    Complexity = "O(N) where N is the number of entries returned",
                    History = [("4.0.0", "Added client IP address, port and name to the reply.")],
                    Tips = ["request_policy:all_nodes", "nondeterministic_output"],
                    Arguments = "[count:integer]",
                },
                HelpReply.Row(CommandGroup.Server, "6.2.0", &Help),
                new("len", 2, &Len)
                {
                    Group = CommandGroup.Server, Since = "2.2.12",
                    Flags = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Get the slow log's length",
                    Complexity = "O(1)",
                    Tips = ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
                },
                new("reset", 2, &Reset)
                {
                    Group = CommandGroup.Server, Since = "2.2.12",
                    Flags = CommandFlags.Admin | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Clear all entries from the slow log",
                    Complexity = "O(N) where N is the number of entries in the slowlog",
                    Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"],
                },
            ],
        });
    }
}
