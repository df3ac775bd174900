using System.Buffers.Text;
using System.Runtime.CompilerServices;
using RedisAot.Memory;
using RedisAot.Resp;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// The bytes of string values. A string is an integer, lies in its entry, or lies in a block of its own: 8 bytes of
/// length, then the bytes, with whatever room the block has beyond them.
/// </summary>
public static unsafe class StringValue
{
    /// <summary>Enough for the text of any integer.</summary>
    public const int ScratchBytes = 24;

    /// <summary>Strings up to this length count as embstr, longer ones as raw.</summary>
    public const int MaxEmbStrBytes = 44;

    /// <summary>No string is longer than this, whatever proto-max-bulk-len allows.</summary>
    public const int MaxBytes = int.MaxValue - LengthBytes;

    // As with a large argument, which becomes a block without being copied.
    private const int LengthBytes = ArgumentVector.BlockHeaderBytes;

    /// <summary>The bytes of a string value; an integer's text is written into <paramref name="scratch"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Read(KeyEntry entry, Span<byte> scratch)
    {
        if (!entry.HasValueSlot)
            return entry.Embedded;
        if (entry.Encoding != ValueEncoding.Int)
            return Block(entry.External);
        Utf8Formatter.TryFormat(entry.Integer, scratch, out int length);
        return scratch[..length];
    }

    /// <summary>Length in bytes of a string value.</summary>
    public static int Length(KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        return Read(entry, scratch).Length;
    }

    /// <summary>Bytes of native memory of a string value beside its entry.</summary>
    public static long ExternalBytes(KeyEntry entry) =>
        entry.HasValueSlot && entry.Encoding != ValueEncoding.Int ? (long)NativeHeap.UsableSize(entry.External) : 0;

    /// <summary>A block with room for <paramref name="length"/> bytes, which are not set.</summary>
    internal static byte* AllocateBlock(int length)
    {
        byte* block = NativeHeap.Allocate((nuint)length + LengthBytes);
        *(long*)block = length;
        return block;
    }

    /// <summary>Makes the block of a large argument one of a value.</summary>
    internal static byte* AdoptBlock(byte* argument, int length)
    {
        byte* block = NativeHeap.Adopt(argument);
        *(long*)block = length;
        return block;
    }

    /// <summary>A block with the same bytes and no spare room.</summary>
    internal static byte* DuplicateBlock(byte* block)
    {
        ReadOnlySpan<byte> bytes = Block(block);
        byte* copy = AllocateBlock(bytes.Length);
        bytes.CopyTo(Block(copy));
        return copy;
    }

    /// <summary>The bytes in a block.</summary>
    internal static Span<byte> Block(byte* block) => new(block + LengthBytes, (int)*(long*)block);

    /// <summary>Makes a block hold <paramref name="length"/> bytes, with spare room when it has to grow; it may move.</summary>
    internal static byte* ResizeBlock(byte* block, int length)
    {
        nuint needed = (nuint)length + LengthBytes;
        if (NativeHeap.UsableSize(block) < needed)
            block = NativeHeap.Reallocate(block, WithSpareRoom(length) + LengthBytes);
        *(long*)block = length;
        return block;
    }

    // A string that grows once tends to grow again; official's greedy growth: double up to 1 MB, then 1 MB more.
    private static nuint WithSpareRoom(int length) => (nuint)length + (nuint)Math.Min(length, 1024 * 1024);
}
