using System.Text;
using RedisAot.Server.Text;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("*", "", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("h?llo", "hello", true)]
    [InlineData("h?llo", "hllo", false)]
    [InlineData("h*llo", "heeeello", true)]
    [InlineData("h**llo*", "hllo", true)]
    [InlineData("h[ae]llo", "hallo", true)]
    [InlineData("h[ae]llo", "hillo", false)]
    [InlineData("h[^e]llo", "hallo", true)]
    [InlineData("h[^e]llo", "hello", false)]
    [InlineData("h[a-b]llo", "hbllo", true)]
    [InlineData("h[b-a]llo", "hallo", true)]
    [InlineData("h[a-b]llo", "hcllo", false)]
    [InlineData("[a-]", "-", false)]
    [InlineData("[a-]", "a", true)]
    [InlineData("[a-z", "q", true)]
    [InlineData("[", "[", false)]
    [InlineData("[^", "x", true)]
    [InlineData("[]", "]", false)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("[\\", "\\", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "x", false)]
    [InlineData("a\\", "a\\", true)]
    [InlineData("abc", "ab", false)]
    [InlineData("ab", "abc", false)]
    [InlineData("ab*?", "ab", false)]
    [InlineData("*ab", "abab", true)]
    [InlineData("*a*b*c", "xaybzcc", true)]
    public void PatternsMatchAsOfficial(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Glob.IsMatch(Bytes(pattern), Bytes(text)));

    [Theory]
    [InlineData("HELLO", "hello", true)]
    [InlineData("[A-C]x", "bX", true)]
    [InlineData("[AB]", "b", true)]
    [InlineData("[\\A]", "a", false)]
    public void CaseCanBeIgnored(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Glob.IsMatch(Bytes(pattern), Bytes(text), ignoreCase: true));

    [Fact]
    public void BytesOfRangesAreSigned()
    {
        Assert.False(Glob.IsMatch(Bytes("[a-\xff]"), [(byte)'b']));
        Assert.True(Glob.IsMatch(Bytes("[a-\xff]"), [(byte)'A']));
    }

    [Fact]
    public void ManyStarsTakeNoExponentialTime()
    {
        byte[] text = Bytes(new string('a', 5000));
        Assert.False(Glob.IsMatch(Bytes(string.Concat(Enumerable.Repeat("a*", 500)) + "b"), text));
        Assert.True(Glob.IsMatch(Bytes(string.Concat(Enumerable.Repeat("*?", 900))), text));
    }

    [Fact]
    public void TooManyPendingStarsDoNotMatch() =>
        Assert.False(Glob.IsMatch(Bytes(string.Concat(Enumerable.Repeat("*?", 50_000))), Bytes(new string('a', 50_000))));

    [Fact]
    public void RandomBytesAreHarmless()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] alphabet = Bytes("ab*?[]^-\\\xff");
        for (int i = 0; i < 200_000; i++)
        {
            byte[] pattern = random.GetItems(alphabet, random.Next(12));
            byte[] text = random.GetItems(alphabet, random.Next(12));
            Glob.IsMatch(pattern, text, i % 2 == 0);
            Assert.True(Glob.IsMatch(Escape(text), text), $"seed {seed}: {Encoding.Latin1.GetString(text)}");
        }
    }

    private static byte[] Escape(byte[] text) => [.. text.SelectMany(c => new[] { (byte)'\\', c })];

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
