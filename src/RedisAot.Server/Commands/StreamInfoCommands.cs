using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>XINFO. See https://redis.io/docs/latest/commands/xinfo-stream/.</summary>
internal static unsafe class StreamInfoCommands
{
    private const long DefaultFullCount = 10;

    private static void XInfoStream(CommandContext c)
    {
        if (!TryFind(c, out StreamData* stream) || !TryReadFull(c, out bool isFull, out long count))
            return;
        ReplyWriter reply = c.Reply;
        reply.MapHeader(isFull ? 9 : 10);
        reply.Bulk("length"u8);
        reply.Integer(stream->Length);
        reply.Bulk("radix-tree-keys"u8);
        reply.Integer(stream->Nodes.Count);
        reply.Bulk("radix-tree-nodes"u8);
        reply.Integer(RadixShape.NodeCount(stream->Nodes));
        reply.Bulk("last-generated-id"u8);
        StreamReply.Id(reply, stream->LastId);
        reply.Bulk("max-deleted-entry-id"u8);
        StreamReply.Id(reply, stream->MaxDeletedId);
        reply.Bulk("entries-added"u8);
        reply.Integer(stream->EntriesAdded);
        reply.Bulk("recorded-first-entry-id"u8);
        StreamReply.Id(reply, stream->FirstId);
        if (isFull)
            ReplyFull(c, stream, count);
        else
            ReplyEnds(reply, stream);
    }

    private static void ReplyEnds(ReplyWriter reply, StreamData* stream)
    {
        reply.Bulk("groups"u8);
        reply.Integer(stream->Groups.Count);
        reply.Bulk("first-entry"u8);
        if (!StreamReply.TryEntry(reply, stream, stream->FirstEntryId(withDeleted: false)))
            reply.Null();
        reply.Bulk("last-entry"u8);
        if (!StreamReply.TryEntry(reply, stream, stream->LastEntryId))
            reply.Null();
    }

    private static void ReplyFull(CommandContext c, StreamData* stream, long count)
    {
        ReplyWriter reply = c.Reply;
        reply.Bulk("entries"u8);
        StreamReply.Range(c, stream, default, StreamId.Max, count, reverse: false);
        reply.Bulk("groups"u8);
        reply.ArrayHeader(stream->Groups.Count);
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            var group = (StreamGroup*)stream->Groups[i];
            // Official has this field from 8.8 on; those who never release anything see what 7.0 replies.
            long released = group->CountReleased();
            reply.MapHeader(released > 0 ? 8 : 7);
            reply.Bulk("name"u8);
            reply.Bulk(group->Name);
            ReplyProgress(reply, stream, group);
            reply.Bulk("pel-count"u8);
            reply.Integer(group->Pending.Count);
            reply.Bulk("pending"u8);
            ReplyPending(reply, group->Pending, count, withConsumer: true);
            reply.Bulk("consumers"u8);
            reply.ArrayHeader(group->Consumers.Count);
            for (int j = 0; j < group->Consumers.Count; j++)
                ReplyConsumer(reply, (StreamConsumer*)group->Consumers[j], count);
            if (released == 0)
                continue;
            reply.Bulk("nacked-count"u8);
            reply.Integer(released);
        }
    }

    private static void ReplyConsumer(ReplyWriter reply, StreamConsumer* consumer, long count)
    {
        reply.MapHeader(4);
        reply.Bulk("name"u8);
        reply.Bulk(consumer->Name);
        reply.Bulk("seen-time"u8);
        reply.Integer(consumer->SeenMs);
        reply.Bulk("pel-count"u8);
        reply.Integer(consumer->Pending.Count);
        reply.Bulk("pending"u8);
        ReplyPending(reply, consumer->Pending, count, withConsumer: false);
    }

    private static void ReplyPending(ReplyWriter reply, in IdMap pendings, long count, bool withConsumer)
    {
        long left = count == 0 ? pendings.Count : Math.Min(count, pendings.Count);
        reply.ArrayHeader(left);
        for (IdPlace place = pendings.First; left > 0; place = pendings.Next(place), left--)
        {
            var pending = (PendingEntry*)pendings.ValueAt(place);
            reply.ArrayHeader(withConsumer ? 4 : 3);
            StreamReply.Id(reply, pendings.IdAt(place));
            if (withConsumer)
                reply.Bulk(pending->ConsumerName);
            reply.Integer(pending->DeliveredMs);
            reply.Integer(pending->Deliveries);
        }
    }

    /// <summary>How far a group has come.</summary>
    private static void ReplyProgress(ReplyWriter reply, StreamData* stream, StreamGroup* group)
    {
        reply.Bulk("last-delivered-id"u8);
        StreamReply.Id(reply, group->LastId);
        reply.Bulk("entries-read"u8);
        if (group->EntriesRead != StreamData.UnknownReads)
            reply.Integer(group->EntriesRead);
        else
            reply.Null();
        reply.Bulk("lag"u8);
        if (stream->TryGetLag(group, out long lag))
            reply.Integer(lag);
        else
            reply.Null();
    }

    private static void XInfoGroups(CommandContext c)
    {
        if (!TryFind(c, out StreamData* stream))
            return;
        ReplyWriter reply = c.Reply;
        reply.ArrayHeader(stream->Groups.Count);
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            var group = (StreamGroup*)stream->Groups[i];
            reply.MapHeader(6);
            reply.Bulk("name"u8);
            reply.Bulk(group->Name);
            reply.Bulk("consumers"u8);
            reply.Integer(group->Consumers.Count);
            reply.Bulk("pending"u8);
            reply.Integer(group->Pending.Count);
            ReplyProgress(reply, stream, group);
        }
    }

    private static void XInfoConsumers(CommandContext c)
    {
        if (!TryFind(c, out StreamData* stream))
            return;
        StreamGroup* group = stream->FindGroup(c[3]);
        if (group == null)
        {
            StreamReply.NoGroupOfKey(c, c[2], c[3]);
            return;
        }
        c.Reply.ArrayHeader(group->Consumers.Count);
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            c.Reply.MapHeader(3);
            c.Reply.Bulk("name"u8);
            c.Reply.Bulk(consumer->Name);
            c.Reply.Bulk("pending"u8);
            c.Reply.Integer(consumer->Pending.Count);
            c.Reply.Bulk("idle"u8);
            c.Reply.Integer(Math.Max(c.NowMs - consumer->SeenMs, 0));
        }
    }

    private static void XInfoHelp(CommandContext c) => HelpReply.Write(
        c,
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.");

    private static bool TryFind(CommandContext c, out StreamData* stream)
    {
        stream = null;
        if (!c.TryLookupRead(c[2], DataType.Stream, out KeyEntry entry))
            return false;
        if (entry.IsNull)
        {
            c.Reply.Error("ERR no such key"u8);
            return false;
        }
        stream = StreamValue.Of(entry);
        return true;
    }

    private static bool TryReadFull(CommandContext c, out bool isFull, out long count)
    {
        isFull = c.ArgCount > 3;
        count = DefaultFullCount;
        if (!isFull)
            return true;
        if (c.ArgCount is not (4 or 6) || !c.ArgIs(3, "full"u8) || (c.ArgCount == 6 && !c.ArgIs(4, "count"u8)))
        {
            c.SubcommandSyntaxError();
            return false;
        }
        if (c.ArgCount == 6 && !c.TryGetLong(5, out count))
            return false;
        if (count < 0)
            count = DefaultFullCount;
        return true;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("xinfo", -2, null)
        {
            Group = CommandGroup.Stream, Since = "5.0.0",
            Summary = "A container for stream introspection commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("consumers", 4, &XInfoConsumers)
                {
                    Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.ReadOnly,
                    Categories = AclCategories.Stream,
                    Summary = "List the consumers in a consumer group",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output"],
                    Keys = [KeySpec.At(2, KeyFlags.RO | KeyFlags.Access)],
                    Arguments = "key#0 groupname",
                },
                new("groups", 3, &XInfoGroups)
                {
                    Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.ReadOnly,
                    Categories = AclCategories.Stream,
                    Summary = "List the consumer groups of a stream",
                    Complexity = "O(1)",
                    History = [("7.0.0", "Added the `entries-read` and `lag` fields")],
                    Keys = [KeySpec.At(2, KeyFlags.RO | KeyFlags.Access)],
                    Arguments = "key#0",
                },
                HelpReply.Row(CommandGroup.Stream, "5.0.0", &XInfoHelp, AclCategories.Stream),
                new("stream", -3, &XInfoStream)
                {
                    Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.ReadOnly,
                    Categories = AclCategories.Stream,
                    Summary = "Get information about a stream",
                    Complexity = "O(1)",
                    History =
                    [
                        ("6.0.0", "Added the `FULL` modifier."),
                        ("7.0.0", "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields"),
                    ],
                    Keys = [KeySpec.At(2, KeyFlags.RO | KeyFlags.Access)],
                    Arguments = "key#0 ['FULL' full{['COUNT' count:integer]}]",
                },
            ],
        });
    }
}
