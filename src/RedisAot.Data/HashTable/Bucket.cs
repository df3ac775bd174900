using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RedisAot.Data;

/// <summary>
/// One cache line of a hash table: seven cells, a tag byte (the top byte of the hash) for each, and a byte that says which
/// cells are in use. When more entries come together, the last cell holds the address of a further bucket instead.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct Bucket
{
    internal const int Bytes = 64;
    internal const int Cells = 7;

    /// <summary>The cell that becomes the link to the next bucket of the chain.</summary>
    private const int LinkCell = Cells - 1;

    private const int MetaShift = 56;
    private const ulong ChainedFlag = 1UL << 63;

    /// <summary>Bytes 0 to 6: tags. Byte 7: bits 0 to 6 for the cells in use, bit 7 when the last cell is a link.</summary>
    internal ulong Control;
    internal fixed ulong Words[Cells];

    internal static byte TagOf(ulong hash) => (byte)(hash >> 56);

    internal readonly bool IsChained => (long)Control < 0;

    /// <summary>One bit for each cell that holds an entry.</summary>
    internal readonly uint Used => (uint)(Control >> MetaShift) & 0x7F;

    /// <summary>One bit for each cell that could take an entry.</summary>
    internal readonly uint Vacant => ~Used & (IsChained ? 0x3Fu : 0x7Fu);

    internal readonly Bucket* Next => (Bucket*)Words[LinkCell];

    /// <summary>One bit for each cell in use whose tag is the given one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Match(ulong control, Vector128<byte> tag)
    {
        Vector128<byte> tags = Vector128.CreateScalarUnsafe(control).AsByte();
        return Vector128.Equals(tags, tag).ExtractMostSignificantBits() & (uint)(control >> MetaShift) & 0x7F;
    }

    internal readonly byte Tag(int cell) => (byte)(Control >> (cell * 8));

    internal void Put(int cell, byte tag, ulong word)
    {
        Control = (Control & ~(0xFFUL << (cell * 8))) | (ulong)tag << (cell * 8) | 1UL << (MetaShift + cell);
        Words[cell] = word;
    }

    internal void Remove(int cell) => Control &= ~(1UL << (MetaShift + cell));

    /// <summary>Makes the last cell, which must be vacant, the link to a further bucket.</summary>
    internal void Link(Bucket* next)
    {
        Control |= ChainedFlag;
        Words[LinkCell] = (ulong)next;
    }

    /// <summary>Makes the link a vacant cell again.</summary>
    internal void Unlink() => Control &= ~ChainedFlag;

    /// <summary>Moves the entry in the last cell, if there is one, to another bucket that has room.</summary>
    internal void VacateLinkCell(Bucket* other)
    {
        if ((Used & 1 << LinkCell) == 0)
            return;
        other->Put(BitOperations.TrailingZeroCount(other->Vacant), Tag(LinkCell), Words[LinkCell]);
        Remove(LinkCell);
    }
}
