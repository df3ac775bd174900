using Xunit;

namespace RedisAot.TestSupport;

/// <summary>Assertions that show the whole reply when they fail.</summary>
public static class ReplyAssert
{
    /// <summary>The reply is what the notation describes (see <see cref="ReplyNotation"/>).</summary>
    public static void Is(this Reply reply, string notation, int protocol = 2)
    {
        byte[] expected = ReplyNotation.Encode(notation, protocol);
        if (!expected.AsSpan().SequenceEqual(reply.Raw))
            Assert.Fail($"Expected {notation}\nbut got  {reply}");
    }

    public static void IsOk(this Reply reply) => reply.Is("+OK");

    public static void IsText(this Reply reply, string text)
    {
        if (reply.IsNull || reply.Text != text)
            Assert.Fail($"Expected the text {text}\nbut got {reply}");
    }

    public static void IsInteger(this Reply reply, long value) => reply.Is($":{value}");

    /// <summary>An error whose text begins so, without the dash.</summary>
    public static void IsErrorStarting(this Reply reply, string text)
    {
        if (!reply.IsError || !reply.Text.StartsWith(text, StringComparison.Ordinal))
            Assert.Fail($"Expected an error beginning with: {text}\nbut got {reply}");
    }

    /// <summary>The server closes, having sent nothing more than <paramref name="lastWords"/>.</summary>
    public static void IsClosedAfter(this RespConnection connection, string lastWords)
    {
        string rest = RespText.Escape(connection.ReadToEnd());
        Assert.Equal(lastWords, rest);
    }
}
