using System.Net.Sockets;

namespace RedisAot.Bench;

/// <summary>
/// Server CPU of publishing one message to many subscribers: one publisher that goes on as soon as it is answered, and one that
/// waits until everybody has the message, which leaves the server nothing to put together.
/// </summary>
public sealed class FanOutWorkload(string name, int subscribers, int messageBytes, double cpuRatio) : Workload(name)
{
    private const int Rounds = 3;
    private const int Messages = 100;

    public override IEnumerable<Figure> Measure()
    {
        using BenchServer ours = BenchServer.Ours(), official = BenchServer.Official();
        yield return Compare("CPU µs/message, flowing", ours, official, oneByOne: false) with { RatioAtMost = cpuRatio };
        yield return Compare("CPU µs/message, one by one", ours, official, oneByOne: true);
    }

    private Figure Compare(string figure, BenchServer ours, BenchServer official, bool oneByOne)
    {
        List<double> ourTimes = [], officialTimes = [];
        for (int round = 0; round < Rounds; round++)
        {
            ourTimes.Add(Measure(ours, oneByOne));
            officialTimes.Add(Measure(official, oneByOne));
        }
        return new Figure(figure, Median(ourTimes), Median(officialTimes));
    }

    private double Measure(BenchServer server, bool oneByOne)
    {
        using var readers = new Subscribers(server.Port, subscribers);
        using RespClient publisher = server.Connect();
        string publish = $"PUBLISH channel {new string('x', messageBytes)}";
        publisher.Call(publish);
        readers.MeasureMessage();
        double before = server.CpuNanoseconds;
        var reading = new Thread(() => readers.AwaitMessages(Messages));
        if (!oneByOne)
            reading.Start();
        for (int i = 0; i < Messages; i++)
        {
            publisher.Call(publish);
            if (oneByOne)
                readers.AwaitMessages(1);
        }
        if (!oneByOne)
            reading.Join();
        return (server.CpuNanoseconds - before) / Messages / 1000;
    }

    /// <summary>Connections that are subscribed to the channel and read one after the other.</summary>
    private sealed class Subscribers : IDisposable
    {
        private readonly List<Socket> _sockets = [];
        private readonly byte[] _buffer = new byte[256 * 1024];
        private int _messageBytes;

        public Subscribers(int port, int count)
        {
            for (int i = 0; i < count; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Connect("127.0.0.1", port);
                socket.Send("SUBSCRIBE channel\r\n"u8);
                socket.Receive(_buffer);
                _sockets.Add(socket);
            }
        }

        /// <summary>Reads the first message, to learn how long all of them are.</summary>
        public void MeasureMessage() => _sockets.ForEach(socket => _messageBytes = socket.Receive(_buffer));

        /// <summary>
        /// Reads so many messages from every connection; first from the two of which a server sends to one last, so that the
        /// others need not be waited for.
        /// </summary>
        public void AwaitMessages(int count)
        {
            Await(_sockets[0], count);
            Await(_sockets[^1], count);
            foreach (Socket socket in _sockets[1..^1])
                Await(socket, count);
        }

        private void Await(Socket socket, int count)
        {
            for (int left = count * _messageBytes; left > 0;)
                left -= socket.Receive(_buffer, Math.Min(left, _buffer.Length), SocketFlags.None);
        }

        public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
    }
}
