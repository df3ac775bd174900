using System.Text;
using RedisAot.Server.Commands;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class ArgumentSyntaxTests
{
    [Theory]
    [InlineData("key", "key:string")]
    [InlineData("key#0 value:double", "key:key#0 value:double")]
    [InlineData("pattern:pattern#12", "pattern:pattern#12")]
    [InlineData("pattern:pattern#1", "pattern:pattern#1")]
    [InlineData("key#0...@6.2.0", "key:key#0 multiple since=6.2.0")]
    [InlineData("ip:port:string!2.8.12", "ip:port:string deprecated=2.8.12")]
    [InlineData("['GET'+ pattern:pattern...]", "pattern:pattern token=GET optional multiple multiple_token")]
    [InlineData("'NX'", "nx:pure-token token=NX")]
    [InlineData("'=' equal:pure-token", "equal:pure-token token==")]
    [InlineData("'' empty:pure-token", "empty:pure-token token=")]
    [InlineData("name<first name>", "name:string display=first name")]
    [InlineData("[when('NX' | 'XX'@2.0.0)@2.6.12]",
        "when:oneof optional since=2.6.12 (nx:pure-token token=NX xx:pure-token token=XX since=2.0.0)")]
    [InlineData("'BY' data{key#0 [count:integer]}...",
        "data:block token=BY multiple (key:key#0 count:integer optional)")]
    [InlineData(" a\n  b ", "a:string b:string")]
    [InlineData("", "")]
    [InlineData("a:nothing", null)]
    [InlineData("[a", null)]
    [InlineData("a(b | c", null)]
    [InlineData("a(b c)", null)]
    [InlineData("'NX", null)]
    [InlineData("a#", null)]
    [InlineData("a)", null)]
    public void TextBecomesATree(string text, string? expected)
    {
        if (expected is null)
            Assert.Throws<FormatException>(() => ArgumentSyntax.Parse(text));
        else
            Assert.Equal(expected, Describe(ArgumentSyntax.Parse(text)));
    }

    [Fact]
    public void NoTextIsNoArgument() => Assert.Empty(ArgumentSyntax.Parse(null));

    private static string Describe(CommandArgument[] arguments) => string.Join(' ', arguments.Select(Describe));

    private static string Describe(CommandArgument argument)
    {
        var text = new StringBuilder($"{argument.Name}:{CommandArgument.TypeNames[(int)argument.Type]}");
        if (argument.KeySpecIndex >= 0)
            text.Append($"#{argument.KeySpecIndex}");
        if (argument.Token is not null)
            text.Append($" token={argument.Token}");
        if (argument.Optional)
            text.Append(" optional");
        if (argument.Multiple)
            text.Append(" multiple");
        if (argument.MultipleToken)
            text.Append(" multiple_token");
        if (argument.Since is not null)
            text.Append($" since={argument.Since}");
        if (argument.DeprecatedSince is not null)
            text.Append($" deprecated={argument.DeprecatedSince}");
        if (argument.DisplayText is not null)
            text.Append($" display={argument.DisplayText}");
        if (argument.Arguments.Length > 0)
            text.Append($" ({Describe(argument.Arguments)})");
        return text.ToString();
    }
}
