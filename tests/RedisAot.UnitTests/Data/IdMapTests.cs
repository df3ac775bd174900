using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class IdMapTests
{
    [Theory]
    [InlineData(1, 30)]
    [InlineData(2, 2_000)]
    [InlineData(3, 60_000)]
    public void AgreesWithASortedDictionary(int seed, int range)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        IdMap map = default;
        var model = new SortedDictionary<StreamId, nint>();
        ulong next = 1;
        for (int step = 0; step < 40_000; step++)
        {
            StreamId id = random.Next(3) > 0 ? new StreamId(next++ / 3, next) : RandomId(random, range);
            switch (random.Next(10))
            {
                case < 6:
                    Assert.Equal(model.TryAdd(id, step), map.TryAdd(id, (byte*)step));
                    break;
                case < 8 when model.Count > 0 && random.Next(2) == 0:
                    StreamId first = model.First().Key;
                    Assert.Equal(model[first], (nint)map.Remove(first));
                    model.Remove(first);
                    break;
                default:
                    StreamId any = RandomId(random, range);
                    Assert.Equal(model.TryGetValue(any, out nint found) ? found : 0, (nint)map.Find(any));
                    Assert.Equal(found, (nint)map.Remove(any));
                    model.Remove(any);
                    break;
            }
            if (step % 4000 == 0)
                Check(map, model, RandomId(random, range));
        }
        Check(map, model, RandomId(random, range));
        foreach (StreamId id in model.Keys.OrderBy(_ => random.Next()).ToList())
            Assert.Equal(model[id], (nint)map.Remove(id));
        Assert.Equal(0, map.Count);
        Assert.True(map.First.IsNone && map.Last.IsNone);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static StreamId RandomId(Random random, int range) => new((ulong)random.Next(range), (ulong)random.Next(4));

    private static void Check(in IdMap map, SortedDictionary<StreamId, nint> model, StreamId sought)
    {
        Assert.Equal(model.Count, map.Count);
        IdPlace place = map.First, last = IdPlace.None;
        foreach ((StreamId id, nint value) in model)
        {
            Assert.Equal(id, map.IdAt(place));
            Assert.Equal(value, (nint)map.ValueAt(place));
            Assert.Equal(last, map.Previous(place));
            last = place;
            place = map.Next(place);
        }
        Assert.True(place.IsNone);
        Assert.Equal(last, map.Last);
        Assert.Equal(model.Keys.Where(id => id <= sought).Select(id => (StreamId?)id).LastOrDefault(), IdOrNull(map, map.AtOrBefore(sought)));
        Assert.Equal(model.Keys.Where(id => id >= sought).Select(id => (StreamId?)id).FirstOrDefault(), IdOrNull(map, map.AtOrAfter(sought)));
    }

    private static StreamId? IdOrNull(in IdMap map, IdPlace place) => place.IsNone ? null : map.IdAt(place);

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 300)]
    [InlineData(3, 100_000)]
    public void NodesOfARadixTree(int seed, int range)
    {
        var random = new Random(seed);
        IdMap map = default;
        Assert.Equal(1, RadixShape.NodeCount(map));
        var keys = new SortedSet<StreamId>();
        for (int i = 0; i < 200; i++)
        {
            var id = new StreamId((ulong)random.Next(range) << 8 * random.Next(6), (ulong)random.Next(range));
            keys.Add(id);
            map.TryAdd(id, null);
            Assert.Equal(NodesBelow([.. keys.Select(Bytes)], 0), RadixShape.NodeCount(map));
        }
        map.Clear();
    }

    private static byte[] Bytes(StreamId id)
    {
        byte[] bytes = new byte[StreamId.Bytes];
        id.Write(bytes);
        return bytes;
    }

    /// <summary>The nodes of the tree below a prefix: a path as far as all keys go together, and what is below each next byte.</summary>
    private static long NodesBelow(List<byte[]> keys, int depth)
    {
        int shared = depth;
        while (shared < StreamId.Bytes && keys.All(key => key[shared] == keys[0][shared]))
            shared++;
        long nodes = shared > depth ? 2 : 1;
        if (shared < StreamId.Bytes)
            nodes += keys.GroupBy(key => key[shared]).Sum(group => NodesBelow([.. group], shared + 1));
        return nodes;
    }

    [Fact]
    public void NamesAreInTheirOrder()
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(5);
        NameTable table = default;
        var model = new SortedDictionary<string, nint>(StringComparer.Ordinal);
        for (int step = 0; step < 3000; step++)
        {
            string name = new('a', random.Next(3));
            name += random.Next(200).ToString(System.Globalization.CultureInfo.InvariantCulture);
            byte[] text = System.Text.Encoding.ASCII.GetBytes(name);
            bool isThere = table.TryFind(text, out int index);
            Assert.Equal(model.ContainsKey(name), isThere);
            if (!isThere)
            {
                byte** item = (byte**)NativeHeap.Allocate((nuint)sizeof(byte*));
                *item = NameTable.CreateName(text);
                table.Insert(index, (byte*)item);
                model.Add(name, (nint)item);
            }
            else if (random.Next(2) == 0)
            {
                Release(table[index]);
                table.RemoveAt(index);
                model.Remove(name);
            }
            Assert.Equal(model.Count, table.Count);
        }
        Assert.Equal(model.Values, Enumerable.Range(0, table.Count).Select(i => (nint)table[i]));
        foreach (nint item in model.Values)
            Release((byte*)item);
        table.Clear();
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static void Release(byte* item)
    {
        NativeHeap.Free(*(byte**)item);
        NativeHeap.Free(item);
    }

    [Fact]
    public void StreamIdsWrapAround()
    {
        Assert.False(StreamId.Max.TryNext(out StreamId id));
        Assert.True(id.IsZero);
        Assert.False(id.TryPrevious(out id));
        Assert.Equal(StreamId.Max, id);
        Assert.True(new StreamId(1, ulong.MaxValue).TryNext(out id));
        Assert.Equal(new StreamId(2, 0), id);
        Assert.True(id.TryPrevious(out id));
        Assert.Equal(new StreamId(1, ulong.MaxValue), id);
        Assert.Equal("1-18446744073709551615"u8, id.Format(stackalloc byte[StreamId.MaxTextLength]));
        Assert.Equal(StreamId.MaxTextLength, StreamId.Max.ToBytes().Length);
    }
}
