using System.Buffers;
using System.Net;
using System.Net.Sockets;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Memory;

public sealed unsafe class NativeBufferTests
{
    [Fact]
    public void Resize_keeps_bytes_and_accounts_until_disposed()
    {
        long before = NativeBuffers.UsedBytes;
        var buffer = new NativeBuffer(100);
        Assert.Equal(100, buffer.Capacity);
        Assert.InRange(NativeBuffers.UsedBytes - before, 100, 200);
        for (int i = 0; i < 100; i++)
            buffer.Memory.Span[i] = (byte)i;
        buffer.Resize(1_000_000);
        Assert.InRange(NativeBuffers.UsedBytes - before, 1_000_000, 1_010_000);
        for (int i = 0; i < 100; i++)
            Assert.Equal(i, buffer.Pointer[i]);
        buffer.Resize(50);
        Assert.Equal(50, buffer.Memory.Length);
        Assert.Equal(49, buffer.GetSpan()[49]);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(before, NativeBuffers.UsedBytes);
        Assert.True(buffer.Memory.IsEmpty);
    }

    [Fact]
    public void Pins_where_it_is()
    {
        using var buffer = new NativeBuffer(64);
        using MemoryHandle handle = buffer.Memory[10..].Pin();
        Assert.True(handle.Pointer == buffer.Pointer + 10);
    }

    [Fact]
    public void Empty_buffer_holds_no_memory()
    {
        long before = NativeBuffers.UsedBytes;
        using var buffer = new NativeBuffer(0);
        Assert.Equal(before, NativeBuffers.UsedBytes);
        buffer.Resize(32);
        buffer.Resize(0);
        Assert.True(buffer.Pointer == null);
        Assert.Equal(before, NativeBuffers.UsedBytes);
    }

    [Fact]
    public void Sockets_receive_into_it()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        client.Send("PING"u8);
        using var buffer = new NativeBuffer(16);
        using var arrived = new ManualResetEventSlim();
        using var arguments = new SocketAsyncEventArgs();
        arguments.SetBuffer(buffer.Memory);
        arguments.Completed += (_, _) => arrived.Set();
        if (server.ReceiveAsync(arguments))
            Assert.True(arrived.Wait(TimeSpan.FromSeconds(10)));
        Assert.True(buffer.GetSpan()[..arguments.BytesTransferred].SequenceEqual("PING"u8));
    }
}
