using System.Text;
using RedisAot.Server.Text;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class LcsTests
{
    [Theory]
    [InlineData("ohmytext", "mynewtext", "mytext")]
    [InlineData("", "abc", "")]
    [InlineData("abc", "", "")]
    [InlineData("abc", "abc", "abc")]
    [InlineData("abc", "xyz", "")]
    [InlineData("abcbdab", "bdcaba", "bdab")]
    public void TheSubsequenceIsTheOfficialOne(string first, string second, string expected)
    {
        using Lcs lcs = new(Encoding.ASCII.GetBytes(first), Encoding.ASCII.GetBytes(second));
        byte[] common = new byte[lcs.Length];
        lcs.CopyTo(common);
        Assert.Equal(expected, Encoding.ASCII.GetString(common));
    }

    [Fact]
    public void MatchesComeFromTheEnd()
    {
        using Lcs lcs = new("ohmytext"u8, "mynewtext"u8);
        Assert.Equal([new LcsMatch(4, 7, 5, 8), new LcsMatch(2, 3, 0, 1)], lcs.Matches(0));
        Assert.Equal([new LcsMatch(4, 7, 5, 8)], lcs.Matches(4));
        Assert.Empty(lcs.Matches(5));
    }

    [Fact]
    public void MatchesMakeUpTheSubsequence()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 2000; round++)
        {
            byte[] first = random.GetItems("abc"u8.ToArray(), random.Next(20));
            byte[] second = random.GetItems("abc"u8.ToArray(), random.Next(20));
            using Lcs lcs = new(first, second);
            byte[] common = new byte[lcs.Length];
            lcs.CopyTo(common);
            List<LcsMatch> matches = lcs.Matches(0);
            matches.Reverse();
            byte[] joined = [.. matches.SelectMany(m => first[m.FirstStart..(m.FirstEnd + 1)])];
            byte[] joinedSecond = [.. matches.SelectMany(m => second[m.SecondStart..(m.SecondEnd + 1)])];
            Assert.True(joined.SequenceEqual(common) && joinedSecond.SequenceEqual(common), $"seed {seed}");
        }
    }
}
