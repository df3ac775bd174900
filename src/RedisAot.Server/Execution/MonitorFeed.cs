using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Text;

namespace RedisAot.Server.Execution;

/// <summary>Shows every command to the clients that sent MONITOR.</summary>
internal sealed class MonitorFeed
{
    private readonly RedisServer _server;
    private readonly OutputBuffer _line = new(1024);

    public MonitorFeed(RedisServer server) => _server = server;

    /// <summary>Sends one line, as official writes it, to every monitor.</summary>
    public void Feed(CommandRow row, Client client, ArgumentVector arguments)
    {
        if ((row.Flags & (CommandFlags.SkipMonitor | CommandFlags.Admin)) != 0)
            return;
        long now = _server.Clock.NowMicroseconds;
        string address = client.Connection is { IsUnixSocket: true } unix ? $"unix:{unix.RemoteAddress[..^2]}" : client.Connection?.RemoteAddress ?? "";
        _line.Append(Encoding.Latin1.GetBytes($"+{now / 1_000_000}.{now % 1_000_000:D6} [{client.Database.Id} {address}]"));
        for (int i = 0; i < arguments.Count; i++)
        {
            _line.Append(" "u8);
            AppendQuoted(arguments[i]);
        }
        _line.Append("\r\n"u8);
        // From the back, since a monitor that takes too little leaves.
        List<Client> monitors = _server.Clients.Monitors;
        for (int i = monitors.Count - 1; i >= 0 && !_line.IsOverMax; i--)
        {
            if (!monitors[i].CloseAfterReply)
                monitors[i].Send(_line.UnconsumedSpan);
        }
        _line.Reset(1024);
    }

    // In pieces: escaped, an argument of the largest size is more than a span can hold.
    private unsafe void AppendQuoted(ReadOnlySpan<byte> argument)
    {
        const int piece = 1024;
        _line.Append("\""u8);
        for (; argument.Length > 0; argument = argument[Math.Min(piece, argument.Length)..])
        {
            ReadOnlySpan<byte> part = argument[..Math.Min(piece, argument.Length)];
            if (!_line.TryReserve(4 * piece))
                return;
            _line.Advance(ArgumentText.Escape(part, new Span<byte>(_line.End, 4 * piece)));
        }
        _line.Append("\""u8);
    }
}
