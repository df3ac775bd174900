using System.Buffers;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Sorted sets, member by member. See https://redis.io/docs/latest/commands/?group=sorted-set.</summary>
internal static unsafe class SortedSetCommands
{
    private const int MaxScoresOnStack = 64;

    private static void ZAdd(CommandContext c)
    {
        if (!TryReadAddOptions(c, out SortedSetAdd options, out bool countChanges, out int first))
            return;
        int pairs = (c.ArgCount - first) / 2;
        double[]? rented = pairs > MaxScoresOnStack ? ArrayPool<double>.Shared.Rent(pairs) : null;
        Span<double> scores = rented == null ? stackalloc double[MaxScoresOnStack] : rented;
        scores = scores[..pairs];
        if (TryGetScores(c, first, scores))
            Add(c, options, countChanges, first + 1, 2, scores);
        if (rented != null)
            ArrayPool<double>.Shared.Return(rented);
    }

    private static bool TryGetScores(CommandContext c, int first, Span<double> scores)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            if (!TryGetScore(c, first + i * 2, out scores[i]))
                return false;
        }
        return true;
    }

    private static void ZIncrBy(CommandContext c)
    {
        if (TryGetScore(c, 2, out double increment))
            Add(c, SortedSetAdd.Increment, countChanges: false, 3, 2, new Span<double>(ref increment));
    }

    private static bool TryReadAddOptions(CommandContext c, out SortedSetAdd options, out bool countChanges, out int first)
    {
        options = SortedSetAdd.None;
        countChanges = false;
        for (first = 2; first < c.ArgCount; first++)
        {
            if (c.ArgIs(first, "ch"u8))
                countChanges = true;
            else if (AddOptionOf(c, first) is var option and not SortedSetAdd.None)
                options |= option;
            else
                break;
        }
        int left = c.ArgCount - first;
        if (left == 0 || left % 2 != 0)
        {
            c.SyntaxError();
            return false;
        }
        if ((options & (SortedSetAdd.Missing | SortedSetAdd.Existing)) == (SortedSetAdd.Missing | SortedSetAdd.Existing))
        {
            c.Reply.Error("ERR XX and NX options at the same time are not compatible"u8);
            return false;
        }
        if (System.Numerics.BitOperations.PopCount((uint)(options & (SortedSetAdd.Missing | SortedSetAdd.Greater | SortedSetAdd.Less))) > 1)
        {
            c.Reply.Error("ERR GT, LT, and/or NX options at the same time are not compatible"u8);
            return false;
        }
        if ((options & SortedSetAdd.Increment) != 0 && left > 2)
        {
            c.Reply.Error("ERR INCR option supports a single increment-element pair"u8);
            return false;
        }
        return true;
    }

    private static SortedSetAdd AddOptionOf(CommandContext c, int index)
    {
        // Mostly it is a score, which begins otherwise than all options but "inf" and "nan".
        if (c[index].IsEmpty || c[index][0] < 'A')
            return SortedSetAdd.None;
        return c.ArgIs(index, "nx"u8) ? SortedSetAdd.Missing
            : c.ArgIs(index, "xx"u8) ? SortedSetAdd.Existing
            : c.ArgIs(index, "gt"u8) ? SortedSetAdd.Greater
            : c.ArgIs(index, "lt"u8) ? SortedSetAdd.Less
            : c.ArgIs(index, "incr"u8) ? SortedSetAdd.Increment
            : SortedSetAdd.None;
    }

    private static bool TryGetScore(CommandContext c, int index, out double score)
    {
        if (NumberText.TryParseDouble(c[index], out score))
            return true;
        c.Reply.Error("ERR value is not a valid float"u8);
        return false;
    }

    /// <summary>Gives the members, which are arguments so many apart, their scores, and replies.</summary>
    internal static void Add(
        CommandContext c, SortedSetAdd options, bool countChanges, int firstMember, int apart, scoped ReadOnlySpan<double> scores)
    {
        bool increments = (options & SortedSetAdd.Increment) != 0;
        if (!TryFindOrCreate(c, options, c[firstMember], out KeyEntry entry))
            return;
        int added = 0, updated = 0;
        double score = 0;
        SortedSetAdded change = SortedSetAdded.Refused;
        for (int i = 0; i < scores.Length && !entry.IsNull; i++)
        {
            score = scores[i];
            change = SortedSetValue.Add(entry, c.Server.Config, c[firstMember + i * apart], ref score, options);
            added += change == SortedSetAdded.Added ? 1 : 0;
            updated += change == SortedSetAdded.Updated ? 1 : 0;
        }
        c.Dirty += added + updated;
        if (change == SortedSetAdded.NotANumber)
            c.Reply.Error("ERR resulting score is not a number (NaN)"u8);
        else if (!increments)
            c.Reply.Integer(countChanges ? added + updated : added);
        else if (change == SortedSetAdded.Refused)
            c.Reply.Null();
        else
            c.Reply.Double(score);
        if (added + updated == 0)
            return;
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.SortedSet, increments ? "zincr"u8 : "zadd"u8, c[1]);
    }

    /// <summary>The set, a new one if need be, or no entry where XX forbids that; false when an error has been replied.</summary>
    private static bool TryFindOrCreate(CommandContext c, SortedSetAdd options, ReadOnlySpan<byte> firstName, out KeyEntry entry)
    {
        if (!c.TryLookupWrite(c[1], DataType.SortedSet, out entry))
            return false;
        if (entry.IsNull && (options & SortedSetAdd.Existing) == 0)
            entry = SortedSetValue.Create(c.Db, c[1], c.Server.Config, firstName);
        return true;
    }

    private static void ZRem(CommandContext c)
    {
        if (!c.TryLookupWrite(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        int removed = 0;
        long left = SortedSetValue.Count(entry);
        for (int i = 2; i < c.ArgCount && left > removed; i++)
            removed += SortedSetValue.Remove(entry, c[i]) ? 1 : 0;
        if (removed > 0)
            AfterRemoval(c, c[1], "zrem"u8, removed, isEmpty: left == removed);
        c.Reply.Integer(removed);
    }

    /// <summary>Says that members were removed, and deletes the key when none is left.</summary>
    internal static void AfterRemoval(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> eventName, long removed, bool isEmpty)
    {
        if (isEmpty)
            c.Db.Delete(key);
        c.SignalModified(key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.SortedSet, eventName, key);
        if (isEmpty)
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
        c.Dirty += removed;
    }

    /// <summary>Removes members, all of which exist, from a rank on, and says so.</summary>
    internal static void RemoveRange(
        CommandContext c, ReadOnlySpan<byte> key, KeyEntry entry, long rank, long count, ReadOnlySpan<byte> eventName)
    {
        // A set that loses all members goes with its key, in slices if it is big.
        bool isEmpty = count == SortedSetValue.Count(entry);
        if (!isEmpty)
            SortedSetValue.RemoveRange(entry, rank, count);
        AfterRemoval(c, key, eventName, count, isEmpty);
    }

    private static void ZCard(CommandContext c)
    {
        if (c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            c.Reply.Integer(entry.IsNull ? 0 : SortedSetValue.Count(entry));
    }

    private static void ZScore(CommandContext c)
    {
        if (c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            ReplyScore(c, entry, c[2]);
    }

    private static void ZMScore(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        c.Reply.ArrayHeader(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
            ReplyScore(c, entry, c[i]);
    }

    private static void ReplyScore(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> name)
    {
        if (!entry.IsNull && SortedSetValue.TryGetScore(entry, name, out double score))
            c.Reply.Double(score);
        else
            c.Reply.Null();
    }

    private static void ZRank(CommandContext c) => ReplyRank(c, reverse: false);

    private static void ZRevRank(CommandContext c) => ReplyRank(c, reverse: true);

    private static void ReplyRank(CommandContext c, bool reverse)
    {
        bool withScore = c.ArgCount > 3;
        if (c.ArgCount > 4)
        {
            c.WrongArgumentCount();
            return;
        }
        if (withScore && !c.ArgIs(3, "withscore"u8))
        {
            c.SyntaxError();
            return;
        }
        if (!c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        double score = 0;
        long rank = entry.IsNull ? -1 : SortedSetValue.Rank(entry, c[2], out score);
        if (rank < 0)
        {
            if (withScore)
                c.Reply.NullArray();
            else
                c.Reply.Null();
            return;
        }
        if (withScore)
            c.Reply.ArrayHeader(2);
        c.Reply.Integer(reverse ? SortedSetValue.Count(entry) - 1 - rank : rank);
        if (withScore)
            c.Reply.Double(score);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("zadd", -4, &ZAdd)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0",
            Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Categories = AclCategories.SortedSet,
            Summary = "Add one or more members to a sorted set, or update its score if it already exists",
            Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
            History =
            [
                ("2.4.0", "Accepts multiple elements."),
                ("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."),
                ("6.2.0", "Added the `GT` and `LT` options."),
            ],
            MemberArgument = 3,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = """
                key#0 [condition('NX' | 'XX')@3.0.2] [comparison('GT' | 'LT')@6.2.0] ['CH' change:pure-token@3.0.2]
                ['INCR' increment:pure-token@3.0.2] score_member{score:double member}...
                """,
        });

        table.Add(new("zcard", 2, &ZCard)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Get the number of members in a sorted set",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0",
        });

        table.Add(new("zincrby", 4, &ZIncrBy)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0",
            Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Categories = AclCategories.SortedSet,
            Summary = "Increment the score of a member in a sorted set",
            Complexity = "O(log(N)) where N is the number of elements in the sorted set.",
            MemberArgument = 3,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 increment:integer member",
        });

        table.Add(new("zmscore", -3, &ZMScore)
        {
            Group = CommandGroup.SortedSet, Since = "6.2.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Get the score associated with the given members in a sorted set",
            Complexity = "O(N) where N is the number of members being requested.",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 member...",
        });

        table.Add(new("zrank", -3, &ZRank)
        {
            Group = CommandGroup.SortedSet, Since = "2.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Determine the index of a member in a sorted set",
            Complexity = "O(log(N))",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            History = [("7.2.0", "Added the optional `WITHSCORE` argument.")],
            Arguments = "key#0 member ['WITHSCORE'@7.2.0]",
        });

        table.Add(new("zrem", -3, &ZRem)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Remove one or more members from a sorted set",
            Complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to " +
                "be removed.",
            History = [("2.4.0", "Accepts multiple elements.")],
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 member...",
        });

        table.Add(new("zrevrank", -3, &ZRevRank)
        {
            Group = CommandGroup.SortedSet, Since = "2.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Determine the index of a member in a sorted set, with scores ordered from high to low",
            Complexity = "O(log(N))",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            History = [("7.2.0", "Added the optional `WITHSCORE` argument.")],
            Arguments = "key#0 member ['WITHSCORE'@7.2.0]",
        });

        table.Add(new("zscore", 3, &ZScore)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Get the score associated with the given member in a sorted set",
            Complexity = "O(1)",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 member",
        });
    }
}
