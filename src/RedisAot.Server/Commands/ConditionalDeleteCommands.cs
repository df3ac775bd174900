using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Digests of strings, and deleting a key only if it has a certain value. See https://redis.io/docs/latest/commands/delex/.</summary>
internal static unsafe class ConditionalDeleteCommands
{
    private static void Digest(CommandContext c)
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
        Span<byte> digest = stackalloc byte[Comparison.DigestBytes];
        Comparison.FormatDigest(entry, digest);
        c.Reply.Bulk(digest);
    }

    private static void DelEx(CommandContext c)
    {
        if (c.ArgCount != 2 && c.ArgCount != 4)
        {
            c.WrongArgumentCount();
            return;
        }
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        bool holds = !entry.IsNull;
        if (!entry.IsNull && c.ArgCount == 4 && !TryTest(c, entry, out holds))
            return;
        ReplyDeleted(c, holds);
    }

    private static bool TryTest(CommandContext c, KeyEntry entry, out bool holds)
    {
        holds = false;
        ValueCondition condition = SetOptions.ComparisonOf(c, 2);
        if (entry.Type != DataType.String)
        {
            c.Reply.Error("ERR Key should be of string type if conditions are specified"u8);
            return false;
        }
        if (condition == ValueCondition.Always)
        {
            c.Reply.Error("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"u8);
            return false;
        }
        return Comparison.TryTest(c, entry, condition, 3, out holds);
    }

    private static void DelIfEq(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (!entry.IsNull && entry.Type != DataType.String)
        {
            c.WrongType();
            return;
        }
        ReplyDeleted(c, !entry.IsNull && Comparison.IsEqual(entry, c[2]));
    }

    private static void ReplyDeleted(CommandContext c, bool delete)
    {
        if (delete)
        {
            c.Db.Delete(c[1]);
            Rewrite.AsDeletion(c, c[1], lazy: false);
            c.SignalModified(c[1]);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, c[1]);
            c.Dirty++;
        }
        c.Reply.Integer(delete ? 1 : 0);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("delex", -2, &DelEx)
        {
            Group = CommandGroup.String, Since = "8.4.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Conditionally removes the specified key based on value or digest comparison.",
            Complexity = "O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete | KeyFlags.VariableFlags)],
            KeyFinder = KeyFinder.DelEx,
            Arguments = "key#0 [condition('IFEQ' ifeq-value | 'IFNE' ifne-value | 'IFDEQ' ifdeq-digest | 'IFDNE' ifdne-digest)]",
        });

        table.Add(new("delifeq", 3, &DelIfEq)
        {
            Group = CommandGroup.String, Since = "9.0.0", Flags = CommandFlags.Write, Categories = AclCategories.String,
            Summary = "Delete key if value matches string.",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RM | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0 value",
        });

        table.Add(new("digest", 2, &Digest)
        {
            Group = CommandGroup.String, Since = "8.4.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Returns the XXH3 hash of a string value.",
            Complexity = "O(N) where N is the length of the string value.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });
    }
}
