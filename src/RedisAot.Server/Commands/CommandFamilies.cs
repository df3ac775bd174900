namespace RedisAot.Server.Commands;

/// <summary>The list of families; each registers the rows that stand at the end of its file.</summary>
internal static class CommandFamilies
{
    public static void Register(CommandTable table)
    {
        CommandCommands.Register(table);
        TransactionCommands.Register(table);
        StringCommands.Register(table);
        ConnectionCommands.Register(table);
    }
}
