using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Text;
using Xunit;

namespace RedisAot.UnitTests.Server.Configuration;

public sealed class ArgumentSplitterTests
{
    [Theory]
    [InlineData("port 6379", "port|6379")]
    [InlineData("  port \t 6379 \v", "port|6379")]
    [InlineData("save \"\"", "save|")]
    [InlineData("a \"b c\" 'd e'", "a|b c|d e")]
    [InlineData("a \"\\x41\\n\\t\\\"\\\\\\q\"", "a|A\n\t\"\\q")]
    [InlineData("a '\\'\\n'", "a|'\\n")]
    [InlineData("", "")]
    public void Splits(string line, string expected) =>
        Assert.Equal(expected, string.Join('|', Array.ConvertAll(Split(line)!, Encoding.Latin1.GetString)));

    [Theory]
    [InlineData("a \"b")]
    [InlineData("a 'b")]
    [InlineData("a \"b\"c")]
    [InlineData("a \"b\\\"")]
    public void Unbalanced_quotes_are_refused(string line) => Assert.Null(Split(line));

    [Fact]
    public void What_is_quoted_is_read_back()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0; i < 1000; i++)
        {
            byte[] text = new byte[random.Next(40)];
            random.NextBytes(text);
            byte[][]? words = ArgumentSplitter.Split(ArgumentText.Quote(text));
            Assert.True(words is [var word] && word.AsSpan().SequenceEqual(text), $"seed {seed}, round {i}");
        }
    }

    private static byte[][]? Split(string line) => ArgumentSplitter.Split(Encoding.Latin1.GetBytes(line));
}
