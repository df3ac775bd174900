namespace RedisAot.Server.Commands;

/// <summary>SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF. See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/.</summary>
internal static unsafe class PersistenceCommands
{
    private static void Save(CommandContext c)
    {
        if (c.Server.Snapshots.IsSaving)
        {
            c.Reply.Error("ERR Background save already in progress"u8);
            return;
        }
        c.Server.Snapshots.Saves++;
        if (c.Server.Snapshots.TrySave())
            c.Reply.Ok();
        else
            c.Reply.Error("ERR"u8);
    }

    private static void BgSave(CommandContext c)
    {
        if (c.ArgCount > 1 && !(c.ArgCount == 2 && c.ArgIs(1, "schedule"u8)))
        {
            c.SyntaxError();
            return;
        }
        if (c.Server.Snapshots.IsSaving)
        {
            c.Reply.Error("ERR Background save already in progress"u8);
        }
        else if (c.Server.Snapshots.IsRewriting && c.ArgCount == 1 && !c.InExec)
        {
            c.Reply.Error("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."u8);
        }
        else if (c.Server.Snapshots.IsRewriting || c.InExec)
        {
            c.Server.Snapshots.ScheduleBackgroundSave();
            c.Reply.SimpleString("Background saving scheduled"u8);
        }
        else if (c.Server.Snapshots.TryBeginBackgroundSave())
        {
            c.Reply.SimpleString("Background saving started"u8);
        }
        else
        {
            c.Reply.Error("ERR"u8);
        }
    }

    private static void BgRewriteAof(CommandContext c)
    {
        if (c.Server.Snapshots.IsRewriting)
        {
            c.Reply.Error("ERR Background append only file rewriting already in progress"u8);
        }
        else if (c.Server.Snapshots.IsSaving || c.InExec)
        {
            c.Server.Aof.ScheduleRewrite();
            c.Reply.SimpleString("Background append only file rewriting scheduled"u8);
        }
        else if (c.Server.Aof.TryBeginRewrite())
        {
            c.Reply.SimpleString("Background append only file rewriting started"u8);
        }
        else
        {
            c.Reply.Error("ERR Can't execute an AOF background rewriting. Please check the server logs for more information."u8);
        }
    }

    private static void LastSave(CommandContext c) => c.Reply.Integer(c.Server.Snapshots.LastSaveSeconds);

    internal static void Register(CommandTable table)
    {
        table.Add(new("bgrewriteaof", 1, &BgRewriteAof)
        {
            Group = CommandGroup.Server, Since = "1.0.0",
            Flags = CommandFlags.NoAsyncLoading | CommandFlags.Admin | CommandFlags.NoScript,
            Summary = "Asynchronously rewrite the append-only file",
            Complexity = "O(1)",
        });

        table.Add(new("bgsave", -1, &BgSave)
        {
            Group = CommandGroup.Server, Since = "1.0.0",
            Flags = CommandFlags.NoAsyncLoading | CommandFlags.Admin | CommandFlags.NoScript,
            Summary = "Asynchronously save the dataset to disk",
            Complexity = "O(1)",
            History = [("3.2.2", "Added the `SCHEDULE` option.")],
            Arguments = "['SCHEDULE'@3.2.2]",
        });

        table.Add(new("lastsave", 1, &LastSave)
        {
            Group = CommandGroup.Server, Since = "1.0.0", Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
            Categories = AclCategories.Admin | AclCategories.Dangerous,
            Summary = "Get the UNIX time stamp of the last successful save to disk",
            Complexity = "O(1)",
            Tips = ["nondeterministic_output"],
        });

        table.Add(new("save", 1, &Save)
        {
            Group = CommandGroup.Server, Since = "1.0.0",
            Flags = CommandFlags.NoAsyncLoading | CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoMulti,
            Summary = "Synchronously save the dataset to disk",
            Complexity = "O(N) where N is the total number of keys in all databases",
        });
    }
}
