using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class SortedTreeTests
{
    private sealed class Order : IComparer<(double Score, string Name)>
    {
        public int Compare((double Score, string Name) a, (double Score, string Name) b)
        {
            int byScore = a.Score.CompareTo(b.Score);
            return byScore != 0 ? byScore : string.CompareOrdinal(a.Name, b.Name);
        }
    }

    /// <summary>A tree beside a sorted list of the same members.</summary>
    private sealed class Pair
    {
        public readonly SortedTree* Tree = SortedTree.Create();
        public readonly List<(double Score, string Name)> Model = [];
        private readonly Dictionary<string, nint> _members = [];

        public void Set(string name, double score)
        {
            if (_members.TryGetValue(name, out nint member))
            {
                Model.RemoveAt(Find(SortedMember.ScoreOf((byte*)member), name));
                Tree->UpdateScore((byte*)member, score);
            }
            else
            {
                byte* added = SortedMember.Create(score, Encoding.ASCII.GetBytes(name));
                _members.Add(name, (nint)added);
                Tree->Insert(added);
            }
            Model.Insert(~Find(score, name), (score, name));
        }

        public void RemoveAt(int rank, bool byRank)
        {
            byte* member = (byte*)_members[Model[rank].Name];
            if (byRank)
                Assert.True(Tree->RemoveAt(rank) == member);
            else
                Tree->Remove(member);
            _members.Remove(Model[rank].Name);
            Model.RemoveAt(rank);
            NativeHeap.Free(member);
        }

        public byte* MemberAt(int rank) => (byte*)_members[Model[rank].Name];

        public int Find(double score, string name) => Model.BinarySearch((score, name), new Order());

        public void Free()
        {
            while (!SortedTree.FreeSome(Tree, 5))
                continue;
            foreach (nint member in _members.Values)
                NativeHeap.Free((byte*)member);
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 50)]
    [InlineData(3, 1_000_000)]
    [InlineData(4, 1)]
    public void BehavesAsASortedList(int seed, int scores)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        var pair = new Pair();
        int target = 0;
        for (int step = 0; step < 30_000; step++)
        {
            if (step % 4000 == 0)
                target = random.Next(4) == 0 ? random.Next(60) : random.Next(5000);
            bool grow = random.Next(10) < (pair.Model.Count < target ? 8 : 2);
            if (grow || pair.Model.Count == 0)
                pair.Set($"m{random.Next(15_000)}", NextScore(random, scores));
            else if (random.Next(4) == 0)
                pair.Set(pair.Model[random.Next(pair.Model.Count)].Name, NextScore(random, scores));
            else if (random.Next(3) == 0)
                Nudge(random, pair);
            else
                pair.RemoveAt(random.Next(5) == 0 ? 0 : random.Next(pair.Model.Count), random.Next(2) == 0);
            if (step % 3000 == 0)
                AssertSame(pair, $"seed {seed} step {step}");
            if (step % 10 == 0)
                AssertQueries(random, pair, scores, $"seed {seed} step {step}");
        }
        while (pair.Model.Count > 0)
            pair.RemoveAt(random.Next(pair.Model.Count), byRank: false);
        pair.Set("last", 1);
        AssertSame(pair, $"seed {seed}");
        pair.Free();
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static double NextScore(Random random, int scores) =>
        random.Next(100) == 0 ? double.PositiveInfinity * (random.Next(2) * 2 - 1) : random.Next(scores) / 4.0 - 2;

    private static void Nudge(Random random, Pair pair)
    {
        (double score, string name) = pair.Model[random.Next(8) == 0 ? pair.Model.Count - 1 : random.Next(pair.Model.Count)];
        pair.Set(name, score + random.Next(-1, 2) / 4.0);
    }

    private static void AssertQueries(Random random, Pair pair, int scores, string context)
    {
        double score = NextScore(random, scores);
        bool afterEqual = random.Next(2) == 0;
        long expected = pair.Model.FindIndex(m => afterEqual ? m.Score > score : m.Score >= score);
        Assert.Equal(expected < 0 ? pair.Model.Count : expected, pair.Tree->CountBefore(new ScoreBound(score, afterEqual)));
        if (pair.Model.Count == 0)
            return;
        int rank = random.Next(pair.Model.Count);
        Assert.True(pair.MemberAt(rank) == pair.Tree->At(rank), context);
        Assert.Equal(rank, pair.Tree->RankOf(pair.MemberAt(rank)));
    }

    private static void AssertSame(Pair pair, string context)
    {
        Assert.Equal(pair.Model.Count, pair.Tree->Count);
        var cursor = new SortedTreeCursor(pair.Tree, 0);
        int rank = 0;
        for (; cursor.IsValid; cursor.MoveNext(), rank++)
        {
            Assert.Equal(rank, cursor.Rank);
            Assert.True(cursor.Current == pair.MemberAt(rank), context);
        }
        Assert.Equal(pair.Model.Count, rank);
        while (cursor.MovePrevious())
            Assert.True(cursor.Current == pair.MemberAt(--rank), context);
        Assert.Equal(0, rank);
        Assert.True(cursor.MoveNext() == pair.Model.Count > 0);
    }

    [Fact]
    public void NamesOfOneScoreAreCutByName()
    {
        var pair = new Pair();
        for (int i = 0; i < 1000; i++)
            pair.Set($"n{i * 2:D5}", 0);
        pair.Set("", 0);
        Assert.Equal(0, pair.Tree->CountBefore(new NameBound(""u8, afterEqual: false)));
        Assert.Equal(1, pair.Tree->CountBefore(new NameBound(""u8, afterEqual: true)));
        Assert.Equal(1, pair.Tree->CountBefore(new NameBound("n"u8, afterEqual: true)));
        Assert.Equal(101, pair.Tree->CountBefore(new NameBound("n00200"u8, afterEqual: false)));
        Assert.Equal(102, pair.Tree->CountBefore(new NameBound("n00200"u8, afterEqual: true)));
        Assert.Equal(102, pair.Tree->CountBefore(new NameBound("n00201"u8, afterEqual: false)));
        Assert.Equal(1001, pair.Tree->CountBefore(new NameBound("z"u8, afterEqual: false)));
        pair.Free();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(254)]
    [InlineData(255)]
    [InlineData(100_000)]
    public void NamesOfAnyLength(int length)
    {
        byte[] name = new byte[length];
        new Random(length).NextBytes(name);
        byte* member = SortedMember.Create(2.5, name);
        Assert.Equal(name, SortedMember.KeyOf(member).ToArray());
        Assert.Equal(2.5, SortedMember.ScoreOf(member));
        NativeHeap.Free(member);
    }

    [Fact]
    public void AMillionMembersCostTheTreeFourteenBytesEach()
    {
        foreach (int direction in new[] { 1, -1, 0 })
        {
            var random = new Random(9);
            long before = NativeHeap.UsedBytes;
            SortedTree* tree = SortedTree.Create();
            var members = new List<nint>();
            for (int i = 0; i < 1_000_000; i++)
            {
                members.Add((nint)SortedMember.Create(direction != 0 ? i * direction : random.NextDouble(), "same name"u8));
                tree->Insert((byte*)members[^1]);
            }
            long used = NativeHeap.UsedBytes - before - members.Count * 24L;
            Assert.InRange(used / 1e6, 12, direction != 0 ? 13 : 14);
            SortedTree.Free(tree);
            foreach (nint member in members)
                NativeHeap.Free((byte*)member);
            Assert.Equal(before, NativeHeap.UsedBytes);
        }
    }
}
