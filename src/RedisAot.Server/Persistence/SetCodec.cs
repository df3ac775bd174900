using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Sets in RDB data. A set that is a listpack is written member by member, for 7.0 knows no other form of it.</summary>
internal static unsafe class SetCodec
{
    public static RdbType TypeOf(KeyEntry entry) => entry.Encoding == ValueEncoding.IntSet ? RdbType.SetIntset : RdbType.Set;

    public static void Write(RdbWriter writer, KeyEntry entry)
    {
        if (entry.Encoding == ValueEncoding.IntSet)
        {
            writer.WriteString(Intset.AsBytes(entry.External));
            return;
        }
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        SetContents members = new(entry);
        writer.WriteLength((ulong)members.Count);
        foreach (ListpackValue member in members)
            writer.WriteString(member.AsBytes(scratch));
    }

    /// <summary>Begins to write a set that is a table.</summary>
    public static ValueWalk Begin(RdbWriter writer, KeyEntry entry)
    {
        MemberTable* table = new SetContents(entry).Table;
        writer.WriteLength((ulong)table->Count);
        return new TableValueWalk<SetMember>(
            writer, MemberTable.MembersOf(table), static (output, member) => output.WriteString(SetMember.KeyOf(member)));
    }

    public static KeyEntry Read(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        SetContents members = type switch
        {
            RdbType.SetIntset => ReadIntset(reader, config),
            RdbType.SetListpack => ReadListpack(reader, config),
            _ => ReadMembers(reader, config),
        };
        KeyEntry entry = KeyEntry.Create(key, DataType.Set, members.Encoding, expirySlot, valueSlot: true, 0);
        entry.External = members.Address;
        return entry;
    }

    private static SetContents ReadIntset(RdbReader reader, ServerConfig config)
    {
        byte* block = reader.ReadBlock(out int length);
        if (!Intset.Validate(new ReadOnlySpan<byte>(block, length)))
        {
            NativeHeap.Free(block);
            throw RdbException.Corrupt("Intset integrity check failed.");
        }
        SetContents members = new(ValueEncoding.IntSet, block);
        return members.Count <= config.SetMaxIntSetEntries ? members : AddAnew(members, config);
    }

    private static SetContents ReadListpack(RdbReader reader, ServerConfig config)
    {
        byte* lp = RdbListpack.CheckTuples(RdbListpack.Read(reader, "Set listpack"), tuple: 1, "Set listpack");
        return AddAnew(new SetContents(ValueEncoding.ListPack, lp), config);
    }

    /// <summary>The same members in the encoding that the configuration asks for; the old set is freed.</summary>
    private static SetContents AddAnew(SetContents members, ServerConfig config)
    {
        SetContents added = SetContents.CreateForIntegers();
        foreach (ListpackValue member in members)
            added.Add(member, config);
        members.Free();
        return added;
    }

    private static SetContents ReadMembers(RdbReader reader, ServerConfig config)
    {
        long count = reader.ReadCount();
        if (count == 0)
            throw RdbException.EmptyKey();
        SetContents members = count <= config.SetMaxIntSetEntries ? SetContents.CreateForIntegers() : SetContents.CreateForStrings();
        try
        {
            for (; count > 0; count--)
            {
                if (!members.Add(reader.ReadString(), config))
                    throw RdbException.Corrupt("Duplicate set members detected");
            }
        }
        catch
        {
            members.Free();
            throw;
        }
        return members;
    }
}
