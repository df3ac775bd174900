using System.Net;
using System.Net.Sockets;

namespace RedisAot.Server.Networking;

/// <summary>One listening socket; every accepted connection is handed to the server.</summary>
internal sealed class Listener : ILoopWork
{
    // SOL_SOCKET and SO_MARK of Linux.
    private const int SocketLevel = 1;
    private const int SocketMark = 36;

    private readonly RedisServer _server;
    private readonly AcceptOperation _accept;
    private bool _stopped;

    private Listener(RedisServer server, Socket socket, string? unixPath)
    {
        _server = server;
        Socket = socket;
        UnixPath = unixPath;
        _accept = new AcceptOperation(this);
    }

    /// <summary>The path of a Unix socket; null for TCP.</summary>
    public string? UnixPath { get; }

    private Socket Socket { get; }

    /// <summary>
    /// Binds and listens; throws <see cref="SocketException"/> when the address is taken or not there. <paramref name="mark"/> is the
    /// firewall mark of the packets; 0: none.
    /// </summary>
    public static Listener ListenTcp(RedisServer server, IPAddress address, int port, int backlog, long mark)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            // The runtime sets SO_REUSEADDR itself; its ReuseAddress option would set SO_REUSEPORT too and hide a taken port.
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(backlog);
            if (mark != 0)
                socket.SetRawSocketOption(SocketLevel, SocketMark, BitConverter.GetBytes((uint)mark));
            return new Listener(server, socket, null);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Listens on a Unix socket, replacing a stale file. <paramref name="permissions"/> are octal mode bits or 0.</summary>
    public static Listener ListenUnix(RedisServer server, string path, int permissions, int backlog)
    {
        File.Delete(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(backlog);
            if (permissions != 0)
                File.SetUnixFileMode(path, (UnixFileMode)permissions);
            return new Listener(server, socket, path);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to accept: on a loop's thread, for that is where the connections accepted at once are served.</summary>
    void ILoopWork.Run(SocketLoop loop)
    {
        loop.Watch((int)Socket.Handle, null);
        AcceptLoop();
    }

    /// <summary>Stops listening and removes a Unix socket's file.</summary>
    public void Stop()
    {
        _stopped = true;
        Socket.Dispose();
        if (UnixPath != null)
            File.Delete(UnixPath);
    }

    private void AcceptLoop()
    {
        while (!_stopped)
        {
            _accept.AcceptSocket = null;
            bool pending;
            try
            {
                pending = Socket.AcceptAsync(_accept);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            if (pending)
                return;
            OnAccepted();
        }
    }

    private void OnAccepted()
    {
        if (_accept.SocketError == SocketError.Success)
            _server.OnAccepted(_accept.AcceptSocket!, this);
        else if (!_stopped)
            RedisServer.OnAcceptFailed(_accept.SocketError);
    }

    private sealed class AcceptOperation(Listener listener) : SocketAsyncEventArgs(true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            listener.OnAccepted();
            listener.AcceptLoop();
        }
    }
}
