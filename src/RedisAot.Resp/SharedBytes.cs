using System.Runtime.InteropServices;

namespace RedisAot.Resp;

/// <summary>
/// Native bytes that several connections send, so that a long message to many of them is held once. Whoever makes it owns
/// one reference; the last one to release frees the bytes.
/// </summary>
public sealed unsafe class SharedBytes
{
    private static long s_allocatedBytes;
    private int _references = 1;

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    public SharedBytes(ReadOnlySpan<byte> bytes)
    {
        Length = bytes.Length;
        Start = (byte*)NativeMemory.Alloc((nuint)Length);
        bytes.CopyTo(new Span<byte>(Start, bytes.Length));
        Interlocked.Add(ref s_allocatedBytes, Length);
    }

    /// <summary>Native bytes that all shared messages of the process occupy.</summary>
    public static long AllocatedBytes => Volatile.Read(ref s_allocatedBytes);

    /// <summary>How many bytes there are.</summary>
    public nint Length { get; }

    internal byte* Start { get; private set; }

    /// <summary>Adds a reference.</summary>
    public void Retain() => Interlocked.Increment(ref _references);

    /// <summary>Gives a reference up. May be called on any thread.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
            return;
        Interlocked.Add(ref s_allocatedBytes, -Length);
        NativeMemory.Free(Start);
        Start = null;
    }
}
