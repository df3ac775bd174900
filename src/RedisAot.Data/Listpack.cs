using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A listpack: a sequence of strings and integers in one block of the native heap, byte for byte as in official Redis
/// and in RDB files. Header: total bytes (4, low byte first), number of elements (2; 65535 means "count them"); then the
/// entries; then 0xff. The block moves when it changes size, so functions that change it take it by reference, and
/// element pointers are good until the next change. Callers keep a listpack within <see cref="MaxBytes"/>.
/// </summary>
public static unsafe class Listpack
{
    /// <summary>The largest listpack, in bytes: official Redis' own limit.</summary>
    public const uint MaxBytes = 1 << 30;

    /// <summary>The most bytes that an element takes beyond those of its text, an integer's included.</summary>
    public const uint MaxEntryOverhead = 16;

    internal const int HeaderBytes = 6;
    internal const int EmptyBytes = HeaderBytes + 1;
    private const ushort UnknownCount = ushort.MaxValue;

    /// <summary>A new empty listpack in a block of at least <paramref name="capacity"/> bytes; free it with the heap's Free.</summary>
    public static byte* Create(nuint capacity = 0)
    {
        byte* lp = NativeHeap.Allocate(nuint.Max(capacity, EmptyBytes));
        InitializeEmpty(lp);
        return lp;
    }

    /// <summary>A copy in a block of its own.</summary>
    public static byte* Duplicate(byte* lp)
    {
        byte* copy = NativeHeap.Allocate(TotalBytes(lp));
        NativeMemory.Copy(lp, copy, TotalBytes(lp));
        return copy;
    }

    /// <summary>A listpack with these bytes, which must have passed <see cref="Validate"/>.</summary>
    public static byte* FromBytes(ReadOnlySpan<byte> bytes)
    {
        byte* lp = NativeHeap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(lp, bytes.Length));
        return lp;
    }

    /// <summary>The listpack's bytes, as they go into an RDB file.</summary>
    public static ReadOnlySpan<byte> AsBytes(byte* lp) => new(lp, (int)TotalBytes(lp));

    /// <summary>The size in bytes, header and end included.</summary>
    public static uint TotalBytes(byte* lp) => Unsafe.ReadUnaligned<uint>(lp);

    /// <summary>Whether <paramref name="moreBytes"/> of elements (and their overhead) still keep it within <see cref="MaxBytes"/>.</summary>
    public static bool CanAdd(byte* lp, ulong moreBytes) => TotalBytes(lp) + moreBytes <= MaxBytes;

    /// <summary>The number of elements; O(n) from 65535 elements on.</summary>
    public static int Count(byte* lp)
    {
        ushort known = CountField(lp);
        if (known != UnknownCount)
            return known;
        int count = 0;
        for (byte* p = First(lp); p != null; p = Next(p))
            count++;
        if (count < UnknownCount)
            SetCountField(lp, (ushort)count);
        return count;
    }

    /// <summary>The first element, or null.</summary>
    public static byte* First(byte* lp) => OrNullAtEnd(lp + HeaderBytes);

    /// <summary>The last element, or null.</summary>
    public static byte* Last(byte* lp) => Previous(lp, EndOf(lp));

    /// <summary>The element after <paramref name="p"/>, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Next(byte* p) => OrNullAtEnd(p + ListpackEncoding.EntrySize(p));

    /// <summary>The element before <paramref name="p"/>, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Previous(byte* lp, byte* p)
    {
        if (p == lp + HeaderBytes)
            return null;
        nuint size = ListpackEncoding.ReadBackLength(p);
        return p - size - ListpackEncoding.BackLengthSize(size);
    }

    /// <summary>The element at an index; negative ones count from the end (-1 is the last). Null when there is none.</summary>
    public static byte* Seek(byte* lp, long index)
    {
        // With an unknown count, walking once from the asked end is cheaper than counting first.
        long count = CountField(lp);
        if (count != UnknownCount)
        {
            if (index < 0)
                index += count;
            if ((ulong)index >= (ulong)count)
                return null;
            if (index > count / 2)
                index -= count;
        }
        byte* p;
        if (index >= 0)
        {
            for (p = First(lp); p != null && index > 0; index--)
                p = Next(p);
        }
        else
        {
            for (p = Last(lp); p != null && index < -1; index++)
                p = Previous(lp, p);
        }
        return p;
    }

    /// <summary>The element at <paramref name="p"/>; its bytes point into the listpack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ListpackValue Get(byte* p) => ListpackEncoding.Read(p);

    /// <summary>Whether the element's bytes (or the text of its integer) are these.</summary>
    public static bool ElementEquals(byte* p, ReadOnlySpan<byte> bytes)
    {
        ListpackValue value = Get(p);
        return value.IsInteger
            ? DecimalInteger.TryParse(bytes, out long integer) && integer == value.Integer
            : value.Bytes.SequenceEqual(bytes);
    }

    /// <summary>
    /// The first element from <paramref name="p"/> on that has these bytes, or null. Between comparisons
    /// <paramref name="skip"/> elements are passed over: 1 looks at the fields of a hash only.
    /// </summary>
    public static byte* Find(byte* p, ReadOnlySpan<byte> bytes, int skip = 0)
    {
        bool needleIsInteger = DecimalInteger.TryParse(bytes, out long needle);
        while (p != null && *p != ListpackEncoding.End)
        {
            bool isMatch;
            if (ListpackEncoding.IsShortString(p, out int length))
            {
                // Fields of a record often have one length and end differently.
                isMatch = length == bytes.Length && (length == 0 || p[length] == bytes[length - 1])
                    && new ReadOnlySpan<byte>(p + 1, length).SequenceEqual(bytes);
            }
            else
            {
                ListpackValue value = Get(p);
                isMatch = value.IsInteger ? needleIsInteger && value.Integer == needle : value.Bytes.SequenceEqual(bytes);
            }
            if (isMatch)
                return p;
            p += ListpackEncoding.EntrySize(p);
            for (int i = 0; i < skip && *p != ListpackEncoding.End; i++)
                p += ListpackEncoding.EntrySize(p);
        }
        return null;
    }

    /// <summary>Adds an element at the end.</summary>
    public static void Append(ref byte* lp, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            Insert(ref lp, EndOf(lp), ListpackValue.Of(start, bytes.Length));
    }

    /// <summary>Adds an integer at the end.</summary>
    public static void Append(ref byte* lp, long value) => Insert(ref lp, EndOf(lp), ListpackValue.OfInteger(value));

    /// <summary>Adds elements at the end with one move of the block; none of them may point into this listpack.</summary>
    public static void Append(ref byte* lp, ReadOnlySpan<ListpackValue> values) => InsertBefore(ref lp, EndOf(lp), values);

    /// <summary>Adds elements before that at <paramref name="p"/> with one move of the block; none of them may point into this listpack.</summary>
    public static void InsertBefore(ref byte* lp, byte* p, ReadOnlySpan<ListpackValue> values)
    {
        nuint added = 0;
        foreach (ListpackValue value in values)
            added += ListpackEncoding.EntrySizeOf(value);
        byte* at = Splice(ref lp, p, 0, added);
        foreach (ListpackValue value in values)
            at = ListpackEncoding.WriteEntry(at, value);
        AddToCount(lp, values.Length);
    }

    /// <summary>Adds an element before the first.</summary>
    public static void Prepend(ref byte* lp, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            Insert(ref lp, lp + HeaderBytes, ListpackValue.Of(start, bytes.Length));
    }

    /// <summary>Adds an integer before the first element.</summary>
    public static void Prepend(ref byte* lp, long value) => Insert(ref lp, lp + HeaderBytes, ListpackValue.OfInteger(value));

    /// <summary>Adds an element before that at <paramref name="p"/>; returns the new one.</summary>
    public static byte* InsertBefore(ref byte* lp, byte* p, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Insert(ref lp, p, ListpackValue.Of(start, bytes.Length));
    }

    /// <summary>Adds an integer before the element at <paramref name="p"/>; returns the new one.</summary>
    public static byte* InsertBefore(ref byte* lp, byte* p, long value) => Insert(ref lp, p, ListpackValue.OfInteger(value));

    /// <summary>Adds an element after that at <paramref name="p"/>; returns the new one.</summary>
    public static byte* InsertAfter(ref byte* lp, byte* p, ReadOnlySpan<byte> bytes) =>
        InsertBefore(ref lp, p + ListpackEncoding.EntrySize(p), bytes);

    /// <summary>Adds an integer after the element at <paramref name="p"/>; returns the new one.</summary>
    public static byte* InsertAfter(ref byte* lp, byte* p, long value) =>
        InsertBefore(ref lp, p + ListpackEncoding.EntrySize(p), value);

    /// <summary>Puts another element in the place of that at <paramref name="p"/>; returns it.</summary>
    public static byte* Replace(ref byte* lp, byte* p, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Write(ref lp, p, ListpackEncoding.EntrySize(p), ListpackValue.Of(start, bytes.Length));
    }

    /// <summary>Puts an integer in the place of the element at <paramref name="p"/>; returns it.</summary>
    public static byte* Replace(ref byte* lp, byte* p, long value) =>
        Write(ref lp, p, ListpackEncoding.EntrySize(p), ListpackValue.OfInteger(value));

    /// <summary>Removes the element at <paramref name="p"/> and up to <paramref name="count"/> - 1 that follow; returns the one after them, or null.</summary>
    public static byte* Delete(ref byte* lp, byte* p, int count = 1)
    {
        byte* end = p;
        int removed = 0;
        for (; removed < count && *end != ListpackEncoding.End; removed++)
            end += ListpackEncoding.EntrySize(end);
        AddToCount(lp, -removed);
        return OrNullAtEnd(Splice(ref lp, p, (nuint)(end - p), 0));
    }

    /// <summary>Removes up to <paramref name="count"/> elements from an index on (negative: from the end).</summary>
    public static void DeleteRange(ref byte* lp, long index, int count)
    {
        byte* p = count > 0 ? Seek(lp, index) : null;
        if (p != null)
            Delete(ref lp, p, count);
    }

    /// <summary>Adds all elements of <paramref name="other"/>, which stays as it is, at the end.</summary>
    public static void AppendAll(ref byte* lp, byte* other) => AppendPart(ref lp, other + HeaderBytes, EndOf(other), Count(other));

    /// <summary>Adds the <paramref name="count"/> entries between two pointers into another listpack at the end.</summary>
    internal static void AppendPart(ref byte* lp, byte* from, byte* to, int count)
    {
        nuint added = (nuint)(to - from);
        byte* at = Splice(ref lp, EndOf(lp), 0, added);
        NativeMemory.Copy(from, at, added);
        AddToCount(lp, count);
    }

    /// <summary>
    /// Fills <paramref name="picked"/> with different elements in the order of the listpack, each set of them equally
    /// likely, and returns how many there are: all when the listpack has fewer. Only every <paramref name="stride"/>-th
    /// element counts (2: the fields of a hash).
    /// </summary>
    public static int PickDistinct(byte* lp, int stride, Span<nint> picked, Random random)
    {
        int left = Count(lp) / stride, wanted = Math.Min(picked.Length, left), found = 0;
        for (byte* p = First(lp); found < wanted; left--)
        {
            if (random.Next(left) < wanted - found)
                picked[found++] = (nint)p;
            for (int i = 0; i < stride; i++)
                p += ListpackEncoding.EntrySize(p);
        }
        return found;
    }

    /// <summary>Gives back what the block has beyond the listpack's end.</summary>
    public static void ShrinkToFit(ref byte* lp)
    {
        if (NativeHeap.UsableSize(lp) > TotalBytes(lp))
            lp = NativeHeap.Reallocate(lp, TotalBytes(lp));
    }

    /// <summary>Whether the header and the end are right for a listpack of exactly these bytes: not enough to walk one of unknown origin.</summary>
    public static bool ValidateHeader(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* lp = bytes)
            return bytes.Length >= EmptyBytes && TotalBytes(lp) == bytes.Length && bytes[^1] == ListpackEncoding.End;
    }

    /// <summary>Whether every entry and the count are right too, so that no function here will read outside these bytes.</summary>
    public static bool Validate(ReadOnlySpan<byte> bytes)
    {
        if (!ValidateHeader(bytes))
            return false;
        fixed (byte* lp = bytes)
        {
            byte* end = EndOf(lp);
            byte* p = lp + HeaderBytes;
            int count = 0;
            for (; p != end; count++)
            {
                nuint size = ValidEntrySize(p, (nuint)(end - p));
                if (size == 0)
                    return false;
                p += size;
            }
            return CountField(lp) == UnknownCount || CountField(lp) == count;
        }
    }

    /// <summary>The size of the entry at <paramref name="p"/>, 0 unless it is right and ends within <paramref name="available"/> (at least 1) bytes.</summary>
    private static nuint ValidEntrySize(byte* p, nuint available)
    {
        uint prefix = ListpackEncoding.PrefixSize(*p);
        if (prefix == 0 || prefix > available)
            return 0;
        nuint encoded = ListpackEncoding.EncodedSize(p);
        nuint size = encoded + ListpackEncoding.BackLengthSize(encoded);
        return size <= available && ListpackEncoding.ReadBackLength(p + size) == encoded ? size : 0;
    }

    internal static byte* EndOf(byte* lp) => lp + TotalBytes(lp) - 1;

    internal static ushort CountField(byte* lp) => Unsafe.ReadUnaligned<ushort>(lp + 4);

    internal static void InitializeEmpty(byte* lp)
    {
        SetTotalBytes(lp, EmptyBytes);
        SetCountField(lp, 0);
        lp[HeaderBytes] = ListpackEncoding.End;
    }

    internal static void SetTotalBytes(byte* lp, nuint bytes) => Unsafe.WriteUnaligned(lp, (uint)bytes);

    /// <summary>Keeps the count field right when elements come or go: once unknown, it stays so.</summary>
    internal static void AddToCount(byte* lp, int change)
    {
        int count = CountField(lp);
        if (count != UnknownCount)
            SetCountField(lp, (ushort)Math.Min(count + change, UnknownCount));
    }

    internal static void SetCountField(byte* lp, ushort count) => Unsafe.WriteUnaligned(lp + 4, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* OrNullAtEnd(byte* p) => *p == ListpackEncoding.End ? null : p;

    internal static byte* Insert(ref byte* lp, byte* at, ListpackValue value)
    {
        byte* entry = Write(ref lp, at, 0, value);
        AddToCount(lp, 1);
        return entry;
    }

    private static byte* Write(ref byte* lp, byte* at, nuint replacedBytes, ListpackValue value)
    {
        nuint size = ListpackEncoding.SizeOf(value);
        nuint bytes = size + ListpackEncoding.BackLengthSize(size);
        byte* entry = bytes == replacedBytes ? at : Splice(ref lp, at, replacedBytes, bytes);
        ListpackEncoding.Write(entry, value, size);
        return entry;
    }

    /// <summary>Turns the <paramref name="removed"/> bytes at <paramref name="at"/> into <paramref name="inserted"/> undefined ones; returns where they are now.</summary>
    private static byte* Splice(ref byte* lp, byte* at, nuint removed, nuint inserted)
    {
        nuint total = TotalBytes(lp);
        nuint offset = (nuint)(at - lp);
        nuint newTotal = total - removed + inserted;
        if (newTotal > total && newTotal > NativeHeap.UsableSize(lp))
            lp = NativeHeap.Reallocate(lp, newTotal);
        at = lp + offset;
        NativeMemory.Copy(at + removed, at + inserted, total - offset - removed);
        SetTotalBytes(lp, newTotal);
        if (newTotal < total && IsRoomy(newTotal, NativeHeap.UsableSize(lp)))
        {
            lp = NativeHeap.Reallocate(lp, newTotal);
            at = lp + offset;
        }
        return at;
    }

    /// <summary>Shrinking at every removal would copy the block each time; a quarter may be spare.</summary>
    private static bool IsRoomy(nuint total, nuint usable) => usable > total + total / 4 + 32;
}
