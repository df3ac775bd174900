using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>Where something stands in an <see cref="IdMap"/>; good until the map changes.</summary>
/// <param name="Leaf">The number of the leaf; -1: nowhere.</param>
/// <param name="Index">The place in the leaf.</param>
public readonly record struct IdPlace(int Leaf, int Index)
{
    /// <summary>No place.</summary>
    public static IdPlace None => new(-1, 0);

    /// <summary>Whether it is no place.</summary>
    public bool IsNone => Leaf < 0;
}

/// <summary>
/// An ordered map from stream IDs to addresses, which belong to its owner: sorted leaves, and one sorted directory of them.
/// Mostly IDs come at the end and leave at the beginning, so leaves are filled to the brim when they grow at the end, and the
/// directory has room at both ends. All zero is empty.
/// </summary>
public unsafe struct IdMap
{
    /// <summary>With these a leaf is 3056 bytes, just below a size of the heap.</summary>
    private const int MaxLeafItems = 127;

    private const int MinLeafItems = 4;
    private const int MinDirectoryItems = 2;

    private Item* _directory;
    private int _first;
    private int _leafCount;
    private int _capacity;

    /// <summary>Number of IDs.</summary>
    public long Count { get; private set; }

    /// <summary>The place of the least ID; none in an empty map.</summary>
    public readonly IdPlace First => _leafCount == 0 ? IdPlace.None : new IdPlace(0, 0);

    /// <summary>The place of the greatest ID; none in an empty map.</summary>
    public readonly IdPlace Last => _leafCount == 0 ? IdPlace.None : new IdPlace(_leafCount - 1, LeafAt(_leafCount - 1)->Count - 1);

    /// <summary>The ID at a place.</summary>
    public readonly StreamId IdAt(IdPlace place) => Items(LeafAt(place.Leaf))[place.Index].Id;

    /// <summary>What is kept for the ID at a place; may be changed.</summary>
    public readonly ref byte* ValueAt(IdPlace place) => ref Items(LeafAt(place.Leaf))[place.Index].Value;

    /// <summary>The place after another; none after the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly IdPlace Next(IdPlace place)
    {
        if (place.Index + 1 < LeafAt(place.Leaf)->Count)
            return new IdPlace(place.Leaf, place.Index + 1);
        return place.Leaf + 1 < _leafCount ? new IdPlace(place.Leaf + 1, 0) : IdPlace.None;
    }

    /// <summary>The place before another; none before the first.</summary>
    public readonly IdPlace Previous(IdPlace place)
    {
        if (place.Index > 0)
            return new IdPlace(place.Leaf, place.Index - 1);
        return place.Leaf > 0 ? new IdPlace(place.Leaf - 1, LeafAt(place.Leaf - 1)->Count - 1) : IdPlace.None;
    }

    /// <summary>The place of the greatest ID that is not above <paramref name="id"/>.</summary>
    public readonly IdPlace AtOrBefore(StreamId id)
    {
        int leaf = CountUpTo(_directory + _first, _leafCount, id) - 1;
        return leaf < 0 ? IdPlace.None : new IdPlace(leaf, CountUpTo(Items(LeafAt(leaf)), LeafAt(leaf)->Count, id) - 1);
    }

    /// <summary>The place of the least ID that is not below <paramref name="id"/>.</summary>
    public readonly IdPlace AtOrAfter(StreamId id)
    {
        IdPlace before = AtOrBefore(id);
        if (before.IsNone)
            return First;
        return IdAt(before) == id ? before : Next(before);
    }

    /// <summary>What is kept for an ID; null when the map does not have it.</summary>
    public readonly byte* Find(StreamId id)
    {
        IdPlace place = AtOrBefore(id);
        return !place.IsNone && IdAt(place) == id ? ValueAt(place) : null;
    }

    /// <summary>Adds an ID; false, and no change, when the map has it.</summary>
    public bool TryAdd(StreamId id, byte* value)
    {
        IdPlace last = Last;
        IdPlace before = last.IsNone || IdAt(last) < id ? last : AtOrBefore(id);
        if (!before.IsNone && IdAt(before) == id)
            return false;
        Count++;
        if (_leafCount == 0)
            InsertLeaf(0, id, Leaf.Create(MinLeafItems));
        IdPlace at = before.IsNone ? new IdPlace(0, 0) : new IdPlace(before.Leaf, before.Index + 1);
        if (LeafAt(at.Leaf)->Count == MaxLeafItems)
            at = Split(at, id);
        Leaf* leaf = LeafAt(at.Leaf);
        if (leaf->Count == leaf->Capacity)
            leaf = SetCapacity(at.Leaf, Math.Min(leaf->Capacity * 2, MaxLeafItems));
        Move(Items(leaf) + at.Index, Items(leaf) + at.Index + 1, leaf->Count - at.Index);
        leaf->Count++;
        Items(leaf)[at.Index] = new Item { Id = id, Value = value };
        if (at.Index == 0)
            _directory[_first + at.Leaf].Id = id;
        return true;
    }

    /// <summary>Removes an ID; what was kept for it, or null.</summary>
    public byte* Remove(StreamId id)
    {
        IdPlace place = AtOrBefore(id);
        if (place.IsNone || IdAt(place) != id)
            return null;
        byte* value = ValueAt(place);
        RemoveAt(place);
        return value;
    }

    /// <summary>Removes the ID at a place.</summary>
    public void RemoveAt(IdPlace place)
    {
        Count--;
        Leaf* leaf = LeafAt(place.Leaf);
        leaf->Count--;
        if (leaf->Count == 0)
        {
            RemoveLeaf(place.Leaf);
            return;
        }
        Move(Items(leaf) + place.Index + 1, Items(leaf) + place.Index, leaf->Count - place.Index);
        if (place.Index == 0)
            _directory[_first + place.Leaf].Id = Items(leaf)[0].Id;
        if (leaf->Capacity > MinLeafItems && leaf->Count < leaf->Capacity / 4)
            SetCapacity(place.Leaf, leaf->Capacity / 2);
    }

    /// <summary>Empties the map; the values have been dealt with.</summary>
    public void Clear()
    {
        for (int i = 0; i < _leafCount; i++)
            NativeHeap.Free((byte*)LeafAt(i));
        NativeHeap.Free((byte*)_directory);
        this = default;
    }

    /// <summary>Native bytes of the map; of many leaves, reckoned from the first <paramref name="samples"/>.</summary>
    public readonly long MemoryBytes(long samples)
    {
        if (_leafCount == 0)
            return 0;
        int looked = (int)Math.Min(_leafCount, Math.Max(samples, 1));
        long bytes = 0;
        for (int i = 0; i < looked; i++)
            bytes += (long)NativeHeap.UsableSize((byte*)LeafAt(i));
        return (long)NativeHeap.UsableSize((byte*)_directory) + bytes * _leafCount / looked;
    }

    private readonly Leaf* LeafAt(int number) => (Leaf*)_directory[_first + number].Value;

    private static Item* Items(Leaf* leaf) => (Item*)(leaf + 1);

    private static void Move(Item* from, Item* to, int count) => NativeMemory.Copy(from, to, (nuint)count * (nuint)sizeof(Item));

    /// <summary>How many of the sorted items are not above an ID.</summary>
    private static int CountUpTo(Item* items, int count, StreamId id)
    {
        int low = 0, high = count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (items[middle].Id <= id)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Makes room for an ID that belongs at a place of a full leaf; returns its place then.</summary>
    private IdPlace Split(IdPlace at, StreamId id)
    {
        Leaf* leaf = LeafAt(at.Leaf);
        bool atEnd = at.Index == MaxLeafItems && at.Leaf == _leafCount - 1;
        int kept = atEnd ? MaxLeafItems : MaxLeafItems / 2;
        int moved = MaxLeafItems - kept;
        // Whoever fills leaves at the end will fill the next one too.
        Leaf* next = Leaf.Create(MaxLeafItems);
        Move(Items(leaf) + kept, Items(next), moved);
        next->Count = moved;
        leaf->Count = kept;
        InsertLeaf(at.Leaf + 1, atEnd ? id : Items(next)[0].Id, next);
        return at.Index <= kept && !atEnd ? at : new IdPlace(at.Leaf + 1, at.Index - kept);
    }

    private Leaf* SetCapacity(int number, int capacity)
    {
        var leaf = (Leaf*)NativeHeap.Reallocate((byte*)LeafAt(number), Leaf.BytesOf(capacity));
        leaf->Capacity = capacity;
        _directory[_first + number].Value = (byte*)leaf;
        return leaf;
    }

    private void InsertLeaf(int number, StreamId first, Leaf* leaf)
    {
        if (_first + _leafCount == _capacity)
            MakeDirectoryRoom();
        Item* at = _directory + _first + number;
        Move(at, at + 1, _leafCount - number);
        *at = new Item { Id = first, Value = (byte*)leaf };
        _leafCount++;
    }

    private void RemoveLeaf(int number)
    {
        NativeHeap.Free((byte*)LeafAt(number));
        _leafCount--;
        if (_leafCount == 0)
        {
            Clear();
            return;
        }
        Item* at = _directory + _first + number;
        if (number == 0)
            _first++;
        else
            Move(at + 1, at, _leafCount - number);
        if (_leafCount < _capacity / 4 && _capacity > MinDirectoryItems)
            MoveDirectory(_capacity / 2);
    }

    /// <summary>The directory ends at the end of its block: it moves to the beginning if that is worth it, else into a larger one.</summary>
    private void MakeDirectoryRoom()
    {
        if (_first > _capacity / 2)
        {
            Move(_directory + _first, _directory, _leafCount);
            _first = 0;
            return;
        }
        MoveDirectory(Math.Max(_capacity * 2, MinDirectoryItems));
    }

    private void MoveDirectory(int capacity)
    {
        var moved = (Item*)NativeHeap.Allocate((nuint)capacity * (nuint)sizeof(Item));
        Move(_directory + _first, moved, _leafCount);
        NativeHeap.Free((byte*)_directory);
        _directory = moved;
        _first = 0;
        _capacity = capacity;
    }

    private struct Item
    {
        public StreamId Id;
        public byte* Value;
    }

    /// <summary>Its items follow.</summary>
    private struct Leaf
    {
        public int Count;
        public int Capacity;

        public static nuint BytesOf(int capacity) => (nuint)(sizeof(Leaf) + capacity * sizeof(Item));

        public static Leaf* Create(int capacity)
        {
            var leaf = (Leaf*)NativeHeap.Allocate(BytesOf(capacity));
            leaf->Count = 0;
            leaf->Capacity = capacity;
            return leaf;
        }
    }
}
