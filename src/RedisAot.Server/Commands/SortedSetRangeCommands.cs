using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Ranges of sorted sets: read, counted, stored and removed. See https://redis.io/docs/latest/commands/zrange/.</summary>
internal static class SortedSetRangeCommands
{
    private static void ZRange(CommandContext c)
    {
        RangeOptions options = new() { MayChoose = true, MayHaveScores = true };
        if (options.TryRead(c, 4))
            ReplyRange(c, options);
    }

    private static void ZRevRange(CommandContext c) => ReplyOldRange(c, SortedSetRangeKind.Rank, reverse: true);

    private static void ZRangeByScore(CommandContext c) => ReplyOldRange(c, SortedSetRangeKind.Score, reverse: false);

    private static void ZRevRangeByScore(CommandContext c) => ReplyOldRange(c, SortedSetRangeKind.Score, reverse: true);

    private static void ZRangeByLex(CommandContext c) => ReplyOldRange(c, SortedSetRangeKind.Name, reverse: false);

    private static void ZRevRangeByLex(CommandContext c) => ReplyOldRange(c, SortedSetRangeKind.Name, reverse: true);

    private static void ReplyOldRange(CommandContext c, SortedSetRangeKind kind, bool reverse)
    {
        RangeOptions options = new() { Kind = kind, Reverse = reverse, MayHaveScores = true };
        if (options.TryRead(c, 4))
            ReplyRange(c, options);
    }

    private static void ReplyRange(CommandContext c, in RangeOptions options)
    {
        if (!options.TryReadRange(c, 2, out SortedSetRange range) || !c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.ArrayHeader(0);
            return;
        }
        options.Resolve(entry, range, out long rank, out long count);
        WriteMembersHeader(c, count, options.WithScores);
        SortedSetCursor cursor = new(entry, rank);
        for (; count > 0; count--)
        {
            WriteMember(c, cursor.Name, options.WithScores ? cursor.Score : 0, options.WithScores);
            options.Advance(ref cursor);
        }
    }

    /// <summary>The header of an array of members; with scores, RESP3 makes an array of each pair.</summary>
    internal static void WriteMembersHeader(CommandContext c, long count, bool withScores) =>
        c.Reply.ArrayHeader(withScores && !c.Reply.IsResp3 ? count * 2 : count);

    /// <summary>One member of such an array.</summary>
    internal static void WriteMember(CommandContext c, ReadOnlySpan<byte> name, double score, bool withScores)
    {
        if (withScores && c.Reply.IsResp3)
            c.Reply.ArrayHeader(2);
        c.Reply.Bulk(name);
        if (withScores)
            c.Reply.Double(score);
    }

    private static void ZRangeStore(CommandContext c)
    {
        RangeOptions options = new() { MayChoose = true };
        if (!options.TryRead(c, 5) || !options.TryReadRange(c, 3, out SortedSetRange range))
            return;
        if (!c.TryLookupRead(c[2], DataType.SortedSet, out KeyEntry entry))
            return;
        SortedSetBuilder builder = new();
        try
        {
            if (!entry.IsNull)
                Collect(ref builder, entry, range, options);
            Store(c, c[1], ref builder, "zrangestore"u8);
        }
        finally
        {
            builder.Dispose();
        }
    }

    private static void Collect(ref SortedSetBuilder builder, KeyEntry entry, SortedSetRange range, in RangeOptions options)
    {
        options.Resolve(entry, range, out long rank, out long count);
        SortedSetCursor cursor = new(entry, rank);
        for (; count > 0; count--)
        {
            builder.Add(cursor.Name, cursor.Score);
            options.Advance(ref cursor);
        }
    }

    /// <summary>Makes what was collected the value of a key, or deletes the key if that is nothing, and replies with the number of members.</summary>
    internal static void Store(CommandContext c, ReadOnlySpan<byte> key, ref SortedSetBuilder builder, ReadOnlySpan<byte> eventName)
    {
        long count = builder.Count;
        c.Reply.Integer(count);
        if (count > 0)
        {
            builder.Sort();
            builder.Store(c.Db, key, c.Server.Config);
        }
        else if (!c.Db.DeleteLive(key))
        {
            return;
        }
        c.SignalModified(key);
        if (count > 0)
            c.NotifyKeyspaceEvent(KeyspaceEventClass.SortedSet, eventName, key);
        else
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
        c.Dirty++;
    }

    private static void ZCount(CommandContext c) => ReplyCount(c, SortedSetRangeKind.Score);

    private static void ZLexCount(CommandContext c) => ReplyCount(c, SortedSetRangeKind.Name);

    private static void ReplyCount(CommandContext c, SortedSetRangeKind kind)
    {
        if (!SortedSetRange.TryRead(c, kind, 2, 3, out SortedSetRange range) || !c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        long count = 0;
        if (!entry.IsNull)
            range.Resolve(entry, reverse: false, out _, out count);
        c.Reply.Integer(count);
    }

    private static void ZRemRangeByRank(CommandContext c) => RemoveRange(c, SortedSetRangeKind.Rank, "zremrangebyrank"u8);

    private static void ZRemRangeByScore(CommandContext c) => RemoveRange(c, SortedSetRangeKind.Score, "zremrangebyscore"u8);

    private static void ZRemRangeByLex(CommandContext c) => RemoveRange(c, SortedSetRangeKind.Name, "zremrangebylex"u8);

    private static void RemoveRange(CommandContext c, SortedSetRangeKind kind, ReadOnlySpan<byte> eventName)
    {
        if (!SortedSetRange.TryRead(c, kind, 2, 3, out SortedSetRange range) || !c.TryLookupWrite(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        long rank = 0, count = 0;
        if (!entry.IsNull)
            range.Resolve(entry, reverse: false, out rank, out count);
        if (count > 0)
            SortedSetCommands.RemoveRange(c, c[1], entry, rank, count, eventName);
        c.Reply.Integer(count);
    }

    /// <summary>What stands behind the bounds of a range, and what the command makes of it.</summary>
    private struct RangeOptions
    {
        private long _offset;
        private long _limit = -1;

        public RangeOptions()
        {
        }

        public SortedSetRangeKind Kind;
        public bool Reverse;
        public bool WithScores;

        /// <summary>Whether BYSCORE, BYLEX and REV are options.</summary>
        public bool MayChoose;

        /// <summary>Whether WITHSCORES is one.</summary>
        public bool MayHaveScores;

        public bool TryRead(CommandContext c, int first)
        {
            bool chosen = !MayChoose;
            bool mayReverse = MayChoose;
            for (int i = first; i < c.ArgCount; i++)
            {
                if (MayHaveScores && c.ArgIs(i, "withscores"u8))
                {
                    WithScores = true;
                }
                else if (c.ArgIs(i, "limit"u8) && i + 2 < c.ArgCount)
                {
                    if (!c.TryGetLong(++i, out _offset) || !c.TryGetLong(++i, out _limit))
                        return false;
                }
                else if (mayReverse && c.ArgIs(i, "rev"u8))
                {
                    Reverse = true;
                    mayReverse = false;
                }
                else if (!chosen && (c.ArgIs(i, "bylex"u8) || c.ArgIs(i, "byscore"u8)))
                {
                    Kind = c.ArgIs(i, "bylex"u8) ? SortedSetRangeKind.Name : SortedSetRangeKind.Score;
                    chosen = true;
                }
                else
                {
                    c.SyntaxError();
                    return false;
                }
            }
            return Check(c);
        }

        private readonly bool Check(CommandContext c)
        {
            if (_limit != -1 && Kind == SortedSetRangeKind.Rank)
                c.Reply.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8);
            else if (WithScores && Kind == SortedSetRangeKind.Name)
                c.Reply.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8);
            else
                return true;
            return false;
        }

        /// <summary>Reads the bounds at an index and the next; in reverse, scores and names come highest first.</summary>
        public readonly bool TryReadRange(CommandContext c, int first, out SortedSetRange range)
        {
            bool swapped = Reverse && Kind != SortedSetRangeKind.Rank;
            return SortedSetRange.TryRead(c, Kind, swapped ? first + 1 : first, swapped ? first : first + 1, out range);
        }

        /// <summary>Where a walk over the range begins, and over how many members it goes.</summary>
        public readonly void Resolve(KeyEntry entry, SortedSetRange range, out long rank, out long count)
        {
            range.Resolve(entry, Reverse, out rank, out count);
            if (Reverse)
                rank += count - 1;
            if (Kind == SortedSetRangeKind.Rank)
                return;
            // An offset below zero leaves nothing, a limit below zero everything.
            long skipped = _offset < 0 ? count : Math.Min(_offset, count);
            count -= skipped;
            rank += Reverse ? -skipped : skipped;
            if (_limit >= 0)
                count = Math.Min(count, _limit);
        }

        public readonly void Advance(ref SortedSetCursor cursor)
        {
            if (Reverse)
                cursor.MovePrevious();
            else
                cursor.MoveNext();
        }
    }

    internal static unsafe void Register(CommandTable table)
    {
        table.Add(new("zcount", 4, &ZCount)
        {
            Group = CommandGroup.SortedSet, Since = "2.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Count the members in a sorted set with scores within the given values",
            Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 min:double max:double",
        });

        table.Add(new("zlexcount", 4, &ZLexCount)
        {
            Group = CommandGroup.SortedSet, Since = "2.8.9", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.SortedSet,
            Summary = "Count the number of members in a sorted set between a given lexicographical range",
            Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 min max",
        });

        table.Add(new("zrange", -4, &ZRange)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Return a range of members in a sorted set",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "returned.",
            History = [("6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = """
                key#0 start stop [sortby('BYSCORE' | 'BYLEX')@6.2.0] ['REV'@6.2.0]
                ['LIMIT' offset_count{offset:integer count:integer}@6.2.0] ['WITHSCORES']
                """,
        });

        table.Add(new("zrangebylex", -4, &ZRangeByLex)
        {
            Group = CommandGroup.SortedSet, Since = "2.8.9", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Return a range of members in a sorted set, by lexicographical range",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can " +
                "consider it O(log(N)).",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`ZRANGE` with the `BYLEX` argument",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 min max ['LIMIT' offset_count{offset:integer count:integer}]",
        });

        table.Add(new("zrangebyscore", -4, &ZRangeByScore)
        {
            Group = CommandGroup.SortedSet, Since = "1.0.5", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Return a range of members in a sorted set, by score",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can " +
                "consider it O(log(N)).",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`ZRANGE` with the `BYSCORE` argument",
            History = [("2.0.0", "Added the `WITHSCORES` modifier.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 min:double max:double ['WITHSCORES'@2.0.0] ['LIMIT' offset_count{offset:integer count:integer}]",
        });

        table.Add(new("zrangestore", -5, &ZRangeStore)
        {
            Group = CommandGroup.SortedSet, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.SortedSet,
            Summary = "Store a range of members from sorted set into another key",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "stored into the destination key.",
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access)],
            Arguments = """
                dst#0 src#1 min max [sortby('BYSCORE' | 'BYLEX')] ['REV'] ['LIMIT' offset_count{offset:integer count:integer}]
                """,
        });

        table.Add(new("zremrangebylex", 4, &ZRemRangeByLex)
        {
            Group = CommandGroup.SortedSet, Since = "2.8.9", Flags = CommandFlags.Write, Categories = AclCategories.SortedSet,
            Summary = "Remove all members in a sorted set between the given lexicographical range",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "removed by the operation.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 min max",
        });

        table.Add(new("zremrangebyrank", 4, &ZRemRangeByRank)
        {
            Group = CommandGroup.SortedSet, Since = "2.0.0", Flags = CommandFlags.Write, Categories = AclCategories.SortedSet,
            Summary = "Remove all members in a sorted set within the given indexes",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "removed by the operation.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 start:integer stop:integer",
        });

        table.Add(new("zremrangebyscore", 4, &ZRemRangeByScore)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0", Flags = CommandFlags.Write, Categories = AclCategories.SortedSet,
            Summary = "Remove all members in a sorted set within the given scores",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "removed by the operation.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 min:double max:double",
        });

        table.Add(new("zrevrange", -4, &ZRevRange)
        {
            Group = CommandGroup.SortedSet, Since = "1.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Return a range of members in a sorted set, by index, with scores ordered from high to low",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "returned.",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`ZRANGE` with the `REV` argument",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 start:integer stop:integer ['WITHSCORES']",
        });

        table.Add(new("zrevrangebylex", -4, &ZRevRangeByLex)
        {
            Group = CommandGroup.SortedSet, Since = "2.8.9", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower " +
                "strings.",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can " +
                "consider it O(log(N)).",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`ZRANGE` with the `REV` and `BYLEX` arguments",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 max min ['LIMIT' offset_count{offset:integer count:integer}]",
        });

        table.Add(new("zrevrangebyscore", -4, &ZRevRangeByScore)
        {
            Group = CommandGroup.SortedSet, Since = "2.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Return a range of members in a sorted set, by score, with scores ordered from high to low",
            Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements " +
                "being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can " +
                "consider it O(log(N)).",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`ZRANGE` with the `REV` and `BYSCORE` arguments",
            History = [("2.1.6", "`min` and `max` can be exclusive.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 max:double min:double ['WITHSCORES'] ['LIMIT' offset_count{offset:integer count:integer}]",
        });
    }
}
