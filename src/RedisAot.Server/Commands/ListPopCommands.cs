using RedisAot.Data;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Lists: popping from one of several keys, and waiting for something to pop.</summary>
internal static unsafe class ListPopCommands
{
    private static void LPop(CommandContext c) => Pop(c, ListEnd.Left);

    private static void RPop(CommandContext c) => Pop(c, ListEnd.Right);

    private static void Pop(CommandContext c, ListEnd end)
    {
        if (c.ArgCount > 3)
        {
            c.WrongArgumentCount();
            return;
        }
        bool many = c.ArgCount == 3;
        long count = 1;
        if ((many && !c.TryGetPopCount(2, out count)) || !c.TryLookupWrite(c[1], DataType.List, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            if (many)
                c.Reply.NullArray();
            else
                c.Reply.Null();
            return;
        }
        if (count == 0)
        {
            c.Reply.ArrayHeader(0);
            return;
        }
        Quicklist* list = ListValue.Of(entry);
        count = Math.Min(count, list->Count);
        if (many)
            ListParts.ReplyFrom(c.Reply, list, end, count);
        else
            ElementReply.Write(c.Reply, ListValue.Peek(list, end));
        Remove(c, c[1], entry, end, count);
    }

    private static void LMPop(CommandContext c)
    {
        if (MultiPop.TryRead(c, 1, out MultiPop pop) && !BlockedClients.TryServe(c, 2, pop.KeyCount, &ServeLMPop))
            c.Reply.NullArray();
    }

    private static void BLMPop(CommandContext c)
    {
        if (MultiPop.TryRead(c, 2, out MultiPop pop) && BlockingTimeout.TryReadSeconds(c, 1, out long deadlineMs))
            ServeOrBlock(c, 3, pop.KeyCount, deadlineMs, &ServeBLMPop, &ServeBLMPop);
    }

    private static void BLPop(CommandContext c)
    {
        if (BlockingTimeout.TryReadSeconds(c, c.ArgCount - 1, out long deadlineMs))
            ServeOrBlock(c, 1, c.ArgCount - 2, deadlineMs, &ServeBLPop, &ServeBLPopLater);
    }

    private static void BRPop(CommandContext c)
    {
        if (BlockingTimeout.TryReadSeconds(c, c.ArgCount - 1, out long deadlineMs))
            ServeOrBlock(c, 1, c.ArgCount - 2, deadlineMs, &ServeBRPop, &ServeBRPopLater);
    }

    private static void ServeOrBlock(
        CommandContext c, int firstKey, int keyCount, long deadlineMs, delegate*<CommandContext, int, object?, bool> now,
        delegate*<CommandContext, int, object?, bool> later)
    {
        if (BlockedClients.TryServe(c, firstKey, keyCount, now))
            return;
        if (c.MayBlock)
            c.Server.BlockedClients.Block(c, firstKey, keyCount, DataType.List, deadlineMs, later);
        else
            c.Reply.NullArray();
    }

    private static bool ServeBLPop(CommandContext c, int key, object? state) => ServeOne(c, c[key], ListEnd.Left);

    private static bool ServeBRPop(CommandContext c, int key, object? state) => ServeOne(c, c[key], ListEnd.Right);

    private static bool ServeBLPopLater(CommandContext c, int key, object? state) => ServeLater(c, c[key], ListEnd.Left);

    private static bool ServeBRPopLater(CommandContext c, int key, object? state) => ServeLater(c, c[key], ListEnd.Right);

    // As official, what a client has waited for does not count as a change beside the push that brought it.
    private static bool ServeLater(CommandContext c, ReadOnlySpan<byte> key, ListEnd end)
    {
        long dirty = c.Dirty;
        bool served = ServeOne(c, key, end);
        c.Dirty = dirty;
        return served;
    }

    private static bool ServeOne(CommandContext c, ReadOnlySpan<byte> key, ListEnd end)
    {
        if (!c.TryLookupWrite(key, DataType.List, out KeyEntry entry))
            return true;
        c.Reply.ArrayHeader(2);
        c.Reply.Bulk(key);
        ElementReply.Write(c.Reply, ListValue.Peek(ListValue.Of(entry), end));
        if (c.Effects.IsPropagating)
            c.Effects.Replace(NameOf(end), key.ToArray());
        Remove(c, key, entry, end, 1);
        return true;
    }

    private static bool ServeLMPop(CommandContext c, int key, object? state) =>
        !MultiPop.TryRead(c, 1, out MultiPop pop) || ServeMany(c, c[key], pop);

    private static bool ServeBLMPop(CommandContext c, int key, object? state) =>
        !MultiPop.TryRead(c, 2, out MultiPop pop) || ServeMany(c, c[key], pop);

    private static bool ServeMany(CommandContext c, ReadOnlySpan<byte> key, MultiPop pop)
    {
        if (!c.TryLookupWrite(key, DataType.List, out KeyEntry entry))
            return true;
        Quicklist* list = ListValue.Of(entry);
        long count = Math.Min(pop.Count, list->Count);
        c.Reply.ArrayHeader(2);
        c.Reply.Bulk(key);
        ListParts.ReplyFrom(c.Reply, list, pop.End, count);
        if (c.Effects.IsPropagating)
            c.Effects.Replace(NameOf(pop.End), key.ToArray(), Rewrite.Number(count));
        Remove(c, key, entry, pop.End, count);
        return true;
    }

    private static byte[] NameOf(ListEnd end) => end == ListEnd.Left ? "LPOP"u8.ToArray() : "RPOP"u8.ToArray();

    private static void Remove(CommandContext c, ReadOnlySpan<byte> key, KeyEntry entry, ListEnd end, long count)
    {
        ListValue.Remove(ListValue.Of(entry), end, count);
        c.Dirty += count;
        ListParts.Popped(c, key, entry, end);
    }

    /// <summary>The arguments of LMPOP and BLMPOP from the number of keys on.</summary>
    private readonly record struct MultiPop(int KeyCount, ListEnd End, long Count)
    {
        public static bool TryRead(CommandContext c, int index, out MultiPop pop)
        {
            pop = default;
            if (!c.TryGetLongFrom(index, 1, out long keyCount, "ERR numkeys should be greater than 0"u8))
                return false;
            if (keyCount >= c.ArgCount - index - 1)
            {
                c.SyntaxError();
                return false;
            }
            int at = index + 1 + (int)keyCount;
            long count = 1;
            if (!ListParts.TryReadEnd(c, at, out ListEnd end) || !TryReadCount(c, at + 1, ref count))
                return false;
            pop = new MultiPop((int)keyCount, end, count);
            return true;
        }

        private static bool TryReadCount(CommandContext c, int at, ref long count)
        {
            if (at == c.ArgCount)
                return true;
            if (!c.ArgIs(at, "count"u8) || at + 1 == c.ArgCount)
            {
                c.SyntaxError();
                return false;
            }
            if (!c.TryGetLongFrom(at + 1, 1, out count, "ERR count should be greater than 0"u8))
                return false;
            if (at + 2 == c.ArgCount)
                return true;
            c.SyntaxError();
            return false;
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("blmpop", -5, &BLMPop)
        {
            Group = CommandGroup.List, Since = "7.0.0", Flags = CommandFlags.Write | CommandFlags.Blocking,
            Categories = AclCategories.List,
            Summary = "Pop elements from a list, or block until one is available",
            Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
            Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).Counted(0, 1)],
            Arguments = "timeout:double numkeys:integer key#0... where('LEFT' | 'RIGHT') ['COUNT' count:integer]",
        });

        table.Add(new("blpop", -3, &BLPop)
        {
            Group = CommandGroup.List, Since = "2.0.0",
            Flags = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking, Categories = AclCategories.List,
            Summary = "Remove and get the first element in a list, or block until one is available",
            Complexity = "O(N) where N is the number of provided keys.",
            History = [("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).To(-2)],
            Arguments = "key#0... timeout:double",
        });

        table.Add(new("brpop", -3, &BRPop)
        {
            Group = CommandGroup.List, Since = "2.0.0",
            Flags = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Blocking, Categories = AclCategories.List,
            Summary = "Remove and get the last element in a list, or block until one is available",
            Complexity = "O(N) where N is the number of provided keys.",
            History = [("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).To(-2)],
            Arguments = "key#0... timeout:double",
        });

        table.Add(new("lmpop", -4, &LMPop)
        {
            Group = CommandGroup.List, Since = "7.0.0", Flags = CommandFlags.Write, Categories = AclCategories.List,
            Summary = "Pop elements from a list",
            Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).Counted(0, 1)],
            Arguments = "numkeys:integer key#0... where('LEFT' | 'RIGHT') ['COUNT' count:integer]",
        });

        table.Add(new("lpop", -2, &LPop)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.List,
            Summary = "Remove and get the first elements in a list",
            Complexity = "O(N) where N is the number of elements returned",
            History = [("6.2.0", "Added the `count` argument.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0 [count:integer@6.2.0]",
        });

        table.Add(new("rpop", -2, &RPop)
        {
            Group = CommandGroup.List, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.List,
            Summary = "Remove and get the last elements in a list",
            Complexity = "O(N) where N is the number of elements returned",
            History = [("6.2.0", "Added the `count` argument.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0 [count:integer@6.2.0]",
        });
    }
}
