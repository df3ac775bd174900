using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Random members of sets: SPOP and SRANDMEMBER. See https://redis.io/docs/latest/commands/spop/.</summary>
internal static unsafe class SetRandomCommands
{
    /// <summary>When so many times those that stay are no more than those popped, the ones that stay are drawn; official's number.</summary>
    private const long DrawStayingBelow = 5;

    /// <summary>A set that has fewer than so many times the members wanted is walked; from a bigger one they are drawn.</summary>
    private const long WalkBelow = 3;

    /// <summary>How many members are written between looks at how much the client has not read yet.</summary>
    private const long MembersBetweenLooks = 1024;

    private static void SPop(CommandContext c)
    {
        if (c.ArgCount == 3)
            PopMany(c);
        else if (c.ArgCount > 3)
            c.SyntaxError();
        else
            PopOne(c);
    }

    private static void PopOne(CommandContext c)
    {
        if (!c.TryLookupWrite(c[1], DataType.Set, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        ListpackValue member = new SetContents(entry).Random(ref c.Db.Random);
        ElementReply.Write(c.Reply, member);
        c.Effects.Suppress();
        PropagateRemoval(c, member);
        SetValue.Remove(entry, member);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Set, "spop"u8, c[1]);
        if (SetValue.Count(entry) == 0)
            SetCommands.Delete(c, c[1]);
        c.SignalModified(c[1]);
        c.Dirty++;
    }

    private static void PopMany(CommandContext c)
    {
        if (!c.TryGetPopCount(2, out long count) || !c.TryLookupWrite(c[1], DataType.Set, out KeyEntry entry))
            return;
        if (entry.IsNull || count == 0)
        {
            c.Reply.SetHeader(0);
            return;
        }
        long size = SetValue.Count(entry);
        count = Math.Min(count, size);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Set, "spop"u8, c[1]);
        c.Dirty += count;
        c.Reply.SetHeader(count);
        if (count == size)
        {
            SetCommands.ReplyMembers(c, new SetContents(entry));
            SetCommands.Delete(c, c[1]);
            Rewrite.AsDeletion(c, c[1], lazy: false);
        }
        else
        {
            c.Effects.Suppress();
            if ((size - count) * DrawStayingBelow > count)
                PopDrawn(c, entry, count);
            else
                PopAllBut(c, entry, size - count);
        }
        c.SignalModified(c[1]);
    }

    private static void PopDrawn(CommandContext c, KeyEntry entry, long count)
    {
        for (; count > 0; count--)
        {
            ListpackValue member = new SetContents(entry).Random(ref c.Db.Random);
            ElementReply.Write(c.Reply, member);
            PropagateRemoval(c, member);
            SetValue.Remove(entry, member);
        }
    }

    /// <summary>Draws the members that stay, moves them to a set of their own and pops what is left.</summary>
    private static void PopAllBut(CommandContext c, KeyEntry entry, long staying)
    {
        ServerConfig config = c.Server.Config;
        SetContents rest = SetContents.CreateForIntegers();
        for (; staying > 0; staying--)
        {
            ListpackValue member = new SetContents(entry).Random(ref c.Db.Random);
            rest.Add(member, config);
            SetValue.Remove(entry, member);
        }
        foreach (ListpackValue member in new SetContents(entry))
        {
            ElementReply.Write(c.Reply, member);
            PropagateRemoval(c, member);
        }
        SetValue.Store(c.Db, c[1], rest, keepTtl: true);
    }

    private static void PropagateRemoval(CommandContext c, ListpackValue member)
    {
        if (!c.Effects.IsPropagating)
            return;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        c.Effects.Also(c.Db.Id, "SREM"u8.ToArray(), c[1].ToArray(), member.AsBytes(scratch).ToArray());
    }

    private static void SRandMember(CommandContext c)
    {
        if (c.ArgCount == 3)
        {
            ReplyMany(c);
            return;
        }
        if (c.ArgCount > 3)
        {
            c.SyntaxError();
            return;
        }
        if (!c.TryLookupRead(c[1], DataType.Set, out KeyEntry entry))
            return;
        if (entry.IsNull)
            c.Reply.Null();
        else
            ElementReply.Write(c.Reply, new SetContents(entry).Random(ref c.Db.Random));
    }

    private static void ReplyMany(CommandContext c)
    {
        if (!c.TryGetLong(2, out long count))
            return;
        if (count == long.MinValue)
        {
            c.Reply.Error($"ERR value is out of range, value must between {-long.MaxValue} and {long.MaxValue}");
            return;
        }
        if (!c.TryLookupRead(c[1], DataType.Set, out KeyEntry entry))
            return;
        long size = entry.IsNull ? 0 : SetValue.Count(entry);
        long wanted = size == 0 ? 0 : count < 0 ? -count : Math.Min(count, size);
        c.Reply.ArrayHeader(wanted);
        if (wanted == 0)
            return;
        SetContents set = new(entry);
        if (count < 0)
            ReplyIndependent(c, set, wanted);
        else if (wanted * WalkBelow > size)
            ReplyWalking(c, set, size, wanted);
        else
            ReplyDrawn(c, set, size, wanted);
    }

    /// <summary>Members that may come more than once, each independent of the others.</summary>
    private static void ReplyIndependent(CommandContext c, in SetContents set, long wanted)
    {
        for (long i = 0; i < wanted; i++)
        {
            if (i % MembersBetweenLooks == 0 && c.IsReplyLost)
                return;
            ElementReply.Write(c.Reply, set.Random(ref c.Db.Random));
        }
    }

    /// <summary>Different members: a walk at each step of which the member is taken with the chance that makes all choices equally likely.</summary>
    private static void ReplyWalking(CommandContext c, in SetContents set, long left, long wanted)
    {
        foreach (ListpackValue member in set)
        {
            if (Random.Shared.NextInt64(left--) >= wanted)
                continue;
            ElementReply.Write(c.Reply, member);
            if (--wanted == 0)
                return;
        }
    }

    /// <summary>Different members of a big set: as many are drawn as are missing, those drawn twice are dropped, and again.</summary>
    private static void ReplyDrawn(CommandContext c, in SetContents set, long size, long wanted)
    {
        // A table's members are told by their addresses, others by their places.
        bool isTable = set.Encoding == ValueEncoding.HashTable;
        byte* block = NativeHeap.Allocate((nuint)wanted * (nuint)sizeof(nint));
        Span<nint> drawn = new(block, (int)wanted);
        for (int found = 0; found < drawn.Length; found = DropRepeated(drawn))
        {
            foreach (ref nint member in drawn[found..])
                member = isTable ? (nint)set.Table->Random(ref c.Db.Random) : (nint)c.Db.Random.Next((uint)size);
        }
        foreach (nint member in drawn)
            ElementReply.Write(c.Reply, isTable ? SetMember.ValueOf((byte*)member) : set.At((int)member));
        NativeHeap.Free(block);
    }

    /// <summary>Moves different values to the front and says how many there are.</summary>
    private static int DropRepeated(Span<nint> values)
    {
        values.Sort();
        int count = 1;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] != values[i - 1])
                values[count++] = values[i];
        }
        return count;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("spop", -2, &SPop)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Set,
            Summary = "Remove and return one or multiple random members from a set",
            Complexity = "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
            History = [("3.2.0", "Added the `count` argument.")],
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0 [count:integer@3.2.0]",
        });

        table.Add(new("srandmember", -2, &SRandMember)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Get one or multiple random members from a set",
            Complexity = "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
            History = [("2.6.0", "Added the optional `count` argument.")],
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 [count:integer@2.6.0]",
        });
    }
}
