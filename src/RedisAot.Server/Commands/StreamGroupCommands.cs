using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Groups of consumers: making and removing them, acknowledging entries, and asking which are not acknowledged.</summary>
internal static unsafe class StreamGroupCommands
{
    private static void XGroupCreate(CommandContext c)
    {
        if (!TryReadOptions(c, allowMkStream: true, out bool isMkStream, out long entriesRead) || !TryFindStream(c, isMkStream, out KeyEntry entry))
            return;
        if (c.ArgCount > 8)
        {
            c.SubcommandSyntaxError();
            return;
        }
        StreamId id = default;
        if (c[4] is [(byte)'$'])
            id = entry.IsNull ? default : StreamValue.Of(entry)->LastId;
        else if (!StreamIdArgument.TryRead(c, 4, out id))
            return;
        if (entry.IsNull)
        {
            entry = StreamValue.Create(c, c[2]);
            c.SignalModified(c[2]);
        }
        if (StreamValue.Of(entry)->AddGroup(c[3], id, entriesRead) == null)
        {
            c.Reply.Error("BUSYGROUP Consumer Group name already exists"u8);
            return;
        }
        c.Reply.Ok();
        c.Dirty++;
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xgroup-create"u8, c[2]);
    }

    private static void XGroupSetId(CommandContext c)
    {
        if (!TryReadOptions(c, allowMkStream: false, out _, out long entriesRead)
            || !TryFindGroup(c, out StreamData* stream, out StreamGroup* group))
        {
            return;
        }
        if (c.ArgCount is not (5 or 7))
        {
            c.SubcommandSyntaxError();
            return;
        }
        StreamId id;
        if (c[4] is [(byte)'$'])
            id = stream->LastId;
        else if (!StreamIdArgument.TryReadLoosely(c, 4, out id))
            return;
        group->LastId = id;
        group->EntriesRead = entriesRead;
        c.Reply.Ok();
        c.Dirty++;
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xgroup-setid"u8, c[2]);
    }

    private static void XGroupDestroy(CommandContext c)
    {
        if (!TryFindStream(c, isMkStream: false, out KeyEntry entry))
            return;
        if (!StreamValue.Of(entry)->RemoveGroup(c[3]))
        {
            c.Reply.Integer(0);
            return;
        }
        c.Reply.Integer(1);
        c.Dirty++;
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xgroup-destroy"u8, c[2]);
        // Those who wait for entries of the group are told that it is gone.
        c.Db.SignalReady(c[2]);
    }

    private static void XGroupCreateConsumer(CommandContext c)
    {
        if (!TryFindGroup(c, out _, out StreamGroup* group))
            return;
        bool isNew = group->AddConsumer(c[4], c.NowMs) != null;
        c.Reply.Integer(isNew ? 1 : 0);
        if (!isNew)
            return;
        c.Dirty++;
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xgroup-createconsumer"u8, c[2]);
    }

    private static void XGroupDelConsumer(CommandContext c)
    {
        if (!TryFindGroup(c, out _, out StreamGroup* group))
            return;
        StreamConsumer* consumer = group->FindConsumer(c[4]);
        if (consumer == null)
        {
            c.Reply.Integer(0);
            return;
        }
        c.Reply.Integer(group->RemoveConsumer(consumer));
        c.Dirty++;
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xgroup-delconsumer"u8, c[2]);
    }

    private static void XGroupHelp(CommandContext c) => HelpReply.Write(
        c,
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.");

    /// <summary>Reads the options behind the ID; false when an error was replied.</summary>
    private static bool TryReadOptions(CommandContext c, bool allowMkStream, out bool isMkStream, out long entriesRead)
    {
        isMkStream = false;
        entriesRead = StreamData.UnknownReads;
        for (int i = 5; i < c.ArgCount; i++)
        {
            if (allowMkStream && c.ArgIs(i, "mkstream"u8))
            {
                isMkStream = true;
            }
            else if (i + 1 < c.ArgCount && c.ArgIs(i, "entriesread"u8))
            {
                if (!c.TryGetLong(++i, out entriesRead))
                    return false;
                if (entriesRead < 0 && entriesRead != StreamData.UnknownReads)
                {
                    c.Reply.Error("ERR value for ENTRIESREAD must be positive or -1"u8);
                    return false;
                }
            }
            else
            {
                c.SubcommandSyntaxError();
                return false;
            }
        }
        return true;
    }

    /// <summary>The stream of the second argument, to be changed; it may be missing only if it is to be made.</summary>
    private static bool TryFindStream(CommandContext c, bool isMkStream, out KeyEntry entry)
    {
        if (!c.TryLookupWrite(c[2], DataType.Stream, out entry))
            return false;
        if (!entry.IsNull || isMkStream)
            return true;
        c.Reply.Error("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."u8);
        return false;
    }

    private static bool TryFindGroup(CommandContext c, out StreamData* stream, out StreamGroup* group)
    {
        stream = null;
        group = null;
        if (!TryFindStream(c, isMkStream: false, out KeyEntry entry))
            return false;
        stream = StreamValue.Of(entry);
        group = stream->FindGroup(c[3]);
        if (group != null)
            return true;
        StreamReply.NoGroupOfKey(c, c[2], c[3]);
        return false;
    }

    private static void XAck(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.Stream, out KeyEntry entry))
            return;
        StreamGroup* group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(c[2]);
        if (group == null)
        {
            c.Reply.Integer(0);
            return;
        }
        // All IDs are looked at first, so that an error leaves everything as it is.
        for (int i = 3; i < c.ArgCount; i++)
        {
            if (!StreamIdArgument.TryRead(c, i, out _))
                return;
        }
        c.Db.Preserve(entry);
        int acknowledged = 0;
        for (int i = 3; i < c.ArgCount; i++)
        {
            StreamIdArgument.TryParse(c[i], 0, out StreamId id);
            acknowledged += group->Forget(id) ? 1 : 0;
        }
        c.Reply.Integer(acknowledged);
        c.Dirty += acknowledged;
    }

    private static void XPending(CommandContext c)
    {
        if (c.ArgCount != 3 && c.ArgCount is < 6 or > 9)
        {
            c.SyntaxError();
            return;
        }
        PendingRange range = default;
        if ((c.ArgCount > 3 && !PendingRange.TryRead(c, out range)) || !c.TryLookupRead(c[1], DataType.Stream, out KeyEntry entry))
            return;
        StreamGroup* group = entry.IsNull ? null : StreamValue.Of(entry)->FindGroup(c[2]);
        if (group == null)
            StreamReply.NoGroup(c, c[1], c[2], "'"u8);
        else if (c.ArgCount == 3)
            ReplySummary(c, group);
        else
            ReplyPending(c, group, range);
    }

    private static void ReplySummary(CommandContext c, StreamGroup* group)
    {
        c.Reply.ArrayHeader(4);
        c.Reply.Integer(group->Pending.Count);
        if (group->Pending.Count == 0)
        {
            c.Reply.Null();
            c.Reply.Null();
            c.Reply.NullArray();
            return;
        }
        StreamReply.Id(c.Reply, group->Pending.IdAt(group->Pending.First));
        StreamReply.Id(c.Reply, group->Pending.IdAt(group->Pending.Last));
        nint mark = c.Reply.BeginDeferred();
        int written = 0;
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            if (consumer->Pending.Count == 0)
                continue;
            c.Reply.ArrayHeader(2);
            c.Reply.Bulk(consumer->Name);
            c.Reply.BulkInteger(consumer->Pending.Count);
            written++;
        }
        c.Reply.EndDeferredArray(mark, written);
    }

    private static void ReplyPending(CommandContext c, StreamGroup* group, in PendingRange range)
    {
        StreamConsumer* consumer = range.ConsumerAt == 0 ? null : group->FindConsumer(c[range.ConsumerAt]);
        if (range.ConsumerAt != 0 && consumer == null)
        {
            c.Reply.ArrayHeader(0);
            return;
        }
        ref IdMap pendings = ref consumer != null ? ref consumer->Pending : ref group->Pending;
        nint mark = c.Reply.BeginDeferred();
        long written = 0;
        for (IdPlace place = pendings.AtOrAfter(range.Start); !place.IsNone && written < range.Count; place = pendings.Next(place))
        {
            StreamId id = pendings.IdAt(place);
            if (id > range.End)
                break;
            var pending = (PendingEntry*)pendings.ValueAt(place);
            bool isReleased = pending->Consumer == null;
            long idle = c.NowMs - pending->DeliveredMs;
            if (range.MinIdle != 0 && idle < range.MinIdle && !isReleased)
                continue;
            c.Reply.ArrayHeader(4);
            StreamReply.Id(c.Reply, id);
            c.Reply.Bulk(pending->ConsumerName);
            c.Reply.Integer(isReleased ? -1 : Math.Max(idle, 0));
            c.Reply.Integer(pending->Deliveries);
            written++;
        }
        c.Reply.EndDeferredArray(mark, written);
    }

    /// <summary>The arguments of XPENDING that ask for single entries.</summary>
    private readonly record struct PendingRange(StreamId Start, StreamId End, long Count, long MinIdle, int ConsumerAt)
    {
        public static bool TryRead(CommandContext c, out PendingRange range)
        {
            range = default;
            int at = 3;
            long minIdle = 0;
            if (c.ArgIs(3, "idle"u8))
            {
                if (!c.TryGetLong(4, out minIdle))
                    return false;
                if (c.ArgCount < 8)
                {
                    c.SyntaxError();
                    return false;
                }
                at = 5;
            }
            if (!c.TryGetLong(at + 2, out long count) || !StreamIdArgument.TryReadBound(c, at, isStart: true, out StreamId start)
                || !StreamIdArgument.TryReadBound(c, at + 1, isStart: false, out StreamId end))
            {
                return false;
            }
            range = new PendingRange(start, end, count, minIdle, at + 3 < c.ArgCount ? at + 3 : 0);
            return true;
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("xack", -4, &XAck)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Marks a pending message as correctly processed, effectively removing it from the pending entries " +
                "list of the consumer group. Return value of the command is the number of messages successfully " +
                "acknowledged, that is, the IDs we were actually able to resolve in the PEL.",
            Complexity = "O(1) for each message ID processed.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 group id...",
        });

        table.Add(new("xgroup", -2, null)
        {
            Group = CommandGroup.Stream, Since = "5.0.0",
            Summary = "A container for consumer groups commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("create", -5, &XGroupCreate)
                {
                    Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
                    Categories = AclCategories.Stream,
                    Summary = "Create a consumer group.",
                    Complexity = "O(1)",
                    History = [("7.0.0", "Added the `entries_read` named argument.")],
                    Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
                    Arguments = """
                        key#0 groupname id(id | '$' new_id:pure-token) ['MKSTREAM'] ['ENTRIESREAD' entries_read:integer]
                        """,
                },
                new("createconsumer", 5, &XGroupCreateConsumer)
                {
                    Group = CommandGroup.Stream, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
                    Categories = AclCategories.Stream,
                    Summary = "Create a consumer in a consumer group.",
                    Complexity = "O(1)",
                    Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Insert)],
                    Arguments = "key#0 groupname consumername",
                },
                new("delconsumer", 5, &XGroupDelConsumer)
                {
                    Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write, Categories = AclCategories.Stream,
                    Summary = "Delete a consumer from a consumer group.",
                    Complexity = "O(1)",
                    Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Delete)],
                    Arguments = "key#0 groupname consumername",
                },
                new("destroy", 4, &XGroupDestroy)
                {
                    Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write, Categories = AclCategories.Stream,
                    Summary = "Destroy a consumer group.",
                    Complexity = "O(N) where N is the number of entries in the group's pending entries list (PEL).",
                    Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Delete)],
                    Arguments = "key#0 groupname",
                },
                HelpReply.Row(CommandGroup.Stream, "5.0.0", &XGroupHelp, AclCategories.Stream),
                new("setid", -5, &XGroupSetId)
                {
                    Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write, Categories = AclCategories.Stream,
                    Summary = "Set a consumer group to an arbitrary last delivered ID value.",
                    Complexity = "O(1)",
                    History = [("7.0.0", "Added the optional `entries_read` argument.")],
                    Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Update)],
                    Arguments = "key#0 groupname id(id | '$' new_id:pure-token) ['ENTRIESREAD' entries_read:integer]",
                },
            ],
        });

        table.Add(new("xpending", -3, &XPending)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Stream,
            Summary = "Return information and entries from a stream consumer group pending entries list, that are messages " +
                "fetched but never acknowledged.",
            Complexity = "O(N) with N being the number of elements returned, so asking for a small fixed number of entries " +
                "per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. " +
                "When the command returns just the summary and the list of consumers is small, it runs in O(1) time; " +
                "otherwise, an additional O(N) time for iterating every consumer.",
            History = [("6.2.0", "Added the `IDLE` option and exclusive range intervals.")],
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 group [filters{['IDLE' min-idle-time:integer@6.2.0] start end count:integer [consumer]}]",
        });
    }
}
