using System.Net;
using System.Net.Sockets;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Networking;

/// <summary>The sockets on which the server accepts; they follow <c>port</c> and <c>bind</c>.</summary>
internal sealed class Listeners
{
    private readonly RedisServer _server;
    private readonly ServerConfig _config;
    private List<Listener> _tcp = [];
    private Listener? _unix;
    private SocketLoop _loop = null!;

    public Listeners(RedisServer server)
    {
        _server = server;
        _config = server.Config;
    }

    /// <summary>Opens what the configuration asks for. False, the reason having been logged, when that is nothing or cannot be had.</summary>
    public bool Open()
    {
        if (_config.Port != 0)
        {
            if (OpenTcp() is not { } tcp)
            {
                ServerLog.Warning($"Failed listening on port {_config.Port} (TCP), aborting.");
                return false;
            }
            _tcp = tcp;
        }

        if (_config.UnixSocket.Length > 0 && !TryOpenUnix())
            return false;
        if (_tcp.Count > 0 || _unix != null)
            return true;
        ServerLog.Warning("Configured to not listen anywhere, exiting.");
        return false;
    }

    /// <summary>Begins to accept on <paramref name="loop"/>, and from now on follows the configuration.</summary>
    public void Start(SocketLoop loop)
    {
        _loop = loop;
        foreach (Listener listener in _tcp)
            loop.Post(listener);
        if (_unix != null)
            loop.Post(_unix);
        _config.OnChanged(ChangePort, "port");
        _config.OnChanged(ChangeAddresses, "bind");
    }

    /// <summary>Accepts no more.</summary>
    public void Close()
    {
        CloseTcp();
        _unix?.Stop();
        _unix = null;
    }

    /// <summary>Moves to another port; the old one is kept until the new one is ours.</summary>
    private string? ChangePort()
    {
        List<Listener>? opened = _config.Port == 0 ? [] : OpenTcp();
        if (opened == null)
            return "Unable to listen on this port. Check server logs.";
        Replace(opened);
        return null;
    }

    /// <summary>Moves to other addresses. The old ones come first: some of them may be among the new ones.</summary>
    private string? ChangeAddresses()
    {
        CloseTcp();
        List<Listener>? opened = _config.Port == 0 ? [] : OpenTcp();
        if (opened == null)
            return "Failed to bind to specified addresses.";
        Replace(opened);
        return null;
    }

    private void Replace(List<Listener> opened)
    {
        CloseTcp();
        _tcp = opened;
        foreach (Listener listener in opened)
            _loop.Post(listener);
    }

    private void CloseTcp()
    {
        foreach (Listener listener in _tcp)
            listener.Stop();
        _tcp = [];
    }

    /// <summary>A listener for each address; null, with none left open, when one of them cannot be had.</summary>
    private List<Listener>? OpenTcp()
    {
        var opened = new List<Listener>();
        foreach (string bind in _config.BindAddresses)
        {
            bool optional = bind.StartsWith('-');
            string text = optional ? bind[1..] : bind;
            try
            {
                opened.Add(Listener.ListenTcp(_server, Resolve(text), _config.Port, _config.TcpBacklog, _config.SocketMarkId));
            }
            catch (SocketException e)
            {
                ServerLog.Warning($"Warning: Could not create server TCP listening socket {text}:{_config.Port}: bind: {e.Message}");
                if (IsUnsupported(e.SocketErrorCode) || (optional && e.SocketErrorCode == SocketError.AddressNotAvailable))
                    continue;
                foreach (Listener listener in opened)
                    listener.Stop();
                return null;
            }
        }
        return opened;
    }

    private bool TryOpenUnix()
    {
        try
        {
            _unix = Listener.ListenUnix(_server, _config.UnixSocket, _config.UnixSocketPerm, _config.TcpBacklog);
        }
        catch (SocketException e)
        {
            ServerLog.Warning($"Failed opening Unix socket: bind: {e.Message}");
            return false;
        }

        if (_config.UnixSocketGroup.Length == 0 || LibC.ChangeGroup(_config.UnixSocket, _config.UnixSocketGroup) is not { } error)
            return true;
        ServerLog.Warning($"Failed opening Unix socket: can't give it to the group {_config.UnixSocketGroup}: {error}");
        return false;
    }

    private static bool IsUnsupported(SocketError error) =>
        error is SocketError.AddressFamilyNotSupported or SocketError.ProtocolNotSupported or SocketError.ProtocolOption
            or SocketError.SocketNotSupported or SocketError.ProtocolFamilyNotSupported;

    /// <summary>The address of a text; one with a colon is of version 6, a name is looked up for version 4.</summary>
    private static IPAddress Resolve(string text)
    {
        if (text == "*")
            return IPAddress.Any;
        if (text == "::*")
            return IPAddress.IPv6Any;
        return IPAddress.TryParse(text, out IPAddress? address) ? address : Dns.GetHostAddresses(text, AddressFamily.InterNetwork)[0];
    }
}
