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
        const string linear = "O(N) where N is the total number of elements in all given sets.";
        const string product = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.";

        AddReader(table, "sdiff", &SDiff, linear, "Subtract multiple sets");
        AddReader(table, "sinter", &SInter, product, "Intersect multiple sets");
        AddReader(table, "sunion", &SUnion, linear, "Add multiple sets");

        AddCounter(table, "sdiffcard", &SDiffCard, "8.10.0", linear, "['LIMIT' limit:integer]",
            "Returns the number of members of the difference between the first set and all successive sets.");
        AddCounter(table, "sintercard", &SInterCard, "7.0.0", product, "['LIMIT' limit:integer]",
            "Intersect multiple sets and return the cardinality of the result");
        AddCounter(table, "sunioncard", &SUnionCard, "8.10.0", linear, "['APPROX'] ['LIMIT' limit:integer]",
            "Returns the number of members of the union of multiple sets.");

        AddStore(table, "sdiffstore", &SDiffStore, KeyFlags.OW, linear, "Subtract multiple sets and store the resulting set in a key");
        AddStore(table, "sinterstore", &SInterStore, KeyFlags.RW, product, "Intersect multiple sets and store the resulting set in a key");
        AddStore(table, "sunionstore", &SUnionStore, KeyFlags.OW, linear, "Add multiple sets and store the resulting set in a key");
    }

    private static void AddReader(
        CommandTable table, string name, delegate*<CommandContext, void> handler, string complexity, string summary) =>
        table.Add(new(name, -2, handler)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = summary,
            Complexity = complexity,
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "key#0...",
        });

    private static void AddCounter(
        CommandTable table, string name, delegate*<CommandContext, void> handler, string since, string complexity, string options,
        string summary) =>
        table.Add(new(name, -3, handler)
        {
            Group = CommandGroup.Set, Since = since, Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = summary,
            Complexity = complexity,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).Counted(0, 1)],
            Arguments = $"numkeys:integer key#0... {options}",
        });

    private static void AddStore(
        CommandTable table, string name, delegate*<CommandContext, void> handler, KeyFlags destination, string complexity,
        string summary) =>
        table.Add(new(name, -3, handler)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Set,
            Summary = summary,
            Complexity = complexity,
            Keys = [KeySpec.At(1, destination | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "destination#0 key#1...",
        });
}
