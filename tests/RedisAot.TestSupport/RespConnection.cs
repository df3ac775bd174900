using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RedisAot.TestSupport;

/// <summary>
/// A client that hides nothing: it sends the bytes that a test asks for and hands back replies as they arrive, pushes
/// included, in order. One thread at a time.
/// </summary>
public sealed class RespConnection : IDisposable
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private RespConnection(Socket socket) => _socket = socket;

    /// <summary>How long a read waits before it throws <see cref="TimeoutException"/>.</summary>
    public TimeSpan Timeout { get; set; } = DefaultTimeout;

    public Socket Socket => _socket;

    public static RespConnection Connect(EndPoint endPoint)
    {
        bool unix = endPoint is UnixDomainSocketEndPoint;
        var socket = new Socket(
            unix ? AddressFamily.Unix : endPoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        if (!unix)
            socket.NoDelay = true;
        socket.Connect(endPoint);
        return new RespConnection(socket);
    }

    /// <summary>Sends a command and reads one reply.</summary>
    public Reply Call(params ReadOnlySpan<Argument> arguments)
    {
        Send(arguments);
        return Read();
    }

    /// <summary>Splits a line as redis-cli does, sends it and reads one reply.</summary>
    public Reply CallLine(string line)
    {
        SendRaw(Encode([.. RespText.Split(line).Select(bytes => new Argument(bytes))]));
        return Read();
    }

    public void Send(params ReadOnlySpan<Argument> arguments) => SendRaw(Encode(arguments));

    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Sends an inline command: the line and CR LF.</summary>
    public void SendInline(string line) => SendRaw(Encoding.UTF8.GetBytes(line + "\r\n"));

    /// <summary>The request as bytes: an array of bulk strings.</summary>
    public static byte[] Encode(params ReadOnlySpan<Argument> arguments)
    {
        var request = new MemoryStream();
        request.Write(Line('*', arguments.Length));
        foreach (Argument argument in arguments)
        {
            request.Write(Line('$', argument.Bytes.Length));
            request.Write(argument.Bytes);
            request.Write("\r\n"u8);
        }
        return request.ToArray();
    }

    /// <summary>The next reply, parsed.</summary>
    public Reply Read() => Reply.Parse(ReadRaw());

    public List<Reply> Read(int count)
    {
        var replies = new List<Reply>(count);
        for (int i = 0; i < count; i++)
            replies.Add(Read());
        return replies;
    }

    /// <summary>The bytes of the next reply. Throws <see cref="EndOfStreamException"/> if the server closed before it was whole.</summary>
    public byte[] ReadRaw()
    {
        var scanner = new ReplyScanner();
        var clock = Stopwatch.StartNew();
        int length;
        while (!scanner.TryFindEnd(_buffer.AsSpan(_start, _end - _start), out length))
            if (!Receive(Timeout - clock.Elapsed))
                throw new EndOfStreamException($"The server closed the connection after {RespText.Quote(Unread)}.");
        byte[] reply = _buffer.AsSpan(_start, length).ToArray();
        _start += length;
        return reply;
    }

    /// <summary>The next reply, or null if none came whole in this time. What has arrived of it stays unread.</summary>
    public Reply? TryRead(TimeSpan limit)
    {
        TimeSpan usual = Timeout;
        Timeout = limit;
        try
        {
            return Read();
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            Timeout = usual;
        }
    }

    /// <summary>Everything up to the server's close. Throws <see cref="TimeoutException"/> if it does not close.</summary>
    public byte[] ReadToEnd()
    {
        var clock = Stopwatch.StartNew();
        while (Receive(Timeout - clock.Elapsed))
        {
        }
        byte[] rest = Unread.ToArray();
        _start = _end;
        return rest;
    }

    /// <summary>Says that nothing more will be sent; replies can still be read.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>False at the end of the stream. A reset by the server counts as its end.</summary>
    private bool Receive(TimeSpan limit)
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end == _buffer.Length)
            MakeRoom();
        // A reset that comes while it is waited for shows as an error only, and ends the wait early.
        if (limit <= TimeSpan.Zero || (!_socket.Poll(limit, SelectMode.SelectRead) && !_socket.Poll(0, SelectMode.SelectError)))
            throw new TimeoutException($"No whole reply in time; received so far: {RespText.Quote(Unread)}.");
        try
        {
            int received = _socket.Receive(_buffer.AsSpan(_end));
            _end += received;
            return received > 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return false;
        }
    }

    private void MakeRoom()
    {
        if (_start > _buffer.Length / 2)
        {
            Unread.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            return;
        }
        Array.Resize(ref _buffer, _buffer.Length * 2);
    }

    private static byte[] Line(char type, int number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type}{number}\r\n"));
}
