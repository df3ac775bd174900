using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>MSETEX. See https://redis.io/docs/latest/commands/msetex/.</summary>
internal static unsafe class MSetExCommand
{
    private static void MSetEx(CommandContext c)
    {
        if (!NumberText.TryParseLong(c[1], out long count) || count is < 1 or > int.MaxValue)
        {
            c.Reply.Error("ERR invalid numkeys value"u8);
            return;
        }
        if (count > (c.ArgCount - 2) / 2)
        {
            c.Reply.Error("ERR wrong number of key-value pairs"u8);
            return;
        }
        int end = 2 + (int)count * 2;
        if (!SetOptions.TryRead(c, end, out SetOptions options))
            return;
        if (options.Get || options.Compares)
        {
            c.SyntaxError();
            return;
        }
        if (!options.Expiry.TryGetTime(c, out long expireAtMs))
            return;
        if (!Holds(c, options.Condition, end))
        {
            c.Reply.Integer(0);
            return;
        }
        for (int i = 2; i < end; i += 2)
            SetStringCommands.Store(c, c[i], c[i + 1], expireAtMs);
        c.Dirty += count;
        if (options.Expiry.HasTime)
            PropagateAbsolute(c, end, options.Condition, expireAtMs);
        c.Reply.Integer(1);
    }

    private static bool Holds(CommandContext c, ValueCondition condition, int end)
    {
        if (condition == ValueCondition.Always)
            return true;
        for (int i = 2; i < end; i += 2)
        {
            if (c.Db.LookupWrite(c[i]).IsNull != (condition == ValueCondition.Missing))
                return false;
        }
        return true;
    }

    private static void PropagateAbsolute(CommandContext c, int end, ValueCondition condition, long expireAtMs)
    {
        if (!c.Effects.IsPropagating)
            return;
        List<byte[]> arguments = [];
        for (int i = 0; i < end; i++)
            arguments.Add(c[i].ToArray());
        if (condition != ValueCondition.Always)
            arguments.Add(condition == ValueCondition.Missing ? "NX"u8.ToArray() : "XX"u8.ToArray());
        arguments.Add("PXAT"u8.ToArray());
        arguments.Add(Rewrite.Number(expireAtMs));
        c.Effects.Replace([.. arguments]);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("msetex", -4, &MSetEx)
        {
            Group = CommandGroup.String, Since = "8.4.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Atomically sets multiple string keys with a shared expiration in a single operation. Supports " +
                "flexible argument parsing where condition and expiration flags can appear in any order.",
            Complexity = "O(N) where N is the number of keys to set.",
            Tips = ["request_policy:multi_shard", "response_policy:all_succeeded"],
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update).Counted(0, 1, 2)],
            Arguments = """
                numkeys:integer data{key#0 value}... [condition('NX' | 'XX')]
                [expiration('EX' seconds:integer | 'PX' milliseconds:integer | 'EXAT' unix-time-seconds:unix-time
                  | 'PXAT' unix-time-milliseconds:unix-time | 'KEEPTTL')]
                """,
        });
    }
}
