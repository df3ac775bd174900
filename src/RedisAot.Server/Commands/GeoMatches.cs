using System.Buffers;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>A place that was found: the member that <see cref="SortedSetValue.NameOf"/> names, its score, and its distance in metres.</summary>
internal unsafe struct GeoMatch
{
    public double Distance;
    public double Score;
    public byte* Member;

    /// <summary>The how-manieth that was found.</summary>
    public int Index;
}

/// <summary>The members of a sorted set in an area. Dispose it.</summary>
internal unsafe ref struct GeoMatches
{
    private const int FirstCapacity = 64;
    private const int MaxCells = 9;

    private static readonly Comparison<GeoMatch> s_nearestFirst = (x, y) => Compare(x.Distance, y.Distance, x.Index, y.Index);
    private static readonly Comparison<GeoMatch> s_farthestFirst = (x, y) => Compare(y.Distance, x.Distance, x.Index, y.Index);

    private GeoMatch[] _items;

    public GeoMatches() => _items = ArrayPool<GeoMatch>.Shared.Rent(FirstCapacity);

    /// <summary>The number of places found.</summary>
    public int Count { get; private set; }

    /// <summary>The places found.</summary>
    public readonly Span<GeoMatch> Items => _items.AsSpan(0, Count);

    /// <summary>Adds the members in an area until there are so many.</summary>
    public void Find(KeyEntry entry, in GeoArea area, long limit)
    {
        Span<GeoCell> cells = stackalloc GeoCell[MaxCells];
        foreach (GeoCell cell in cells[..area.Cover(cells)])
        {
            if (Count < limit)
                Find(entry, area, cell, limit);
        }
    }

    /// <summary>Puts them in order, those at the same distance as they were found.</summary>
    public readonly void Sort(GeoOrder order)
    {
        if (order != GeoOrder.None)
            Items.Sort(order == GeoOrder.Ascending ? s_nearestFirst : s_farthestFirst);
    }

    public void Dispose()
    {
        ArrayPool<GeoMatch>.Shared.Return(_items);
        _items = [];
        Count = 0;
    }

    private static int Compare(double x, double y, int xIndex, int yIndex) => x < y ? -1 : x > y ? 1 : xIndex.CompareTo(yIndex);

    private void Find(KeyEntry entry, in GeoArea area, GeoCell cell, long limit)
    {
        double end = cell.EndScore;
        long rank = SortedSetValue.CountBefore(entry, new ScoreBound(cell.FirstScore, afterEqual: false));
        for (SortedSetCursor cursor = new(entry, rank); cursor.IsValid && cursor.Score < end && Count < limit; cursor.MoveNext())
        {
            double score = cursor.Score;
            if (area.Contains(GeoPoint.FromScore(score), out double distance))
                Add(new GeoMatch { Distance = distance, Score = score, Member = cursor.Member, Index = Count });
        }
    }

    private void Add(in GeoMatch match)
    {
        if (Count == _items.Length)
        {
            GeoMatch[] bigger = ArrayPool<GeoMatch>.Shared.Rent(Count * 2);
            Items.CopyTo(bigger);
            ArrayPool<GeoMatch>.Shared.Return(_items);
            _items = bigger;
        }
        _items[Count++] = match;
    }
}
