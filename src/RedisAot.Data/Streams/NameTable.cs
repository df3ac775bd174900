using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// Named things in the order of their names, byte by byte. They belong to the owner of the table; each begins with the address of its
/// name, a block made by <see cref="CreateName"/>. All zero is empty.
/// </summary>
public unsafe struct NameTable
{
    private const int MinCapacity = 2;

    private byte** _items;
    private int _capacity;

    /// <summary>Number of things.</summary>
    public int Count { get; private set; }

    /// <summary>The thing at an index in the order of names.</summary>
    public readonly byte* this[int index] => _items[index];

    /// <summary>A name in a block of its own, which the heap's Free takes.</summary>
    public static byte* CreateName(ReadOnlySpan<byte> name)
    {
        byte* block = NativeHeap.Allocate((nuint)(sizeof(int) + name.Length));
        *(int*)block = name.Length;
        name.CopyTo(new Span<byte>(block + sizeof(int), name.Length));
        return block;
    }

    /// <summary>The name in such a block.</summary>
    public static ReadOnlySpan<byte> NameIn(byte* block) => new(block + sizeof(int), *(int*)block);

    /// <summary>The thing of a name, or null.</summary>
    public readonly byte* Find(ReadOnlySpan<byte> name) => TryFind(name, out int index) ? _items[index] : null;

    /// <summary>The index of a name; where it belongs when there is none.</summary>
    public readonly bool TryFind(ReadOnlySpan<byte> name, out int index)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            int order = NameIn(*(byte**)_items[middle]).SequenceCompareTo(name);
            if (order == 0)
            {
                index = middle;
                return true;
            }
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        index = low;
        return false;
    }

    /// <summary>Adds a thing at the index where <see cref="TryFind"/> says that its name belongs.</summary>
    public void Insert(int index, byte* item)
    {
        if (Count == _capacity)
        {
            _capacity = Math.Max(_capacity * 2, MinCapacity);
            _items = (byte**)NativeHeap.Reallocate((byte*)_items, (nuint)_capacity * (nuint)sizeof(byte*));
        }
        NativeMemory.Copy(_items + index, _items + index + 1, (nuint)(Count - index) * (nuint)sizeof(byte*));
        _items[index] = item;
        Count++;
    }

    /// <summary>Takes the thing at an index out.</summary>
    public void RemoveAt(int index)
    {
        Count--;
        NativeMemory.Copy(_items + index + 1, _items + index, (nuint)(Count - index) * (nuint)sizeof(byte*));
        if (Count == 0)
            Clear();
    }

    /// <summary>Empties the table; the things have been dealt with.</summary>
    public void Clear()
    {
        NativeHeap.Free((byte*)_items);
        this = default;
    }
}
