using System.Runtime.CompilerServices;

namespace RedisAot.Data;

/// <summary>
/// The bytes of one listpack entry: an encoding byte with what follows it ("encoded size"), and after it the back
/// length, which is the encoded size written so that it can be read from its last byte backwards.
/// </summary>
internal static unsafe class ListpackEncoding
{
    public const byte End = 0xff;

    private const byte String6 = 0x80;    // 10llllll
    private const byte Integer13 = 0xc0;  // 110iiiii iiiiiiii, high bits first
    private const byte String12 = 0xe0;   // 1110llll llllllll, high bits first
    private const byte String32 = 0xf0;   // then four length bytes, low byte first; so are the integers below
    private const byte Integer16 = 0xf1;
    private const byte Integer24 = 0xf2;
    private const byte Integer32 = 0xf3;
    private const byte Integer64 = 0xf4;

    // What one encoding byte has room for.
    private const ulong MaxInteger7 = 127;
    private const nuint MaxShortString = 63;

    /// <summary>The bytes before those of the element itself, 0 where the encoding byte is not one of an entry.</summary>
    public static uint PrefixSize(byte encoding) => encoding switch
    {
        < String12 => 1,
        < String32 => 2,
        String32 => 5,
        <= Integer64 => 1,
        _ => 0,
    };

    /// <summary>The size of a valid entry without its back length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint EncodedSize(byte* entry)
    {
        uint encoding = *entry;
        if (encoding < String6)
            return 1;
        if (encoding < Integer13)
            return 1 + (encoding & 0x3f);
        return EncodedSizeOfLonger(entry, encoding);
    }

    private static nuint EncodedSizeOfLonger(byte* entry, uint encoding) => encoding switch
    {
        < String12 => 2,
        < String32 => 2 + ((encoding & 0x0f) << 8 | entry[1]),
        String32 => 5 + (nuint)Unsafe.ReadUnaligned<uint>(entry + 1),
        Integer16 => 3,
        Integer24 => 4,
        Integer32 => 5,
        _ => 9,
    };

    /// <summary>How many bytes the back length takes. The limits are those of official Redis, one less than seven bits a byte allow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint BackLengthSize(nuint encodedSize) =>
        encodedSize <= 127 ? 1 : encodedSize < 16383 ? 2 : encodedSize < 2097151 ? 3 : encodedSize < 268435455 ? 4u : 5u;

    /// <summary>The size of a valid entry, back length included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint EntrySize(byte* entry)
    {
        uint encoding = *entry;
        if (encoding < String6)
            return 2;
        if (encoding < Integer13)
            return 2 + (encoding & 0x3f);
        nuint size = EncodedSizeOfLonger(entry, encoding);
        return size + BackLengthSize(size);
    }

    /// <summary>Whether the entry is a string of under 64 bytes in the encoding for these, which begin at the next byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsShortString(byte* entry, out int length)
    {
        length = *entry - String6;
        return (uint)length < Integer13 - String6;
    }

    /// <summary>Reads the back length that ends just before <paramref name="end"/>; more than five bytes give <see cref="nuint.MaxValue"/>.</summary>
    public static nuint ReadBackLength(byte* end)
    {
        nuint value = 0;
        for (int shift = 0; shift <= 28; shift += 7)
        {
            byte part = *--end;
            value |= (nuint)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
        return nuint.MaxValue;
    }

    public static void WriteBackLength(byte* at, nuint encodedSize)
    {
        nuint parts = BackLengthSize(encodedSize);
        for (nuint i = parts - 1; i > 0; i--)
        {
            at[i] = (byte)(encodedSize & 0x7f | 0x80);
            encodedSize >>= 7;
        }
        *at = (byte)encodedSize;
    }

    /// <summary>Decodes a valid entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ListpackValue Read(byte* entry)
    {
        uint encoding = *entry;
        if (encoding < String6)
            return ListpackValue.OfInteger(encoding);
        if (encoding < Integer13)
            return ListpackValue.OfString(entry + 1, (int)(encoding & 0x3f));
        return ReadLonger(entry, encoding);
    }

    private static ListpackValue ReadLonger(byte* entry, uint encoding) => encoding switch
    {
        < String12 => ListpackValue.OfInteger((int)(((encoding & 0x1f) << 8 | entry[1]) << 19) >> 19),
        < String32 => ListpackValue.OfString(entry + 2, (int)((encoding & 0x0f) << 8 | entry[1])),
        String32 => ListpackValue.OfString(entry + 5, (int)Unsafe.ReadUnaligned<uint>(entry + 1)),
        Integer16 => ListpackValue.OfInteger(Unsafe.ReadUnaligned<short>(entry + 1)),
        Integer24 => ListpackValue.OfInteger((entry[1] | entry[2] << 8 | entry[3] << 16) << 8 >> 8),
        Integer32 => ListpackValue.OfInteger(Unsafe.ReadUnaligned<int>(entry + 1)),
        _ => ListpackValue.OfInteger(Unsafe.ReadUnaligned<long>(entry + 1)),
    };

    /// <summary>The encoded size that <see cref="Write"/> needs for the element.</summary>
    public static nuint SizeOf(ListpackValue value)
    {
        if (!value.IsInteger)
            return value.Length + (value.Length < 64 ? 1u : value.Length < 4096 ? 2u : 5u);
        return value.Integer switch
        {
            >= 0 and <= 127 => 1,
            >= -4096 and <= 4095 => 2,
            >= short.MinValue and <= short.MaxValue => 3,
            >= -(1 << 23) and < 1 << 23 => 4,
            >= int.MinValue and <= int.MaxValue => 5,
            _ => 9,
        };
    }

    /// <summary>The bytes of the element's whole entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint EntrySizeOf(ListpackValue value)
    {
        if (value.IsInteger ? (ulong)value.Integer <= MaxInteger7 : value.Length <= MaxShortString)
            return value.IsInteger ? 2 : value.Length + 2;
        nuint size = SizeOf(value);
        return size + BackLengthSize(size);
    }

    /// <summary>Writes the element's whole entry; returns where the next one begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* WriteEntry(byte* at, ListpackValue value)
    {
        if (value.IsInteger && (ulong)value.Integer <= MaxInteger7)
        {
            at[0] = (byte)value.Integer;
            at[1] = 1;
            return at + 2;
        }
        if (!value.IsInteger && value.Length <= MaxShortString)
        {
            nuint length = value.Length;
            at[0] = (byte)(String6 | (uint)length);
            Unsafe.CopyBlockUnaligned(at + 1, value.Start, (uint)length);
            at[length + 1] = (byte)(length + 1);
            return at + length + 2;
        }
        nuint size = SizeOf(value);
        Write(at, value, size);
        return at + size + BackLengthSize(size);
    }

    /// <summary>Writes the entry with its back length; <paramref name="size"/> is its <see cref="SizeOf"/>.</summary>
    public static void Write(byte* at, ListpackValue value, nuint size)
    {
        if (value.IsInteger)
            WriteInteger(at, value.Integer, size);
        else
            WriteString(at, value);
        WriteBackLength(at + size, size);
    }

    private static void WriteString(byte* at, ListpackValue value)
    {
        uint length = (uint)value.Length;
        if (length < 64)
        {
            *at++ = (byte)(String6 | length);
        }
        else if (length < 4096)
        {
            *at++ = (byte)(String12 | length >> 8);
            *at++ = (byte)length;
        }
        else
        {
            *at++ = String32;
            Unsafe.WriteUnaligned(at, length);
            at += sizeof(uint);
        }
        value.Bytes.CopyTo(new Span<byte>(at, (int)length));
    }

    private static void WriteInteger(byte* at, long value, nuint size)
    {
        if (size == 1)
        {
            *at = (byte)value;
            return;
        }
        if (size == 2)
        {
            at[0] = (byte)(Integer13 | value >> 8 & 0x1f);
            at[1] = (byte)value;
            return;
        }
        *at = size switch { 3 => Integer16, 4 => Integer24, 5 => Integer32, _ => Integer64 };
        for (nuint i = 1; i < size; i++, value >>= 8)
            at[i] = (byte)value;
    }
}
