using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RedisAot.Resp;

/// <summary>
/// The arguments of one request: ranges of bytes over one base address. A vector either points into somebody else's
/// buffer (a parsed request) or owns its bytes (a stored request). A large argument of a parsed request may lie in a block of
/// its own, so that it can become a value without being copied.
/// </summary>
public sealed unsafe class ArgumentVector
{
    /// <summary>Bytes in front of an argument that lies in a block of its own, which are for whoever takes the block.</summary>
    public const int BlockHeaderBytes = 8;

    private const int InitialCapacity = 16;
    private const int KeptCapacity = 1024;

    private Range[] _ranges = new Range[InitialCapacity];
    private byte* _base;
    private nint _allocatedBytes;
    private Block[] _blocks = [];
    private int _blockCount;
    private static long s_allocatedBytes;

    /// <summary>Number of arguments, the command's name included.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the arguments that lie in blocks of their own, while the vector owns these.</summary>
    public long BlockBytes { get; private set; }

    /// <summary>Bytes of all arguments together.</summary>
    public nint TotalBytes { get; private set; }

    /// <summary>Bytes that all stored vectors of the process take, and arguments in blocks of their own.</summary>
    public static long AllocatedBytes => Volatile.Read(ref s_allocatedBytes);

    /// <summary>Bytes that a stored vector takes; zero for one that points into a buffer.</summary>
    public nint OwnedBytes => _allocatedBytes;

    /// <summary>Argument <paramref name="index"/>; valid as long as the bytes behind it are.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)index >= (uint)Count)
                ThrowIndex(index);
            ref Range range = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_ranges), index);
            return new ReadOnlySpan<byte>(_base + range.Offset, range.Length);
        }
    }

    /// <summary>Says where the ranges' bytes are, after the buffer was filled or has moved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetBase(byte* bytes)
    {
        _base = bytes;
        for (int i = 0; i < _blockCount; i++)
            _ranges[_blocks[i].Index].Offset = (nint)(_blocks[i].Address + BlockHeaderBytes - bytes);
    }

    /// <summary>
    /// Adds an argument that lies in a block of its own, from <see cref="NativeMemory"/>: a header of
    /// <see cref="BlockHeaderBytes"/>, then the bytes. The vector owns the block until somebody takes it.
    /// </summary>
    public void AddBlock(byte* block, int length)
    {
        if (_blockCount == _blocks.Length)
            Array.Resize(ref _blocks, Math.Max(_blocks.Length * 2, 4));
        _blocks[_blockCount++] = new Block { Index = Count, Address = block };
        Add(0, length);
        BlockBytes += length;
        Interlocked.Add(ref s_allocatedBytes, length);
    }

    /// <summary>
    /// Hands the block of an argument over to the caller, who keeps it at least as long as the command runs; the argument
    /// stays readable. False when it lies in no block of its own.
    /// </summary>
    public bool TryTakeBlock(int index, out byte* block)
    {
        block = null;
        for (int i = 0; i < _blockCount && block == null; i++)
        {
            if (_blocks[i].Index != index)
                continue;
            block = _blocks[i].Address;
            _blocks[i] = _blocks[--_blockCount];
            Disown(index);
        }
        return block != null;
    }

    /// <summary>Frees the blocks that nobody has taken; their arguments are gone.</summary>
    public void FreeBlocks()
    {
        while (_blockCount > 0)
        {
            Block block = _blocks[--_blockCount];
            NativeMemory.Free(block.Address);
            Disown(block.Index);
        }
    }

    /// <summary>Empties the vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Clear()
    {
        if (_blockCount != 0)
            FreeBlocks();
        Count = 0;
        TotalBytes = 0;
        if (_ranges.Length > KeptCapacity)
            _ranges = new Range[InitialCapacity];
    }

    /// <summary>Adds an argument by its place relative to the base address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint offset, int length)
    {
        if (Count == _ranges.Length)
            Array.Resize(ref _ranges, _ranges.Length * 2);
        ref Range range = ref _ranges[Count++];
        range.Offset = offset;
        range.Length = length;
        TotalBytes += length;
    }

    /// <summary>Moves all ranges by <paramref name="delta"/> bytes, after the bytes in the buffer were moved.</summary>
    public void Shift(nint delta)
    {
        for (int i = 0; i < Count; i++)
            _ranges[i].Offset += delta;
    }

    /// <summary>A copy that owns its bytes, to be given back with <see cref="FreeOwned"/>.</summary>
    public ArgumentVector Store()
    {
        ArgumentVector stored = new();
        if (Count > stored._ranges.Length)
            stored._ranges = new Range[Count];
        stored.OwnBytes(TotalBytes);
        for (int i = 0; i < Count; i++)
            stored.AppendOwned(this[i]);
        return stored;
    }

    /// <summary>A vector that owns copies of the given byte strings.</summary>
    public static ArgumentVector Of(params ReadOnlySpan<byte[]> arguments)
    {
        ArgumentVector stored = new();
        if (arguments.Length > stored._ranges.Length)
            stored._ranges = new Range[arguments.Length];
        nint totalBytes = 0;
        foreach (byte[] argument in arguments)
            totalBytes += argument.Length;
        stored.OwnBytes(totalBytes);
        foreach (byte[] argument in arguments)
            stored.AppendOwned(argument);
        return stored;
    }

    /// <summary>Gives the bytes of a stored vector back.</summary>
    public void FreeOwned()
    {
        if (_allocatedBytes != 0)
            NativeMemory.Free(_base);
        Interlocked.Add(ref s_allocatedBytes, -_allocatedBytes);
        _base = null;
        _allocatedBytes = 0;
        Clear();
    }

    private void OwnBytes(nint totalBytes)
    {
        _base = (byte*)NativeMemory.Alloc((nuint)Math.Max(totalBytes, 1));
        _allocatedBytes = Math.Max(totalBytes, 1) + _ranges.Length * sizeof(Range);
        Interlocked.Add(ref s_allocatedBytes, _allocatedBytes);
    }

    private void AppendOwned(ReadOnlySpan<byte> argument)
    {
        argument.CopyTo(new Span<byte>(_base + TotalBytes, argument.Length));
        Add(TotalBytes, argument.Length);
    }

    private void Disown(int index)
    {
        BlockBytes -= _ranges[index].Length;
        Interlocked.Add(ref s_allocatedBytes, -_ranges[index].Length);
    }

    private static void ThrowIndex(int index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, "A command read an argument that it was not given.");

    private struct Block
    {
        public int Index;
        public byte* Address;
    }

    private struct Range
    {
        public nint Offset;
        public int Length;
    }
}
