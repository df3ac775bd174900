using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>Looks for members or fields that a listpack of unknown origin has twice.</summary>
public static unsafe class ListpackDuplicates
{
    private const int MaxStackSlots = 1024;

    /// <summary>
    /// Whether of every <paramref name="stride"/>-th element, from the first on, two are the same text. The listpack has
    /// passed <see cref="Listpack.Validate"/>.
    /// </summary>
    public static bool Any(byte* lp, int stride)
    {
        int count = (Listpack.Count(lp) + stride - 1) / stride;
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count * 2 + 1);
        if (slots <= MaxStackSlots)
        {
            uint* onStack = stackalloc uint[slots];
            new Span<uint>(onStack, slots).Clear();
            return Any(lp, stride, onStack, slots);
        }
        var onHeap = (uint*)NativeHeap.AllocateZeroed((nuint)slots * sizeof(uint));
        bool any = Any(lp, stride, onHeap, slots);
        NativeHeap.Free((byte*)onHeap);
        return any;
    }

    /// <summary>Enters each element into an open hash table of offsets (0: free), twice as long as there are elements.</summary>
    private static bool Any(byte* lp, int stride, uint* table, int slots)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        int index = 0;
        for (byte* p = Listpack.First(lp); p != null; p = Listpack.Next(p), index++)
        {
            if (index % stride != 0)
                continue;
            ReadOnlySpan<byte> text = Listpack.Get(p).AsBytes(scratch);
            uint slot = (uint)Hashing.Hash(text) & (uint)(slots - 1);
            for (; table[slot] != 0; slot = slot + 1 & (uint)(slots - 1))
            {
                if (SameText(lp + table[slot], text))
                    return true;
            }
            table[slot] = (uint)(p - lp);
        }
        return false;
    }

    // A damaged listpack may hold a number once as an integer and once as text.
    private static bool SameText(byte* p, ReadOnlySpan<byte> text)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        return Listpack.Get(p).AsBytes(scratch).SequenceEqual(text);
    }
}
