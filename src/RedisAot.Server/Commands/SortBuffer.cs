using System.Runtime.InteropServices;
using RedisAot.Data;
using RedisAot.Memory;

namespace RedisAot.Server.Commands;

/// <summary>By what SORT puts elements in order.</summary>
internal enum SortOrder
{
    /// <summary>By their scores, then by their bytes.</summary>
    Numeric,

    /// <summary>By their bytes.</summary>
    Alphabetic,

    /// <summary>By the bytes of what BY names for them; those without come first.</summary>
    AlphabeticBy,
}

/// <summary>
/// The elements that SORT sorts, with what they are sorted by, in native memory. Texts are copies, for looking up what BY and GET
/// name may change the database. Dispose it.
/// </summary>
/// <param name="capacity">The most elements that there will be.</param>
internal sealed unsafe class SortBuffer(int capacity) : IDisposable
{
    private const nuint MinTextBytes = 1024;

    private readonly Item* _items = (Item*)NativeHeap.Allocate((nuint)capacity * (nuint)sizeof(Item));
    private byte* _texts;
    private nuint _textBytes;
    private nuint _textCapacity;

    /// <summary>The number of elements.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of an element, good until another text is added.</summary>
    public ReadOnlySpan<byte> Element(int index) => Read(_items[index].Element);

    /// <summary>Adds an element.</summary>
    public void Add(ReadOnlySpan<byte> element)
    {
        _items[Count] = new Item { Element = Keep(element), Place = Count };
        Count++;
    }

    /// <summary>Adds an element.</summary>
    public void Add(ListpackValue element)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        Add(element.AsBytes(scratch));
    }

    /// <summary>Says what score an element has; without, it is 0.</summary>
    public void SetScore(int index, double score) => _items[index].Score = score;

    /// <summary>Says what an element is sorted by instead of its own bytes.</summary>
    public void SetWeight(int index, ReadOnlySpan<byte> weight) => _items[index].Weight = Keep(weight);

    /// <summary>Puts the elements in order.</summary>
    public void Sort(SortOrder order, bool descending)
    {
        ItemComparer comparer = new(_texts, order, descending);
        new Span<Item>(_items, Count).Sort(comparer.Compare);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeHeap.Free((byte*)_items);
        NativeHeap.Free(_texts);
    }

    private ReadOnlySpan<byte> Read(Text text) => new(_texts + text.Offset, text.Length);

    private Text Keep(ReadOnlySpan<byte> bytes)
    {
        nuint needed = _textBytes + (nuint)bytes.Length;
        if (needed > _textCapacity || _texts == null)
        {
            _textCapacity = nuint.Max(MinTextBytes, needed * 2);
            _texts = NativeHeap.Reallocate(_texts, _textCapacity);
        }
        Text text = new() { Offset = _textBytes, Length = bytes.Length, IsThere = true };
        bytes.CopyTo(new Span<byte>(_texts + _textBytes, bytes.Length));
        _textBytes = needed;
        return text;
    }

    private struct Text
    {
        public nuint Offset;
        public int Length;
        public bool IsThere;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Item
    {
        public Text Element;
        public Text Weight;
        public double Score;
        public int Place;
    }

    private sealed class ItemComparer(byte* texts, SortOrder order, bool descending)
    {
        public int Compare(Item x, Item y)
        {
            int result = order switch
            {
                SortOrder.Numeric when x.Score != y.Score => x.Score < y.Score ? -1 : 1,
                SortOrder.AlphabeticBy => CompareWeights(x, y),
                _ => CompareTexts(x.Element, y.Element),
            };
            // Equal elements stay as they were, in either direction.
            return result == 0 ? x.Place.CompareTo(y.Place) : descending ? -result : result;
        }

        private int CompareWeights(in Item x, in Item y) => x.Weight.IsThere && y.Weight.IsThere
            ? CompareTexts(x.Weight, y.Weight)
            : x.Weight.IsThere.CompareTo(y.Weight.IsThere);

        private int CompareTexts(Text x, Text y) =>
            new ReadOnlySpan<byte>(texts + x.Offset, x.Length).SequenceCompareTo(new ReadOnlySpan<byte>(texts + y.Offset, y.Length));
    }
}
