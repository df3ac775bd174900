using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;
using RedisAot.UnitTests.Data;
using Xunit;

namespace RedisAot.UnitTests.Server;

/// <summary>Sorted sets in both encodings beside a sorted list of the same members.</summary>
public sealed class SortedSetValueTests
{
    private static readonly byte[] s_key = "key"u8.ToArray();
    private static readonly byte[] s_other = "other"u8.ToArray();

    private readonly RedisServer _server = new(new ServerConfig());
    private readonly List<(double Score, string Name)> _model = [];

    private Database Db => _server.Databases[0];

    private KeyEntry Entry => Db.Peek(s_key);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 8)]
    [InlineData(3, 128)]
    [InlineData(4, 2000)]
    public void SetsBehaveAsASortedList(int seed, long listpackEntries)
    {
        _server.Config.ZsetMaxListpackEntries = listpackEntries;
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        int target = 0;
        for (int step = 0; step < 12_000; step++)
        {
            if (step % 500 == 0)
                target = random.Next(300);
            string context = $"seed {seed} step {step}";
            if (_model.Count == 0 || random.Next(10) < (_model.Count < target ? 8 : 2))
                Add(random, context);
            else if (random.Next(50) == 0)
                RemoveRange(random);
            else
                Remove(random, context);
            AssertSame(context, everything: step % 50 == 0);
            if (_model.Count > 0)
                AssertRanges(random, context);
        }
        FreeAll();
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private void Add(Random random, string context)
    {
        string name = _model.Count > 0 && random.Next(3) == 0 ? _model[random.Next(_model.Count)].Name : Text(RandomElements.Next(random));
        double score = RandomScore(random);
        var options = (SortedSetAdd)random.Next(32);
        int at = _model.FindIndex(member => member.Name == name);
        SortedSetAdded expected = Expect(options, score, at < 0 ? null : _model[at].Score, out double wanted);
        if (_model.Count == 0)
        {
            if (expected != SortedSetAdded.Added)
                return;
            SortedSetValue.Create(Db, s_key, _server.Config, Bytes(name));
        }
        double given = score;
        Assert.True(expected == SortedSetValue.Add(Entry, _server.Config, Bytes(name), ref given, options), context);
        if (expected is not (SortedSetAdded.Added or SortedSetAdded.Updated))
            return;
        Assert.Equal(wanted, given);
        if (at >= 0)
            _model.RemoveAt(at);
        _model.Insert(_model.FindLastIndex(member => Compare(member, (wanted, name)) < 0) + 1, (wanted, name));
    }

    private static SortedSetAdded Expect(SortedSetAdd options, double score, double? current, out double wanted)
    {
        wanted = score;
        if (current is not { } old)
            return options.HasFlag(SortedSetAdd.Existing) ? SortedSetAdded.Refused : SortedSetAdded.Added;
        if (options.HasFlag(SortedSetAdd.Missing))
            return SortedSetAdded.Refused;
        if (options.HasFlag(SortedSetAdd.Increment))
            wanted += old;
        if (double.IsNaN(wanted))
            return SortedSetAdded.NotANumber;
        if ((options.HasFlag(SortedSetAdd.Greater) && wanted <= old) || (options.HasFlag(SortedSetAdd.Less) && wanted >= old))
            return SortedSetAdded.Refused;
        return wanted == old ? SortedSetAdded.Unchanged : SortedSetAdded.Updated;
    }

    private void Remove(Random random, string context)
    {
        string name = random.Next(10) == 0 ? "not there" : _model[random.Next(_model.Count)].Name;
        Assert.True(SortedSetValue.Remove(Entry, Bytes(name)) == _model.RemoveAll(member => member.Name == name) > 0, context);
        DeleteIfEmpty();
    }

    private void RemoveRange(Random random)
    {
        int rank = random.Next(_model.Count);
        int count = random.Next(1, _model.Count - rank + 1);
        SortedSetValue.RemoveRange(Entry, rank, count);
        _model.RemoveRange(rank, count);
        DeleteIfEmpty();
    }

    private void DeleteIfEmpty()
    {
        if (_model.Count > 0)
            return;
        Assert.Equal(0, SortedSetValue.Count(Entry));
        Db.Delete(s_key);
    }

    private void AssertSame(string context, bool everything)
    {
        KeyEntry entry = Entry;
        Assert.True(entry.IsNull == (_model.Count == 0), context);
        if (entry.IsNull)
            return;
        Assert.Equal(_model.Count, SortedSetValue.Count(entry));
        if (!everything)
            return;
        SortedSetCursor cursor = new(entry, 0);
        SortedSetCursor back = new(entry, _model.Count - 1);
        for (int rank = 0; rank < _model.Count; rank++)
        {
            (double score, string name) = _model[rank];
            Assert.True(Text(cursor.Name) == name && cursor.Score == score, context);
            Assert.True(Text(back.Name) == _model[^(rank + 1)].Name, context);
            Assert.Equal(rank, SortedSetValue.Rank(entry, Bytes(name), out double found));
            Assert.Equal(score, found);
            Assert.Equal(rank + 1 < _model.Count, cursor.MoveNext());
            Assert.Equal(rank + 1 < _model.Count, back.MovePrevious());
        }
        AssertCopyIsEqual(entry, context);
    }

    private void AssertCopyIsEqual(KeyEntry entry, string context)
    {
        Db.AddCopy(s_other, entry);
        KeyEntry copy = Db.Peek(s_other);
        Assert.Equal(entry.Encoding, copy.Encoding);
        Assert.True(DataDigest.OfValue(entry).SequenceEqual(DataDigest.OfValue(copy)), context);
        Assert.InRange(SortedSetValue.Bytes(copy, 0), 1, NativeHeap.UsedBytes);
        Db.Delete(s_other);
    }

    private void AssertRanges(Random random, string context)
    {
        double score = random.Next(2) == 0 ? _model[random.Next(_model.Count)].Score : RandomScore(random);
        long atLeast = _model.Count(member => member.Score < score), above = _model.Count(member => member.Score <= score);
        Assert.True(atLeast == SortedSetValue.CountBefore(Entry, new ScoreBound(score, afterEqual: false)), context);
        Assert.True(above == SortedSetValue.CountBefore(Entry, new ScoreBound(score, afterEqual: true)), context);
        string unknown = "no such " + random.Next();
        Assert.Equal(-1, SortedSetValue.Rank(Entry, Bytes(unknown), out _));
        Assert.False(SortedSetValue.TryGetScore(Entry, Bytes(unknown), out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public void NamesOfOneScoreAreCutByName(long listpackEntries)
    {
        _server.Config.ZsetMaxListpackEntries = listpackEntries;
        var random = new Random(7);
        SortedSet<string> names = new(StringComparer.Ordinal);
        while (names.Count < 400)
            names.Add(Text(RandomElements.Next(random)));
        SortedSetValue.Create(Db, s_key, _server.Config, Bytes(names.Min!));
        double score = 0;
        foreach (string name in names.OrderBy(_ => random.Next()))
            SortedSetValue.Add(Entry, _server.Config, Bytes(name), ref score);
        List<string> sorted = [.. names];
        for (int i = 0; i < sorted.Count; i++)
        {
            Assert.Equal(i, SortedSetValue.CountBefore(Entry, new NameBound(Bytes(sorted[i]), afterEqual: false)));
            Assert.Equal(i + 1, SortedSetValue.CountBefore(Entry, new NameBound(Bytes(sorted[i]), afterEqual: true)));
            Assert.Equal(i + 1, SortedSetValue.CountBefore(Entry, new NameBound(Bytes(sorted[i] + "\0"), afterEqual: false)));
        }
        FreeAll();
    }

    [Theory]
    [InlineData(1, 1, 128)]
    [InlineData(2, 63, 0)]
    [InlineData(3, 64, 0)]
    [InlineData(4, 128, 128)]
    [InlineData(5, 129, 128)]
    [InlineData(6, 63 * 34, 128)]
    [InlineData(7, 63 * 34 + 1, 128)]
    [InlineData(8, 20_000, 128)]
    public void BuiltSetsAreOrdered(int seed, int count, long listpackEntries)
    {
        _server.Config.ZsetMaxListpackEntries = listpackEntries;
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        bool collects = seed % 2 == 0;
        SortedSetBuilder builder = new();
        for (int i = 0; i < count; i++)
        {
            byte[] name = Bytes($"member {i}");
            double score = random.Next(count);
            if (!collects)
                builder.Add(name, score);
            else
                builder.AddOrFind(name, 0, out _) = score;
            _model.Add((score, Text(name)));
        }
        _model.Sort(Compare);
        builder.Sort();
        builder.Store(Db, s_key, _server.Config);
        builder.Dispose();
        Assert.Equal(count <= listpackEntries ? ValueEncoding.ListPack : ValueEncoding.SkipList, Entry.Encoding);
        AssertSame($"seed {seed}", everything: true);
        for (int i = 0; i < 200; i++)
        {
            Add(random, $"seed {seed}");
            if (_model.Count > 0)
                Remove(random, $"seed {seed}");
        }
        AssertSame($"seed {seed}", everything: true);
        FreeAll();
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void ABuilderThatIsNotStoredFreesItsMembers()
    {
        long before = NativeHeap.UsedBytes;
        SortedSetBuilder builder = new();
        for (int i = 0; i < 500; i++)
            builder.AddOrFind(Bytes($"{i % 100}"), i, out bool added) += added ? 0 : 1;
        Assert.Equal(100, builder.Count);
        builder.Sort();
        Assert.Equal(4, builder.Score(0));
        Assert.Equal("0", Text(builder.Name(0)));
        builder.Dispose();
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void AMillionMembersCostAtMostSixtyFiveBytesEach()
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(1);
        SortedSetValue.Create(Db, s_key, _server.Config, []);
        for (int i = 0; i < 1_000_000; i++)
        {
            double score = random.Next(1_000_000);
            SortedSetValue.Add(Entry, _server.Config, Bytes($"member:{i:D9}"), ref score);
        }
        double used = NativeHeap.UsedBytes - before;
        Assert.InRange(used / 1e6, 45, 60);
        Assert.InRange(SortedSetValue.Bytes(Entry, 5) / used, 0.9, 1.1);
        Assert.InRange(SortedSetValue.Bytes(Entry, 0) / used, 0.99, 1.01);
        Db.Delete(s_key);
        Assert.True(_server.LazyFree.HasWork);
        FreeAll();
    }

    private void FreeAll()
    {
        // An empty table of keys keeps its last bucket.
        Db.SetString(s_other, "x"u8);
        Db.Clear();
        while (_server.LazyFree.HasWork)
            _server.LazyFree.RunStep();
    }

    private static int Compare((double Score, string Name) x, (double Score, string Name) y)
    {
        int byScore = x.Score.CompareTo(y.Score);
        return byScore != 0 ? byScore : string.CompareOrdinal(x.Name, y.Name);
    }

    private static double RandomScore(Random random) => random.Next(8) switch
    {
        0 => random.NextDouble(),
        1 => random.Next(2) == 0 ? double.PositiveInfinity : double.NegativeInfinity,
        2 => Math.Pow(10, random.Next(-30, 30)),
        3 => long.MaxValue / (1 << random.Next(8)),
        4 => -0.0,
        _ => random.Next(-20, 20),
    };

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
