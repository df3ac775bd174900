using System.Diagnostics.CodeAnalysis;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>What can be done with a key whatever its type. See https://redis.io/docs/latest/commands/?group=generic.</summary>
internal static unsafe class KeyCommands
{
    private static ReadOnlySpan<byte> SameObject => "ERR source and destination objects are the same"u8;

    // DEL frees big values in slices just as UNLINK does: nobody gains from waiting.
    private static void Del(CommandContext c) => Unlink(c);

    private static void Unlink(CommandContext c)
    {
        int deleted = 0;
        for (int i = 1; i < c.ArgCount; i++)
        {
            if (!c.Db.DeleteLive(c[i]))
                continue;
            c.SignalModified(c[i]);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, c[i]);
            deleted++;
        }
        c.Dirty += deleted;
        c.Reply.Integer(deleted);
    }

    private static void Exists(CommandContext c)
    {
        int found = 0;
        for (int i = 1; i < c.ArgCount; i++)
            found += c.Db.LookupReadUntouched(c[i]).IsNull ? 0 : 1;
        c.Reply.Integer(found);
    }

    private static void Touch(CommandContext c)
    {
        int found = 0;
        for (int i = 1; i < c.ArgCount; i++)
        {
            KeyEntry entry = c.Db.LookupReadUntouched(c[i]);
            if (entry.IsNull)
                continue;
            // Asked for in so many words, even by a client that has said CLIENT NO-TOUCH.
            c.Server.AccessClock.Touch(entry);
            found++;
        }
        c.Reply.Integer(found);
    }

    private static void Type(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupReadUntouched(c[1]);
        c.Reply.SimpleString(entry.IsNull ? "none"u8 : ValueNames.Of(entry.Type));
    }

    private static void Rename(CommandContext c)
    {
        if (TryRename(c, replace: true) != null)
            c.Reply.Ok();
    }

    private static void RenameNx(CommandContext c)
    {
        if (TryRename(c, replace: false) is { } renamed)
            c.Reply.Integer(renamed ? 1 : 0);
    }

    /// <summary>Renames a key and says whether it did; null when the key is missing and the error was replied.</summary>
    private static bool? TryRename(CommandContext c, bool replace)
    {
        Database db = c.Db;
        if (db.LookupWrite(c[1]).IsNull)
        {
            c.Reply.Error("ERR no such key"u8);
            return null;
        }
        if (c[1].SequenceEqual(c[2]))
            return false;
        if (!db.LookupWrite(c[2]).IsNull)
        {
            if (!replace)
                return false;
            db.Delete(c[2]);
        }
        db.Attach(c[2], db.Detach(c[1]));
        c.SignalModified(c[1]);
        c.SignalModified(c[2]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "rename_from"u8, c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "rename_to"u8, c[2]);
        c.Dirty++;
        return true;
    }

    private static void Move(CommandContext c)
    {
        if (!TryGetDatabase(c, 2, out Database? target))
            return;
        Database source = c.Db;
        if (source == target)
        {
            c.Reply.Error(SameObject);
            return;
        }
        if (source.LookupWrite(c[1]).IsNull || !target.LookupWrite(c[1]).IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        target.Attach(c[1], source.Detach(c[1]));
        source.SignalModified(c[1]);
        target.SignalModified(c[1]);
        c.Server.KeyspaceEvents.Notify(KeyspaceEventClass.Generic, "move_from"u8, c[1], source);
        c.Server.KeyspaceEvents.Notify(KeyspaceEventClass.Generic, "move_to"u8, c[1], target);
        c.Dirty++;
        c.Reply.Integer(1);
    }

    private static void Copy(CommandContext c)
    {
        if (!TryReadCopyOptions(c, out Database target, out bool replace))
            return;
        if (target == c.Db && c[1].SequenceEqual(c[2]))
        {
            c.Reply.Error(SameObject);
            return;
        }
        if (c.Db.LookupRead(c[1]).IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!target.LookupWrite(c[2]).IsNull)
        {
            if (!replace)
            {
                c.Reply.Integer(0);
                return;
            }
            target.Delete(c[2]);
        }
        target.AddCopy(c[2], c.Db.Peek(c[1]));
        target.SignalModified(c[2]);
        c.Server.KeyspaceEvents.Notify(KeyspaceEventClass.Generic, "copy_to"u8, c[2], target);
        c.Dirty++;
        c.Reply.Integer(1);
    }

    private static bool TryReadCopyOptions(CommandContext c, out Database target, out bool replace)
    {
        target = c.Db;
        replace = false;
        for (int i = 3; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "replace"u8))
            {
                replace = true;
            }
            else if (c.ArgIs(i, "db"u8) && i + 1 < c.ArgCount)
            {
                if (!TryGetDatabase(c, ++i, out Database? chosen))
                    return false;
                target = chosen;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        return true;
    }

    private static bool TryGetDatabase(CommandContext c, int index, [NotNullWhen(true)] out Database? database)
    {
        database = null;
        if (!c.TryGetInt(index, out int number))
            return false;
        if ((uint)number >= (uint)c.Server.Databases.Length)
        {
            c.Reply.Error("ERR DB index is out of range"u8);
            return false;
        }
        database = c.Server.Databases[number];
        return true;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("copy", -3, &Copy)
        {
            Group = CommandGroup.Generic, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Keyspace,
            Databases = DatabaseUse.SelectedAndOption,
            Summary = "Copy a key",
            Complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access), KeySpec.At(2, KeyFlags.OW | KeyFlags.Update)],
            Arguments = "source#0 destination#1 ['DB' destination-db:integer] ['REPLACE']",
        });

        table.Add(new("del", -2, &Del)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.Write, Categories = AclCategories.Keyspace,
            Summary = "Delete a key",
            Complexity = "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other " +
                "than a string, the individual complexity for this key is O(M) where M is the number of elements in the " +
                "list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
            Tips = ["request_policy:multi_shard", "response_policy:agg_sum"],
            Keys = [KeySpec.At(1, KeyFlags.RM | KeyFlags.Delete).To(-1)],
            Arguments = "key#0...",
        });

        table.Add(new("exists", -2, &Exists)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Determine if a key exists",
            Complexity = "O(N) where N is the number of keys to check.",
            History = [("3.0.3", "Accepts multiple `key` arguments.")],
            Tips = ["request_policy:multi_shard", "response_policy:agg_sum"],
            Keys = [KeySpec.At(1, KeyFlags.RO).To(-1)],
            Arguments = "key#0...",
        });

        table.Add(new("move", 3, &Move)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Databases = DatabaseUse.SelectedAndSecond,
            Summary = "Move a key to another database",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 db:integer",
        });

        table.Add(new("rename", 3, &Rename)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.Write, Categories = AclCategories.Keyspace,
            Summary = "Rename a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.OW | KeyFlags.Update)],
            Arguments = "key#0 newkey#1",
        });

        table.Add(new("renamenx", 3, &RenameNx)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Rename a key, only if the new key does not exist",
            Complexity = "O(1)",
            History = [("3.2.0", "The command no longer returns an error when source and destination names are the same.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.OW | KeyFlags.Insert)],
            Arguments = "key#0 newkey#1",
        });

        table.Add(new("touch", -2, &Touch)
        {
            Group = CommandGroup.Generic, Since = "3.2.1", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Alters the last access time of a key(s). Returns the number of existing keys specified.",
            Complexity = "O(N) where N is the number of keys that will be touched.",
            Tips = ["request_policy:multi_shard", "response_policy:agg_sum"],
            Keys = [KeySpec.At(1, KeyFlags.RO).To(-1)],
            Arguments = "key#0...",
        });

        table.Add(new("type", 2, &Type)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Determine the type stored at key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0",
        });

        table.Add(new("unlink", -2, &Unlink)
        {
            Group = CommandGroup.Generic, Since = "4.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.",
            Complexity = "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different " +
                "thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed " +
                "of.",
            Tips = ["request_policy:multi_shard", "response_policy:agg_sum"],
            Keys = [KeySpec.At(1, KeyFlags.RM | KeyFlags.Delete).To(-1)],
            Arguments = "key#0...",
        });
    }
}
