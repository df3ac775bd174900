using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// The fields of one hash that expire, the earliest first: a binary heap in which every field knows its place, so that it can
/// leave from anywhere. The default is empty and holds no memory. It does not own the fields.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FieldExpiries
{
    private const int MinCapacity = 4;

    private struct Item
    {
        public long ExpireAtMs;
        public byte* Field;
    }

    private Item* _items;
    private int _count;
    private int _capacity;

    internal readonly int Count => _count;

    internal readonly nuint MemoryBytes => _items == null ? 0 : NativeHeap.UsableSize((byte*)_items);

    /// <summary>When the first field expires, Unix ms; <see cref="long.MaxValue"/> when none does.</summary>
    internal readonly long EarliestMs => _count == 0 ? long.MaxValue : _items->ExpireAtMs;

    /// <summary>The field that expires first; there must be one.</summary>
    internal readonly HashField Earliest => new(_items->Field);

    /// <summary>The field at a place from 0 to <see cref="Count"/> - 1.</summary>
    internal readonly HashField At(int place) => new(_items[place].Field);

    /// <summary>Adds a field with an expiry slot, or moves it to where its new time puts it.</summary>
    internal void Put(HashField field, long expireAtMs)
    {
        field.SetExpiry(expireAtMs);
        if (field.Place == HashField.NoPlace)
        {
            if (_count == _capacity)
                Resize(Math.Max(_capacity * 2, MinCapacity));
            field.Place = _count++;
        }
        Sift(field.Place, new Item { ExpireAtMs = expireAtMs, Field = field.Address });
    }

    /// <summary>Takes out a field that expires; it then does not.</summary>
    internal void Remove(HashField field)
    {
        int place = field.Place;
        field.SetExpiry(HashField.NoExpiry);
        field.Place = HashField.NoPlace;
        Item last = _items[--_count];
        if (last.Field != field.Address)
            Sift(place, last);
        if (_count * 4 <= _capacity && _capacity > MinCapacity)
            Resize(_capacity / 2);
        if (_count == 0)
            Free();
    }

    /// <summary>Says that the field at the place of <paramref name="field"/> has moved there.</summary>
    internal readonly void Moved(HashField field) => _items[field.Place].Field = field.Address;

    /// <summary>Frees the heap, not the fields.</summary>
    internal void Free()
    {
        if (_items != null)
            NativeHeap.Free((byte*)_items);
        this = default;
    }

    /// <summary>Puts an item where it belongs, given that only what is at <paramref name="place"/> may be out of order.</summary>
    private readonly void Sift(int place, Item item)
    {
        while (place > 0 && _items[(place - 1) / 2].ExpireAtMs > item.ExpireAtMs)
        {
            Set(place, _items[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        while (true)
        {
            int child = place * 2 + 1;
            if (child + 1 < _count && _items[child + 1].ExpireAtMs < _items[child].ExpireAtMs)
                child++;
            if (child >= _count || _items[child].ExpireAtMs >= item.ExpireAtMs)
                break;
            Set(place, _items[child]);
            place = child;
        }
        Set(place, item);
    }

    private readonly void Set(int place, Item item)
    {
        _items[place] = item;
        new HashField(item.Field).Place = place;
    }

    private void Resize(int capacity)
    {
        _items = (Item*)NativeHeap.Reallocate((byte*)_items, (nuint)capacity * (nuint)sizeof(Item));
        _capacity = capacity;
    }
}
