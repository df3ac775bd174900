using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RedisAot.Resp;

/// <summary>
/// A growable native buffer that replies are written into, front to back. It is a memory manager over the bytes that
/// were not consumed yet, so that a socket can send from it without a copy. Not thread-safe.
/// </summary>
public sealed unsafe class OutputBuffer : MemoryManager<byte>
{
    private byte* _start;
    private byte* _position;
    private byte* _limit;
    private nint _consumed;
    private readonly SharedBytes? _shared;
    private static long s_allocatedBytes;

    /// <summary>An empty buffer with room for <paramref name="capacity"/> bytes.</summary>
    public OutputBuffer(nint capacity)
    {
        _start = (byte*)NativeMemory.Alloc((nuint)capacity);
        _position = _start;
        _limit = _start + capacity;
        Interlocked.Add(ref s_allocatedBytes, capacity);
    }

    /// <summary>A full buffer that is a view of <paramref name="shared"/>, of which it takes a reference. Nothing can be appended.</summary>
    public OutputBuffer(SharedBytes shared)
    {
        shared.Retain();
        _shared = shared;
        _start = shared.Start;
        _position = _limit = _start + shared.Length;
    }

    /// <summary>Native bytes that all output buffers of the process occupy, and what they share.</summary>
    public static long AllocatedBytes => Volatile.Read(ref s_allocatedBytes) + SharedBytes.AllocatedBytes;

    /// <summary>Whether the bytes belong to others as well, so that the buffer takes no more.</summary>
    public bool IsShared => _shared != null;

    /// <summary>
    /// The most bytes that may be written. Beyond that, and when the system has no more memory, everything is thrown away, what
    /// was there before included, so that a reply that nobody is going to get takes no more memory; <see cref="IsOverMax"/> tells.
    /// </summary>
    public nint MaxLength { get; set; } = nint.MaxValue;

    /// <summary>Whether more was written than there may be or is room for, so that the content is worthless.</summary>
    public bool IsOverMax { get; private set; }

    /// <summary>Bytes written so far, those consumed included.</summary>
    public nint Length => (nint)(_position - _start);

    /// <summary>Bytes of native memory that the buffer occupies.</summary>
    public nint Capacity => (nint)(_limit - _start);

    /// <summary>Bytes written and not consumed yet.</summary>
    public nint Unconsumed => Length - _consumed;

    /// <summary>Whether <paramref name="count"/> more bytes fit without growing.</summary>
    public bool HasRoom(nint count) => _limit - _position >= count;

    /// <summary>The bytes not consumed yet, at most 2 GiB of them at once.</summary>
    public ReadOnlySpan<byte> UnconsumedSpan => GetSpan();

    /// <summary>
    /// A pointer to at least <paramref name="count"/> writable bytes, few enough that there is room for them in any case;
    /// <see cref="Advance"/> says how many were used.
    /// </summary>
    /// <exception cref="OutOfMemoryException">There is not even room for these.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Reserve(nint count)
    {
        if (_limit - _position < count && !TryGrow(count))
            throw new OutOfMemoryException();
        return _position;
    }

    /// <summary>Makes room for <paramref name="count"/> bytes; false when the content was given up instead, and those are not to be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReserve(nint count) => _limit - _position >= count || TryGrow(count);

    /// <summary>Where the next byte goes.</summary>
    public byte* End => _position;

    /// <summary>Counts <paramref name="count"/> reserved bytes as written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(nint count) => _position += count;

    /// <summary>Sets the end to where a writer that used <see cref="Reserve"/>'s pointer stopped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AdvanceTo(byte* end) => _position = end;

    /// <summary>Appends bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (!TryReserve(bytes.Length))
            return;
        bytes.CopyTo(new Span<byte>(_position, bytes.Length));
        _position += bytes.Length;
    }

    /// <summary>Appends what another buffer holds that was not consumed yet, which may be more than a span can hold.</summary>
    public void Append(OutputBuffer other)
    {
        if (!TryReserve(other.Unconsumed))
            return;
        Buffer.MemoryCopy(other._start + other._consumed, _position, other.Unconsumed, other.Unconsumed);
        _position += other.Unconsumed;
    }

    /// <summary>Inserts bytes at <paramref name="offset"/>, moving what follows.</summary>
    public void Insert(nint offset, ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        if (IsOverMax)
            return;
        byte* at = _start + offset;
        Buffer.MemoryCopy(at, at + bytes.Length, _limit - at - bytes.Length, _position - at);
        bytes.CopyTo(new Span<byte>(at, bytes.Length));
        _position += bytes.Length;
    }

    /// <summary>Forgets everything written after <paramref name="length"/>.</summary>
    public void Truncate(nint length) => _position = _start + Math.Min(length, Length);

    /// <summary>The bytes written from <paramref name="offset"/> on.</summary>
    public ReadOnlySpan<byte> WrittenFrom(nint offset) =>
        offset < Length ? new(_start + offset, checked((int)(Length - offset))) : default;

    /// <summary>Counts the first <paramref name="count"/> unconsumed bytes as sent.</summary>
    public void Consume(nint count) => _consumed += count;

    /// <summary>Forgets all bytes; a buffer that has grown above <paramref name="keepCapacity"/> shrinks to it.</summary>
    public void Reset(nint keepCapacity)
    {
        if (Capacity > keepCapacity)
            TryResize(keepCapacity, 0);
        _position = _start;
        _consumed = 0;
        IsOverMax = false;
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_start + _consumed, (int)Math.Min(Unconsumed, int.MaxValue));

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + _consumed + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>Gives the native memory back; the buffer must not be used afterwards.</summary>
    public void Free() => Dispose(true);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_shared != null)
        {
            _shared.Release();
        }
        else
        {
            Interlocked.Add(ref s_allocatedBytes, -Capacity);
            NativeMemory.Free(_start);
        }
        _start = _position = _limit = null;
        _consumed = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryGrow(nint count)
    {
        nint needed = checked(Length + count);
        // Where twice as much is too much, growing must still not come with every few bytes.
        if (needed <= MaxLength && (TryResize(Math.Max(needed, Capacity * 2), Length) || TryResize(needed + needed / 8, Length)))
            return true;
        IsOverMax = true;
        _position = _start;
        return count <= Capacity;
    }

    private bool TryResize(nint capacity, nint keep)
    {
        byte* start;
        try
        {
            start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
        Interlocked.Add(ref s_allocatedBytes, capacity - Capacity);
        _start = start;
        _position = _start + keep;
        _limit = _start + capacity;
        return true;
    }
}
