using System.Runtime.InteropServices;
using RedisAot.Data;
using RedisAot.Memory;

namespace RedisAot.UnitTests.Data;

/// <summary>The simplest entry of a hash table: a length and the bytes of the key.</summary>
internal unsafe struct KeyedEntry : IHashEntry, IEntryFreer
{
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => new(entry + sizeof(int), *(int*)entry);

    public readonly void Free(byte* entry) => NativeHeap.Free(entry);

    internal static byte* Create(ReadOnlySpan<byte> key)
    {
        byte* entry = NativeHeap.Allocate((nuint)(sizeof(int) + key.Length));
        *(int*)entry = key.Length;
        key.CopyTo(new Span<byte>(entry + sizeof(int), key.Length));
        return entry;
    }

    internal static ReadOnlySpan<byte> KeyOf(int number) => MemoryMarshal.AsBytes(new ReadOnlySpan<int>([number]));

    internal static int NumberOf(byte* entry) => MemoryMarshal.Read<int>(KeyOf(entry));
}
