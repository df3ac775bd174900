using RedisAot.Server.Clients;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Commands;

/// <summary>TIME, MONITOR, SHUTDOWN, INFO. See https://redis.io/docs/latest/commands/?group=server.</summary>
internal static unsafe class ServerCommands
{
    private static void Time(CommandContext c)
    {
        long microseconds = c.Server.Clock.NowMicroseconds;
        c.Reply.ArrayHeader(2);
        c.Reply.BulkInteger(microseconds / 1_000_000);
        c.Reply.BulkInteger(microseconds % 1_000_000);
    }

    private static void Monitor(CommandContext c)
    {
        if (c.InExec)
        {
            c.Reply.Error("ERR MONITOR isn't allowed for DENY BLOCKING client"u8);
            return;
        }
        if (c.Client.IsMonitor || c.Client.IsReplica)
            return;
        c.Client.IsMonitor = true;
        c.Client.UpdateGate();
        c.Server.Clients.Monitors.Add(c.Client);
        c.Reply.Ok();
    }

    private static void Shutdown(CommandContext c)
    {
        bool save = false, noSave = false, now = false, force = false, abort = false;
        for (int i = 1; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "nosave"u8))
                noSave = true;
            else if (c.ArgIs(i, "save"u8))
                save = true;
            else if (c.ArgIs(i, "now"u8))
                now = true;
            else if (c.ArgIs(i, "force"u8))
                force = true;
            else if (c.ArgIs(i, "abort"u8))
                abort = true;
            else
            {
                c.SyntaxError();
                return;
            }
        }
        if ((abort && (save || noSave || now || force)) || (save && noSave))
        {
            c.SyntaxError();
            return;
        }
        if (abort && c.Server.TryCancelShutdown())
            c.Reply.Ok();
        else if (abort)
            c.Reply.Error("ERR No shutdown in progress."u8);
        else if (!now && c.InExec)
            c.Reply.Error("ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client"u8);
        else if (!c.Server.TryShutDown(
            (save ? SignalShutdown.Save : 0) | (noSave ? SignalShutdown.NoSave : 0) | (force ? SignalShutdown.Force : 0)))
            c.Reply.Error("ERR Errors trying to SHUTDOWN. Check logs."u8);
        else
            c.Client.Blocked = BlockReason.Shutdown;
    }

    private static void Info(CommandContext c) => c.Server.Information.Reply(c);

    internal static void Register(CommandTable table)
    {
        table.Add(new("info", -1, &Info)
        {
            Group = CommandGroup.Server, Since = "1.0.0", Flags = CommandFlags.Loading | CommandFlags.Stale,
            Categories = AclCategories.Dangerous,
            Summary = "Get information and statistics about the server",
            Complexity = "O(1)",
            History = [("7.0.0", "Added support for taking multiple section arguments.")],
            Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
            Arguments = "[section...]",
        });

        table.Add(new("monitor", 1, &Monitor)
        {
            Group = CommandGroup.Server, Since = "1.0.0",
            Flags = CommandFlags.Administration,
            Summary = "Listen for all requests received by the server in real time",
        });

        table.Add(new("shutdown", -1, &Shutdown)
        {
            Group = CommandGroup.Server, Since = "1.0.0",
            Flags = CommandFlags.Administration |
                CommandFlags.NoMulti | CommandFlags.AllowBusy,
            Summary = "Synchronously save the dataset to disk and then shut down the server",
            Complexity = "O(N) when saving, where N is the total number of keys in all databases when saving data, " +
                "otherwise O(1)",
            History = [("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")],
            Arguments = "[nosave_save('NOSAVE' | 'SAVE')] ['NOW'@7.0.0] ['FORCE'@7.0.0] ['ABORT'@7.0.0]",
        });

        table.Add(new("time", 1, &Time)
        {
            Group = CommandGroup.Server, Since = "2.6.0", Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
            Summary = "Return the current server time",
            Complexity = "O(1)",
            Tips = ["nondeterministic_output"],
        });

    }
}
