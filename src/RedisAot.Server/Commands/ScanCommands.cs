using RedisAot.Data;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Text;

namespace RedisAot.Server.Commands;

/// <summary>Finding out which keys there are.</summary>
internal static unsafe class ScanCommands
{
    private static void Scan(CommandContext c)
    {
        if (!ScanCursor.TryRead(c, 1, out ulong cursor) || !ScanOptions.TryRead(c, 2, scanned: null, out ScanOptions options))
            return;
        List<nint> found = ScanCursor.Collect(ref c.Db.Keys, ref cursor, options.Count);
        c.Reply.ArrayHeader(2);
        ScanCursor.Reply(c.Reply, cursor);
        nint mark = c.Reply.BeginDeferred();
        int replied = 0;
        foreach (nint address in found)
        {
            KeyEntry entry = new((byte*)address);
            if (!options.Admit(c, entry) || c.Db.DropIfExpired(entry))
                continue;
            c.Reply.Bulk(entry.Key);
            replied++;
        }
        c.Reply.EndDeferredArray(mark, replied);
    }

    private static void Keys(CommandContext c)
    {
        ReadOnlySpan<byte> pattern = c[1];
        nint mark = c.Reply.BeginDeferred();
        int found = 0;
        if (!pattern.ContainsAny("*?[\\"u8))
        {
            // Without a wildcard only the key of that name can match.
            if (c.Db.Exists(pattern))
            {
                c.Reply.Bulk(pattern);
                found++;
            }
            c.Reply.EndDeferredArray(mark, found);
            return;
        }
        bool all = pattern.SequenceEqual("*"u8);
        foreach (byte* address in c.Db.Keys)
        {
            KeyEntry entry = new(address);
            if ((!all && !Glob.IsMatch(pattern, entry.Key)) || Database.IsExpired(entry, c.NowMs))
                continue;
            c.Reply.Bulk(entry.Key);
            found++;
        }
        c.Reply.EndDeferredArray(mark, found);
    }

    private static void RandomKey(CommandContext c)
    {
        if (c.Db.RandomKey() is { } key)
            c.Reply.Bulk(key.AsSpan());
        else
            c.Reply.Null();
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("keys", 2, &Keys)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.ReadOnly,
            Categories = AclCategories.Keyspace | AclCategories.Dangerous,
            Summary = "Find all keys matching the given pattern",
            Complexity = "O(N) with N being the number of keys in the database, under the assumption that the key names in " +
                "the database and the given pattern have limited length.",
            Tips = ["request_policy:all_shards", "nondeterministic_output_order"],
            Arguments = "pattern:pattern",
        });

        table.Add(new("randomkey", 1, &RandomKey)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys,
            Categories = AclCategories.Keyspace,
            Summary = "Return a random key from the keyspace",
            Complexity = "O(1)",
            Tips = ["request_policy:all_shards", "nondeterministic_output"],
        });

        table.Add(new("scan", -2, &Scan)
        {
            Group = CommandGroup.Generic, Since = "2.8.0", Flags = CommandFlags.ReadOnly | CommandFlags.TouchesArbitraryKeys,
            Categories = AclCategories.Keyspace,
            Summary = "Incrementally iterate the keys space",
            Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor " +
                "to return back to 0. N is the number of elements inside the collection.",
            History = [("6.0.0", "Added the `TYPE` subcommand.")],
            Tips = ["nondeterministic_output", "request_policy:special"],
            Arguments = "cursor:integer ['MATCH' pattern:pattern] ['COUNT' count:integer] ['TYPE' type@6.0.0]",
        });
    }
}
