using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace RedisAot.Server.Commands;

/// <summary>
/// Finds rows by name in any ASCII case. This is the first step of every request, so it is one probe of an open-addressed
/// table that compares the first eight bytes as one word; only longer names look at the rest.
/// </summary>
internal sealed class CommandNameIndex
{
    /// <summary>Bit 5 tells upper from lower case in ASCII letters.</summary>
    private const ulong CaseBits = 0x2020202020202020;

    private Entry[] _entries = new Entry[4];

    // Apart from the entries, so that an entry is half a cache line and short names need nothing else.
    private byte[][] _names = new byte[4][];
    private int _count;

    private struct Entry
    {
        /// <summary>The first eight bytes of the name, zero-padded.</summary>
        public ulong Head;

        /// <summary>The bits of the head that must be equal: all but the case bit of letters.</summary>
        public ulong Mask;

        /// <summary>Length of the name; 0 in an entry that is free.</summary>
        public int Length;
        public CommandRow Row;
    }

    /// <summary>The row of that name, or null.</summary>
    public CommandRow? Find(ReadOnlySpan<byte> name)
    {
        var slot = FindSlot(name);
        return slot < 0 ? null : _entries[slot].Row;
    }

    /// <summary>Adds a row unless the name is taken.</summary>
    public bool TryAdd(byte[] name, CommandRow row)
    {
        if (FindSlot(name) >= 0)
            return false;

        // A quarter full at most: a miss ends at the first probe, mostly.
        if ((_count + 1) * 4 > _entries.Length)
            Rebuild(_entries.Length * 2);

        Insert(name, row);
        return true;
    }

    /// <summary>Removes a name.</summary>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        var slot = FindSlot(name);
        if (slot < 0)
            return false;

        _entries[slot] = default;
        Rebuild(_entries.Length);
        return true;
    }

    /// <summary>The slot of that name, or -1.</summary>
    private int FindSlot(ReadOnlySpan<byte> name)
    {
        var head = Head(name);
        var entries = _entries;
        for (var probe = Hash(head, name.Length); ; probe++)
        {
            var slot = (int)(probe & (uint)(entries.Length - 1));
            ref var entry = ref entries[slot];
            if (((head ^ entry.Head) & entry.Mask) == 0
                && entry.Length == name.Length
                && (name.Length <= sizeof(ulong) ? name.Length > 0 : EqualsFolded(name, _names[slot])))
                return slot;
            if (entry.Length == 0)
                return -1;
        }
    }

    private void Rebuild(int size)
    {
        var (entries, names) = (_entries, _names);
        (_entries, _names, _count) = (new Entry[size], new byte[size][], 0);
        for (var slot = 0; slot < entries.Length; slot++)
        {
            if (entries[slot].Length > 0)
                Insert(names[slot], entries[slot].Row);
        }
    }

    private void Insert(byte[] name, CommandRow row)
    {
        var head = Head(name);
        var probe = Hash(head, name.Length);
        while (_entries[probe & (uint)(_entries.Length - 1)].Length > 0)
            probe++;

        var slot = probe & (uint)(_entries.Length - 1);
        _entries[slot] = new Entry { Head = head, Mask = LetterMask(name), Length = name.Length, Row = row };
        _names[slot] = name;
        _count++;
    }

    private static ulong LetterMask(ReadOnlySpan<byte> name)
    {
        Span<byte> mask = stackalloc byte[sizeof(ulong)];
        mask.Fill(0xFF);
        for (var i = 0; i < Math.Min(name.Length, mask.Length); i++)
        {
            if (char.IsAsciiLetter((char)name[i]))
                mask[i] = 0xDF;
        }

        return MemoryMarshal.Read<ulong>(mask);
    }

    private static uint Hash(ulong head, int length) => (uint)((((head | CaseBits) ^ (uint)length) * 0x9E3779B97F4A7C15) >> 40);

    /// <summary>The first eight bytes, zero-padded, read without going beyond the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Head(ReadOnlySpan<byte> name)
    {
        ref var start = ref MemoryMarshal.GetReference(name);
        var length = name.Length;
        if (length >= sizeof(ulong))
            return Unsafe.ReadUnaligned<ulong>(ref start);

        if (length >= sizeof(uint))
        {
            // Two reads that overlap; where they do, they agree.
            ulong low = Unsafe.ReadUnaligned<uint>(ref start);
            ulong high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, length - sizeof(uint)));
            return low | high << ((length - sizeof(uint)) * 8);
        }

        ulong head = 0;
        for (var i = length - 1; i >= 0; i--)
            head = head << 8 | Unsafe.Add(ref start, i);
        return head;
    }

    /// <summary>Equality of names of the same length beyond their heads. Bytes that are no letters must be equal.</summary>
    private static bool EqualsFolded(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        for (var i = sizeof(ulong); i < left.Length; i++)
        {
            if (Fold(left[i]) != Fold(right[i]))
                return false;
        }

        return true;
    }

    private static int Fold(byte b) => (uint)(b - 'A') <= 'Z' - 'A' ? b | 0x20 : b;
}
