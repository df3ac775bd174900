using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Execution;

/// <summary>
/// Shows what commands lead to, for DEBUG EFFECTS: what goes to the append-only file and to replicas, as the array "command",
/// database, arguments; and the keyspace events that notify-keyspace-events asks for, as "event", database, event, key.
/// They are pushes in RESP3.
/// </summary>
internal sealed class EffectsFeed : IPropagationSink
{
    private const int KeptBytes = 1024;

    private readonly RedisServer _server;
    private readonly List<Client> _clients = [];
    private readonly ReplyWriter _message = new() { Buffer = new OutputBuffer(KeptBytes) };

    public EffectsFeed(RedisServer server) => _server = server;

    /// <summary>No: messages are not written to the append-only file, which this is compared with.</summary>
    public bool TakesMessages => false;

    /// <summary>Begins to show a client what happens from now on.</summary>
    public void Add(Client client)
    {
        if (_clients.Contains(client))
            return;
        _clients.Add(client);
        if (_clients.Count > 1)
            return;
        _server.Context.Effects.AddSink(this);
        _server.KeyspaceEvents.Listener += Feed;
    }

    /// <summary>Ends it; also for clients to which nothing was shown.</summary>
    public void Remove(Client client)
    {
        if (!_clients.Remove(client) || _clients.Count > 0)
            return;
        _server.Context.Effects.RemoveSink(this);
        _server.KeyspaceEvents.Listener -= Feed;
    }

    /// <inheritdoc/>
    public void Feed(int database, ArgumentVector arguments)
    {
        // From the back, since a client that takes too little leaves.
        for (int i = _clients.Count - 1; i >= 0; i--)
        {
            Client client = _clients[i];
            Begin(client, "command"u8, database, 2 + arguments.Count);
            for (int argument = 0; argument < arguments.Count; argument++)
                _message.Bulk(arguments[argument]);
            Send(client);
        }
    }

    private void Feed(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key, int database)
    {
        for (int i = _clients.Count - 1; i >= 0; i--)
        {
            Client client = _clients[i];
            Begin(client, "event"u8, database, 4);
            _message.Bulk(eventName);
            _message.Bulk(key);
            Send(client);
        }
    }

    private void Begin(Client client, ReadOnlySpan<byte> kind, int database, int elements)
    {
        _message.Protocol = client.Protocol;
        _message.PushHeader(elements);
        _message.Bulk(kind);
        _message.Integer(database);
    }

    private void Send(Client client)
    {
        client.Send(_message.Buffer.UnconsumedSpan);
        _message.Buffer.Reset(KeptBytes);
    }
}
