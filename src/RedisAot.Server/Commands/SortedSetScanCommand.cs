using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>ZSCAN. See https://redis.io/docs/latest/commands/zscan/.</summary>
internal static unsafe class SortedSetScanCommand
{
    private static void ZScan(CommandContext c)
    {
        if (!ScanCursor.TryRead(c, 2, out ulong cursor) || !c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            ScanCursor.ReplyNothing(c.Reply);
            return;
        }
        if (!ScanOptions.TryRead(c, 3, DataType.SortedSet, out ScanOptions options))
            return;
        if (entry.Encoding == ValueEncoding.ListPack)
            ScanListpack(c, entry, options);
        else
            ScanTable(c, entry, cursor, options);
    }

    private static void ScanTable(CommandContext c, KeyEntry entry, ulong cursor, in ScanOptions options)
    {
        List<nint> found = ScanCursor.Collect(ref SortedSetValue.Members(entry)->Table, ref cursor, options.Count);
        c.Reply.ArrayHeader(2);
        ScanCursor.Reply(c.Reply, cursor);
        nint mark = c.Reply.BeginDeferred();
        int replied = 0;
        Span<byte> score = stackalloc byte[NumberText.MaxDoubleLength];
        foreach (nint member in found)
        {
            ReadOnlySpan<byte> name = SortedMember.NameOf((byte*)member);
            if (!options.Matches(c, name))
                continue;
            c.Reply.Bulk(name);
            c.Reply.Bulk(score[..NumberText.Format(SortedMember.ScoreOf((byte*)member), score)]);
            replied += 2;
        }
        c.Reply.EndDeferredArray(mark, replied);
    }

    // All at once, the scores as they are stored.
    private static void ScanListpack(CommandContext c, KeyEntry entry, in ScanOptions options)
    {
        c.Reply.ArrayHeader(2);
        ScanCursor.Reply(c.Reply, 0);
        nint mark = c.Reply.BeginDeferred();
        int replied = 0;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        for (byte* member = Listpack.First(entry.External); member != null; member = SortedListpack.Next(member))
        {
            ReadOnlySpan<byte> name = SortedListpack.NameOf(member, scratch);
            if (!options.Matches(c, name))
                continue;
            c.Reply.Bulk(name);
            c.Reply.Bulk(SortedListpack.ScoreElementOf(member).AsBytes(scratch));
            replied += 2;
        }
        c.Reply.EndDeferredArray(mark, replied);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("zscan", -3, &ZScan)
        {
            Group = CommandGroup.SortedSet, Since = "2.8.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.SortedSet,
            Summary = "Incrementally iterate sorted sets elements and associated scores",
            Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor " +
                "to return back to 0. N is the number of elements inside the collection..",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 cursor:integer ['MATCH' pattern:pattern] ['COUNT' count:integer]",
        });
    }
}
