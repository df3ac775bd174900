using System.Globalization;
using System.Text;

using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>Tells what commands left behind on one server.</summary>
internal abstract class EffectsProbe : IDisposable
{
    /// <summary>What servers need to be started with.</summary>
    public static readonly string[] ServerArguments = ["--appendonly", "yes", "--appendfsync", "no", "--notify-keyspace-events", "KEAmn"];

    private const string EndMark = "end of effects";

    protected EffectsProbe(ServerProcess server) => Connection = server.Connect();

    protected RespConnection Connection { get; }

    /// <summary>A probe of that server: the official one writes files, ours is asked.</summary>
    public static EffectsProbe Of(ServerProcess server) => server.Binary.IsOfficial ? new OfficialEffects(server) : new DebugEffects(server);

    /// <summary>What was left behind since the last call.</summary>
    public abstract List<Effect> Take();

    public virtual void Dispose() => Connection.Dispose();

    /// <summary>What the server has sent to the connection so far.</summary>
    protected List<Reply> Received()
    {
        Connection.Send("PING", EndMark);
        List<Reply> received = [];
        for (Reply next = Connection.Read(); !IsEnd(next); next = Connection.Read())
            received.Add(next);
        return received;
    }

    private static bool IsEnd(Reply reply) => reply.Text == EndMark || (reply.Items is [{ Text: "pong" }, { Text: EndMark }]);

    /// <summary>DEBUG EFFECTS.</summary>
    private sealed class DebugEffects : EffectsProbe
    {
        public DebugEffects(ServerProcess server)
            : base(server)
        {
            if (Connection.Call("DEBUG", "EFFECTS", 1).IsError)
                throw new InvalidOperationException("The server refuses DEBUG EFFECTS.");
        }

        public override List<Effect> Take() =>
            [.. Received().Select(reply => new Effect(reply[0].Text == "event", Database(reply), [.. reply.Items.Skip(2).Select(item => item.Content)]))];

        // MULTI and EXEC belong to no database.
        private static int Database(Reply reply) => reply[0].Text == "command" && reply[2].Text is "MULTI" or "EXEC" ? 0 : (int)reply[1].Integer;
    }

    /// <summary>The end of the append-only file, which is written before the reply is sent, and the subscription to all events.</summary>
    private sealed class OfficialEffects : EffectsProbe
    {
        private readonly FileStream _file;
        private int _database;

        public OfficialEffects(ServerProcess server)
            : base(server)
        {
            string folder = Path.Combine(server.Directory, "appendonlydir");
            _file = new FileStream(Directory.GetFiles(folder, "*.incr.aof").Single(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Connection.Call("PSUBSCRIBE", "__keyevent@*__:*");
        }

        public override List<Effect> Take() => [.. Received().Select(reply => Event(reply)), .. Appended()];

        public override void Dispose()
        {
            _file.Dispose();
            base.Dispose();
        }

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
}
