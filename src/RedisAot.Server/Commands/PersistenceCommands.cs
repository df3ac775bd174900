namespace RedisAot.Server.Commands;

/// <summary>SAVE, LASTSAVE. See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/.</summary>
internal static unsafe class PersistenceCommands
{
    private static void Save(CommandContext c)
    {
        if (c.Server.Snapshots.TrySave())
            c.Reply.Ok();
        else
            c.Reply.Error("ERR"u8);
    }

    private static void LastSave(CommandContext c) => c.Reply.Integer(c.Server.Snapshots.LastSaveSeconds);

    internal static void Register(CommandTable table)
    {
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
