using RedisAot.Server.Keyspace;
using RedisAot.Server.Text;

namespace RedisAot.Server.Commands;

/// <summary>LCS. See https://redis.io/docs/latest/commands/lcs/.</summary>
internal static unsafe class LcsCommand
{
    private static void LongestCommonSubsequence(CommandContext c)
    {
        KeyEntry first = c.Db.LookupRead(c[1]);
        KeyEntry second = c.Db.LookupRead(c[2]);
        if ((!first.IsNull && first.Type != DataType.String) || (!second.IsNull && second.Type != DataType.String))
        {
            c.Reply.Error("ERR The specified keys must contain string values"u8);
            return;
        }
        if (!Options.TryRead(c, out Options options))
            return;
        Span<byte> firstScratch = stackalloc byte[StringValue.ScratchBytes];
        Span<byte> secondScratch = stackalloc byte[StringValue.ScratchBytes];
        ReadOnlySpan<byte> a = first.IsNull ? default : StringValue.Read(first, firstScratch);
        ReadOnlySpan<byte> b = second.IsNull ? default : StringValue.Read(second, secondScratch);
        if (Lcs.TableBytes(a.Length, b.Length) > c.Server.Config.ProtoMaxBulkLen)
        {
            c.Reply.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8);
            return;
        }
        scoped Lcs lcs;
        try
        {
            lcs = new Lcs(a, b);
        }
        catch (OutOfMemoryException)
        {
            c.Reply.Error("ERR Insufficient memory, failed allocating transient memory for LCS"u8);
            return;
        }
        using (lcs)
            Reply(c, lcs, options);
    }

    private static void Reply(CommandContext c, in Lcs lcs, in Options options)
    {
        if (options.Indexes)
        {
            ReplyMatches(c, lcs, options);
            return;
        }
        if (options.Length)
        {
            c.Reply.Integer(lcs.Length);
            return;
        }
        byte[] common = new byte[lcs.Length];
        lcs.CopyTo(common);
        c.Reply.Bulk(common.AsSpan());
    }

    private static void ReplyMatches(CommandContext c, in Lcs lcs, in Options options)
    {
        List<LcsMatch> matches = lcs.Matches(options.MinMatchLength);
        c.Reply.MapHeader(2);
        c.Reply.Bulk("matches"u8);
        c.Reply.ArrayHeader(matches.Count);
        foreach (LcsMatch match in matches)
        {
            c.Reply.ArrayHeader(options.WithMatchLength ? 3 : 2);
            c.Reply.ArrayHeader(2);
            c.Reply.Integer(match.FirstStart);
            c.Reply.Integer(match.FirstEnd);
            c.Reply.ArrayHeader(2);
            c.Reply.Integer(match.SecondStart);
            c.Reply.Integer(match.SecondEnd);
            if (options.WithMatchLength)
                c.Reply.Integer(match.Length);
        }
        c.Reply.Bulk("len"u8);
        c.Reply.Integer(lcs.Length);
    }

    private struct Options
    {
        public bool Length;
        public bool Indexes;
        public bool WithMatchLength;
        public long MinMatchLength;

        public static bool TryRead(CommandContext c, out Options options)
        {
            options = default;
            for (int i = 3; i < c.ArgCount; i++)
            {
                if (c.ArgIs(i, "idx"u8))
                {
                    options.Indexes = true;
                }
                else if (c.ArgIs(i, "len"u8))
                {
                    options.Length = true;
                }
                else if (c.ArgIs(i, "withmatchlen"u8))
                {
                    options.WithMatchLength = true;
                }
                else if (c.ArgIs(i, "minmatchlen"u8) && i + 1 < c.ArgCount)
                {
                    if (!c.TryGetLong(++i, out options.MinMatchLength))
                        return false;
                }
                else
                {
                    c.SyntaxError();
                    return false;
                }
            }
            if (!options.Length || !options.Indexes)
                return true;
            c.Reply.Error("ERR If you want both the length and indexes, please just use IDX."u8);
            return false;
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("lcs", -3, &LongestCommonSubsequence)
        {
            Group = CommandGroup.String, Since = "7.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.String,
            Summary = "Find longest common substring",
            Complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).To(1)],
            Arguments = "key1#0 key2#0 ['LEN'] ['IDX'] ['MINMATCHLEN' len:integer] ['WITHMATCHLEN']",
        });
    }
}
