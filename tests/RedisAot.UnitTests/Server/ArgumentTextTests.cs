using System.Text;
using RedisAot.Server.Text;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class ArgumentTextTests
{
    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("plain text", "\"plain text\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\n\r\t\a\b", "\"\\n\\r\\t\\a\\b\"")]
    [InlineData("\0\x1f\x7f\xff", "\"\\x00\\x1f\\x7f\\xff\"")]
    public void ArgumentsAreQuoted(string argument, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(ArgumentText.Quote(Encoding.Latin1.GetBytes(argument))));
}
