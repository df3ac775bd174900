using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A link of a <see cref="Quicklist"/>: a listpack, or one big element as plain bytes; either may be compressed. The
/// listpack of an uncompressed node may start up to <see cref="MaxGap"/> bytes into its block, so that pushing and
/// popping at the head need not move all the other elements.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct QuicklistNode
{
    private const int MaxGap = 0x0fff;
    private const int PlainFlag = 0x1000;
    private const int CompressedFlag = 0x2000;

    /// <summary>Smaller nodes are not worth compressing, nor is saving fewer bytes than the second; both as in official Redis.</summary>
    private const int MinCompressBytes = 48, MinCompressImprove = 8;

    internal QuicklistNode* PreviousNode;
    internal QuicklistNode* NextNode;
    private byte* _block;
    private uint _size;
    private ushort _count;
    private ushort _state;

    /// <summary>The nodes before and after, or null.</summary>
    public readonly QuicklistNode* Previous => PreviousNode;

    /// <inheritdoc cref="Previous"/>
    public readonly QuicklistNode* Next => NextNode;

    /// <summary>The number of elements.</summary>
    public readonly int Count => _count;

    /// <summary>The size of the listpack or the plain element, in bytes, before compression.</summary>
    public readonly uint Size => _size;

    /// <summary>Whether the node is one element's plain bytes and not a listpack.</summary>
    public readonly bool IsPlain => (_state & PlainFlag) != 0;

    /// <summary>Whether the node holds <see cref="CompressedBytes"/> instead of <see cref="Bytes"/>.</summary>
    public readonly bool IsCompressed => (_state & CompressedFlag) != 0;

    /// <summary>The listpack or the plain element of a node that is not compressed.</summary>
    public readonly ReadOnlySpan<byte> Bytes => new(Start, (int)_size);

    /// <summary>The LZF stream of a compressed node.</summary>
    public readonly ReadOnlySpan<byte> CompressedBytes => new(_block + sizeof(int), *(int*)_block);

    /// <summary>What the node occupies of the native heap, in bytes.</summary>
    public readonly nuint MemoryBytes => NativeHeap.UsableSize(_block) + (nuint)sizeof(QuicklistNode);

    internal readonly byte* Start => _block + Gap;

    private readonly int Gap => _state & MaxGap;

    /// <summary>A node that owns this listpack of 1 to 65534 elements.</summary>
    internal static QuicklistNode* OfListpack(byte* lp)
    {
        var node = (QuicklistNode*)NativeHeap.AllocateZeroed((nuint)sizeof(QuicklistNode));
        node->TakeListpack(lp);
        return node;
    }

    /// <summary>A node of one element that is kept as it is; owns the block.</summary>
    internal static QuicklistNode* OfPlain(byte* block, uint size)
    {
        var node = (QuicklistNode*)NativeHeap.AllocateZeroed((nuint)sizeof(QuicklistNode));
        node->_block = block;
        node->_size = size;
        node->_count = 1;
        node->_state = PlainFlag;
        return node;
    }

    /// <summary>An unlinked copy; see <see cref="Free"/>.</summary>
    public readonly QuicklistNode* Duplicate()
    {
        var node = (QuicklistNode*)NativeHeap.AllocateZeroed((nuint)sizeof(QuicklistNode));
        int bytes = IsCompressed ? sizeof(int) + CompressedBytes.Length : (int)_size;
        node->_block = NativeHeap.Allocate((nuint)bytes);
        new ReadOnlySpan<byte>(IsCompressed ? _block : Start, bytes).CopyTo(new Span<byte>(node->_block, bytes));
        node->_size = _size;
        node->_count = _count;
        node->_state = (ushort)(_state & ~MaxGap);
        return node;
    }

    /// <summary>Frees a node that is in no list.</summary>
    public static void Free(QuicklistNode* node)
    {
        NativeHeap.Free(node->_block);
        NativeHeap.Free((byte*)node);
    }

    internal readonly byte* FirstElement => IsPlain ? _block : Listpack.First(Start);

    internal readonly byte* LastElement => IsPlain ? _block : Listpack.Last(Start);

    internal readonly ListpackValue ValueAt(byte* element) =>
        IsPlain ? ListpackValue.OfString(element, (int)_size) : ListpackEncoding.Read(element);

    /// <summary>The listpack at the start of its block, for changes that may move it; follow with <see cref="TakeListpack"/>.</summary>
    internal byte* GiveListpack()
    {
        MoveTo(0);
        return _block;
    }

    internal void TakeListpack(byte* lp)
    {
        _block = lp;
        _size = Listpack.TotalBytes(lp);
        _count = Listpack.CountField(lp);
        _state = 0;
    }

    /// <summary>Replaces the bytes of a plain node.</summary>
    internal void ReplacePlain(ReadOnlySpan<byte> bytes)
    {
        byte* block = NativeHeap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(block, bytes.Length));
        NativeHeap.Free(_block);
        _block = block;
        _size = (uint)bytes.Length;
    }

    internal void Append(ListpackValue value)
    {
        nuint encoded = ListpackEncoding.SizeOf(value);
        nuint added = encoded + ListpackEncoding.BackLengthSize(encoded);
        MakeRoom(added, atFront: false);
        byte* lp = Start;
        byte* at = lp + _size - 1;
        ListpackEncoding.Write(at, value, encoded);
        at[added] = ListpackEncoding.End;
        WriteHeader(lp, _size + (uint)added, _count + 1);
    }

    internal void Prepend(ListpackValue value)
    {
        nuint encoded = ListpackEncoding.SizeOf(value);
        nuint added = encoded + ListpackEncoding.BackLengthSize(encoded);
        if (added > MaxGap)
        {
            byte* moved = GiveListpack();
            Listpack.Insert(ref moved, moved + Listpack.HeaderBytes, value);
            TakeListpack(moved);
            return;
        }
        MakeRoom(added, atFront: true);
        SetGap(Gap - (int)added);
        byte* lp = Start;
        WriteHeader(lp, _size + (uint)added, _count + 1);
        ListpackEncoding.Write(lp + Listpack.HeaderBytes, value, encoded);
    }

    /// <summary>Removes the first of at least two elements.</summary>
    internal void DropFirst()
    {
        byte* lp = Start;
        uint dropped = (uint)ListpackEncoding.EntrySize(lp + Listpack.HeaderBytes);
        if (Gap + dropped <= MaxGap)
        {
            SetGap(Gap + (int)dropped);
        }
        else
        {
            NativeMemory.Copy(lp + dropped, _block, _size - dropped);
            SetGap(0);
        }
        WriteHeader(Start, _size - dropped, _count - 1);
        ShrinkIfRoomy();
    }

    /// <summary>Removes the last of at least two elements.</summary>
    internal void DropLast()
    {
        byte* lp = Start;
        byte* last = Listpack.Previous(lp, lp + _size - 1);
        *last = ListpackEncoding.End;
        WriteHeader(lp, (uint)(last - lp) + 1, _count - 1);
        ShrinkIfRoomy();
    }

    /// <summary>Gives back the room for growth of a node that is no longer at an end of the list.</summary>
    internal void Trim()
    {
        if (!IsCompressed && NativeHeap.UsableSize(_block) - _size > _size / 16)
            MoveToNewBlock(_size, atFront: false);
    }

    /// <summary>Compresses the node if that is worth while.</summary>
    internal void Compress()
    {
        if (IsCompressed || _size < MinCompressBytes)
            return;
        int limit = (int)_size - MinCompressImprove - 1;
        byte* compressed = NativeHeap.Allocate((nuint)(sizeof(int) + limit));
        int length = Lzf.Compress(Bytes, new Span<byte>(compressed + sizeof(int), limit));
        if (length == 0)
        {
            NativeHeap.Free(compressed);
            return;
        }
        *(int*)compressed = length;
        NativeHeap.Free(_block);
        _block = NativeHeap.Reallocate(compressed, (nuint)(sizeof(int) + length));
        _state = (ushort)(_state & PlainFlag | CompressedFlag);
    }

    internal void Decompress()
    {
        if (IsCompressed)
            Adopt(DecompressedCopy());
    }

    /// <summary>What a compressed node holds, in a block of its own.</summary>
    internal readonly byte* DecompressedCopy()
    {
        byte* block = NativeHeap.Allocate(_size);
        if (!Lzf.TryDecompress(CompressedBytes, new Span<byte>(block, (int)_size)))
            throw new InvalidOperationException("A compressed list node does not decompress to its size.");
        return block;
    }

    /// <summary>Opens a compressed node with its <see cref="DecompressedCopy"/>.</summary>
    internal void Adopt(byte* decompressed)
    {
        NativeHeap.Free(_block);
        _block = decompressed;
        _state = (ushort)(_state & PlainFlag);
    }

    private void SetGap(int gap) => _state = (ushort)(_state & ~MaxGap | gap);

    private void WriteHeader(byte* lp, uint size, int count)
    {
        _size = size;
        _count = (ushort)count;
        Listpack.SetTotalBytes(lp, size);
        Listpack.SetCountField(lp, _count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeRoom(nuint added, bool atFront)
    {
        nuint usable = NativeHeap.UsableSize(_block);
        if (atFront ? (nuint)Gap >= added : (nuint)Gap + _size + added <= usable)
            return;
        if (_size + added <= usable)
            MoveTo(atFront ? (int)nuint.Min(usable - _size, MaxGap) : 0);
        else
            MoveToNewBlock(_size + added, atFront);
    }

    private void MoveTo(int gap)
    {
        if (gap == Gap)
            return;
        NativeMemory.Copy(Start, _block + gap, _size);
        SetGap(gap);
    }

    private void MoveToNewBlock(nuint capacity, bool atFront)
    {
        byte* block = NativeHeap.Allocate(capacity);
        nuint gap = atFront ? nuint.Min(NativeHeap.UsableSize(block) - _size, MaxGap) : 0;
        NativeMemory.Copy(Start, block + gap, _size);
        NativeHeap.Free(_block);
        _block = block;
        SetGap((int)gap);
    }

    /// <summary>Nodes at the ends may be half empty, for what was popped is often pushed again.</summary>
    private void ShrinkIfRoomy()
    {
        if (NativeHeap.UsableSize(_block) > 2 * _size + 64)
            MoveToNewBlock(_size, atFront: false);
    }
}
