using System.Globalization;
using System.Text;

using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>One server's side of a block: its connections and what it has answered so far.</summary>
internal sealed class Lane : IDisposable
{
    private const string FirstConnection = "";
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(10);

    private readonly ServerProcess _server;
    private readonly int _protocol;
    private readonly Dictionary<string, RespConnection> _connections = [];
    private readonly Dictionary<string, string> _saved = [];
    private string _current = FirstConnection;

    public Lane(ServerProcess server, int protocol)
    {
        _server = server;
        _protocol = protocol;
        using RespConnection control = server.Connect();
        control.Call("FLUSHALL");
    }

    /// <summary>Does what can be done before the other server's turn: sends, or switches connections.</summary>
    public void Begin(Step step, DateTimeOffset now)
    {
        switch (step.Kind)
        {
            case StepKind.Command:
                TrySend(RespConnection.Encode(Macros.Expand(step.Text, now, _saved).ToArray()));
                break;
            case StepKind.Send:
                TrySend(RawBytes(step, now));
                break;
            case StepKind.SwitchConnection:
                _current = step.Text;
                break;
            case StepKind.CloseConnection:
                Connection().Dispose();
                _connections.Remove(_current);
                break;
        }
    }

    /// <summary>The rest of the step: awaits the answers that it brings.</summary>
    public List<Answer> Finish(Step step, DateTimeOffset now)
    {
        List<Answer> answers = step.Kind switch
        {
            StepKind.Command => [.. Enumerable.Range(0, step.Replies).Select(_ => ReadAnswer())],
            StepKind.Read => [ReadAnswer()],
            StepKind.ReadUntil => ReadUntil(Encoding.UTF8.GetBytes(step.Text)),
            StepKind.Scan => [Scan(step, now)],
            StepKind.Raw or StepKind.RawUntilClosed => [SendAlone(step, now)],
            _ => [],
        };
        if (step.SaveAs is not null && answers is [{ Failure: null } first, ..])
            _saved[step.SaveAs] = Encoding.Latin1.GetString(Reply.Parse(first.Raw).Content);
        return answers;
    }

    public void Dispose()
    {
        foreach (RespConnection connection in _connections.Values)
            connection.Dispose();
    }

    private RespConnection Connection()
    {
        if (_connections.TryGetValue(_current, out RespConnection? connection))
            return connection;
        connection = _protocol == 3 ? _server.Connect3() : _server.Connect();
        connection.Timeout = ReplyLimit;
        _connections.Add(_current, connection);
        return connection;
    }

    private byte[] RawBytes(Step step, DateTimeOffset now) =>
        [.. Macros.Expand(step.Text, now, _saved).SelectMany(argument => argument.Bytes)];

    private void TrySend(byte[] bytes)
    {
        try
        {
            Connection().SendRaw(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The server has closed the connection; the read that follows says so.
        }
    }

    private Answer ReadAnswer()
    {
        try
        {
            return new Answer(Connection().ReadRaw());
        }
        catch (TimeoutException)
        {
            return Answer.TimedOut;
        }
        catch (EndOfStreamException)
        {
            return Answer.Closed;
        }
    }

    private List<Answer> ReadUntil(byte[] text)
    {
        List<Answer> answers = [];
        do
            answers.Add(ReadAnswer());
        while (answers[^1].Failure is null && answers[^1].Raw.AsSpan().IndexOf(text) < 0);
        return answers;
    }

    private Answer SendAlone(Step step, DateTimeOffset now)
    {
        using RespConnection alone = _server.Connect();
        alone.Timeout = ReplyLimit;
        try
        {
            alone.SendRaw(RawBytes(step, now));
            if (step.Kind == StepKind.Raw)
                alone.HalfClose();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Closed while it was still being sent to: what it said before is the answer.
        }
        try
        {
            return new Answer(alone.ReadToEnd());
        }
        catch (TimeoutException e)
        {
            return new Answer([], $"(not closed: {e.Message})");
        }
    }

    /// <summary>All elements of a whole iteration, sorted and without repetitions, as one array.</summary>
    private Answer Scan(Step step, DateTimeOffset now)
    {
        var elements = new SortedSet<string>(StringComparer.Ordinal);
        bool pairs = step.Normalization == Normalization.UnorderedPairs;
        _saved["cursor"] = "0";
        do
        {
            TrySend(RespConnection.Encode(Macros.Expand(step.Text, now, _saved).ToArray()));
            Answer answer = ReadAnswer();
            if (answer.Failure is not null)
                return answer;
            Reply reply = Reply.Parse(answer.Raw);
            if (reply.Items.Count != 2)
                return answer;
            _saved["cursor"] = reply[0].Text;
            foreach (Reply[] group in reply[1].Items.Chunk(pairs ? 2 : 1))
                elements.Add(string.Concat(group.Select(item => Encoding.Latin1.GetString(item.Raw))));
        }
        while (_saved["cursor"] != "0");
        string count = (elements.Count * (pairs ? 2 : 1)).ToString(CultureInfo.InvariantCulture);
        return new Answer(Encoding.Latin1.GetBytes($"*{count}\r\n{string.Concat(elements)}"));
    }
}
