using System.Globalization;
using System.Text;

using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>
/// Tells what commands left behind on one server: the end of its append-only file, which is written before the reply is sent, and
/// what came of the subscription to all events.
/// </summary>
internal sealed class EffectsProbe : IDisposable
{
    /// <summary>What servers need to be started with.</summary>
    public static readonly string[] ServerArguments = ["--appendonly", "yes", "--appendfsync", "no", "--notify-keyspace-events", "KEAmn"];

    private const string EndMark = "end of effects";

    private readonly RespConnection _connection;
    private readonly FileStream _file;
    private int _database;

    public EffectsProbe(ServerProcess server)
    {
        _connection = server.Connect();
        string folder = Path.Combine(server.Directory, "appendonlydir");
        _file = new FileStream(Directory.GetFiles(folder, "*.incr.aof").Single(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        _connection.Call("PSUBSCRIBE", "__keyevent@*__:*");
        Take();
    }

    /// <summary>What was left behind since the last call.</summary>
    public List<Effect> Take() => [.. Received().Select(reply => Event(reply)), .. Appended()];

    public void Dispose()
    {
        _file.Dispose();
        _connection.Dispose();
    }

    private List<Reply> Received()
    {
        _connection.Send("PING", EndMark);
        List<Reply> received = [];
        for (Reply next = _connection.Read(); !IsEnd(next); next = _connection.Read())
            received.Add(next);
        return received;
    }

    private static bool IsEnd(Reply reply) => reply.Text == EndMark || (reply.Items is [{ Text: "pong" }, { Text: EndMark }]);

    private static Effect Event(Reply message)
    {
        string[] channel = message[2].Text.Split("__:", 2);
        int database = int.Parse(channel[0]["__keyevent@".Length..], CultureInfo.InvariantCulture);
        return new Effect(IsEvent: true, database, [Encoding.UTF8.GetBytes(channel[1]), message[3].Content]);
    }

    private List<Effect> Appended()
    {
        byte[] bytes = new byte[_file.Length - _file.Position];
        _file.ReadExactly(bytes);
        List<Effect> effects = [];
        for (int at = 0; at < bytes.Length;)
        {
            if (!new ReplyScanner().TryFindEnd(bytes.AsSpan(at), out int length))
                throw new InvalidDataException("The append-only file ends within a command.");
            Reply command = Reply.Parse(bytes[at..(at + length)]);
            at += length;
            if (command[0].Text == "SELECT")
                _database = (int)command[1].Integer;
            else
                effects.Add(new Effect(IsEvent: false, command[0].Text is "MULTI" or "EXEC" ? 0 : _database, [.. command.Items.Select(item => item.Content)]));
        }
        return effects;
    }
}
