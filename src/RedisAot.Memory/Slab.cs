using System.Runtime.InteropServices;

namespace RedisAot.Memory;

/// <summary>
/// What is known of one slab: a run of <see cref="Bytes"/> bytes cut into blocks of one size. It lies in an array beside
/// the slabs, so that a block has no header and an untouched page of a slab costs nothing.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Slab
{
    internal const int Log2Bytes = 16;
    internal const int Bytes = 1 << Log2Bytes;

    /// <summary>The first free block; each free block begins with the address of the next.</summary>
    internal byte* Free;

    /// <summary>Neighbours in the list that the slab is in, by number; 0 is none.</summary>
    internal uint Next;
    internal uint Previous;

    internal uint BlockBytes;

    /// <summary>Blocks handed out.</summary>
    internal ushort Live;

    /// <summary>Blocks that have ever been linked into <see cref="Free"/>: those beyond have not been touched.</summary>
    internal ushort Carved;
    internal ushort Capacity;
    internal byte SizeClass;

    /// <summary>Whether the slab is in the list of its class; a slab without a free block is not.</summary>
    internal bool Linked;

    /// <summary>In the first record of each unit of memory (<see cref="SlabRegion"/>): how many of its slabs have none behind them.</summary>
    internal byte CleanInUnit;

    /// <summary>Likewise: whether huge pages may be behind the unit.</summary>
    internal bool HugeUnit;
}
