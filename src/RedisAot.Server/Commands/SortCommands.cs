using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>SORT and SORT_RO. See https://redis.io/docs/latest/commands/sort/.</summary>
internal static unsafe class SortCommands
{
    private static void Sort(CommandContext c)
    {
        if (TryReadOptions(c, mayStore: true, out Options options))
            Run(c, options);
    }

    private static void SortRo(CommandContext c)
    {
        if (TryReadOptions(c, mayStore: false, out Options options))
            Run(c, options);
    }

    private struct Options
    {
        public bool Descending;
        public bool Alpha;
        public long Start;
        public long Limit;

        /// <summary>The argument that BY has, or 0.</summary>
        public int By;

        /// <summary>Whether the elements stay in their own order, which a BY without a wildcard says.</summary>
        public bool Unsorted;

        /// <summary>The arguments that GETs have; null without any.</summary>
        public List<int>? Gets;

        /// <summary>The argument that STORE has, or 0.</summary>
        public int Store;
    }

    private static bool TryReadOptions(CommandContext c, bool mayStore, out Options options)
    {
        options = new Options { Limit = -1 };
        for (int i = 2; i < c.ArgCount; i++)
        {
            int left = c.ArgCount - i - 1;
            if (c.ArgIs(i, "asc"u8))
            {
                options.Descending = false;
            }
            else if (c.ArgIs(i, "desc"u8))
            {
                options.Descending = true;
            }
            else if (c.ArgIs(i, "alpha"u8))
            {
                options.Alpha = true;
            }
            else if (left >= 2 && c.ArgIs(i, "limit"u8))
            {
                if (!c.TryGetLong(++i, out options.Start) || !c.TryGetLong(++i, out options.Limit))
                    return false;
            }
            else if (left >= 1 && mayStore && c.ArgIs(i, "store"u8))
            {
                options.Store = ++i;
            }
            else if (left >= 1 && c.ArgIs(i, "by"u8))
            {
                options.By = ++i;
                if (!SortPattern.HasWildcard(c[i]))
                {
                    options.Unsorted = true;
                }
                else if (!c.Server.Acl.AllowsReadingAllKeys(c))
                {
                    c.Reply.Error("ERR BY option of SORT denied due to insufficient ACL permissions."u8);
                    return false;
                }
            }
            else if (left >= 1 && c.ArgIs(i, "get"u8))
            {
                if (!c.Server.Acl.AllowsReadingAllKeys(c))
                {
                    c.Reply.Error("ERR GET option of SORT denied due to insufficient ACL permissions."u8);
                    return false;
                }
                (options.Gets ??= []).Add(++i);
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        return true;
    }

    private static void Run(CommandContext c, Options options)
    {
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (!entry.IsNull && entry.Type is not (DataType.List or DataType.Set or DataType.SortedSet))
        {
            c.WrongType();
            return;
        }
        if (options.Unsorted && options.Store != 0 && !entry.IsNull && entry.Type == DataType.Set)
        {
            // The order of a set is any order, which must not be what replicas store.
            options.Unsorted = false;
            options.Alpha = true;
            options.By = 0;
        }
        int count = entry.IsNull ? 0 : (int)CountOf(entry);
        int start = (int)Math.Clamp(options.Start, 0, count);
        int end = options.Limit < 0 ? count : (int)Math.Min(count, start + Math.Min(options.Limit, count));
        using SortBuffer buffer = new(count);
        if (options.Unsorted && !entry.IsNull && entry.Type != DataType.Set)
        {
            LoadRange(entry, start, end, options.Descending, buffer);
            end -= start;
            start = 0;
        }
        else if (!entry.IsNull)
        {
            Load(entry, buffer);
        }
        if (!options.Unsorted && !TrySort(c, options, buffer))
            c.Reply.Error("ERR One or more scores can't be converted into double"u8);
        else if (options.Store != 0)
            Store(c, options, buffer, start, end);
        else
            Reply(c, options, buffer, start, end);
    }

    private static long CountOf(KeyEntry entry) => entry.Type switch
    {
        DataType.List => ListValue.Of(entry)->Count,
        DataType.Set => SetValue.Count(entry),
        _ => SortedSetValue.Count(entry),
    };

    private static void Load(KeyEntry entry, SortBuffer buffer)
    {
        if (entry.Type != DataType.Set)
        {
            LoadRange(entry, 0, int.MaxValue, descending: false, buffer);
            return;
        }
        foreach (ListpackValue member in new SetContents(entry))
            buffer.Add(member);
    }

    /// <summary>Takes elements in the order that the value itself has, from the first or from the last one on.</summary>
    private static void LoadRange(KeyEntry entry, int start, int end, bool descending, SortBuffer buffer)
    {
        long first = descending ? CountOf(entry) - 1 - start : start;
        int wanted = end - start;
        if (wanted == 0)
            return;
        if (entry.Type == DataType.List)
        {
            QuicklistCursor list = new(ListValue.Of(entry), first, forward: !descending);
            while (buffer.Count < wanted && list.MoveNext())
                buffer.Add(list.Current);
            list.Dispose();
            return;
        }
        SortedSetCursor set = new(entry, first);
        for (bool more = set.IsValid; more && buffer.Count < wanted; more = descending ? set.MovePrevious() : set.MoveNext())
            buffer.Add(set.Name);
    }

    /// <summary>Sorts; false when something is no number that should be.</summary>
    private static bool TrySort(CommandContext c, in Options options, SortBuffer buffer)
    {
        bool valid = true;
        if (options.By != 0 || !options.Alpha)
        {
            Span<byte> scratch = stackalloc byte[SortPattern.ScratchBytes];
            for (int i = 0; i < buffer.Count; i++)
            {
                scoped ReadOnlySpan<byte> weight = buffer.Element(i);
                if (options.By != 0 && !SortPattern.TryLookup(c, c[options.By], weight, scratch, out weight))
                    continue;
                if (options.Alpha)
                    buffer.SetWeight(i, weight);
                else if (TryParseScore(weight, out double score))
                    buffer.SetScore(i, score);
                else
                    valid = false;
            }
        }
        SortOrder order = !options.Alpha ? SortOrder.Numeric : options.By == 0 ? SortOrder.Alphabetic : SortOrder.AlphabeticBy;
        if (valid)
            buffer.Sort(order, options.Descending);
        return valid;
    }

    /// <summary>Reads a number as C's strtod does, up to a NUL, where it reads all of that and there is neither overflow nor underflow.</summary>
    private static bool TryParseScore(ReadOnlySpan<byte> text, out double score)
    {
        int end = text.IndexOf((byte)0);
        if (end >= 0)
            text = text[..end];
        score = 0;
        return text.IsEmpty || (NumberText.TryParseDouble(text.TrimStart(" \t\n\v\f\r"u8), out score) && !double.IsSubnormal(score));
    }

    private static void Reply(CommandContext c, in Options options, SortBuffer buffer, int start, int end)
    {
        c.Reply.ArrayHeader((long)(end - start) * (options.Gets?.Count ?? 1));
        Span<byte> scratch = stackalloc byte[SortPattern.ScratchBytes];
        for (int i = start; i < end; i++)
        {
            ReadOnlySpan<byte> element = buffer.Element(i);
            if (options.Gets == null)
            {
                c.Reply.Bulk(element);
                continue;
            }
            foreach (int get in options.Gets)
            {
                if (TryGet(c, get, element, scratch, out ReadOnlySpan<byte> value))
                    c.Reply.Bulk(value);
                else
                    c.Reply.Null();
            }
        }
    }

    private static void Store(CommandContext c, in Options options, SortBuffer buffer, int start, int end)
    {
        ReadOnlySpan<byte> key = c[options.Store];
        long stored = (long)(end - start) * (options.Gets?.Count ?? 1);
        if (stored > 0)
        {
            Quicklist* list = Quicklist.Create(c.Server.Config.ListMaxListpackSize, c.Server.Config.ListCompressDepth);
            Fill(c, options, buffer, start, end, list);
            c.Db.SetExternal(key, DataType.List, ValueEncoding.QuickList, (byte*)list);
            c.SignalModified(key);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.List, "sortstore"u8, key);
            c.Dirty += stored;
        }
        else if (c.Db.Delete(key))
        {
            c.SignalModified(key);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
            c.Dirty++;
        }
        c.Reply.Integer(stored);
    }

    private static void Fill(CommandContext c, in Options options, SortBuffer buffer, int start, int end, Quicklist* list)
    {
        Span<byte> scratch = stackalloc byte[SortPattern.ScratchBytes];
        for (int i = start; i < end; i++)
        {
            ReadOnlySpan<byte> element = buffer.Element(i);
            if (options.Gets == null)
            {
                list->PushTail(element);
                continue;
            }
            foreach (int get in options.Gets)
            {
                TryGet(c, get, element, scratch, out ReadOnlySpan<byte> value);
                list->PushTail(value);
            }
        }
    }

    /// <summary>What GET names for an element, empty and false when there is no such thing.</summary>
    private static bool TryGet(CommandContext c, int get, ReadOnlySpan<byte> element, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = element;
        return c[get].SequenceEqual("#"u8) || SortPattern.TryLookup(c, c[get], element, scratch, out value);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("sort", -2, &Sort)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Set | AclCategories.SortedSet | AclCategories.List | AclCategories.Dangerous,
            Summary = "Sort the elements in a list, set or sorted set",
            Complexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of " +
                "returned elements. When the elements are not sorted, complexity is O(N).",
            Keys =
            [
                KeySpec.At(1, KeyFlags.RO | KeyFlags.Access),
                KeySpec.Unknown(KeyFlags.RO | KeyFlags.Access)
                    .Note("For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the " +
                        "content of the key we sort"),
                KeySpec.Unknown(KeyFlags.OW | KeyFlags.Update)
                    .Note("For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere " +
                        "in the argument array"),
            ],
            KeyFinder = KeyFinder.Sort,
            Arguments = """
                key#0 ['BY' pattern:pattern#1] ['LIMIT' offset_count{offset:integer count:integer}] ['GET'+ pattern:pattern#1...]
                [order('ASC' | 'DESC')] ['ALPHA' sorting:pure-token] ['STORE' destination#2]
                """,
        });

        table.Add(new("sort_ro", -2, &SortRo)
        {
            Group = CommandGroup.Generic, Since = "7.0.0", Flags = CommandFlags.ReadOnly,
            Categories = AclCategories.Set | AclCategories.SortedSet | AclCategories.List | AclCategories.Dangerous,
            Summary = "Sort the elements in a list, set or sorted set. Read-only variant of SORT.",
            Complexity = "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of " +
                "returned elements. When the elements are not sorted, complexity is O(N).",
            Keys =
            [
                KeySpec.At(1, KeyFlags.RO | KeyFlags.Access),
                KeySpec.Unknown(KeyFlags.RO | KeyFlags.Access)
                    .Note("For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the " +
                        "content of the key we sort"),
            ],
            KeyFinder = KeyFinder.SortReadOnly,
            Arguments = """
                key#0 ['BY' pattern:pattern#1] ['LIMIT' offset_count{offset:integer count:integer}] ['GET'+ pattern:pattern#1...]
                [order('ASC' | 'DESC')] ['ALPHA' sorting:pure-token]
                """,
        });
    }
}
