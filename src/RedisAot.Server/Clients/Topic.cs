using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Memory;

namespace RedisAot.Server.Clients;

/// <summary>
/// A name and the clients that it concerns: a channel, a pattern, a key that clients may have cached. One block of native
/// memory that does not move: the set of clients (8 bytes), the length of the name (4 bytes), the name.
/// </summary>
public readonly unsafe struct Topic : IHashEntry
{
    private const int LengthOffset = 8;
    private const int NameOffset = 12;

    /// <summary>A handle of the block at <paramref name="address"/>.</summary>
    public Topic(byte* address) => Address = address;

    /// <summary>The block; null: there is no such topic.</summary>
    public byte* Address { get; }

    /// <summary>Whether there is no topic.</summary>
    public bool IsNull => Address == null;

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name => KeyOf(Address);

    /// <summary>The clients.</summary>
    public ref ClientSet Clients => ref *(ClientSet*)Address;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => new(entry + NameOffset, *(int*)(entry + LengthOffset));

    internal static Topic Create(ReadOnlySpan<byte> name)
    {
        byte* block = NativeHeap.Allocate((nuint)(NameOffset + name.Length));
        *(ClientSet*)block = default;
        *(int*)(block + LengthOffset) = name.Length;
        name.CopyTo(new Span<byte>(block + NameOffset, name.Length));
        return new Topic(block);
    }

    internal void Free()
    {
        Clients.Clear();
        NativeHeap.Free(Address);
    }
}
