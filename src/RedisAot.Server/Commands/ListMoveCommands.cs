using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Lists: moving one element from list to list, and waiting for one.</summary>
internal static unsafe class ListMoveCommands
{
    private static void LMove(CommandContext c)
    {
        if (TryReadEnds(c, out ListEnd from, out ListEnd to))
            MoveOrReplyNull(c, from, to);
    }

    private static void RPopLPush(CommandContext c) => MoveOrReplyNull(c, ListEnd.Right, ListEnd.Left);

    private static void BLMove(CommandContext c)
    {
        if (TryReadEnds(c, out _, out _) && BlockingTimeout.TryReadSeconds(c, 5, out long deadlineMs))
            ServeOrBlock(c, deadlineMs, &BLMoveNow, &BLMoveLater);
    }

    private static void BRPopLPush(CommandContext c)
    {
        if (BlockingTimeout.TryReadSeconds(c, 3, out long deadlineMs))
            ServeOrBlock(c, deadlineMs, &BRPopLPushNow, &BRPopLPushLater);
    }

    private static void ServeOrBlock(
        CommandContext c, long deadlineMs, delegate*<CommandContext, int, object?, bool> now, delegate*<CommandContext, int, object?, bool> later)
    {
        if (BlockedClients.TryServe(c, 1, 1, now))
            return;
        if (c.MayBlock)
            c.Server.BlockedClients.Block(c, 1, 1, DataType.List, deadlineMs, later);
        else
            c.Reply.Null();
    }

    // Official propagates the ends as the client wrote them when there is no need to wait, and in lower case otherwise.
    private static bool BLMoveNow(CommandContext c, int key, object? state)
    {
        TryReadEnds(c, out ListEnd from, out ListEnd to);
        if (TryMove(c, from, to) && c.Effects.IsPropagating)
            c.Effects.Replace("LMOVE"u8.ToArray(), c[1].ToArray(), c[2].ToArray(), c[3].ToArray(), c[4].ToArray());
        return true;
    }

    private static bool BLMoveLater(CommandContext c, int key, object? state)
    {
        TryReadEnds(c, out ListEnd from, out ListEnd to);
        if (TryMoveLater(c, from, to) && c.Effects.IsPropagating)
            c.Effects.Replace("LMOVE"u8.ToArray(), c[1].ToArray(), c[2].ToArray(), NameOf(from), NameOf(to));
        return true;
    }

    private static bool BRPopLPushNow(CommandContext c, int key, object? state)
    {
        if (TryMove(c, ListEnd.Right, ListEnd.Left))
            PropagateRPopLPush(c);
        return true;
    }

    private static bool BRPopLPushLater(CommandContext c, int key, object? state)
    {
        if (TryMoveLater(c, ListEnd.Right, ListEnd.Left))
            PropagateRPopLPush(c);
        return true;
    }

    private static void PropagateRPopLPush(CommandContext c)
    {
        if (c.Effects.IsPropagating)
            c.Effects.Replace("RPOPLPUSH"u8.ToArray(), c[1].ToArray(), c[2].ToArray());
    }

    // As official, what a client has waited for does not count as a change beside the push that brought it.
    private static bool TryMoveLater(CommandContext c, ListEnd from, ListEnd to)
    {
        long dirty = c.Dirty;
        bool moved = TryMove(c, from, to);
        c.Dirty = dirty;
        return moved;
    }

    private static byte[] NameOf(ListEnd end) => end == ListEnd.Left ? "left"u8.ToArray() : "right"u8.ToArray();

    /// <summary>Reads arguments 3 and 4; false when the error was replied.</summary>
    internal static bool TryReadEnds(CommandContext c, out ListEnd from, out ListEnd to)
    {
        to = default;
        return ListParts.TryReadEnd(c, 3, out from) && ListParts.TryReadEnd(c, 4, out to);
    }

    private static void MoveOrReplyNull(CommandContext c, ListEnd from, ListEnd to)
    {
        if (c.Db.LookupLive(c[1]).IsNull)
            c.Reply.Null();
        else
            TryMove(c, from, to);
    }

    /// <summary>Moves an element of the list that key 1 is, and replies with it; false when a key has another type, which was replied.</summary>
    private static bool TryMove(CommandContext c, ListEnd from, ListEnd to)
    {
        if (!c.TryLookupWrite(c[1], DataType.List, out KeyEntry source)
            || !c.TryLookupWrite(c[2], DataType.List, out KeyEntry destination))
            return false;
        Quicklist* list = ListValue.Of(source);
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        ListpackValue element = ListValue.Peek(list, from);
        ElementReply.Write(c.Reply, element);
        if (!destination.IsNull && ListValue.Of(destination) == list)
        {
            c.Db.SignalReady(c[2]);
            Rotate(list, from, to, element.AsBytes(scratch));
        }
        else
        {
            ListValue.Push(ListForPush(c, destination), to, element.AsBytes(scratch));
            ListValue.Remove(list, from, 1);
        }
        ListParts.Pushed(c, c[2], to);
        ListParts.Popped(c, c[1], source, from);
        c.Dirty++;
        return true;
    }

    /// <summary>The destination's list, which comes into being if it is missing.</summary>
    internal static Quicklist* ListForPush(CommandContext c, KeyEntry destination)
    {
        if (destination.IsNull)
            return ListValue.Of(ListValue.Create(c, c[2]));
        c.Db.SignalReady(c[2]);
        return ListValue.Of(destination);
    }

    /// <summary>Moves the element at an end of a list, which has these bytes, to the same end or the other one.</summary>
    private static void Rotate(Quicklist* list, ListEnd from, ListEnd to, ReadOnlySpan<byte> element)
    {
        // A list that changes moves its elements.
        byte* copy = NativeHeap.Allocate((nuint)element.Length + 1);
        element.CopyTo(new Span<byte>(copy, element.Length));
        ListValue.Remove(list, from, 1);
        ListValue.Push(list, to, new ReadOnlySpan<byte>(copy, element.Length));
        NativeHeap.Free(copy);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("blmove", 6, &BLMove)
        {
            Group = CommandGroup.List, Since = "6.2.0",
            Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.NoScript | CommandFlags.Blocking,
            Categories = AclCategories.List,
            Summary = "Pop an element from a list, push it to another list and return it; or block until one is available",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "source#0 destination#1 wherefrom('LEFT' | 'RIGHT') whereto('LEFT' | 'RIGHT') timeout:double",
        });

        table.Add(new("brpoplpush", 4, &BRPopLPush)
        {
            Group = CommandGroup.List, Since = "2.2.0",
            Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.NoScript | CommandFlags.Blocking,
            Categories = AclCategories.List,
            Summary = "Pop an element from a list, push it to another list and return it; or block until one is available",
            Complexity = "O(1)",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
            History = [("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "source#0 destination#1 timeout:double",
        });

        table.Add(new("lmove", 5, &LMove)
        {
            Group = CommandGroup.List, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.List,
            Summary = "Pop an element from a list, push it to another list and return it",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "source#0 destination#1 wherefrom('LEFT' | 'RIGHT') whereto('LEFT' | 'RIGHT')",
        });

        table.Add(new("rpoplpush", 3, &RPopLPush)
        {
            Group = CommandGroup.List, Since = "1.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.List,
            Summary = "Remove the last element in a list, prepend it to another list and return it",
            Complexity = "O(1)",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`LMOVE` with the `RIGHT` and `LEFT` arguments",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "source#0 destination#1",
        });
    }
}
