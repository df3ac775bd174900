using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>XNACK: consumers give back entries that they cannot deal with, so that others may claim them at once.</summary>
internal static unsafe class StreamReleaseCommand
{
    private static void XNack(CommandContext c)
    {
        if (!Options.TryRead(c, out Options options) || !c.TryLookupWrite(c[1], DataType.Stream, out KeyEntry entry))
            return;
        StreamData* stream = entry.IsNull ? null : StreamValue.Of(entry);
        StreamGroup* group = stream == null ? null : stream->FindGroup(c[2]);
        if (group == null)
        {
            StreamReply.NoGroup(c, c[1], c[2], "'"u8);
            return;
        }
        int released = 0;
        for (int i = options.Ids.First; i < options.Ids.End; i++)
        {
            StreamIdArgument.TryParse(c[i], 0, out StreamId id);
            PendingEntry* pending = group->Find(id);
            if (pending != null)
                pending->Deliveries = options.DeliveriesAfter(pending->Deliveries);
            else if (options.IsForced && stream->Contains(id))
                pending = group->TryAdd(id, 0, options.DeliveriesWhenNew);
            else
                continue;
            group->Release(pending);
            released++;
        }
        c.Reply.Integer(released);
        c.Dirty += released;
        if (released > 0)
            c.Db.SignalReady(c[1]);
    }

    private enum Mode
    {
        /// <summary>The delivery does not count.</summary>
        Silent,

        /// <summary>It counts.</summary>
        Fail,

        /// <summary>The entry is never to be delivered again.</summary>
        Fatal,
    }

    /// <summary>The arguments behind the group.</summary>
    private struct Options
    {
        private Mode _mode;
        private long? _deliveries;

        public StreamIdBlock Ids;
        public bool IsForced;

        public readonly long DeliveriesWhenNew => _deliveries ?? (_mode == Mode.Fatal ? long.MaxValue : 0);

        public readonly long DeliveriesAfter(long before) => _deliveries ?? _mode switch
        {
            Mode.Silent => Math.Max(before - 1, 0),
            Mode.Fail => before,
            _ => long.MaxValue,
        };

        public static bool TryRead(CommandContext c, out Options options)
        {
            options = default;
            if (!options.TryReadMode(c) || !c.ArgIs(4, "ids"u8))
            {
                c.SyntaxError();
                return false;
            }
            if (!StreamIdBlock.TryRead(c, 4, out options.Ids))
                return false;
            for (int at = options.Ids.End; at < c.ArgCount; at++)
            {
                if (!options.TryReadOne(c, ref at))
                    return false;
            }
            return options.Ids.Check(c);
        }

        private bool TryReadMode(CommandContext c)
        {
            if (c.ArgIs(3, "fail"u8))
                _mode = Mode.Fail;
            else if (c.ArgIs(3, "fatal"u8))
                _mode = Mode.Fatal;
            else
                return c.ArgIs(3, "silent"u8);
            return true;
        }

        private bool TryReadOne(CommandContext c, ref int at)
        {
            if (c.ArgIs(at, "force"u8))
                return IsForced = true;
            if (at + 1 < c.ArgCount && c.ArgIs(at, "retrycount"u8))
            {
                bool isCount = c.TryGetLongFrom(++at, 0, out long deliveries, "ERR Invalid RETRYCOUNT option argument for XNACK"u8);
                _deliveries = deliveries;
                return isCount;
            }
            c.SyntaxError();
            return false;
        }
    }

    internal static void Register(CommandTable table) =>
        table.Add(new("xnack", -7, &XNack)
        {
            Group = CommandGroup.Stream, Since = "8.8.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Stream,
            Summary = "Releases pending messages back to the group's PEL without acknowledging them, making them available " +
                "for re-delivery.",
            Complexity = "O(1) for each message ID processed.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = """
                key#0 group mode('SILENT' | 'FAIL' | 'FATAL') 'IDS' ids{numids:integer id...} ['RETRYCOUNT' count:integer]
                ['FORCE']
                """,
        });
}
