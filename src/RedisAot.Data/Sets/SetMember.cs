using System.Runtime.CompilerServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>A member of a big set, a block of the native heap: length (one byte, or 255 and four bytes), bytes.</summary>
public readonly unsafe struct SetMember : IHashEntry
{
    private const byte LongLength = 255;

    /// <summary>A new block; free it with the heap's Free.</summary>
    public static byte* Create(ReadOnlySpan<byte> bytes)
    {
        int prefix = bytes.Length < LongLength ? 1 : 1 + sizeof(int);
        byte* member = NativeHeap.Allocate((nuint)prefix + (nuint)bytes.Length);
        if (prefix == 1)
        {
            *member = (byte)bytes.Length;
        }
        else
        {
            *member = LongLength;
            Unsafe.WriteUnaligned(member + 1, bytes.Length);
        }
        bytes.CopyTo(new Span<byte>(member + prefix, bytes.Length));
        return member;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry)
    {
        int length = *entry;
        return length != LongLength
            ? new ReadOnlySpan<byte>(entry + 1, length)
            : new ReadOnlySpan<byte>(entry + 1 + sizeof(int), Unsafe.ReadUnaligned<int>(entry + 1));
    }

    /// <summary>The member as an element; its bytes are not owned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ListpackValue ValueOf(byte* entry)
    {
        int length = *entry;
        return length != LongLength
            ? ListpackValue.OfString(entry + 1, length)
            : ListpackValue.OfString(entry + 1 + sizeof(int), Unsafe.ReadUnaligned<int>(entry + 1));
    }
}
