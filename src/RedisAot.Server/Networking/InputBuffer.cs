using System.Buffers;
using System.Runtime.InteropServices;

namespace RedisAot.Server.Networking;

/// <summary>
/// Bytes that one connection received and that no command has used yet: half a request, or requests that wait because
/// the client is blocked. The writable tail is memory that a socket can receive into. Not thread-safe.
/// </summary>
internal sealed unsafe class InputBuffer : MemoryManager<byte>
{
    private byte* _start;
    private nint _capacity;
    private static long s_allocatedBytes;

    public InputBuffer(nint capacity)
    {
        _capacity = capacity;
        _start = (byte*)NativeMemory.Alloc((nuint)capacity);
        Interlocked.Add(ref s_allocatedBytes, capacity);
    }

    /// <summary>Native bytes that all input buffers of the process occupy.</summary>
    public static long AllocatedBytes => Volatile.Read(ref s_allocatedBytes);

    /// <summary>The received bytes.</summary>
    public byte* Start => _start;

    /// <summary>How many bytes were received and not dropped.</summary>
    public nint Length { get; private set; }

    /// <summary>Native bytes occupied.</summary>
    public nint Capacity => _capacity;

    /// <summary>Bytes that can be received without growing.</summary>
    public nint Room => _capacity - Length;

    /// <summary>Makes room for <paramref name="count"/> more bytes.</summary>
    public void Reserve(nint count)
    {
        if (_capacity - Length >= count)
            return;
        Interlocked.Add(ref s_allocatedBytes, Length + count - _capacity);
        _capacity = Length + count;
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)_capacity);
    }

    /// <summary>Appends bytes that were received elsewhere.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(new Span<byte>(_start + Length, bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Counts bytes received into the tail.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Forgets what follows the first <paramref name="length"/> bytes.</summary>
    public void Truncate(nint length) => Length = length;

    /// <summary>Gives back what is beyond the bytes that are there, and beyond <paramref name="kept"/>.</summary>
    public void Shrink(nint kept)
    {
        nint capacity = Math.Max(Length, kept);
        if (capacity >= _capacity)
            return;
        Interlocked.Add(ref s_allocatedBytes, capacity - _capacity);
        _capacity = capacity;
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
    }

    /// <summary>Hands the memory over to the caller; the buffer must not be used afterwards.</summary>
    public byte* Detach()
    {
        byte* memory = _start;
        _start = null;
        Dispose(true);
        return memory;
    }

    /// <summary>Drops the first <paramref name="count"/> bytes.</summary>
    public void DropPrefix(nint count)
    {
        Length -= count;
        Buffer.MemoryCopy(_start + count, _start, _capacity, Length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_start + Length, (int)Math.Min(_capacity - Length, int.MaxValue));

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + Length + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>Gives the native memory back.</summary>
    public void Free() => Dispose(true);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Interlocked.Add(ref s_allocatedBytes, -_capacity);
        NativeMemory.Free(_start);
        _start = null;
        _capacity = 0;
        Length = 0;
    }
}
