using RedisAot.Data;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// Sets, member by member. See https://redis.io/docs/latest/commands/?group=set. (The command SET, which is about strings,
/// is in <see cref="SetStringCommands"/>.)
/// </summary>
internal static unsafe class SetCommands
{
    private static void SAdd(CommandContext c)
    {
        if (!c.TryLookupWrite(c[1], DataType.Set, out KeyEntry entry))
            return;
        if (entry.IsNull)
            entry = SetValue.Create(c.Db, c[1], c[2]);
        ServerConfig config = c.Server.Config;
        int added = 0;
        for (int i = 2; i < c.ArgCount; i++)
            added += SetValue.Add(entry, c[i], config) ? 1 : 0;
        if (added > 0)
        {
            c.SignalModified(c[1]);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Set, "sadd"u8, c[1]);
        }
        c.Dirty += added;
        c.Reply.Integer(added);
    }

    private static void SRem(CommandContext c)
    {
        if (!c.TryLookupWrite(c[1], DataType.Set, out KeyEntry entry))
            return;
        int removed = 0;
        long left = entry.IsNull ? 0 : SetValue.Count(entry);
        for (int i = 2; i < c.ArgCount && left > removed; i++)
            removed += SetValue.Remove(entry, c[i]) ? 1 : 0;
        if (removed > 0)
        {
            c.SignalModified(c[1]);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Set, "srem"u8, c[1]);
            if (left == removed)
                Delete(c, c[1]);
        }
        c.Dirty += removed;
        c.Reply.Integer(removed);
    }

    private static void SMove(CommandContext c)
    {
        KeyEntry source = c.Db.LookupWrite(c[1]);
        KeyEntry destination = c.Db.LookupWrite(c[2]);
        if (source.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        if (source.Type != DataType.Set || (!destination.IsNull && destination.Type != DataType.Set))
        {
            c.WrongType();
            return;
        }
        bool isSame = source.Address == destination.Address;
        bool isMember = isSame ? new SetContents(source).Contains(c[3]) : SetValue.Remove(source, c[3]);
        if (isMember && !isSame)
            FinishMove(c, source, destination);
        c.Reply.Integer(isMember ? 1 : 0);
    }

    /// <summary>After a member has left its set: puts it into the other one.</summary>
    private static void FinishMove(CommandContext c, KeyEntry source, KeyEntry destination)
    {
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Set, "srem"u8, c[1]);
        if (SetValue.Count(source) == 0)
            Delete(c, c[1]);
        if (destination.IsNull)
            destination = SetValue.Create(c.Db, c[2], c[3]);
        c.SignalModified(c[1]);
        c.Dirty++;
        if (!SetValue.Add(destination, c[3], c.Server.Config))
            return;
        c.Dirty++;
        c.SignalModified(c[2]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Set, "sadd"u8, c[2]);
    }

    /// <summary>Deletes a key whose set has become empty.</summary>
    internal static void Delete(CommandContext c, ReadOnlySpan<byte> key)
    {
        c.Db.Delete(key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
    }

    private static void SIsMember(CommandContext c)
    {
        if (c.TryLookupRead(c[1], DataType.Set, out KeyEntry entry))
            c.Reply.Integer(Contains(entry, c[2]) ? 1 : 0);
    }

    private static void SMIsMember(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.Set, out KeyEntry entry))
            return;
        c.Reply.ArrayHeader(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
            c.Reply.Integer(Contains(entry, c[i]) ? 1 : 0);
    }

    private static bool Contains(KeyEntry entry, ReadOnlySpan<byte> member) =>
        !entry.IsNull && new SetContents(entry).Contains(member);

    private static void SCard(CommandContext c)
    {
        if (c.TryLookupRead(c[1], DataType.Set, out KeyEntry entry))
            c.Reply.Integer(entry.IsNull ? 0 : SetValue.Count(entry));
    }

    private static void SMembers(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.Set, out KeyEntry entry))
            return;
        c.Reply.SetHeader(entry.IsNull ? 0 : SetValue.Count(entry));
        if (!entry.IsNull)
            ReplyMembers(c, new SetContents(entry));
    }

    /// <summary>Replies with the members, the header being written.</summary>
    internal static void ReplyMembers(CommandContext c, in SetContents set)
    {
        foreach (ListpackValue member in set)
            ElementReply.Write(c.Reply, member);
    }

    private static void SScan(CommandContext c)
    {
        if (!ScanCursor.TryRead(c, 2, out ulong cursor) || !c.TryLookupRead(c[1], DataType.Set, out KeyEntry entry))
            return;
        // Official looks at the options of a set that exists only.
        ScanOptions options = default;
        if (!entry.IsNull && !ScanOptions.TryRead(c, 3, DataType.Set, out options))
            return;
        c.Reply.ArrayHeader(2);
        if (entry.IsNull)
        {
            ScanCursor.Reply(c.Reply, 0);
            c.Reply.ArrayHeader(0);
        }
        else if (entry.Encoding == ValueEncoding.HashTable)
        {
            ScanTable(c, ref new SetContents(entry).Table->Members, cursor, options);
        }
        else
        {
            ScanWhole(c, new SetContents(entry), options);
        }
    }

    private static void ScanTable(CommandContext c, ref HashTable<SetMember> members, ulong cursor, in ScanOptions options)
    {
        List<nint> found = ScanCursor.Collect(ref members, ref cursor, options.Count);
        ScanCursor.Reply(c.Reply, cursor);
        nint mark = c.Reply.BeginDeferred();
        int replied = 0;
        foreach (nint address in found)
        {
            ReadOnlySpan<byte> member = SetMember.KeyOf((byte*)address);
            if (!options.Matches(c, member))
                continue;
            c.Reply.Bulk(member);
            replied++;
        }
        c.Reply.EndDeferredArray(mark, replied);
    }

    /// <summary>What is not a table is small: all of it comes at once.</summary>
    private static void ScanWhole(CommandContext c, in SetContents set, in ScanOptions options)
    {
        ScanCursor.Reply(c.Reply, 0);
        nint mark = c.Reply.BeginDeferred();
        int replied = 0;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        foreach (ListpackValue member in set)
        {
            ReadOnlySpan<byte> bytes = member.AsBytes(scratch);
            if (!options.Matches(c, bytes))
                continue;
            c.Reply.Bulk(bytes);
            replied++;
        }
        c.Reply.EndDeferredArray(mark, replied);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("sadd", -3, &SAdd)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Set,
            Summary = "Add one or more members to a set",
            Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple " +
                "arguments.",
            History = [("2.4.0", "Accepts multiple `member` arguments.")],
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "key#0 member...",
        });

        table.Add(new("scard", 2, &SCard)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Set,
            Summary = "Get the number of members in a set",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0",
        });

        table.Add(new("sismember", 3, &SIsMember)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Set,
            Summary = "Determine if a given value is a member of a set",
            Complexity = "O(1)",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0 member",
        });

        table.Add(new("smembers", 2, &SMembers)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Get all the members in a set",
            Complexity = "O(N) where N is the set cardinality.",
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("smismember", -3, &SMIsMember)
        {
            Group = CommandGroup.Set, Since = "6.2.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Set,
            Summary = "Returns the membership associated with the given elements for a set",
            Complexity = "O(N) where N is the number of elements being checked for membership",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 member...",
        });

        table.Add(new("smove", 4, &SMove)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Set,
            Summary = "Move a member from one set to another",
            Complexity = "O(1)",
            MemberArgument = 3,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete), KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "source#0 destination#1 member",
        });

        table.Add(new("srem", -3, &SRem)
        {
            Group = CommandGroup.Set, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Set,
            Summary = "Remove one or more members from a set",
            Complexity = "O(N) where N is the number of members to be removed.",
            History = [("2.4.0", "Accepts multiple `member` arguments.")],
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 member...",
        });

        table.Add(new("sscan", -3, &SScan)
        {
            Group = CommandGroup.Set, Since = "2.8.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Set,
            Summary = "Incrementally iterate Set elements",
            Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor " +
                "to return back to 0. N is the number of elements inside the collection..",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 cursor:integer ['MATCH' pattern:pattern] ['COUNT' count:integer]",
        });
    }
}
