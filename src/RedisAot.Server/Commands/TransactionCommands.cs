using RedisAot.Server.Clients;
using RedisAot.Server.Execution;

namespace RedisAot.Server.Commands;

/// <summary>MULTI, EXEC, DISCARD, WATCH, UNWATCH. See https://redis.io/docs/latest/develop/interact/transactions/.</summary>
internal static unsafe class TransactionCommands
{
    private static void Multi(CommandContext c)
    {
        if (c.Client.InMulti)
        {
            c.Reply.Error("ERR MULTI calls can not be nested"u8);
            return;
        }
        (c.Client.Transaction ??= new Transaction()).Open();
        c.Client.UpdateGate();
        c.Reply.Ok();
    }

    private static void Discard(CommandContext c)
    {
        if (!c.Client.InMulti)
        {
            c.Reply.Error("ERR DISCARD without MULTI"u8);
            return;
        }
        c.Client.Transaction!.Close();
        c.Client.UpdateGate();
        c.Reply.Ok();
    }

    private static void Exec(CommandContext c)
    {
        Client client = c.Client;
        if (!client.InMulti)
        {
            c.Reply.Error("ERR EXEC without MULTI"u8);
            return;
        }
        Transaction transaction = client.Transaction!;
        if (transaction.IsTouched(c.NowMs))
        {
            if (transaction.IsAborted)
                c.Reply.Error("EXECABORT Transaction discarded because of previous errors."u8);
            else
                c.Reply.NullArray();
        }
        else if (transaction.IsAborted)
        {
            c.Reply.Error("EXECABORT Transaction discarded because of previous errors."u8);
        }
        else
        {
            transaction.Unwatch();
            transaction.Run(c);
        }
        transaction.Close();
        client.UpdateGate();
    }

    private static void Watch(CommandContext c)
    {
        if (c.Client.InMulti)
        {
            c.Reply.Error("ERR WATCH inside MULTI is not allowed"u8);
            return;
        }
        Transaction transaction = c.Client.Transaction ??= new Transaction();
        for (int i = 1; i < c.ArgCount && !transaction.IsTouched(c.NowMs); i++)
            transaction.Watch(c.Client, c.Db, c[i], c.NowMs);
        c.Reply.Ok();
    }

    private static void Unwatch(CommandContext c)
    {
        c.Client.Transaction?.Unwatch();
        c.Reply.Ok();
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("discard", 1, &Discard)
        {
            Group = CommandGroup.Transactions, Since = "2.0.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.AllowBusy, Categories = AclCategories.Transaction,
            Summary = "Discard all commands issued after MULTI",
            Complexity = "O(N), when N is the number of queued commands",
        });

        table.Add(new("exec", 1, &Exec)
        {
            Group = CommandGroup.Transactions, Since = "1.2.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.SkipSlowlog,
            Categories = AclCategories.Transaction,
            Summary = "Execute all commands issued after MULTI",
            Complexity = "Depends on commands in the transaction",
        });

        table.Add(new("multi", 1, &Multi)
        {
            Group = CommandGroup.Transactions, Since = "1.2.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.AllowBusy, Categories = AclCategories.Transaction,
            Summary = "Mark the start of a transaction block",
            Complexity = "O(1)",
        });

        table.Add(new("unwatch", 1, &Unwatch)
        {
            Group = CommandGroup.Transactions, Since = "2.2.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.AllowBusy, Categories = AclCategories.Transaction,
            Summary = "Forget about all watched keys",
            Complexity = "O(1)",
        });

        table.Add(new("watch", -2, &Watch)
        {
            Group = CommandGroup.Transactions, Since = "2.2.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.AllowBusy, Categories = AclCategories.Transaction,
            Summary = "Watch the given keys to determine execution of the MULTI/EXEC block",
            Complexity = "O(1) for every key.",
            Keys = [KeySpec.At(1, KeyFlags.RO).To(-1)],
            Arguments = "key#0...",
        });
    }
}
