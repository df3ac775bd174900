using System.Runtime.CompilerServices;
using RedisAot.Memory;

namespace RedisAot.Server.Clients;

/// <summary>
/// A set of client numbers in one word, for millions of sets that mostly have one member: a single number stands in the word
/// itself, several in a sorted array of native memory. The default is empty. The word may lie in native memory.
/// </summary>
public unsafe struct ClientSet
{
    private const int HeaderBytes = 8;
    private const int FirstCapacity = 4;

    // 0: empty. Odd: the only member, shifted. Else the address of the array: count and capacity (4 bytes each), numbers.
    private ulong _word;

    /// <summary>Number of members.</summary>
    public readonly int Count => _word == 0 ? 0 : IsSingle ? 1 : *Block;

    /// <summary>Native bytes beside the word.</summary>
    public readonly long Bytes => _word == 0 || IsSingle ? 0 : (long)NativeHeap.UsableSize((byte*)Block);

    private readonly bool IsSingle => (_word & 1) != 0;

    private readonly long Single => (long)(_word >> 1);

    private readonly int* Block => (int*)_word;

    private readonly Span<long> Members => new((byte*)Block + HeaderBytes, *Block);

    /// <summary>The member at a place, in rising order.</summary>
    public readonly long this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsSingle ? Single : Members[index];
    }

    /// <summary>Whether the client is a member.</summary>
    public readonly bool Contains(long id) =>
        _word != 0 && (IsSingle ? Single == id : Members.BinarySearch(id) >= 0);

    /// <summary>Adds a client; false when it was there.</summary>
    public bool Add(long id)
    {
        if (_word == 0)
        {
            _word = (ulong)id << 1 | 1;
            return true;
        }
        if (IsSingle)
        {
            if (Single == id)
                return false;
            MakeArray();
        }
        int place = ~Members.BinarySearch(id);
        if (place < 0)
            return false;
        Insert(place, id);
        return true;
    }

    /// <summary>Removes a client; false when it was not there.</summary>
    public bool Remove(long id)
    {
        if (_word == 0)
            return false;
        if (IsSingle)
        {
            if (Single != id)
                return false;
            _word = 0;
            return true;
        }
        int place = Members.BinarySearch(id);
        if (place < 0)
            return false;
        Members[(place + 1)..].CopyTo(Members[place..]);
        --*Block;
        Shrink();
        return true;
    }

    /// <summary>Removes all and frees what they occupied.</summary>
    public void Clear()
    {
        if (_word != 0 && !IsSingle)
            NativeHeap.Free((byte*)Block);
        _word = 0;
    }

    private void MakeArray()
    {
        long single = Single;
        int* block = Resize(null, FirstCapacity);
        block[0] = 1;
        *(long*)(block + 2) = single;
    }

    private void Insert(int place, long id)
    {
        int* block = Block;
        if (block[0] == block[1])
            block = Resize(block, block[1] * 2);
        block[0]++;
        Span<long> members = Members;
        members[place..^1].CopyTo(members[(place + 1)..]);
        members[place] = id;
    }

    private void Shrink()
    {
        int* block = Block;
        if (block[0] == 1)
        {
            long single = Members[0];
            NativeHeap.Free((byte*)block);
            _word = (ulong)single << 1 | 1;
        }
        else if (block[0] * 4 <= block[1] && block[1] > FirstCapacity)
        {
            Resize(block, block[1] / 2);
        }
    }

    private int* Resize(int* block, int capacity)
    {
        block = (int*)NativeHeap.Reallocate((byte*)block, (nuint)(HeaderBytes + capacity * sizeof(long)));
        block[1] = capacity;
        _word = (ulong)block;
        return block;
    }
}
