using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// Lists: pushing, reading and changing them in place. See https://redis.io/docs/latest/commands/?group=list.
/// <see cref="ListPopCommands"/> pop, <see cref="ListMoveCommands"/> move from list to list.
/// </summary>
internal static unsafe class ListCommands
{
    private static void LPush(CommandContext c) => Push(c, ListEnd.Left, onlyExisting: false);

    private static void RPush(CommandContext c) => Push(c, ListEnd.Right, onlyExisting: false);

    private static void LPushX(CommandContext c) => Push(c, ListEnd.Left, onlyExisting: true);

    private static void RPushX(CommandContext c) => Push(c, ListEnd.Right, onlyExisting: true);

    private static void Push(CommandContext c, ListEnd end, bool onlyExisting)
    {
        if (!c.TryLookupWrite(c[1], DataType.List, out KeyEntry entry))
            return;
        if (!entry.IsNull)
        {
            c.Db.SignalReady(c[1]);
        }
        else if (onlyExisting)
        {
            c.Reply.Integer(0);
            return;
        }
        else
        {
            entry = ListValue.Create(c, c[1]);
        }
        Quicklist* list = ListValue.Of(entry);
        for (int i = 2; i < c.ArgCount; i++)
            ListValue.Push(list, end, c[i]);
        c.Dirty += c.ArgCount - 2;
        c.Reply.Integer(list->Count);
        ListParts.Pushed(c, c[1], end);
    }

    private static void LLen(CommandContext c)
    {
        if (c.TryLookupRead(c[1], DataType.List, out KeyEntry entry))
            c.Reply.Integer(entry.IsNull ? 0 : ListValue.Of(entry)->Count);
    }

    private static void LIndex(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.List, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        if (!c.TryGetLong(2, out long index))
            return;
        QuicklistCursor cursor = new(ListValue.Of(entry), index);
        if (cursor.MoveNext())
            ElementReply.Write(c.Reply, cursor.Current);
        else
            c.Reply.Null();
        cursor.Dispose();
    }

    private static void LRange(CommandContext c)
    {
        if (!c.TryGetLong(2, out long start) || !c.TryGetLong(3, out long end)
            || !c.TryLookupRead(c[1], DataType.List, out KeyEntry entry))
            return;
        if (entry.IsNull || !TryClip(ListValue.Of(entry)->Count, ref start, ref end))
            c.Reply.ArrayHeader(0);
        else
            ListParts.Reply(c.Reply, ListValue.Of(entry), start, end - start + 1);
    }

    private static void LSet(CommandContext c)
    {
        if (!c.TryLookupWrite(c[1], DataType.List, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Error("ERR no such key"u8);
            return;
        }
        if (!c.TryGetLong(2, out long index))
            return;
        QuicklistCursor cursor = new(ListValue.Of(entry), index);
        if (!cursor.MoveNext())
        {
            c.Reply.Error("ERR index out of range"u8);
            return;
        }
        cursor.Replace(c[3]);
        cursor.Dispose();
        c.Reply.Ok();
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.List, "lset"u8, c[1]);
        c.Dirty++;
    }

    private static void LInsert(CommandContext c)
    {
        bool after = c.ArgIs(2, "after"u8);
        if (!after && !c.ArgIs(2, "before"u8))
        {
            c.SyntaxError();
            return;
        }
        if (!c.TryLookupWrite(c[1], DataType.List, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        ListElementMatcher pivot = new(c[3]);
        QuicklistCursor cursor = new(ListValue.Of(entry), 0);
        bool found = false;
        while (!found && cursor.MoveNext())
            found = pivot.Matches(cursor.Current);
        if (!found)
        {
            cursor.Dispose();
            c.Reply.Integer(-1);
            return;
        }
        if (after)
            cursor.InsertAfter(c[4]);
        else
            cursor.InsertBefore(c[4]);
        cursor.Dispose();
        c.Db.SignalReady(c[1]);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.List, "linsert"u8, c[1]);
        c.Dirty++;
        c.Reply.Integer(ListValue.Of(entry)->Count);
    }

    private static void LTrim(CommandContext c)
    {
        if (!c.TryGetLong(2, out long start) || !c.TryGetLong(3, out long end)
            || !c.TryLookupWrite(c[1], DataType.List, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Ok();
            return;
        }
        Quicklist* list = ListValue.Of(entry);
        long before = list->Count;
        if (!TryClip(before, ref start, ref end))
            (start, end) = (before, before - 1);
        list->RemoveRange(0, start);
        list->RemoveRange(end - start + 1, before - 1 - end);
        c.Dirty += before - list->Count;
        ListParts.Removed(c, c[1], entry, "ltrim"u8);
        c.Reply.Ok();
    }

    private static void LRem(CommandContext c)
    {
        if (!c.TryGetLong(2, out long count) || !c.TryLookupWrite(c[1], DataType.List, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        long removed = Remove(ListValue.Of(entry), new ListElementMatcher(c[3]), count);
        c.Dirty += removed;
        if (removed > 0)
            ListParts.Removed(c, c[1], entry, "lrem"u8);
        c.Reply.Integer(removed);
    }

    /// <summary>Removes up to <paramref name="count"/> matches from the head on, from the tail on (negative), or all (0).</summary>
    private static long Remove(Quicklist* list, ListElementMatcher matcher, long count)
    {
        ulong most = count == 0 ? ulong.MaxValue : (ulong)(count < 0 ? -count : count);
        ulong removed = 0;
        QuicklistCursor cursor = new(list, count < 0 ? -1 : 0, forward: count >= 0);
        while (removed < most && cursor.MoveNext())
        {
            if (!matcher.Matches(cursor.Current))
                continue;
            cursor.Remove();
            removed++;
        }
        cursor.Dispose();
        return (long)removed;
    }

    /// <summary>Makes a range with negative indexes one of indexes that there are; false when it is empty.</summary>
    private static bool TryClip(long count, ref long start, ref long end)
    {
        if (start < 0)
            start = Math.Max(start + count, 0);
        if (end < 0)
            end += count;
        end = Math.Min(end, count - 1);
        return start <= end;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("lindex", 3, &LIndex)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.List,
            Summary = "Get an element from a list by its index",
            Complexity = "O(N) where N is the number of elements to traverse to get to the element at index. This makes " +
                "asking for the first or the last element of the list O(1).",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 index:integer",
        });

        table.Add(new("linsert", 5, &LInsert)
        {
            Group = CommandGroup.List, Since = "2.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.List,
            Summary = "Insert an element before or after another element in a list",
            Complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that " +
                "inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on " +
                "the right end (tail) is O(N).",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "key#0 where('BEFORE' | 'AFTER') pivot element",
        });

        table.Add(new("llen", 2, &LLen)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.List,
            Summary = "Get the length of a list",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0",
        });

        table.Add(new("lrange", 4, &LRange)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.List,
            Summary = "Get a range of elements from a list",
            Complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD " +
                "or TAIL) for large lists; and N is the number of elements in the specified range.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 start:integer stop:integer",
        });

        table.Add(new("lrem", 4, &LRem)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.Write, Categories = AclCategories.List,
            Summary = "Remove elements from a list",
            Complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 count:integer element",
        });

        table.Add(new("lset", 4, &LSet)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.List,
            Summary = "Set the value of an element in a list by its index",
            Complexity = "O(N) where N is the length of the list. Setting either the first or the last element of the list " +
                "is O(1).",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 index:integer element",
        });

        table.Add(new("ltrim", 4, &LTrim)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.Write, Categories = AclCategories.List,
            Summary = "Trim a list to the specified range",
            Complexity = "O(N) where N is the number of elements to be removed by the operation.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 start:integer stop:integer",
        });

        AddPush(table, "lpush", &LPush, "1.0.0", "2.4.0", "Prepend one or multiple elements to a list");
        AddPush(table, "lpushx", &LPushX, "2.2.0", "4.0.0", "Prepend an element to a list, only if the list exists");
        AddPush(table, "rpush", &RPush, "1.0.0", "2.4.0", "Append one or multiple elements to a list");
        AddPush(table, "rpushx", &RPushX, "2.2.0", "4.0.0", "Append an element to a list, only if the list exists");
    }

    private static void AddPush(
        CommandTable table, string name, delegate*<CommandContext, void> handler, string since, string severalSince, string summary) =>
        table.Add(new(name, -3, handler)
        {
            Group = CommandGroup.List, Since = since, Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.List,
            Summary = summary,
            Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple " +
                "arguments.",
            History = [(severalSince, "Accepts multiple `element` arguments.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "key#0 element...",
        });
}
