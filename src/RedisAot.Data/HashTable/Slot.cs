namespace RedisAot.Data;

/// <summary>
/// The place of one entry in a table, or none (the default). Valid until something is inserted into the table or
/// removed from it.
/// </summary>
public readonly unsafe struct Slot
{
    internal const int AddressBits = 48;
    private const ulong AddressMask = (1UL << AddressBits) - 1;

    internal Slot(ulong* cell) => Cell = cell;

    /// <summary>The address of the entry, with 16 bits of its hash above the 48 that an address needs.</summary>
    internal ulong* Cell { get; }

    /// <summary>Whether there is no such entry.</summary>
    public bool IsNone => Cell == null;

    /// <summary>The entry; setting it is for an entry with the same key that has moved.</summary>
    public byte* Entry
    {
        get => EntryOf(*Cell);
        set => *Cell = (*Cell & ~AddressMask) | (ulong)value;
    }

    internal static byte* EntryOf(ulong word) => (byte*)(word & AddressMask);

    /// <summary>The content of a cell: of <paramref name="hashBits"/> only the low 16 count.</summary>
    internal static ulong Pack(byte* entry, ulong hashBits) => (ulong)entry | hashBits << AddressBits;
}
