using System.Buffers.Binary;
using RedisAot.Memory;

namespace RedisAot.Data.Legacy;

/// <summary>
/// The zipmap, which RDB files of official Redis 2.4 and before hold for small hashes. The number of pairs (1 byte; from
/// 254 on "count them"); then field and value in turns, each after its length (1 byte, or 0xfe and 4 bytes, low byte
/// first), a value with one more byte of how many unused ones follow it; then 0xff.
/// </summary>
public static unsafe class Zipmap
{
    private const byte BigLength = 0xfe;
    private const byte End = 0xff;

    /// <summary>
    /// A listpack of the same fields and values, in the native heap, and the length of the longest of them; null unless
    /// every byte of the zipmap is right, it is not empty, and the listpack stays within its limit.
    /// </summary>
    public static byte* ToListpack(ReadOnlySpan<byte> bytes, out int longest)
    {
        longest = 0;
        if (bytes.Length < 2 || bytes[^1] != End)
            return null;
        byte* lp = Listpack.Create((nuint)bytes.Length);
        if (AppendPairs(bytes, ref lp, ref longest))
        {
            Listpack.ShrinkToFit(ref lp);
            return lp;
        }
        NativeHeap.Free(lp);
        return null;
    }

    private static bool AppendPairs(ReadOnlySpan<byte> bytes, ref byte* lp, ref int longest)
    {
        int at = 1, count = 0;
        for (; bytes[at] != End; count++)
        {
            if (!TryRead(bytes, ref at, hasSpare: false, out ReadOnlySpan<byte> field)
                || !TryRead(bytes, ref at, hasSpare: true, out ReadOnlySpan<byte> value)
                || !Listpack.CanAdd(lp, (ulong)field.Length + (ulong)value.Length + 2 * Listpack.MaxEntryOverhead))
                return false;
            longest = Math.Max(longest, Math.Max(field.Length, value.Length));
            Listpack.Append(ref lp, field);
            Listpack.Append(ref lp, value);
        }
        return count > 0 && at == bytes.Length - 1 && (bytes[0] == BigLength || bytes[0] == count);
    }

    /// <summary>Reads one string; afterwards <paramref name="at"/> is at a byte that exists, at the latest the last one.</summary>
    private static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, bool hasSpare, out ReadOnlySpan<byte> text)
    {
        text = default;
        long last = bytes.Length - 1;
        bool isBig = bytes[at] == BigLength;
        long start = at + (isBig ? 5 : 1);
        if (bytes[at] == End || start > last)
            return false;
        uint length = isBig ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 1)..]) : bytes[at];
        if (isBig && length < BigLength)
            return false;
        int spare = hasSpare ? bytes[(int)start++] : 0;
        if (start + length + spare > last)
            return false;
        text = bytes.Slice((int)start, (int)length);
        at = (int)start + (int)length + spare;
        return true;
    }
}
