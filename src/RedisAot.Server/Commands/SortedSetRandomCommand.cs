using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>ZRANDMEMBER. See https://redis.io/docs/latest/commands/zrandmember/.</summary>
internal static unsafe class SortedSetRandomCommand
{
    /// <summary>A set that has no more members than so many times those wanted is walked; of a bigger one ranks are drawn.</summary>
    private const long WalkBelow = 4;

    /// <summary>How many members are written between looks at whether anybody still reads them.</summary>
    private const long MembersBetweenLooks = 1024;

    private static void ZRandMember(CommandContext c)
    {
        if (c.ArgCount == 2)
        {
            ReplyOne(c);
            return;
        }
        if (TryReadArguments(c, out long count, out bool withScores))
            ReplyMembers(c, count, withScores);
    }

    private static void ReplyOne(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        if (entry.IsNull)
            c.Reply.Null();
        else
            c.Reply.Bulk(new SortedSetCursor(entry, Random.Shared.NextInt64(SortedSetValue.Count(entry))).Name);
    }

    private static bool TryReadArguments(CommandContext c, out long count, out bool withScores)
    {
        withScores = c.ArgCount > 3;
        if (!c.TryGetLong(2, out count))
            return false;
        if (count == long.MinValue)
            c.Reply.Error($"ERR value is out of range, value must between {-long.MaxValue} and {long.MaxValue}");
        else if (c.ArgCount > 4 || (withScores && !c.ArgIs(3, "withscores"u8)))
            c.SyntaxError();
        else if (withScores && Math.Abs(count) > long.MaxValue / 2)
            c.Reply.Error("ERR value is out of range"u8);
        else
            return true;
        return false;
    }

    private static void ReplyMembers(CommandContext c, long count, bool withScores)
    {
        if (!c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        long size = entry.IsNull ? 0 : SortedSetValue.Count(entry);
        long wanted = size == 0 ? 0 : count < 0 ? -count : Math.Min(count, size);
        SortedSetRangeCommands.WriteMembersHeader(c, wanted, withScores);
        if (wanted == 0)
            return;
        if (count < 0)
            WriteAnyMembers(c, entry, size, wanted, withScores);
        else if (wanted * WalkBelow >= size)
            WriteWalking(c, entry, size, wanted, withScores);
        else
            WriteDistinctMembers(c, entry, size, wanted, withScores);
    }

    /// <summary>Members that may come more than once, each independent of the others.</summary>
    private static void WriteAnyMembers(CommandContext c, KeyEntry entry, long size, long wanted, bool withScores)
    {
        for (long i = 0; i < wanted; i++)
        {
            if (i % MembersBetweenLooks == 0 && c.IsReplyLost)
                return;
            WriteMemberAt(c, entry, Random.Shared.NextInt64(size), withScores);
        }
    }

    /// <summary>Different members, one of them drawn from those that are left at each step of a walk (selection sampling).</summary>
    private static void WriteWalking(CommandContext c, KeyEntry entry, long size, long wanted, bool withScores)
    {
        // From the highest on, as official replies when all are wanted.
        SortedSetCursor cursor = new(entry, size - 1);
        for (long left = size; wanted > 0; left--, cursor.MovePrevious())
        {
            if (Random.Shared.NextInt64(left) >= wanted)
                continue;
            SortedSetRangeCommands.WriteMember(c, cursor.Name, withScores ? cursor.Score : 0, withScores);
            wanted--;
        }
    }

    /// <summary>Different members of different ranks, drawn by Floyd's algorithm: every choice of them is equally likely.</summary>
    private static void WriteDistinctMembers(CommandContext c, KeyEntry entry, long size, long wanted, bool withScores)
    {
        HashSet<long> drawn = new((int)wanted);
        for (long last = size - wanted; last < size; last++)
        {
            long rank = Random.Shared.NextInt64(last + 1);
            if (!drawn.Add(rank))
                drawn.Add(rank = last);
            WriteMemberAt(c, entry, rank, withScores);
        }
    }

    private static void WriteMemberAt(CommandContext c, KeyEntry entry, long rank, bool withScores)
    {
        SortedSetCursor cursor = new(entry, rank);
        SortedSetRangeCommands.WriteMember(c, cursor.Name, withScores ? cursor.Score : 0, withScores);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("zrandmember", -2, &ZRandMember)
        {
            Group = CommandGroup.SortedSet, Since = "6.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Get one or multiple random elements from a sorted set",
            Complexity = "O(N) where N is the number of elements returned",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 [options{count:integer ['WITHSCORES']}]",
        });
    }
}
