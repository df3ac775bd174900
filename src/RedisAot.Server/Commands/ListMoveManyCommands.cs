using RedisAot.Data;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>LMOVEM and BLMOVEM: moving several elements from list to list. See https://redis.io/docs/latest/commands/lmovem/.</summary>
internal static unsafe class ListMoveManyCommands
{
    private static void LMoveM(CommandContext c)
    {
        if (Options.TryRead(c, 5, out Options options) && !TryServe(c, options))
            c.Reply.NullArray();
    }

    private static void BLMoveM(CommandContext c)
    {
        if (!Options.TryRead(c, 6, out Options options) || !BlockingTimeout.TryReadSeconds(c, 5, out long deadlineMs)
            || TryServe(c, options))
            return;
        if (c.MayBlock)
            c.Server.BlockedClients.Block(c, 1, 1, DataType.List, deadlineMs, &ServeBlocked);
        else
            c.Reply.NullArray();
    }

    private static bool ServeBlocked(CommandContext c, int key, object? state) =>
        !Options.TryRead(c, 6, out Options options) || TryServe(c, options);

    /// <summary>Moves what there is, or replies with the error; false when there is not enough.</summary>
    private static bool TryServe(CommandContext c, Options options)
    {
        if (!c.TryLookupWrite(c[1], DataType.List, out KeyEntry source))
            return true;
        long count = source.IsNull ? 0 : Math.Min(options.Count, ListValue.Of(source)->Count);
        if (count < options.Least)
            return false;
        if (!c.TryLookupWrite(c[2], DataType.List, out KeyEntry destination))
            return true;
        Move(c, source, destination, options, count);
        if (options.IsBlocking && c.Effects.IsPropagating)
        {
            c.Effects.Replace(
                "LMOVEM"u8.ToArray(), c[1].ToArray(), c[2].ToArray(), c[3].ToArray(), c[4].ToArray(), "EXACTLY"u8.ToArray(),
                Rewrite.Number(count), options.OneByOne ? "OBO"u8.ToArray() : "BULK"u8.ToArray());
        }
        return true;
    }

    private static void Move(CommandContext c, KeyEntry source, KeyEntry destination, Options options, long count)
    {
        // All elements leave the source before the first arrives, which matters when the two lists are one.
        Quicklist* moved = Take(c, ListValue.Of(source), options, count);
        ListParts.Reply(c.Reply, moved, 0, count);
        Quicklist* list = ListMoveCommands.ListForPush(c, destination);
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        bool atTail = options.To == ListEnd.Right;
        QuicklistCursor cursor = new(moved, atTail ? 0 : -1, forward: atTail);
        while (cursor.MoveNext())
            ListValue.Push(list, options.To, cursor.Current.AsBytes(scratch));
        cursor.Dispose();
        Quicklist.Free(moved);
        ListParts.Pushed(c, c[2], options.To);
        ListParts.Popped(c, c[1], source, options.From);
        c.Dirty += count;
    }

    /// <summary>Moves elements to a new list, in the order that they will have at the destination.</summary>
    private static Quicklist* Take(CommandContext c, Quicklist* source, Options options, long count)
    {
        Quicklist* taken = Quicklist.Create(c.Server.Config.ListMaxListpackSize, 0);
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        bool fromHead = options.From == ListEnd.Left;
        // In bulk they keep their order; one by one, whoever comes first ends up farthest from the end.
        bool appends = options.OneByOne ? options.To == ListEnd.Right : fromHead;
        QuicklistCursor cursor = new(source, fromHead ? 0 : -1, fromHead);
        for (long i = 0; i < count && cursor.MoveNext(); i++)
            ListValue.Push(taken, appends ? ListEnd.Right : ListEnd.Left, cursor.Current.AsBytes(scratch));
        cursor.Dispose();
        ListValue.Remove(source, options.From, count);
        return taken;
    }

    /// <summary>The two ends, how many elements, and in which order they arrive.</summary>
    private readonly record struct Options(ListEnd From, ListEnd To, long Count, long Least, bool OneByOne, bool IsBlocking)
    {
        /// <summary>Reads both ends and the options that begin at <paramref name="at"/>; false when the error was replied.</summary>
        public static bool TryRead(CommandContext c, int at, out Options options)
        {
            options = default;
            if (!ListMoveCommands.TryReadEnds(c, out ListEnd from, out ListEnd to))
                return false;
            long count = 1;
            bool exactly = false, oneByOne = false;
            if (at < c.ArgCount && !TryReadCount(c, at, out count, out exactly, out oneByOne))
                return false;
            options = new Options(from, to, count, exactly ? count : 1, oneByOne, IsBlocking: at == 6);
            return true;
        }

        private static bool TryReadCount(CommandContext c, int at, out long count, out bool exactly, out bool oneByOne)
        {
            count = 0;
            oneByOne = false;
            exactly = c.ArgIs(at, "exactly"u8);
            if (c.ArgCount != at + 3 || (!exactly && !c.ArgIs(at, "count"u8)))
            {
                c.SyntaxError();
                return false;
            }
            if (!c.TryGetLongFrom(at + 1, 1, out count, "ERR count should be greater than 0"u8))
                return false;
            oneByOne = c.ArgIs(at + 2, "obo"u8);
            if (oneByOne || c.ArgIs(at + 2, "bulk"u8))
                return true;
            c.SyntaxError();
            return false;
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("blmovem", -6, &BLMoveM)
        {
            Group = CommandGroup.List, Since = "8.10.0",
            Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Blocking, Categories = AclCategories.List,
            Summary = "Moves up to (or exactly) a number of elements from one list to another and returns them. Blocks until the " +
                "elements are available otherwise. Deletes the source list if it becomes empty.",
            Complexity = "O(N) where N is the number of elements moved.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = """
                source#0 destination#1 wherefrom('LEFT' | 'RIGHT') whereto('LEFT' | 'RIGHT') timeout:double
                [how-many{selector('COUNT' count:integer | 'EXACTLY' exactly:integer) ordering('OBO' | 'BULK')}]
                """,
        });

        table.Add(new("lmovem", -5, &LMoveM)
        {
            Group = CommandGroup.List, Since = "8.10.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.List,
            Summary = "Moves up to (or exactly) a number of elements from one list to another and returns them. Deletes the source " +
                "list if it becomes empty.",
            Complexity = "O(N) where N is the number of elements moved.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = """
                source#0 destination#1 wherefrom('LEFT' | 'RIGHT') whereto('LEFT' | 'RIGHT')
                [how-many{selector('COUNT' count:integer | 'EXACTLY' exactly:integer) ordering('OBO' | 'BULK')}]
                """,
        });
    }
}
