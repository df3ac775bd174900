using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A sorted array of different integers in one block of the native heap, byte for byte as in official Redis and in RDB
/// files: width of an element in bytes (4 bytes: 2, 4 or 8), number of elements (4 bytes), elements; all low byte first.
/// The width is that of the widest number ever added. The block moves when it changes size.
/// </summary>
public static unsafe class Intset
{
    private const int HeaderBytes = 8;

    /// <summary>A new empty set; free it with the heap's Free.</summary>
    public static byte* Create()
    {
        byte* set = NativeHeap.Allocate(HeaderBytes);
        SetHeader(set, sizeof(short), 0);
        return set;
    }

    /// <summary>A set with these bytes, which must have passed <see cref="Validate"/>.</summary>
    public static byte* FromBytes(ReadOnlySpan<byte> bytes)
    {
        byte* set = NativeHeap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(set, bytes.Length));
        return set;
    }

    /// <summary>A copy in a block of its own.</summary>
    public static byte* Duplicate(byte* set) => FromBytes(AsBytes(set));

    /// <summary>The set's bytes, as they go into an RDB file.</summary>
    public static ReadOnlySpan<byte> AsBytes(byte* set) => new(set, HeaderBytes + Width(set) * Count(set));

    /// <summary>The number of elements.</summary>
    public static int Count(byte* set) => Unsafe.ReadUnaligned<int>(set + 4);

    /// <summary>The element at an index from 0 to <see cref="Count"/> - 1, in ascending order.</summary>
    public static long At(byte* set, int index)
    {
        byte* elements = set + HeaderBytes;
        return Width(set) switch
        {
            sizeof(short) => ((short*)elements)[index],
            sizeof(int) => ((int*)elements)[index],
            _ => ((long*)elements)[index],
        };
    }

    /// <summary>Any element, each equally likely; the set is not empty.</summary>
    public static long Random(byte* set, Random random) => At(set, random.Next(Count(set)));

    /// <summary>Whether the number is in the set.</summary>
    public static bool Contains(byte* set, long value) => IndexOf(set, value) >= 0;

    /// <summary>The index of the number; if it is not there, the complement (~) of the index where it would be.</summary>
    public static int IndexOf(byte* set, long value)
    {
        int low = 0, high = Count(set) - 1;
        // Numbers often arrive in ascending order.
        if (high >= 0 && value > At(set, high))
            return ~(high + 1);
        while (low <= high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            long found = At(set, middle);
            if (found == value)
                return middle;
            if (found < value)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    /// <summary>Adds a number; false when it was there.</summary>
    public static bool Add(ref byte* set, long value)
    {
        int width = Math.Max(Width(set), WidthOf(value));
        int index = IndexOf(set, value);
        if (index >= 0)
            return false;
        index = ~index;
        int count = Count(set);
        nuint bytes = (nuint)HeaderBytes + (nuint)width * ((nuint)count + 1);
        if (bytes > NativeHeap.UsableSize(set))
            set = NativeHeap.Reallocate(set, bytes);
        if (width > Width(set))
            Widen(set, count, width);
        byte* at = set + HeaderBytes + (nint)index * width;
        NativeMemory.Copy(at, at + width, (nuint)(count - index) * (nuint)width);
        SetHeader(set, width, count + 1);
        Write(set, width, index, value);
        return true;
    }

    /// <summary>Removes a number; false when it was not there. The width stays.</summary>
    public static bool Remove(ref byte* set, long value)
    {
        int index = IndexOf(set, value);
        if (index < 0)
            return false;
        int count = Count(set), width = Width(set);
        byte* at = set + HeaderBytes + (nint)index * width;
        NativeMemory.Copy(at + width, at, (nuint)(count - index - 1) * (nuint)width);
        SetHeader(set, width, count - 1);
        nuint bytes = (nuint)AsBytes(set).Length;
        // Shrinking at every removal would copy the block each time; a quarter may be spare.
        if (NativeHeap.UsableSize(set) > bytes + bytes / 4 + 32)
            set = NativeHeap.Reallocate(set, bytes);
        return true;
    }

    /// <summary>
    /// Whether these are the bytes of a set: the size is right and, with <paramref name="deep"/>, the elements ascend.
    /// An empty set is refused, for no key can hold one.
    /// </summary>
    public static bool Validate(ReadOnlySpan<byte> bytes, bool deep = true)
    {
        if (bytes.Length < HeaderBytes)
            return false;
        fixed (byte* set = bytes)
        {
            uint width = Unsafe.ReadUnaligned<uint>(set), count = Unsafe.ReadUnaligned<uint>(set + 4);
            if (width is not (sizeof(short) or sizeof(int) or sizeof(long)))
                return false;
            if (count == 0 || (ulong)HeaderBytes + (ulong)width * count != (ulong)bytes.Length)
                return false;
            for (int i = 1; deep && i < (int)count; i++)
            {
                if (At(set, i - 1) >= At(set, i))
                    return false;
            }
            return true;
        }
    }

    private static int Width(byte* set) => Unsafe.ReadUnaligned<int>(set);

    private static int WidthOf(long value) =>
        value == (short)value ? sizeof(short) : value == (int)value ? sizeof(int) : sizeof(long);

    private static void SetHeader(byte* set, int width, int count)
    {
        Unsafe.WriteUnaligned(set, width);
        Unsafe.WriteUnaligned(set + 4, count);
    }

    private static void Write(byte* set, int width, int index, long value)
    {
        byte* at = set + HeaderBytes + (nint)index * width;
        if (width == sizeof(short))
            *(short*)at = (short)value;
        else if (width == sizeof(int))
            *(int*)at = (int)value;
        else
            *(long*)at = value;
    }

    private static void Widen(byte* set, int count, int width)
    {
        // From the last one down, for each moves up.
        for (int i = count - 1; i >= 0; i--)
            Write(set, width, i, At(set, i));
        SetHeader(set, width, count);
    }
}
