using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>ZUNION, ZINTER, ZDIFF and what belongs to them. See https://redis.io/docs/latest/commands/zunionstore/.</summary>
internal static unsafe class SortedSetAlgebraCommands
{
    private const int MaxInputsOnStack = 32;

    private enum Operation
    {
        Union,
        Intersection,
        Difference,
        IntersectionCount,
    }

    private static void ZUnion(CommandContext c) => Run(c, Operation.Union, store: false);

    private static void ZUnionStore(CommandContext c) => Run(c, Operation.Union, store: true);

    private static void ZInter(CommandContext c) => Run(c, Operation.Intersection, store: false);

    private static void ZInterStore(CommandContext c) => Run(c, Operation.Intersection, store: true);

    private static void ZInterCard(CommandContext c) => Run(c, Operation.IntersectionCount, store: false);

    private static void ZDiff(CommandContext c) => Run(c, Operation.Difference, store: false);

    private static void ZDiffStore(CommandContext c) => Run(c, Operation.Difference, store: true);

    private static void Run(CommandContext c, Operation operation, bool store)
    {
        int countIndex = store ? 2 : 1;
        if (!TryGetInputCount(c, countIndex, out int count))
            return;
        Span<AlgebraInput> inputs = count <= MaxInputsOnStack ? stackalloc AlgebraInput[count] : new AlgebraInput[count];
        if (!TryFindInputs(c, countIndex + 1, inputs))
            return;
        Options options = new() { Operation = operation, Store = store };
        if (!options.TryRead(c, countIndex + 1 + count, inputs))
            return;
        if (operation == Operation.IntersectionCount)
        {
            c.Reply.Integer(SortedSetAlgebra.CountIntersection(inputs, options.Limit));
            return;
        }
        SortedSetBuilder result = new();
        try
        {
            Compute(ref result, inputs, options);
            if (store)
                SortedSetRangeCommands.Store(c, c[1], ref result, EventOf(operation));
            else
                Reply(c, result, options.WithScores);
        }
        finally
        {
            result.Dispose();
        }
    }

    private static bool TryGetInputCount(CommandContext c, int index, out int count)
    {
        count = 0;
        if (!c.TryGetLong(index, out long number))
            return false;
        if (number < 1)
        {
            c.Reply.Error($"ERR at least 1 input key is needed for '{c.Row.FullName}' command");
            return false;
        }
        if (number > c.ArgCount - index - 1)
        {
            c.SyntaxError();
            return false;
        }
        count = (int)number;
        return true;
    }

    private static bool TryFindInputs(CommandContext c, int firstKey, Span<AlgebraInput> inputs)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            KeyEntry entry = c.Db.LookupRead(c[firstKey + i]);
            if (!entry.IsNull && entry.Type is not (DataType.SortedSet or DataType.Set))
            {
                c.WrongType();
                return false;
            }
            inputs[i] = new AlgebraInput(entry, i);
        }
        return true;
    }

    private static void Compute(ref SortedSetBuilder result, Span<AlgebraInput> inputs, in Options options)
    {
        switch (options.Operation)
        {
            case Operation.Union:
                SortedSetAlgebra.Union(ref result, inputs, options.Aggregate);
                break;
            case Operation.Intersection:
                SortedSetAlgebra.Intersect(ref result, inputs, options.Aggregate);
                break;
            default:
                SortedSetAlgebra.Subtract(ref result, inputs);
                break;
        }
    }

    private static ReadOnlySpan<byte> EventOf(Operation operation) => operation switch
    {
        Operation.Union => "zunionstore"u8,
        Operation.Intersection => "zinterstore"u8,
        _ => "zdiffstore"u8,
    };

    private static void Reply(CommandContext c, in SortedSetBuilder result, bool withScores)
    {
        result.Sort();
        SortedSetRangeCommands.WriteMembersHeader(c, result.Count, withScores);
        for (long i = 0; i < result.Count; i++)
            SortedSetRangeCommands.WriteMember(c, result.Name(i), result.Score(i), withScores);
    }

    /// <summary>What stands behind the keys.</summary>
    private struct Options
    {
        public Operation Operation;
        public bool Store;
        public bool WithScores;
        public ScoreAggregate Aggregate;

        /// <summary>Where to stop counting; 0: nowhere.</summary>
        public long Limit;

        public bool TryRead(CommandContext c, int first, Span<AlgebraInput> inputs)
        {
            bool aggregates = Operation is Operation.Union or Operation.Intersection;
            bool replies = !Store && Operation != Operation.IntersectionCount;
            for (int i = first; i < c.ArgCount; i++)
            {
                int left = c.ArgCount - i - 1;
                if (aggregates && left >= inputs.Length && c.ArgIs(i, "weights"u8))
                {
                    if (!TryReadWeights(c, i + 1, inputs))
                        return false;
                    i += inputs.Length;
                    continue;
                }
                if (aggregates && left >= 1 && c.ArgIs(i, "aggregate"u8))
                {
                    if (TryReadAggregate(c, ++i))
                        continue;
                }
                else if (replies && c.ArgIs(i, "withscores"u8))
                {
                    WithScores = true;
                    continue;
                }
                else if (Operation == Operation.IntersectionCount && left >= 1 && c.ArgIs(i, "limit"u8))
                {
                    if (!c.TryGetLongFrom(++i, 0, out Limit, "ERR LIMIT can't be negative"u8))
                        return false;
                    continue;
                }
                c.SyntaxError();
                return false;
            }
            return true;
        }

        private static bool TryReadWeights(CommandContext c, int first, Span<AlgebraInput> inputs)
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                if (NumberText.TryParseDouble(c[first + i], out inputs[i].Weight))
                    continue;
                c.Reply.Error("ERR weight value is not a float"u8);
                return false;
            }
            return true;
        }

        private bool TryReadAggregate(CommandContext c, int index)
        {
            if (c.ArgIs(index, "sum"u8))
                Aggregate = ScoreAggregate.Sum;
            else if (c.ArgIs(index, "min"u8))
                Aggregate = ScoreAggregate.Min;
            else if (c.ArgIs(index, "max"u8))
                Aggregate = ScoreAggregate.Max;
            else if (c.ArgIs(index, "count"u8))
                Aggregate = ScoreAggregate.Count;
            else
                return false;
            return true;
        }

    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("zdiff", -3, &ZDiff)
        {
            Group = CommandGroup.SortedSet, Since = "6.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Subtract multiple sorted sets",
            Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the " +
                "size of the first set, and K is the size of the result set.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = "numkeys:integer key#0... ['WITHSCORES']",
        });

        table.Add(new("zdiffstore", -4, &ZDiffStore)
        {
            Group = CommandGroup.SortedSet, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.SortedSet,
            Summary = "Subtract multiple sorted sets and store the resulting sorted set in a new key",
            Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the " +
                "size of the first set, and K is the size of the result set.",
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = "destination#0 numkeys:integer key#1...",
        });

        table.Add(new("zinter", -3, &ZInter)
        {
            Group = CommandGroup.SortedSet, Since = "6.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Intersect multiple sorted sets",
            Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of " +
                "input sorted sets and M being the number of elements in the resulting sorted set.",
            History = [("8.8.0", "Added `COUNT` aggregate option.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = """
                numkeys:integer key#0... ['WEIGHTS' weight:integer...] ['AGGREGATE' aggregate('SUM' | 'MIN' | 'MAX' | 'COUNT'@8.8.0)]
                ['WITHSCORES']
                """,
        });

        table.Add(new("zintercard", -3, &ZInterCard)
        {
            Group = CommandGroup.SortedSet, Since = "7.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Intersect multiple sorted sets and return the cardinality of the result",
            Complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = "numkeys:integer key#0... ['LIMIT' limit:integer]",
        });

        table.Add(new("zinterstore", -4, &ZInterStore)
        {
            Group = CommandGroup.SortedSet, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.SortedSet,
            Summary = "Intersect multiple sorted sets and store the resulting sorted set in a new key",
            Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of " +
                "input sorted sets and M being the number of elements in the resulting sorted set.",
            History = [("8.8.0", "Added `COUNT` aggregate option.")],
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = """
                destination#0 numkeys:integer key#1... ['WEIGHTS' weight:integer...]
                ['AGGREGATE' aggregate('SUM' | 'MIN' | 'MAX' | 'COUNT'@8.8.0)]
                """,
        });

        table.Add(new("zunion", -3, &ZUnion)
        {
            Group = CommandGroup.SortedSet, Since = "6.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Add multiple sorted sets",
            Complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the " +
                "number of elements in the resulting sorted set.",
            History = [("8.8.0", "Added `COUNT` aggregate option.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = """
                numkeys:integer key#0... ['WEIGHTS' weight:integer...] ['AGGREGATE' aggregate('SUM' | 'MIN' | 'MAX' | 'COUNT'@8.8.0)]
                ['WITHSCORES']
                """,
        });

        table.Add(new("zunionstore", -4, &ZUnionStore)
        {
            Group = CommandGroup.SortedSet, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.SortedSet,
            Summary = "Add multiple sorted sets and store the resulting sorted set in a new key",
            Complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the " +
                "number of elements in the resulting sorted set.",
            History = [("8.8.0", "Added `COUNT` aggregate option.")],
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = """
                destination#0 numkeys:integer key#1... ['WEIGHTS' weight:integer...]
                ['AGGREGATE' aggregate('SUM' | 'MIN' | 'MAX' | 'COUNT'@8.8.0)]
                """,
        });
    }
}
