using System.Text;
using RedisAot.Resp;
using Xunit;

namespace RedisAot.UnitTests.Resp;

public sealed class OutputBufferTests
{
    [Fact]
    public void GivesUpWhatIsLongerThanAllowed()
    {
        OutputBuffer buffer = new(64) { MaxLength = 1000 };
        ReplyWriter reply = new() { Buffer = buffer };
        reply.Bulk(new byte[900]);
        Assert.False(buffer.IsOverMax);
        nint mark = reply.BeginDeferred();
        reply.Bulk(new byte[200]);
        Assert.True(buffer.IsOverMax);
        reply.Bulk(new byte[100_000]);
        reply.Integer(123456);
        reply.EndDeferredArray(mark, 3);
        Assert.InRange(buffer.Capacity, 0, 2000);
        buffer.Reset(64);
        buffer.MaxLength = nint.MaxValue;
        Assert.False(buffer.IsOverMax);
        reply.Bulk("ab"u8);
        Assert.Equal("$2\r\nab\r\n", Encoding.ASCII.GetString(buffer.UnconsumedSpan));
        buffer.Free();
    }

    [Fact]
    public void GivesUpWhatTheSystemHasNoMemoryFor()
    {
        OutputBuffer buffer = new(64);
        buffer.Append("abc"u8);
        Assert.False(buffer.TryReserve(nint.MaxValue / 4));
        Assert.True(buffer.IsOverMax);
        Assert.Equal(0, buffer.Length);
        buffer.Append("still usable"u8);
        buffer.Free();
    }

    [Fact]
    public void AppendsWhatAnotherHolds()
    {
        OutputBuffer source = new(16), target = new(16);
        source.Append("0123456789"u8);
        source.Consume(3);
        target.Append("x"u8);
        target.Append(source);
        Assert.Equal("x3456789", Encoding.ASCII.GetString(target.UnconsumedSpan));
        source.Free();
        target.Free();
    }
}
