using System.Buffers.Binary;
using RedisAot.Memory;

namespace RedisAot.Data.Legacy;

/// <summary>
/// The ziplist, which RDB files of official Redis before 7.0 hold where later ones have a listpack. Header: total bytes
/// (4, low byte first), offset of the last entry (4), number of entries (2; 65535 means "count them"); then the entries;
/// then 0xff. An entry: the size of the one before it (1 byte, or 0xfe and 4 bytes), an encoding, the element.
/// </summary>
public static unsafe class Ziplist
{
    private const int HeaderBytes = 10;
    private const byte End = 0xff;
    private const byte LongPreviousSize = 0xfe;
    private const ushort UnknownCount = ushort.MaxValue;

    /// <summary>
    /// A listpack of the same elements, in the native heap; null unless every byte of the ziplist is right and the listpack
    /// stays within its limit.
    /// </summary>
    public static byte* ToListpack(ReadOnlySpan<byte> bytes)
    {
        if (!HasValidHeader(bytes))
            return null;
        byte* lp = Listpack.Create((nuint)bytes.Length);
        if (AppendElements(bytes, ref lp))
        {
            Listpack.ShrinkToFit(ref lp);
            return lp;
        }
        NativeHeap.Free(lp);
        return null;
    }

    private static bool HasValidHeader(ReadOnlySpan<byte> bytes) =>
        bytes.Length > HeaderBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == (uint)bytes.Length && bytes[^1] == End;

    private static bool AppendElements(ReadOnlySpan<byte> bytes, ref byte* lp)
    {
        ReadOnlySpan<byte> entries = bytes[..^1];
        int at = HeaderBytes, previous = HeaderBytes, previousSize = 0, count = 0;
        while (at < entries.Length)
        {
            int size = ReadEntry(entries[at..], previousSize, out Element element);
            if (size == 0 || !TryAppend(entries.Slice(at + element.Offset, element.Length), element, ref lp))
                return false;
            previous = at;
            previousSize = size;
            at += size;
            count++;
        }
        int known = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        return (count == 0 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == (uint)previous)
            && (known == UnknownCount || known == count);
    }

    /// <summary>The size of the entry at the start of the bytes, with where its element lies; 0 when it is not right.</summary>
    private static int ReadEntry(ReadOnlySpan<byte> bytes, int previousSize, out Element element)
    {
        element = default;
        int at = bytes[0] < LongPreviousSize ? 1 : 5;
        if (at >= bytes.Length)
            return 0;
        long statedSize = at == 1 ? bytes[0] : BinaryPrimitives.ReadUInt32LittleEndian(bytes[1..]);
        if (statedSize != previousSize)
            return 0;
        element = ReadEncoding(bytes[at..], out int encodingBytes);
        element.Offset = at + encodingBytes;
        return encodingBytes > 0 && element.Length <= bytes.Length - element.Offset ? element.Offset + element.Length : 0;
    }

    private static Element ReadEncoding(ReadOnlySpan<byte> bytes, out int encodingBytes)
    {
        byte encoding = bytes[0];
        encodingBytes = encoding < 0x40 || encoding >= 0xc0 ? 1 : encoding < 0x80 ? 2 : 5;
        if (encodingBytes > bytes.Length)
            encodingBytes = 0;
        if (encodingBytes == 0)
            return default;
        if (encoding < 0xc0)
        {
            uint length = encodingBytes switch
            {
                1 => encoding,
                2 => (encoding & 0x3fu) << 8 | bytes[1],
                _ => BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]),
            };
            return new Element { Length = (int)Math.Min(length, int.MaxValue) };
        }
        if (encoding is > 0xf0 and < 0xfe)
            return new Element { IsInteger = true, Immediate = (encoding & 0x0f) - 1 };
        int width = encoding switch { 0xc0 => 2, 0xd0 => 4, 0xe0 => 8, 0xf0 => 3, 0xfe => 1, _ => 0 };
        if (width == 0)
            encodingBytes = 0;
        return new Element { IsInteger = true, Length = width };
    }

    private static bool TryAppend(ReadOnlySpan<byte> bytes, Element element, ref byte* lp)
    {
        if (!Listpack.CanAdd(lp, (ulong)bytes.Length + Listpack.MaxEntryOverhead))
            return false;
        if (element.IsInteger)
            Listpack.Append(ref lp, bytes.Length == 0 ? element.Immediate : ReadInteger(bytes));
        else
            Listpack.Append(ref lp, bytes);
        return true;
    }

    private static long ReadInteger(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => (sbyte)bytes[0],
        2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        3 => (bytes[0] | bytes[1] << 8 | bytes[2] << 16) << 8 >> 8,
        4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };

    /// <summary>Where the element of an entry lies; an integer without bytes is in the encoding itself.</summary>
    private struct Element
    {
        public int Offset;
        public int Length;
        public bool IsInteger;
        public long Immediate;
    }
}
