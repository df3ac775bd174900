using System.Globalization;
using RedisAot.Data;
using RedisAot.Server.Commands;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Keyspace;

/// <summary>List values: a <see cref="Quicklist"/>, however short, which is never empty between commands.</summary>
internal static unsafe class ListValue
{
    /// <summary>The list of an entry.</summary>
    public static Quicklist* Of(KeyEntry entry) => (Quicklist*)entry.External;

    /// <summary>Puts a new list, to be filled at once, under a key.</summary>
    public static KeyEntry Create(CommandContext c, ReadOnlySpan<byte> key)
    {
        Quicklist* list = Quicklist.Create(c.Server.Config.ListMaxListpackSize, c.Server.Config.ListCompressDepth);
        return c.Db.SetExternal(key, DataType.List, ValueEncoding.QuickList, (byte*)list);
    }

    /// <summary>Adds an element at an end.</summary>
    public static void Push(Quicklist* list, ListEnd end, ReadOnlySpan<byte> element)
    {
        if (end == ListEnd.Left)
            list->PushHead(element);
        else
            list->PushTail(element);
    }

    /// <summary>The element at an end; its bytes are good until the list changes.</summary>
    public static ListpackValue Peek(Quicklist* list, ListEnd end) => end == ListEnd.Left ? list->First : list->Last;

    /// <summary>Removes elements at an end, at most as many as there are.</summary>
    public static void Remove(Quicklist* list, ListEnd end, long count)
    {
        if (count > 1)
            list->RemoveRange(end == ListEnd.Left ? 0 : -count, count);
        else if (end == ListEnd.Left)
            list->RemoveFirst();
        else
            list->RemoveLast();
    }

    /// <summary>Frees the list.</summary>
    public static void Free(KeyEntry entry) => Quicklist.Free(Of(entry));

    /// <summary>See <see cref="ValueMemory.FreeSome"/>.</summary>
    public static bool FreeSome(KeyEntry entry, ref int budget)
    {
        // Of a node the listpack and the node itself are freed.
        int nodes = Math.Max(budget / 2, 1);
        budget -= 2 * Math.Min(nodes, Of(entry)->NodeCount);
        return Quicklist.FreeSome(Of(entry), nodes);
    }

    /// <summary>A copy.</summary>
    public static byte* Duplicate(KeyEntry entry) => (byte*)Of(entry)->Duplicate();

    /// <summary>Native bytes of the list; reckoned from the first <paramref name="samples"/> nodes.</summary>
    public static long Bytes(KeyEntry entry, long samples) => (long)Of(entry)->MemoryBytes(samples);

    /// <summary>See <see cref="ValueMemory.FreeEffort"/>.</summary>
    public static long FreeEffort(KeyEntry entry) => Of(entry)->NodeCount;

    /// <summary>The nodes of the list, as DEBUG OBJECT shows them.</summary>
    public static string Describe(KeyEntry entry)
    {
        Quicklist* list = Of(entry);
        long bytes = 0;
        for (QuicklistNode* node = list->Head; node != null; node = node->Next)
            bytes += node->Size;
        return string.Create(
            CultureInfo.InvariantCulture,
            $" ql_nodes:{list->NodeCount} ql_avg_node:{(double)list->Count / list->NodeCount:F2} ql_listpack_max:{list->Fill} " +
            $"ql_compressed:{(list->CompressDepth > 0 ? 1 : 0)} ql_uncompressed_size:{bytes}");
    }

    /// <summary>Adds the elements to a digest, in their order.</summary>
    public static void AddDigest(Span<byte> digest, KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        QuicklistCursor cursor = new(Of(entry), 0);
        while (cursor.MoveNext())
            DataDigest.Mix(digest, cursor.Current.AsBytes(scratch));
        cursor.Dispose();
    }
}
