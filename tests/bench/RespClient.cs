using System.Net.Sockets;
using System.Text;

namespace RedisAot.Bench;

/// <summary>A plain RESP2 connection for pipelines of text commands.</summary>
public sealed class RespClient : IDisposable
{
    private readonly TcpClient _tcp;
    private readonly Stream _in;

    public RespClient(int port)
    {
        _tcp = new TcpClient("127.0.0.1", port) { NoDelay = true };
        _in = new BufferedStream(_tcp.GetStream(), 65536);
    }

    /// <summary>Sends requests that are RESP or inline commands already.</summary>
    public void Send(string requests)
    {
        _tcp.Client.Send(Encoding.Latin1.GetBytes(requests));
    }

    /// <summary>The next reply: the text of a string or integer, null for a null. Throws what an error says.</summary>
    public string? Receive()
    {
        string line = ReadLine();
        string rest = line[1..];
        switch (line[0])
        {
            case '+' or ':':
                return rest;
            case '$' when rest == "-1":
                return null;
            case '$':
                byte[] text = new byte[int.Parse(rest) + 2];
                _in.ReadExactly(text);
                return Encoding.Latin1.GetString(text, 0, text.Length - 2);
            default:
                throw new InvalidOperationException(line);
        }
    }

    /// <summary>Sends an inline command and returns its reply.</summary>
    public string? Call(string command)
    {
        Send(command + "\r\n");
        return Receive();
    }

    public void Dispose() => _tcp.Dispose();

    private string ReadLine()
    {
        var line = new StringBuilder();
        for (int c; (c = _in.ReadByte()) != '\n';)
        {
            if (c < 0)
                throw new EndOfStreamException("The server closed the connection.");
            line.Append((char)c);
        }
        return line.ToString(0, line.Length - 1);
    }
}
