using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Intersections, unions and differences of sets. See https://redis.io/docs/latest/commands/sinter/.</summary>
internal static unsafe class SetAlgebraCommands
{
    private const int MaxSetsOnStack = 32;

    private static void SInter(CommandContext c) => Run(c, SetOperation.Intersection, 1, c.ArgCount - 1, SetResult.Members);

    private static void SInterStore(CommandContext c) => Run(c, SetOperation.Intersection, 2, c.ArgCount - 2, SetResult.Stored);

    private static void SInterCard(CommandContext c) => Count(c, SetOperation.Intersection);

    private static void SUnion(CommandContext c) => Run(c, SetOperation.Union, 1, c.ArgCount - 1, SetResult.Members);

    private static void SUnionStore(CommandContext c) => Run(c, SetOperation.Union, 2, c.ArgCount - 2, SetResult.Stored);

    private static void SUnionCard(CommandContext c) => Count(c, SetOperation.Union);

    private static void SDiff(CommandContext c) => Run(c, SetOperation.Difference, 1, c.ArgCount - 1, SetResult.Members);

    private static void SDiffStore(CommandContext c) => Run(c, SetOperation.Difference, 2, c.ArgCount - 2, SetResult.Stored);

    private static void SDiffCard(CommandContext c) => Count(c, SetOperation.Difference);

    /// <summary>What is done with the members of the result.</summary>
    private enum SetResult
    {
        Members,
        Stored,
        Counted,
        Estimated,
    }

    private static void Count(CommandContext c, SetOperation operation)
    {
        if (!c.TryGetLongFrom(1, 1, out long keys, "ERR numkeys should be greater than 0"u8))
            return;
        if (keys > c.ArgCount - 2)
        {
            c.Reply.Error("ERR Number of keys can't be greater than number of args"u8);
            return;
        }
        long limit = 0;
        SetResult result = SetResult.Counted;
        for (int i = 2 + (int)keys; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "limit"u8) && i + 1 < c.ArgCount)
            {
                if (!c.TryGetLongFrom(++i, 0, out limit, "ERR LIMIT can't be negative"u8))
                    return;
            }
            else if (operation == SetOperation.Union && c.ArgIs(i, "approx"u8))
            {
                result = SetResult.Estimated;
            }
            else
            {
                c.SyntaxError();
                return;
            }
        }
        Run(c, operation, 2, (int)keys, result, limit);
    }

    private static void Run(CommandContext c, SetOperation operation, int firstKey, int keys, SetResult result, long limit = 0)
    {
        Span<SetContents> sets = keys <= MaxSetsOnStack ? stackalloc SetContents[MaxSetsOnStack] : new SetContents[keys];
        int found = 0;
        bool isEmpty = false;
        for (int i = 0; i < keys; i++)
        {
            if (!c.TryLookupRead(c[firstKey + i], DataType.Set, out KeyEntry entry))
                return;
            if (entry.IsNull)
                isEmpty |= operation == SetOperation.Intersection || (operation == SetOperation.Difference && i == 0);
            else
                sets[found++] = new SetContents(entry);
        }
        // Nothing minus something, or what is in all sets and in none, is nothing.
        sets = isEmpty ? default : sets[..found];
        switch (result)
        {
            case SetResult.Members:
                Reply(c, operation, sets);
                break;
            case SetResult.Stored:
                Store(c, operation, sets);
                break;
            case SetResult.Counted:
                MemberCounter counter = new(limit);
                SetAlgebra.Run(operation, sets, c.Server.Config, ref counter);
                c.Reply.Integer(counter.Count);
                break;
            default:
                long estimate = SetAlgebra.EstimateUnion(sets);
                c.Reply.Integer(limit == 0 ? estimate : Math.Min(estimate, limit));
                break;
        }
    }

    private static void Reply(CommandContext c, SetOperation operation, Span<SetContents> sets)
    {
        MemberWriter writer = new(c.Reply);
        nint mark = c.Reply.BeginDeferred();
        SetAlgebra.Run(operation, sets, c.Server.Config, ref writer);
        c.Reply.EndDeferredSet(mark, writer.Count);
    }

    private static void Store(CommandContext c, SetOperation operation, Span<SetContents> sets)
    {
        MemberAdder adder = new(c.Server.Config, SetAlgebra.CreateResult(operation, sets));
        SetAlgebra.Run(operation, sets, c.Server.Config, ref adder, dropsRepeated: true);
        long count = adder.Result.Count;
        ReadOnlySpan<byte> key = c[1];
        if (count > 0)
        {
            SetValue.Store(c.Db, key, adder.Result);
            c.SignalModified(key);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Set, EventName(operation), key);
            c.Dirty++;
        }
        else
        {
            adder.Result.Free();
            if (c.Db.Delete(key))
            {
                c.SignalModified(key);
                c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
                c.Dirty++;
            }
        }
        c.Reply.Integer(count);
    }

    private static ReadOnlySpan<byte> EventName(SetOperation operation) => operation switch
    {
        SetOperation.Intersection => "sinterstore"u8,
        SetOperation.Union => "sunionstore"u8,
        _ => "sdiffstore"u8,
    };

    /// <summary>Replies with each member.</summary>
    private struct MemberWriter(ReplyWriter reply) : IMemberVisitor
    {
        public long Count { get; private set; }

        public bool Visit(ListpackValue member)
        {
            ElementReply.Write(reply, member);
            Count++;
            return true;
        }
    }

    /// <summary>Counts the members up to a limit; 0: all.</summary>
    private struct MemberCounter(long limit) : IMemberVisitor
    {
        public long Count { get; private set; }

        public bool Visit(ListpackValue member) => ++Count != limit;
    }

    /// <summary>Makes a set of the members.</summary>
    private struct MemberAdder(ServerConfig config, SetContents result) : IMemberVisitor
    {
        public SetContents Result = result;

        public bool Visit(ListpackValue member)
        {
            Result.Add(member, config);
            return true;
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("sdiff", -2, &SDiff)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Subtract multiple sets",
            Complexity = "O(N) where N is the total number of elements in all given sets.",
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "key#0...",
        });

        table.Add(new("sdiffcard", -3, &SDiffCard)
        {
            Group = CommandGroup.Set, Since = "8.10.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Returns the number of members of the difference between the first set and all successive sets.",
            Complexity = "O(N) where N is the total number of elements in all given sets.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = "numkeys:integer key#0... ['LIMIT' limit:integer]",
        });

        table.Add(new("sdiffstore", -3, &SDiffStore)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Set,
            Summary = "Subtract multiple sets and store the resulting set in a key",
            Complexity = "O(N) where N is the total number of elements in all given sets.",
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "destination#0 key#1...",
        });

        table.Add(new("sinter", -2, &SInter)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Intersect multiple sets",
            Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "key#0...",
        });

        table.Add(new("sintercard", -3, &SInterCard)
        {
            Group = CommandGroup.Set, Since = "7.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Intersect multiple sets and return the cardinality of the result",
            Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = "numkeys:integer key#0... ['LIMIT' limit:integer]",
        });

        table.Add(new("sinterstore", -3, &SInterStore)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Set,
            Summary = "Intersect multiple sets and store the resulting set in a key",
            Complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "destination#0 key#1...",
        });

        table.Add(new("sunion", -2, &SUnion)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Add multiple sets",
            Complexity = "O(N) where N is the total number of elements in all given sets.",
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "key#0...",
        });

        table.Add(new("sunioncard", -3, &SUnionCard)
        {
            Group = CommandGroup.Set, Since = "8.10.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Returns the number of members of the union of multiple sets.",
            Complexity = "O(N) where N is the total number of elements in all given sets.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = "numkeys:integer key#0... ['APPROX'] ['LIMIT' limit:integer]",
        });

        table.Add(new("sunionstore", -3, &SUnionStore)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Set,
            Summary = "Add multiple sets and store the resulting set in a key",
            Complexity = "O(N) where N is the total number of elements in all given sets.",
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "destination#0 key#1...",
        });
    }
}
