using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Text;

namespace RedisAot.Server.PubSub;

/// <summary>
/// Who is subscribed to what, and the way of a message to its receivers. Used under the execution lock only.
/// See https://redis.io/docs/latest/develop/interact/pubsub/.
/// </summary>
public sealed unsafe class MessageHub
{
    private const int ScratchBytes = 1024;

    private readonly RedisServer _server;
    private readonly TopicTable[] _tables = [new(), new(), new()]; // by SubscriptionKind
    private readonly ReplyWriter _body = new() { Buffer = new OutputBuffer(ScratchBytes) };
    private readonly OutputBuffer _eventChannel = new(ScratchBytes);

    internal MessageHub(RedisServer server)
    {
        _server = server;
        server.KeyspaceEvents.Listener = PublishEvent;
    }

    /// <summary>Whether nobody is subscribed to anything.</summary>
    public bool IsEmpty => TableOf(SubscriptionKind.Channel).Count == 0 && TableOf(SubscriptionKind.Pattern).Count == 0
        && TableOf(SubscriptionKind.Shard).Count == 0;

    /// <summary>The topics of a kind that have subscribers.</summary>
    public TopicTable TableOf(SubscriptionKind kind) => _tables[(int)kind];

    /// <summary>Subscribes a client and confirms it.</summary>
    public void Subscribe(Client client, SubscriptionKind kind, ReadOnlySpan<byte> name)
    {
        ulong hash = Hashing.Hash(name);
        Subscriptions subscriptions = client.Subscriptions ??= new Subscriptions();
        if (TableOf(kind).Add(name, hash, client.Id, out Topic topic))
            subscriptions.Add(kind, topic, hash);
        Confirm(client, SubscribeWord(kind), name, subscriptions.CountFor(kind));
    }

    /// <summary>Unsubscribes a client, if it is subscribed, and confirms it.</summary>
    public void Unsubscribe(Client client, SubscriptionKind kind, ReadOnlySpan<byte> name)
    {
        Topic topic = TableOf(kind).Find(name);
        if (!topic.IsNull && topic.Clients.Contains(client.Id))
        {
            ulong hash = Hashing.Hash(name);
            client.Subscriptions!.Remove(kind, topic, hash);
            TableOf(kind).Remove(topic, hash, client.Id);
        }
        Confirm(client, UnsubscribeWord(kind), name, client.Subscriptions?.CountFor(kind) ?? 0);
        DropIfEmpty(client);
    }

    /// <summary>Unsubscribes a client from all of a kind; confirmations come one for each, or one without a name.</summary>
    public void UnsubscribeAll(Client client, SubscriptionKind kind, bool confirm)
    {
        nint[] topics = client.Subscriptions?.TakeAll(kind) ?? [];
        int left = topics.Length + (client.Subscriptions?.CountFor(kind) ?? 0);
        if (confirm && topics.Length == 0)
            ConfirmNone(client, kind, left);
        foreach (nint address in topics)
        {
            Topic topic = new((byte*)address);
            left--;
            if (confirm)
                Confirm(client, UnsubscribeWord(kind), topic.Name, left);
            TableOf(kind).Remove(topic, Hashing.Hash(topic.Name), client.Id);
        }
        DropIfEmpty(client);
    }

    /// <summary>Ends all subscriptions of a client, silently.</summary>
    public void Forget(Client client)
    {
        if (client.Subscriptions == null)
            return;
        UnsubscribeAll(client, SubscriptionKind.Channel, confirm: false);
        UnsubscribeAll(client, SubscriptionKind.Shard, confirm: false);
        UnsubscribeAll(client, SubscriptionKind.Pattern, confirm: false);
    }

    /// <summary>Sends a message to all who are subscribed to the channel, and answers how many times it was sent.</summary>
    public int Publish(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message, bool shard)
    {
        int receivers = 0;
        Topic topic = TableOf(shard ? SubscriptionKind.Shard : SubscriptionKind.Channel).Find(channel);
        if (!topic.IsNull)
        {
            BeginBody(3, shard ? "smessage"u8 : "message"u8);
            receivers += Deliver(topic, channel, message);
        }
        TopicTable patterns = TableOf(SubscriptionKind.Pattern);
        if (shard || patterns.Count == 0)
            return receivers;
        foreach (byte* address in patterns)
        {
            Topic pattern = new(address);
            if (!Glob.IsMatch(pattern.Name, channel))
                continue;
            BeginBody(4, "pmessage"u8);
            _body.Bulk(pattern.Name);
            receivers += Deliver(pattern, channel, message);
        }
        return receivers;
    }

    private static ReadOnlySpan<byte> SubscribeWord(SubscriptionKind kind) => kind switch
    {
        SubscriptionKind.Channel => "subscribe"u8,
        SubscriptionKind.Pattern => "psubscribe"u8,
        _ => "ssubscribe"u8,
    };

    private static ReadOnlySpan<byte> UnsubscribeWord(SubscriptionKind kind) => kind switch
    {
        SubscriptionKind.Channel => "unsubscribe"u8,
        SubscriptionKind.Pattern => "punsubscribe"u8,
        _ => "sunsubscribe"u8,
    };

    // What a push holds beside its type, which is the only part that depends on the protocol.
    private void BeginBody(int items, ReadOnlySpan<byte> word)
    {
        _body.ArrayHeader(items);
        _body.Bulk(word);
    }

    private void EndBody() => _body.Buffer.Reset(ScratchBytes);

    private int Deliver(Topic topic, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        _body.Bulk(channel);
        _body.Bulk(message);
        Push push = new(_body.Buffer, topic.Clients.Count);
        int count = topic.Clients.Count;
        for (int i = 0; i < count; i++)
            _server.Executor.Send(_server.Clients.Find(topic.Clients[i])!, push);
        push.Dispose();
        EndBody();
        return count;
    }

    private void Confirm(Client client, ReadOnlySpan<byte> word, ReadOnlySpan<byte> name, int count)
    {
        BeginBody(3, word);
        _body.Bulk(name);
        FinishConfirmation(client, count);
    }

    private void ConfirmNone(Client client, SubscriptionKind kind, int count)
    {
        BeginBody(3, UnsubscribeWord(kind));
        _body.Protocol = client.Protocol;
        _body.Null();
        _body.Protocol = 2;
        FinishConfirmation(client, count);
    }

    private void FinishConfirmation(Client client, int count)
    {
        _body.Integer(count);
        _server.Executor.Send(client, new Push(_body.Buffer, receivers: 1));
        EndBody();
        client.UpdateGate();
    }

    private static void DropIfEmpty(Client client)
    {
        if (client.Subscriptions is { Count: 0 } subscriptions)
        {
            subscriptions.Free();
            client.Subscriptions = null;
        }
        client.UpdateGate();
    }

    private void PublishEvent(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key, int database)
    {
        if (IsEmpty)
            return;
        KeyspaceEventClass enabled = _server.KeyspaceEvents.Enabled;
        if ((enabled & KeyspaceEventClass.Keyspace) != 0)
            PublishEvent("__keyspace@"u8, database, key, eventName);
        if ((enabled & KeyspaceEventClass.KeyEvent) != 0)
            PublishEvent("__keyevent@"u8, database, eventName, key);
    }

    private void PublishEvent(ReadOnlySpan<byte> prefix, int database, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> message)
    {
        Span<byte> number = stackalloc byte[NumberText.MaxInt64Length];
        _eventChannel.Reset(ScratchBytes);
        _eventChannel.Append(prefix);
        _eventChannel.Append(number[..NumberText.Format(database, number)]);
        _eventChannel.Append("__:"u8);
        _eventChannel.Append(subject);
        Publish(_eventChannel.UnconsumedSpan, message, shard: false);
    }
}
