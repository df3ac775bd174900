using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Streams: adding, deleting and reading entries. See https://redis.io/docs/latest/commands/?group=stream.</summary>
internal static unsafe class StreamCommands
{
    private const int StackElements = 16;

    private static void XAdd(CommandContext c)
    {
        if (!StreamTrimArguments.TryRead(c, isAdd: true, out StreamTrimArguments arguments))
            return;
        int first = arguments.IdAt + 1;
        if (c.ArgCount - first < 2 || (c.ArgCount - first) % 2 == 1)
        {
            c.WrongArgumentCount();
            return;
        }
        if (arguments.IsIdGiven && arguments.IsSequenceGiven && arguments.Id.IsZero)
        {
            c.Reply.Error("ERR The ID specified in XADD must be greater than 0-0"u8);
            return;
        }
        if (!c.TryLookupWrite(c[1], DataType.Stream, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            if (arguments.IsNoMkStream)
            {
                c.Reply.Null();
                return;
            }
            entry = StreamValue.Create(c, c[1]);
        }
        StreamData* stream = StreamValue.Of(entry);
        if (TryFindId(c, stream, arguments, out StreamId id) && TryAppend(c, stream, first, id))
            Added(c, stream, arguments, id);
    }

    private static bool TryFindId(CommandContext c, StreamData* stream, in StreamTrimArguments arguments, out StreamId id)
    {
        id = arguments.Id;
        if (stream->LastId == StreamId.Max)
        {
            c.Reply.Error("ERR The stream has exhausted the last possible ID, unable to add more items"u8);
            return false;
        }
        bool isNext = arguments.IsIdGiven
            ? !arguments.IsSequenceGiven && stream->LastId.Ms == id.Ms
            : (ulong)c.NowMs <= stream->LastId.Ms;
        if (isNext)
            stream->LastId.TryNext(out id);
        else if (!arguments.IsIdGiven)
            id = new StreamId((ulong)c.NowMs, 0);
        // An ID without sequence does not go on to the next millisecond.
        if (id > stream->LastId && (!arguments.IsIdGiven || id.Ms == arguments.Id.Ms))
            return true;
        c.Reply.Error("ERR The ID specified in XADD is equal or smaller than the target stream top item"u8);
        return false;
    }

    [SkipLocalsInit]
    private static bool TryAppend(CommandContext c, StreamData* stream, int first, StreamId id)
    {
        int count = c.ArgCount - first;
        Span<ListpackValue> elements = count <= StackElements ? stackalloc ListpackValue[StackElements] : new ListpackValue[count];
        long textBytes = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> text = c[first + i];
            textBytes += text.Length;
            // Arguments lie outside of the managed heap.
            fixed (byte* start = text)
                elements[i] = ListpackValue.Of(start, text.Length);
        }
        if (textBytes > StreamData.MaxEntryBytes)
        {
            c.Reply.Error("ERR Elements are too large to be stored"u8);
            return false;
        }
        stream->Append(id, elements[..count], textBytes, c.Server.Config.StreamNodeMaxBytes, c.Server.Config.StreamNodeMaxEntries);
        return true;
    }

    private static void Added(CommandContext c, StreamData* stream, in StreamTrimArguments arguments, StreamId id)
    {
        ReadOnlySpan<byte> key = c[1];
        StreamReply.Id(c.Reply, id);
        c.SignalModified(key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xadd"u8, key);
        c.Dirty++;
        if (arguments.Trim.Strategy != TrimStrategy.None && stream->Trim(arguments.Trim) > 0)
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xtrim"u8, key);
        if (c.Effects.IsPropagating)
            arguments.Propagate(c, stream, arguments.IsIdGiven && arguments.IsSequenceGiven ? null : id.ToBytes());
        c.Db.SignalReady(key);
    }

    private static void XTrim(CommandContext c)
    {
        if (!StreamTrimArguments.TryRead(c, isAdd: false, out StreamTrimArguments arguments)
            || !c.TryLookupWrite(c[1], DataType.Stream, out KeyEntry entry))
        {
            return;
        }
        long deleted = entry.IsNull ? 0 : StreamValue.Of(entry)->Trim(arguments.Trim);
        c.Reply.Integer(deleted);
        if (deleted == 0)
            return;
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xtrim"u8, c[1]);
        arguments.Propagate(c, StreamValue.Of(entry), id: null);
        c.SignalModified(c[1]);
        c.Dirty += deleted;
    }

    private static void XDel(CommandContext c)
    {
        if (!c.TryLookupWrite(c[1], DataType.Stream, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        // All IDs are looked at first, so that an error leaves everything as it is.
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (!StreamIdArgument.TryRead(c, i, out _))
                return;
        }
        StreamData* stream = StreamValue.Of(entry);
        int deleted = 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            StreamIdArgument.TryParse(c[i], 0, out StreamId id);
            deleted += stream->Delete(id) ? 1 : 0;
        }
        c.Reply.Integer(deleted);
        if (deleted == 0)
            return;
        stream->UpdateFirstId();
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xdel"u8, c[1]);
        c.Dirty += deleted;
    }

    private static void XLen(CommandContext c)
    {
        if (c.TryLookupRead(c[1], DataType.Stream, out KeyEntry entry))
            c.Reply.Integer(entry.IsNull ? 0 : StreamValue.Of(entry)->Length);
    }

    private static void XRange(CommandContext c) => Range(c, reverse: false);

    private static void XRevRange(CommandContext c) => Range(c, reverse: true);

    private static void Range(CommandContext c, bool reverse)
    {
        if (!StreamIdArgument.TryReadBound(c, reverse ? 3 : 2, isStart: true, out StreamId start)
            || !StreamIdArgument.TryReadBound(c, reverse ? 2 : 3, isStart: false, out StreamId end)
            || !TryReadCount(c, out long count) || !c.TryLookupRead(c[1], DataType.Stream, out KeyEntry entry))
        {
            return;
        }
        if (entry.IsNull)
            c.Reply.ArrayHeader(0);
        else if (count == 0)
            c.Reply.NullArray();
        else
            StreamReply.Range(c, StreamValue.Of(entry), start, end, Math.Max(count, 0), reverse);
    }

    // -1: all.
    private static bool TryReadCount(CommandContext c, out long count)
    {
        count = -1;
        for (int i = 4; i < c.ArgCount; i += 2)
        {
            if (i + 1 == c.ArgCount || !c.ArgIs(i, "count"u8))
            {
                c.SyntaxError();
                return false;
            }
            if (!c.TryGetLong(i + 1, out count))
                return false;
            count = Math.Max(count, 0);
        }
        return true;
    }

    private static void XSetId(CommandContext c)
    {
        long entriesAdded = -1;
        StreamId maxDeleted = default;
        if (!StreamIdArgument.TryRead(c, 2, out StreamId id) || !TryReadSetIdOptions(c, id, ref entriesAdded, ref maxDeleted)
            || !c.TryLookupWrite(c[1], DataType.Stream, out KeyEntry entry))
        {
            return;
        }
        if (entry.IsNull)
        {
            c.Reply.Error("ERR no such key"u8);
            return;
        }
        StreamData* stream = StreamValue.Of(entry);
        if (stream->Length > 0 && id < stream->LastEntryId)
        {
            c.Reply.Error("ERR The ID specified in XSETID is smaller than the target stream top item"u8);
            return;
        }
        if (entriesAdded != -1 && stream->Length > entriesAdded)
        {
            c.Reply.Error("ERR The entries_added specified in XSETID is smaller than the target stream length"u8);
            return;
        }
        stream->LastId = id;
        if (entriesAdded != -1)
            stream->EntriesAdded = entriesAdded;
        if (!maxDeleted.IsZero)
            stream->MaxDeletedId = maxDeleted;
        c.Reply.Ok();
        c.Dirty++;
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xsetid"u8, c[1]);
    }

    private static bool TryReadSetIdOptions(CommandContext c, StreamId id, ref long entriesAdded, ref StreamId maxDeleted)
    {
        for (int i = 3; i < c.ArgCount; i += 2)
        {
            if (i + 1 < c.ArgCount && c.ArgIs(i, "entriesadded"u8))
            {
                if (!c.TryGetLong(i + 1, out entriesAdded))
                    return false;
                if (entriesAdded < 0)
                {
                    c.Reply.Error("ERR entries_added must be positive"u8);
                    return false;
                }
            }
            else if (i + 1 < c.ArgCount && c.ArgIs(i, "maxdeletedid"u8))
            {
                if (!StreamIdArgument.TryRead(c, i + 1, out maxDeleted))
                    return false;
                if (id < maxDeleted)
                {
                    c.Reply.Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"u8);
                    return false;
                }
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        return true;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("xadd", -5, &XAdd)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Appends a new entry to a stream",
            Complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
            History =
            [
                ("6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."),
                ("7.0.0", "Added support for the `<ms>-*` explicit ID form."),
            ],
            Tips = ["nondeterministic_output"],
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)
                    .Note("UPDATE instead of INSERT because of the optional trimming feature"),
            ],
            Arguments = """
                key#0 ['NOMKSTREAM'@6.2.0]
                [trim{strategy('MAXLEN' | 'MINID'@6.2.0) [operator('=' equal:pure-token
                  | '~' approximately:pure-token)] threshold ['LIMIT' count:integer@6.2.0]}]
                id_or_auto('*' auto_id:pure-token | id) field_value{field value}...
                """,
        });

        table.Add(new("xdel", -3, &XDel)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Removes the specified entries from the stream. Returns the number of items actually deleted, that " +
                "may be different from the number of IDs passed in case certain IDs do not exist.",
            Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 id...",
        });

        table.Add(new("xlen", 2, &XLen)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Return the number of entries in a stream",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0",
        });

        table.Add(new("xrange", -4, &XRange)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Stream,
            Summary = "Return a range of elements in a stream, with IDs matching the specified IDs interval",
            Complexity = "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for " +
                "the first 10 elements with COUNT), you can consider it O(1).",
            History = [("6.2.0", "Added exclusive ranges.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 start end ['COUNT' count:integer]",
        });

        table.Add(new("xrevrange", -4, &XRevRange)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Stream,
            Summary = "Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse " +
                "order (from greater to smaller IDs) compared to XRANGE",
            Complexity = "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the " +
                "first 10 elements with COUNT), you can consider it O(1).",
            History = [("6.2.0", "Added exclusive ranges.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 end start ['COUNT' count:integer]",
        });

        table.Add(new("xsetid", -3, &XSetId)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "An internal command for replicating stream values",
            Complexity = "O(1)",
            History = [("7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 last-id ['ENTRIESADDED' entries_added:integer@7.0.0] ['MAXDELETEDID' max_deleted_entry_id@7.0.0]",
        });

        table.Add(new("xtrim", -4, &XTrim)
        {
            Group = CommandGroup.Stream, Since = "5.0.0", Flags = CommandFlags.Write, Categories = AclCategories.Stream,
            Summary = "Trims the stream to (approximately if '~' is passed) a certain size",
            Complexity = "O(N), with N being the number of evicted entries. Constant times are very small however, since " +
                "entries are organized in macro nodes containing multiple entries that can be released with a single " +
                "deallocation.",
            History = [("6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option.")],
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = """
                key#0
                trim{strategy('MAXLEN' | 'MINID'@6.2.0) [operator('=' equal:pure-token
                  | '~' approximately:pure-token)] threshold ['LIMIT' count:integer@6.2.0]}
                """,
        });
    }
}
