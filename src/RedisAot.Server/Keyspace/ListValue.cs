using RedisAot.Data;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Keyspace;

/// <summary>List values: a <see cref="Quicklist"/>, however short, which is never empty between commands.</summary>
internal static unsafe class ListValue
{
    /// <summary>The list of an entry.</summary>
    public static Quicklist* Of(KeyEntry entry) => (Quicklist*)entry.External;

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
