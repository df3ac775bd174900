using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Taking the members with the lowest or highest scores out of sorted sets, or waiting for them. See https://redis.io/docs/latest/commands/zmpop/.</summary>
internal static unsafe class SortedSetPopCommands
{
    private static void ZPopMin(CommandContext c) => Pop(c, max: false);

    private static void ZPopMax(CommandContext c) => Pop(c, max: true);

    private static void Pop(CommandContext c, bool max)
    {
        if (c.ArgCount > 3)
        {
            c.SyntaxError();
            return;
        }
        long count = 1;
        bool isCounted = c.ArgCount == 3;
        if ((isCounted && !c.TryGetPopCount(2, out count)) || !c.TryLookupWrite(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        if (entry.IsNull || count == 0)
        {
            c.Reply.ArrayHeader(0);
            return;
        }
        count = Math.Min(count, SortedSetValue.Count(entry));
        bool inPairs = isCounted && c.Reply.IsResp3;
        c.Reply.ArrayHeader(inPairs ? count : count * 2);
        PopMembers(c, c[1], entry, max, count, inPairs);
    }

    /// <summary>Takes members, all of which exist, out of a set and writes them, without a header.</summary>
    private static void PopMembers(CommandContext c, ReadOnlySpan<byte> key, KeyEntry entry, bool max, long count, bool inPairs)
    {
        long length = SortedSetValue.Count(entry);
        SortedSetCursor cursor = new(entry, max ? length - 1 : 0);
        for (long i = 0; i < count; i++)
        {
            if (inPairs)
                c.Reply.ArrayHeader(2);
            c.Reply.Bulk(cursor.Name);
            c.Reply.Double(cursor.Score);
            if (max)
                cursor.MovePrevious();
            else
                cursor.MoveNext();
        }
        SortedSetCommands.RemoveRange(c, key, entry, max ? length - count : 0, count, max ? "zpopmax"u8 : "zpopmin"u8);
    }

    private static void ZMPop(CommandContext c)
    {
        if (!TryReadCountedKeys(c, 1, out int keys, out bool max, out long count))
            return;
        if (TryFindFirst(c, 2, keys, out int key, out KeyEntry entry))
            PopWithKey(c, key, entry, max, count);
        else if (key < 0)
            c.Reply.NullArray();
    }

    private static void BZPopMin(CommandContext c) => BlockingPop(c, max: false);

    private static void BZPopMax(CommandContext c) => BlockingPop(c, max: true);

    private static void BlockingPop(CommandContext c, bool max)
    {
        if (BlockingTimeout.TryReadSeconds(c, c.ArgCount - 1, out long deadlineMs))
            PopOrBlock(c, 1, c.ArgCount - 2, deadlineMs, max ? &ServeMax : &ServeMin);
    }

    private static void BZMPop(CommandContext c)
    {
        if (TryReadCountedKeys(c, 2, out int keys, out _, out _) && BlockingTimeout.TryReadSeconds(c, 1, out long deadlineMs))
            PopOrBlock(c, 3, keys, deadlineMs, &ServeCounted);
    }

    private static void PopOrBlock(
        CommandContext c, int firstKey, int keys, long deadlineMs, delegate*<CommandContext, int, object?, bool> serve)
    {
        if (TryFindFirst(c, firstKey, keys, out int key, out _))
            serve(c, key, null);
        else if (key >= 0)
            return;
        else if (c.MayBlock)
            c.Server.BlockedClients.Block(c, firstKey, keys, DataType.SortedSet, deadlineMs, serve);
        else
            c.Reply.NullArray();
    }

    private static bool ServeMin(CommandContext c, int key, object? state) => ServeOne(c, key, max: false);

    private static bool ServeMax(CommandContext c, int key, object? state) => ServeOne(c, key, max: true);

    private static bool ServeOne(CommandContext c, int key, bool max)
    {
        c.Reply.ArrayHeader(3);
        c.Reply.Bulk(c[key]);
        PopMembers(c, c[key], c.Db.LookupWrite(c[key]), max, 1, inPairs: false);
        if (c.Effects.IsPropagating)
            c.Effects.Replace(CommandOf(max), c[key].ToArray());
        return true;
    }

    // The arguments were good when the command began, and they are the same.
    private static bool ServeCounted(CommandContext c, int key, object? state)
    {
        if (TryReadCountedKeys(c, 2, out _, out bool max, out long count))
            PopWithKey(c, key, c.Db.LookupWrite(c[key]), max, count);
        return true;
    }

    private static void PopWithKey(CommandContext c, int key, KeyEntry entry, bool max, long count)
    {
        count = Math.Min(count, SortedSetValue.Count(entry));
        c.Reply.ArrayHeader(2);
        c.Reply.Bulk(c[key]);
        c.Reply.ArrayHeader(count);
        PopMembers(c, c[key], entry, max, count, inPairs: true);
        if (c.Effects.IsPropagating)
            c.Effects.Replace(CommandOf(max), c[key].ToArray(), Rewrite.Number(count));
    }

    private static byte[] CommandOf(bool max) => max ? "ZPOPMAX"u8.ToArray() : "ZPOPMIN"u8.ToArray();

    /// <summary>The first key with a set. Otherwise the index is -1, or, where a key holds something else and the error was replied, that key's.</summary>
    private static bool TryFindFirst(CommandContext c, int firstKey, int keys, out int key, out KeyEntry entry)
    {
        for (key = firstKey; key < firstKey + keys; key++)
        {
            if (!c.TryLookupWrite(c[key], DataType.SortedSet, out entry))
                return false;
            if (!entry.IsNull)
                return true;
        }
        entry = default;
        key = -1;
        return false;
    }

    /// <summary>Reads <c>numkeys key ... MIN|MAX [COUNT count]</c>, or replies with the error.</summary>
    private static bool TryReadCountedKeys(CommandContext c, int index, out int keys, out bool max, out long count)
    {
        keys = 0;
        count = 1;
        max = false;
        if (!c.TryGetLongFrom(index, 1, out long number, "ERR numkeys should be greater than 0"u8))
            return false;
        if (number < c.ArgCount - index - 1)
        {
            keys = (int)number;
            int where = index + 1 + keys;
            max = c.ArgIs(where, "max"u8);
            if (max || c.ArgIs(where, "min"u8))
            {
                if (where + 1 == c.ArgCount)
                    return true;
                // Official takes the value before it finds that something follows.
                if (c.ArgIs(where + 1, "count"u8) && where + 2 < c.ArgCount)
                {
                    if (!c.TryGetLongFrom(where + 2, 1, out count, "ERR count should be greater than 0"u8))
                        return false;
                    if (where + 3 == c.ArgCount)
                        return true;
                }
            }
        }
        c.SyntaxError();
        return false;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("bzmpop", -5, &BZMPop)
        {
            Group = CommandGroup.SortedSet, Since = "7.0.0", Flags = CommandFlags.Write | CommandFlags.Blocking,
            Categories = AclCategories.SortedSet,
            Summary = "Remove and return members with scores in a sorted set or block until one is available",
            Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the " +
                "sorted set, and M being the number of elements popped.",
            Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).Counted(0, 1)],
            Arguments = "timeout:double numkeys:integer key#0... where('MIN' | 'MAX') ['COUNT' count:integer]",
        });

        table.Add(new("bzpopmax", -3, &BZPopMax)
        {
            Group = CommandGroup.SortedSet, Since = "5.0.0",
            Flags = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Fast | CommandFlags.Blocking,
            Categories = AclCategories.SortedSet,
            Summary = "Remove and return the member with the highest score from one or more sorted sets, or block until one " +
                "is available",
            Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
            History = [("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).To(-2)],
            Arguments = "key#0... timeout:double",
        });

        table.Add(new("bzpopmin", -3, &BZPopMin)
        {
            Group = CommandGroup.SortedSet, Since = "5.0.0",
            Flags = CommandFlags.Write | CommandFlags.NoScript | CommandFlags.Fast | CommandFlags.Blocking,
            Categories = AclCategories.SortedSet,
            Summary = "Remove and return the member with the lowest score from one or more sorted sets, or block until one " +
                "is available",
            Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
            History = [("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).To(-2)],
            Arguments = "key#0... timeout:double",
        });

        table.Add(new("zmpop", -4, &ZMPop)
        {
            Group = CommandGroup.SortedSet, Since = "7.0.0", Flags = CommandFlags.Write, Categories = AclCategories.SortedSet,
            Summary = "Remove and return members with scores in a sorted set",
            Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the " +
                "sorted set, and M being the number of elements popped.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).Counted(0, 1)],
            Arguments = "numkeys:integer key#0... where('MIN' | 'MAX') ['COUNT' count:integer]",
        });

        table.Add(new("zpopmax", -2, &ZPopMax)
        {
            Group = CommandGroup.SortedSet, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Remove and return members with the highest scores in a sorted set",
            Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of " +
                "elements popped.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0 [count:integer]",
        });

        table.Add(new("zpopmin", -2, &ZPopMin)
        {
            Group = CommandGroup.SortedSet, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Remove and return members with the lowest scores in a sorted set",
            Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of " +
                "elements popped.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0 [count:integer]",
        });
    }
}
