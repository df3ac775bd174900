using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Lists in RDB data.</summary>
internal static unsafe class ListCodec
{
    /// <summary>What precedes a node: whether it is one element as it is, or a listpack.</summary>
    private const ulong Plain = 1, Packed = 2;

    public static void Write(RdbWriter writer, KeyEntry entry)
    {
        Quicklist* list = ListValue.Of(entry);
        writer.WriteLength((ulong)list->NodeCount);
        for (QuicklistNode* node = list->Head; node != null; node = node->Next)
            WriteNode(writer, node);
    }

    /// <summary>Begins to write a list.</summary>
    public static ValueWalk Begin(RdbWriter writer, KeyEntry entry)
    {
        Quicklist* list = ListValue.Of(entry);
        writer.WriteLength((ulong)list->NodeCount);
        return new ListWalk(writer, list);
    }

    /// <summary>Writes a node of a list.</summary>
    public static void WriteNode(RdbWriter writer, QuicklistNode* node)
    {
        writer.WriteLength(node->IsPlain ? Plain : Packed);
        if (node->IsCompressed)
            writer.WriteCompressed(node->CompressedBytes, (int)node->Size);
        else
            writer.WriteString(node->Bytes);
    }

    public static KeyEntry Read(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        Quicklist* list = Quicklist.Create(config.ListMaxListpackSize, config.ListCompressDepth);
        try
        {
            switch (type)
            {
                case RdbType.List:
                    ReadElements(reader, list);
                    break;
                case RdbType.ListZiplist:
                    ReadZiplist(reader, list);
                    break;
                default:
                    ReadNodes(reader, list, type);
                    break;
            }
            if (list->Count == 0)
                throw RdbException.EmptyKey();
        }
        catch
        {
            Quicklist.Free(list);
            throw;
        }
        KeyEntry entry = KeyEntry.Create(key, DataType.List, ValueEncoding.QuickList, expirySlot, valueSlot: true, 0);
        entry.External = (byte*)list;
        return entry;
    }

    private static void ReadElements(RdbReader reader, Quicklist* list)
    {
        for (long left = reader.ReadCount(); left > 0; left--)
            list->PushTail(reader.ReadString());
    }

    private static void ReadZiplist(RdbReader reader, Quicklist* list)
    {
        byte* lp = RdbListpack.ReadZiplist(reader, "List ziplist");
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        for (byte* p = Listpack.First(lp); p != null; p = Listpack.Next(p))
            list->PushTail(Listpack.Get(p).AsBytes(scratch));
        NativeHeap.Free(lp);
    }

    private static void ReadNodes(RdbReader reader, Quicklist* list, RdbType type)
    {
        for (long left = reader.ReadCount(); left > 0; left--)
        {
            ulong container = type == RdbType.ListQuicklist2 ? reader.ReadLength() : Packed;
            if (container == Plain)
            {
                byte* block = reader.ReadBlock(out int length);
                list->AppendPlain(block, (uint)length);
                continue;
            }
            if (container != Packed)
                throw RdbException.Corrupt("Quicklist integrity check failed.");
            byte* lp = type == RdbType.ListQuicklist2 ? RdbListpack.Read(reader, "Listpack") : RdbListpack.ReadZiplist(reader, "Ziplist");
            if (Listpack.Count(lp) > 0)
                list->AppendListpack(lp);
            else
                NativeHeap.Free(lp);
        }
    }
}
