using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RedisAot.Resp;

/// <summary>
/// The arguments of one request: ranges of bytes over one base address. A vector either points into somebody else's
/// buffer (a parsed request) or owns its bytes (a stored request).
/// </summary>
public sealed unsafe class ArgumentVector
{
    private const int InitialCapacity = 16;
    private const int KeptCapacity = 1024;

    private Range[] _ranges = new Range[InitialCapacity];
    private byte* _base;
    private nint _allocatedBytes;
    private static long s_allocatedBytes;

    /// <summary>Number of arguments, the command's name included.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all arguments together.</summary>
    public nint TotalBytes { get; private set; }

    /// <summary>Bytes that all stored vectors of the process take.</summary>
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
    public void SetBase(byte* bytes) => _base = bytes;

    /// <summary>Empties the vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Clear()
    {
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

    private static void ThrowIndex(int index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, "A command read an argument that it was not given.");

    private struct Range
    {
        public nint Offset;
        public int Length;
    }
}
