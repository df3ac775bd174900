using System.Buffers;

namespace RedisAot.Memory;

/// <summary>
/// A buffer in native memory that sockets can use as <see cref="Memory{T}"/>, for the bytes of connections. Any thread
/// may create and dispose one, but one instance is used by one thread at a time. There is no finalizer, which could free
/// memory that a span still sees: who creates a buffer disposes it.
/// </summary>
public sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private byte* _pointer;
    private long _accountedBytes;

    /// <summary>A buffer of <paramref name="capacity"/> bytes, not zeroed; 0 allocates nothing.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    public NativeBuffer(int capacity) => Resize(capacity);

    /// <summary>The first byte; null when the capacity is 0. Changes when the buffer is resized.</summary>
    public byte* Pointer => _pointer;

    /// <summary>The size in bytes.</summary>
    public int Capacity { get; private set; }

    /// <summary>Grows or shrinks the buffer, keeping its bytes. Spans and memories taken before are no longer valid.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses; the buffer is unchanged.</exception>
    public void Resize(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        if (capacity == 0)
        {
            SystemAllocator.Free(_pointer);
            _pointer = null;
        }
        else
        {
            _pointer = SystemAllocator.Reallocate(_pointer, (nuint)capacity);
        }
        Capacity = capacity;
        Account();
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_pointer, Capacity);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)Capacity, nameof(elementIndex));
        return new MemoryHandle(_pointer + elementIndex);
    }

    /// <summary>Does nothing: native memory does not move.</summary>
    public override void Unpin()
    {
    }

    /// <summary>Frees the memory; the capacity is then 0. May be called again.</summary>
    public void Dispose() => ((IDisposable)this).Dispose();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        SystemAllocator.Free(_pointer);
        _pointer = null;
        Capacity = 0;
        Account();
    }

    private void Account()
    {
        long bytes = _pointer == null ? 0 : (long)SystemAllocator.UsableSize(_pointer);
        NativeBuffers.Add(bytes - _accountedBytes);
        _accountedBytes = bytes;
    }
}
