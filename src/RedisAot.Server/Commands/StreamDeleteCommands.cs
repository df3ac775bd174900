using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>XDELEX and XACKDEL: entries are deleted with regard to the groups that still refer to them.</summary>
internal static unsafe class StreamDeleteCommands
{
    private const int NotFound = -1;
    private const int Deleted = 1;
    private const int StillReferenced = 2;

    private static void XDelEx(CommandContext c)
    {
        if (!TryReadOptions(c, 2, out ReferencePolicy policy, out StreamIdBlock ids)
            || !c.TryLookupWrite(c[1], DataType.Stream, out KeyEntry entry))
        {
            return;
        }
        StreamData* stream = entry.IsNull ? null : StreamValue.Of(entry);
        c.Reply.ArrayHeader(ids.Count);
        long deleted = 0;
        for (int i = ids.First; i < ids.End; i++)
        {
            StreamIdArgument.TryParse(c[i], 0, out StreamId id);
            int result = stream != null && stream->Contains(id) ? Delete(stream, id, policy) : NotFound;
            deleted += result == Deleted ? 1 : 0;
            c.Reply.Integer(result);
        }
        c.Dirty += deleted;
        if (deleted > 0)
            NoteDeleted(c, stream);
    }

    private static void XAckDel(CommandContext c)
    {
        if (!TryReadOptions(c, 3, out ReferencePolicy policy, out StreamIdBlock ids)
            || !c.TryLookupWrite(c[1], DataType.Stream, out KeyEntry entry))
        {
            return;
        }
        StreamData* stream = entry.IsNull ? null : StreamValue.Of(entry);
        StreamGroup* group = stream == null ? null : stream->FindGroup(c[2]);
        c.Reply.ArrayHeader(ids.Count);
        long lengthBefore = stream == null ? 0 : stream->Length;
        for (int i = ids.First; i < ids.End; i++)
        {
            StreamIdArgument.TryParse(c[i], 0, out StreamId id);
            int result = NotFound;
            if (group != null && group->Forget(id))
            {
                c.Dirty++;
                result = Delete(stream, id, policy);
            }
            c.Reply.Integer(result);
        }
        if (stream != null && stream->Length < lengthBefore)
            NoteDeleted(c, stream);
    }

    /// <summary>Deletes an entry, which may be gone already, unless somebody may still need it.</summary>
    private static int Delete(StreamData* stream, StreamId id, ReferencePolicy policy)
    {
        if (policy == ReferencePolicy.Acknowledged && stream->IsReferenced(id))
            return StillReferenced;
        if (policy == ReferencePolicy.Delete)
            stream->ForgetReferences(id);
        stream->Delete(id);
        return Deleted;
    }

    private static void NoteDeleted(CommandContext c, StreamData* stream)
    {
        stream->UpdateFirstId();
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xdel"u8, c[1]);
    }

    /// <summary>Reads the arguments from <paramref name="at"/> on; false when an error was replied.</summary>
    private static bool TryReadOptions(CommandContext c, int at, out ReferencePolicy policy, out StreamIdBlock ids)
    {
        policy = default;
        ids = default;
        bool isPolicyGiven = false;
        for (; at < c.ArgCount; at++)
        {
            if (!isPolicyGiven && StreamReferenceArgument.TryParse(c, at, out ReferencePolicy given))
            {
                isPolicyGiven = true;
                policy = given;
            }
            else if (ids.Count == 0 && c.ArgIs(at, "ids"u8))
            {
                if (!StreamIdBlock.TryRead(c, at, out ids))
                    return false;
                at = ids.End - 1;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        if (ids.Count > 0)
            return ids.Check(c);
        c.SyntaxError();
        return false;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("xdelex", -5, &XDelEx)
        {
            Group = CommandGroup.Stream, Since = "8.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Deletes one or multiple entries from the stream.",
            Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 [condition('KEEPREF' | 'DELREF' | 'ACKED')] 'IDS' ids{numids:integer id...}",
        });

        table.Add(new("xackdel", -6, &XAckDel)
        {
            Group = CommandGroup.Stream, Since = "8.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Acknowledges and deletes one or multiple messages for a stream consumer group.",
            Complexity = "O(1) for each message ID processed.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update | KeyFlags.Delete)],
            Arguments = "key#0 group [condition('KEEPREF' | 'DELREF' | 'ACKED')] 'IDS' ids{numids:integer id...}",
        });
    }
}
