using System.Runtime.InteropServices;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>HRANDFIELD. See https://redis.io/docs/latest/commands/hrandfield/.</summary>
internal static unsafe class HRandFieldCommand
{
    private static FastRandom s_random = new((ulong)Random.Shared.NextInt64());

    private static void HRandField(CommandContext c)
    {
        long count = 0;
        if (c.ArgCount >= 3 && !TryReadOptions(c, out count))
            return;
        if (!HashCommands.TryLookupRead(c, out KeyEntry entry))
            return;
        bool several = c.ArgCount >= 3, withValues = c.ArgCount == 4;
        if (!entry.IsNull && c.Server.Pause.IsActive && HashValue.CountExpired(entry, c.NowMs) > 0)
        {
            ReplyUnexpired(c, entry, several, count, withValues);
            return;
        }
        bool isThere = !entry.IsNull && (c.Server.Pause.IsActive || c.Db.ExpireFields(entry, c.NowMs, endTicks: long.MaxValue));
        if (several)
            ReplySeveral(c, isThere ? entry : default, count, withValues);
        else if (isThere)
            ReplyRepeated(c, entry, 1, withValues: false);
        else
            c.Reply.Null();
    }

    private static bool TryReadOptions(CommandContext c, out long count)
    {
        if (!c.TryGetLong(2, out count))
            return false;
        if (count == long.MinValue)
        {
            c.Reply.Error($"ERR value is out of range, value must between {-long.MaxValue} and {long.MaxValue}");
            return false;
        }
        if (c.ArgCount > 4 || (c.ArgCount == 4 && !c.ArgIs(3, "withvalues"u8)))
        {
            c.SyntaxError();
            return false;
        }
        if (c.ArgCount < 4 || count is >= -long.MaxValue / 2 and <= long.MaxValue / 2)
            return true;
        c.Reply.Error("ERR value is out of range"u8);
        return false;
    }

    private static void ReplySeveral(CommandContext c, KeyEntry entry, long count, bool withValues)
    {
        long size = entry.IsNull ? 0 : HashValue.Count(entry);
        long replies = BeginReply(c, size, count, withValues);
        if (replies == 0)
            return;
        if (count <= 1)
            ReplyRepeated(c, entry, replies, withValues);
        else if (replies == size)
            ReplyAll(c, entry, withValues);
        else if (entry.Encoding == ValueEncoding.HashTable)
            ReplyDistinctOfTable(c, HashValue.TableOf(entry), replies, withValues);
        else
            ReplyDistinctOfListpack(c, entry, (int)replies, withValues);
    }

    /// <summary>Writes the header of the reply and says how many fields belong into it.</summary>
    private static long BeginReply(CommandContext c, long size, long count, bool withValues)
    {
        long replies = size == 0 ? 0 : count < 0 ? -count : Math.Min(count, size);
        c.Reply.ArrayHeader(withValues && !c.Reply.IsResp3 ? replies * 2 : replies);
        return replies;
    }

    /// <summary>Draws from a hash in which a pause keeps expired fields in place: nobody is to see those.</summary>
    private static void ReplyUnexpired(CommandContext c, KeyEntry entry, bool several, long count, bool withValues)
    {
        List<HashFieldView> fields = [];
        foreach (HashFieldView field in HashValue.Fields(entry))
        {
            if (!field.IsExpired(c.NowMs))
                fields.Add(field);
        }
        Random.Shared.Shuffle(CollectionsMarshal.AsSpan(fields));
        if (!several && fields.Count == 0)
        {
            c.Reply.Null();
            return;
        }
        long replies = several ? BeginReply(c, fields.Count, count, withValues) : 1;
        for (long i = 0; i < replies && !c.IsReplyLost; i++)
        {
            HashFieldView field = fields[(int)(count < 0 ? s_random.Next((uint)fields.Count) : i)];
            Reply(c, field.Name, field.Value, withValues);
        }
    }

    /// <summary>Fields drawn one by one, the same one perhaps again.</summary>
    private static void ReplyRepeated(CommandContext c, KeyEntry entry, long count, bool withValues)
    {
        if (entry.Encoding == ValueEncoding.HashTable)
        {
            for (; count > 0 && !c.IsReplyLost; count--)
                Reply(c, new HashField(HashValue.TableOf(entry)->Fields.Random(ref s_random)), withValues);
            return;
        }
        // Drawn by index, for which a listpack has to be walked.
        byte* listpack = HashValue.ListpackOf(entry);
        int elements = HashValue.ElementsPerField(entry);
        int size = Listpack.Count(listpack) / elements;
        if (count == 1)
        {
            Reply(c, Listpack.Seek(listpack, (long)s_random.Next((uint)size) * elements), withValues);
            return;
        }
        nint[] fields = new nint[size];
        Listpack.PickDistinct(listpack, elements, fields, Random.Shared);
        for (; count > 0 && !c.IsReplyLost; count--)
            Reply(c, (byte*)fields[s_random.Next((uint)size)], withValues);
    }

    private static void ReplyAll(CommandContext c, KeyEntry entry, bool withValues)
    {
        foreach (HashFieldView field in HashValue.Fields(entry))
            Reply(c, field.Name, field.Value, withValues);
    }

    private static void ReplyDistinctOfListpack(CommandContext c, KeyEntry entry, int count, bool withValues)
    {
        nint[] fields = new nint[count];
        Listpack.PickDistinct(HashValue.ListpackOf(entry), HashValue.ElementsPerField(entry), fields, Random.Shared);
        foreach (nint field in fields)
            Reply(c, (byte*)field, withValues);
    }

    private static void ReplyDistinctOfTable(CommandContext c, FieldTable* table, long count, bool withValues)
    {
        // Drawing until there are enough different ones takes long when nearly all are wanted.
        const int drawShare = 3;
        if (count * drawShare > table->Count)
        {
            long left = table->Count;
            foreach (byte* field in table->Fields)
            {
                if (Random.Shared.NextInt64(left--) >= count)
                    continue;
                Reply(c, new HashField(field), withValues);
                count--;
            }
            return;
        }
        HashSet<nint> drawn = new((int)count);
        while (drawn.Count < count)
        {
            byte* field = table->Fields.Random(ref s_random);
            if (drawn.Add((nint)field))
                Reply(c, new HashField(field), withValues);
        }
    }

    private static void Reply(CommandContext c, HashField field, bool withValue) =>
        Reply(c, FieldValue.AsElement(field.Name), FieldValue.AsElement(field.Value), withValue);

    private static void Reply(CommandContext c, byte* field, bool withValue) =>
        Reply(c, Listpack.Get(field), Listpack.Get(Listpack.Next(field)), withValue);

    private static void Reply(CommandContext c, ListpackValue name, ListpackValue value, bool withValue)
    {
        if (withValue && c.Reply.IsResp3)
            c.Reply.ArrayHeader(2);
        ElementReply.Write(c.Reply, name);
        if (withValue)
            ElementReply.Write(c.Reply, value);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("hrandfield", -2, &HRandField)
        {
            Group = CommandGroup.Hash, Since = "6.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Hash,
            Summary = "Get one or multiple random fields from a hash",
            Complexity = "O(N) where N is the number of fields returned",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 [options{count:integer ['WITHVALUES']}]",
        });
    }
}
