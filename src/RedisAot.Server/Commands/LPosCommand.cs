using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>LPOS. See https://redis.io/docs/latest/commands/lpos/.</summary>
internal static unsafe class LPosCommand
{
    private static void LPos(CommandContext c)
    {
        long rank = 1, count = -1, most = 0;
        for (int i = 3; i < c.ArgCount; i += 2)
        {
            if (!TryReadOption(c, i, ref rank, ref count, ref most))
                return;
        }
        if (!c.TryLookupRead(c[1], DataType.List, out KeyEntry entry))
            return;
        bool many = count >= 0;
        if (!entry.IsNull)
            Search(c, ListValue.Of(entry), rank, count, most == 0 ? long.MaxValue : most);
        else if (many)
            c.Reply.ArrayHeader(0);
        else
            c.Reply.Null();
    }

    private static bool TryReadOption(CommandContext c, int index, ref long rank, ref long count, ref long most)
    {
        bool hasValue = index + 1 < c.ArgCount;
        if (hasValue && c.ArgIs(index, "rank"u8))
        {
            if (!c.TryGetLong(index + 1, out rank))
                return false;
            if (rank != 0)
                return true;
            c.Reply.Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start " +
                "from the end of the list");
            return false;
        }
        if (hasValue && c.ArgIs(index, "count"u8))
            return c.TryGetLongFrom(index + 1, 0, out count, "ERR COUNT can't be negative"u8);
        if (hasValue && c.ArgIs(index, "maxlen"u8))
            return c.TryGetLongFrom(index + 1, 0, out most, "ERR MAXLEN can't be negative"u8);
        c.SyntaxError();
        return false;
    }

    /// <summary>
    /// Replies with the index of the match of that rank among the first <paramref name="most"/> elements; with a count that is
    /// not negative, with an array of that many matches from there on (0: all).
    /// </summary>
    private static void Search(CommandContext c, Quicklist* list, long rank, long count, long most)
    {
        bool forward = rank > 0, many = count >= 0;
        // The smallest number has no negative; with it official takes every match.
        ulong skip = rank == long.MinValue ? 0 : (ulong)Math.Abs(rank) - 1;
        ulong wanted = count switch { < 0 => 1, 0 => ulong.MaxValue, _ => (ulong)count };
        ulong found = 0;
        nint mark = c.Reply.BeginDeferred();
        ListElementMatcher matcher = new(c[2]);
        QuicklistCursor cursor = new(list, forward ? 0 : -1, forward);
        for (long i = 0; i < most && found < wanted && cursor.MoveNext(); i++)
        {
            if (!matcher.Matches(cursor.Current))
                continue;
            if (skip > 0)
            {
                skip--;
                continue;
            }
            found++;
            c.Reply.Integer(forward ? i : list->Count - 1 - i);
        }
        cursor.Dispose();
        if (many)
            c.Reply.EndDeferredArray(mark, (long)found);
        else if (found == 0)
            c.Reply.Null();
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("lpos", -3, &LPos)
        {
            Group = CommandGroup.List, Since = "6.0.6", Flags = CommandFlags.ReadOnly, Categories = AclCategories.List,
            Summary = "Return the index of matching elements on a list",
            Complexity = "O(N) where N is the number of elements in the list, for the average case. When searching for " +
                "elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run " +
                "in constant time.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 element ['RANK' rank:integer] ['COUNT' num-matches:integer] ['MAXLEN' len:integer]",
        });
    }
}
