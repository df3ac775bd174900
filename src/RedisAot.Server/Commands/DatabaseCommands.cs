using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>What can be done with whole databases.</summary>
internal static unsafe class DatabaseCommands
{
    private static void DbSize(CommandContext c) => c.Reply.Integer(c.Db.Count);

    private static void FlushDb(CommandContext c)
    {
        if (!CheckFlushArguments(c))
            return;
        c.Server.Tracking.InvalidateAll();
        c.Dirty += c.Db.Clear();
        // Also when there was nothing to delete here: a replica may know better.
        c.Effects.Force();
        FreeUnlessAsync(c);
        c.Reply.Ok();
    }

    private static void FlushAll(CommandContext c)
    {
        if (!CheckFlushArguments(c))
            return;
        c.Server.Tracking.InvalidateAll();
        foreach (Database database in c.Server.Databases)
            c.Dirty += database.Clear();
        c.Server.Snapshots.AfterFlushAll();
        c.Effects.Force();
        FreeUnlessAsync(c);
        c.Reply.Ok();
    }

    // Only so much: a big database, SYNC or not, is freed in slices between commands.
    private static void FreeUnlessAsync(CommandContext c)
    {
        if (c.ArgCount == 1 ? !c.Server.Config.LazyFreeLazyUserFlush : c.ArgIs(1, "sync"u8))
            c.Server.LazyFree.RunSlice();
    }

    private static bool CheckFlushArguments(CommandContext c)
    {
        if (c.ArgCount == 1 || (c.ArgCount == 2 && (c.ArgIs(1, "async"u8) || c.ArgIs(1, "sync"u8))))
            return true;
        c.SyntaxError();
        return false;
    }

    private static void SwapDb(CommandContext c)
    {
        if (!TryGetIndex(c, 1, "ERR invalid first DB index"u8, out long first)
            || !TryGetIndex(c, 2, "ERR invalid second DB index"u8, out long second))
            return;
        Database[] databases = c.Server.Databases;
        if ((ulong)first >= (ulong)databases.Length || (ulong)second >= (ulong)databases.Length)
        {
            c.Reply.Error("ERR DB index is out of range"u8);
            return;
        }
        if (first != second)
            Database.Swap(databases[first], databases[second]);
        c.Dirty++;
        c.Reply.Ok();
    }

    private static bool TryGetIndex(CommandContext c, int argument, ReadOnlySpan<byte> error, out long index)
    {
        if (!c.TryGetLong(argument, out index, error))
            return false;
        if ((int)index == index)
            return true;
        c.Reply.Error(error);
        return false;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("dbsize", 1, &DbSize)
        {
            Group = CommandGroup.Server, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Return the number of keys in the selected database",
            Complexity = "O(1)",
            Tips = ["request_policy:all_shards", "response_policy:agg_sum"],
        });

        table.Add(new("flushall", -1, &FlushAll)
        {
            Group = CommandGroup.Server, Since = "1.0.0", Flags = CommandFlags.Write,
            Categories = AclCategories.Keyspace | AclCategories.Dangerous,
            Databases = DatabaseUse.All,
            Summary = "Remove all keys from all databases",
            Complexity = "O(N) where N is the total number of keys in all databases",
            History =
            [
                ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
                ("6.2.0", "Added the `SYNC` flushing mode modifier."),
            ],
            Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
            Arguments = "[async('ASYNC'@4.0.0 | 'SYNC'@6.2.0)]",
        });

        table.Add(new("flushdb", -1, &FlushDb)
        {
            Group = CommandGroup.Server, Since = "1.0.0", Flags = CommandFlags.Write,
            Categories = AclCategories.Keyspace | AclCategories.Dangerous,
            Summary = "Remove all keys from the current database",
            Complexity = "O(N) where N is the number of keys in the selected database",
            History =
            [
                ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
                ("6.2.0", "Added the `SYNC` flushing mode modifier."),
            ],
            Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
            Arguments = "[async('ASYNC'@4.0.0 | 'SYNC'@6.2.0)]",
        });

        table.Add(new("swapdb", 3, &SwapDb)
        {
            Group = CommandGroup.Server, Since = "4.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace | AclCategories.Dangerous,
            Databases = DatabaseUse.FirstTwo,
            Summary = "Swaps two Redis databases",
            Complexity = "O(N) where N is the count of clients watching or blocking on keys from both databases.",
            Arguments = "index1:integer index2:integer",
        });
    }
}
