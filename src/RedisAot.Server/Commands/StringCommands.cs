using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Strings. See https://redis.io/docs/latest/commands/?group=string.</summary>
internal static unsafe class StringCommands
{
    private static void Get(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        if (entry.Type != DataType.String)
        {
            c.WrongType();
            return;
        }
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        c.Reply.Bulk(StringValue.Read(entry, scratch));
    }

    private static void Set(CommandContext c)
    {
        c.Db.SetString(c[1], c[2]);
        c.Dirty++;
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "set"u8, c[1]);
        c.Reply.Ok();
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("get", 2, &Get)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Get the value of a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });
        table.Add(new("set", -3, &Set)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Set the string value of a key",
            Complexity = "O(1)",
            History =
            [
                ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
                ("6.0.0", "Added the `KEEPTTL` option."),
                ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
                ("7.0.0", "Allowed the `NX` and `GET` options to be used together."),
            ],
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update | KeyFlags.VariableFlags)
                    .Note("RW and ACCESS due to the optional `GET` argument"),
            ],
            KeyFinder = KeyFinder.Set,
            Arguments = """
                key#0 value [condition('NX' | 'XX')@2.6.12] ['GET'@6.2.0]
                [expiration('EX' seconds:integer@2.6.12 | 'PX' milliseconds:integer@2.6.12
                  | 'EXAT' unix-time-seconds:unix-time@6.2.0 | 'PXAT' unix-time-milliseconds:unix-time@6.2.0 | 'KEEPTTL'@6.0.0)]
                """,
        });
    }
}
