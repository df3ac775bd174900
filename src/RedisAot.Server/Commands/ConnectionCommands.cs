namespace RedisAot.Server.Commands;

/// <summary>What a client says about its connection. See https://redis.io/docs/latest/commands/?group=connection.</summary>
internal static unsafe class ConnectionCommands
{
    private static void Ping(CommandContext c)
    {
        if (c.ArgCount > 2)
        {
            c.Reply.Error("ERR wrong number of arguments for 'ping' command"u8);
            return;
        }
        if (c.ArgCount == 1)
            c.Reply.SimpleString("PONG"u8);
        else
            c.Reply.Bulk(c[1]);
    }

    private static void Echo(CommandContext c) => c.Reply.Bulk(c[1]);

    internal static void Register(CommandTable table)
    {
        table.Add(new("ping", -1, &Ping)
        {
            Group = CommandGroup.Connection, Since = "1.0.0", Flags = CommandFlags.Fast, Categories = AclCategories.Connection,
            Summary = "Ping the server",
            Complexity = "O(1)",
            Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
            Arguments = "[message]",
        });
        table.Add(new("echo", 2, &Echo)
        {
            Group = CommandGroup.Connection, Since = "1.0.0",
            Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Categories = AclCategories.Connection,
            Summary = "Echo the given string",
            Complexity = "O(1)",
            Arguments = "message",
        });
    }
}
