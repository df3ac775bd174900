using RedisAot.Data;
using RedisAot.Data.Legacy;
using RedisAot.Memory;

namespace RedisAot.Server.Persistence;

/// <summary>Reads the flat encodings of small collections; what gets through is a right listpack, whatever the data hold.
/// Each function is told <c>what</c> it reads, for the error.</summary>
internal static unsafe class RdbListpack
{
    /// <summary>Reads a listpack; may be empty.</summary>
    public static byte* Read(RdbReader reader, string what)
    {
        byte* block = reader.ReadBlock(out int length);
        if (Listpack.Validate(new ReadOnlySpan<byte>(block, length)))
            return block;
        NativeHeap.Free(block);
        throw RdbException.Corrupt($"{what} integrity check failed.");
    }

    /// <summary>Reads a ziplist as a listpack; may be empty.</summary>
    public static byte* ReadZiplist(RdbReader reader, string what)
    {
        byte* block = reader.ReadBlock(out int length);
        byte* lp = Ziplist.ToListpack(new ReadOnlySpan<byte>(block, length));
        NativeHeap.Free(block);
        return lp != null ? lp : throw RdbException.Corrupt($"{what} integrity check failed.");
    }

    /// <summary>Reads a zipmap as a listpack.</summary>
    public static byte* ReadZipmap(RdbReader reader, out int longest)
    {
        byte* block = reader.ReadBlock(out int length);
        byte* lp = Zipmap.ToListpack(new ReadOnlySpan<byte>(block, length), out longest);
        NativeHeap.Free(block);
        return lp != null ? lp : throw RdbException.Corrupt("Zipmap integrity check failed.");
    }

    /// <summary>
    /// Frees the listpack and refuses it unless it consists of tuples of <paramref name="tuple"/> elements, at least one, of which
    /// no two begin with the same text.
    /// </summary>
    public static byte* CheckTuples(byte* lp, int tuple, string what)
    {
        int count = Listpack.Count(lp);
        if (count > 0 && count % tuple == 0 && !ListpackDuplicates.Any(lp, tuple))
            return lp;
        NativeHeap.Free(lp);
        throw count == 0 ? RdbException.EmptyKey() : RdbException.Corrupt($"{what} integrity check failed: an odd number of elements, or duplicates.");
    }
}
