using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Keyspace;
using RedisAot.Server.PubSub;

namespace RedisAot.Server.Tracking;

/// <summary>
/// Tells clients which of the keys that they may have cached have changed. Used under the execution lock only.
/// See https://redis.io/docs/latest/develop/reference/client-side-caching/.
/// </summary>
public sealed unsafe class KeyTracking
{
    private const int ScratchBytes = 1024;
    private const int EvictionsPerLook = 100;

    private readonly RedisServer _server;
    private readonly TopicTable _keys = new();
    private readonly SortedDictionary<byte[], BroadcastPrefix> _prefixes = new(ByteOrder.Instance);
    private readonly List<byte[]?> _pending = []; // keys that the running command's own client is told of after its reply; null: all
    private readonly List<KeyReference> _references = [];
    private readonly ReplyWriter _value = new() { Buffer = new OutputBuffer(ScratchBytes) };
    private readonly ReplyWriter _message = new() { Buffer = new OutputBuffer(ScratchBytes) };
    private int _looksOverLimit;
    private bool _hasChanges;

    internal KeyTracking(RedisServer server) => _server = server;

    /// <summary>Number of clients with tracking on.</summary>
    public int ClientCount { get; private set; }

    /// <summary>Number of keys remembered.</summary>
    public long KeyCount => _keys.Count;

    /// <summary>Number of clients over all keys remembered.</summary>
    public long ItemCount => _keys.ClientCount;

    /// <summary>Number of prefixes that somebody is told of.</summary>
    public int PrefixCount => _prefixes.Count;

    /// <summary>Whether changes of keys matter.</summary>
    internal bool IsActive => ClientCount > 0 || _keys.Count > 0;

    /// <summary>Whether the client of the command that ran is to be told of keys.</summary>
    internal bool HasPending => _pending.Count > 0;

    /// <summary>Whether keys below a prefix have changed.</summary>
    internal bool HasBroadcasts => _hasChanges;

    /// <summary>CLIENT TRACKING ON, the options of which the caller has checked.</summary>
    internal void Enable(Client client, TrackingOptions options, long redirectId, ReadOnlySpan<byte[]> prefixes)
    {
        if (client.Tracking == null)
        {
            client.Tracking = new TrackingSession();
            ClientCount++;
            Update();
        }
        client.Tracking.Options = options;
        client.Tracking.RedirectId = redirectId;
        client.Tracking.IsRedirectBroken = false;
        client.UpdateGate();
        if ((options & TrackingOptions.Broadcast) == 0)
            return;
        foreach (byte[] prefix in prefixes.IsEmpty ? [[]] : prefixes)
            AddPrefix(client, prefix);
    }

    /// <summary>CLIENT TRACKING OFF. What is remembered for the client is found stale when a key changes.</summary>
    internal void Disable(Client client)
    {
        if (client.Tracking == null)
            return;
        foreach (byte[] prefix in client.Tracking.Prefixes)
        {
            BroadcastPrefix state = _prefixes[prefix];
            state.Clients.Remove(client);
            if (state.Clients.Count > 0)
                continue;
            state.Free();
            _prefixes.Remove(prefix);
        }
        client.Tracking = null;
        client.UpdateGate();
        ClientCount--;
        Update();
    }

    /// <summary>Remembers the keys that a command, which has run for the client, has read.</summary>
    internal void RememberKeys(Client client, CommandRow row, ArgumentVector arguments)
    {
        KeyExtraction.Find(row, arguments, 0, _references);
        foreach (KeyReference reference in _references)
        {
            ReadOnlySpan<byte> key = arguments[reference.Index];
            _keys.Add(key, Hashing.Hash(key), client.Id, out _);
        }
    }

    /// <summary>Tells those who may have a key that it changed; <paramref name="by"/> is who did it, null for the server.</summary>
    internal void Invalidate(ReadOnlySpan<byte> key, Client? by)
    {
        foreach ((byte[] prefix, BroadcastPrefix state) in _prefixes)
        {
            if (!key.StartsWith(prefix))
                continue;
            state.Add(key, by?.Id ?? 0);
            _hasChanges = true;
        }
        Topic topic = _keys.Find(key);
        if (!topic.IsNull)
            Invalidate(topic);
    }

    /// <summary>Tells everybody with tracking on that all keys are gone.</summary>
    internal void InvalidateAll()
    {
        if (!IsActive)
            return;
        foreach (Client client in _server.Clients.All)
        {
            if (client.Tracking == null)
                continue;
            if (client == _server.Executor.ActiveClient)
                _pending.Add(null);
            else
                SendAll(client);
        }
        _keys.Clear(_server.LazyFree);
        Update();
    }

    /// <summary>Tells the client whose command has run, and been answered, of its own changes.</summary>
    internal void SendPending()
    {
        Client? client = _server.Executor.ActiveClient;
        foreach (byte[]? key in _pending)
        {
            if (client?.Tracking == null)
                continue;
            if (key == null)
                SendAll(client);
            else
                SendKey(client, key);
        }
        _pending.Clear();
    }

    /// <summary>Tells the clients in broadcasting mode what has changed since the last time.</summary>
    internal void SendBroadcasts()
    {
        foreach (BroadcastPrefix state in _prefixes.Values)
        {
            if (!state.HasChanges)
                continue;
            state.Compact();
            foreach (Client client in state.Clients)
                SendBroadcast(state, client);
            state.Clear();
        }
        _hasChanges = false;
    }

    /// <summary>
    /// Keeps to tracking-table-max-keys by telling clients of keys that did not change. The longer the limit is exceeded, the
    /// more keys go at a time.
    /// </summary>
    internal void KeepToLimit()
    {
        long limit = _server.Config.TrackingTableMaxKeys;
        if (limit == 0 || _keys.Count <= limit)
        {
            _looksOverLimit = 0;
            return;
        }
        int effort = EvictionsPerLook * ++_looksOverLimit;
        while (effort-- > 0 && _keys.Count > limit)
            Invalidate(_keys.AnyTopic());
    }

    private void Invalidate(Topic topic)
    {
        for (int i = 0; i < topic.Clients.Count; i++)
        {
            Client? client = _server.Clients.Find(topic.Clients[i]);
            if (client?.Tracking is not { IsBroadcast: false } tracking)
                continue;
            bool isOwn = client == _server.Executor.ActiveClient;
            if (isOwn && tracking.NoLoop)
                continue;
            if (isOwn && _server.Executor.IsBusy)
                _pending.Add(topic.Name.ToArray());
            else
                SendKey(client, topic.Name);
        }
        _keys.Remove(topic);
        if (!IsActive)
            Update();
    }

    private void SendBroadcast(BroadcastPrefix state, Client client)
    {
        if (state.TryWrite(_value, client.Tracking!.NoLoop ? client.Id : 0))
            SendValue(client);
    }

    private void SendKey(Client client, ReadOnlySpan<byte> key)
    {
        _value.ArrayHeader(1);
        _value.Bulk(key);
        SendValue(client);
    }

    // The null is that of the client's own protocol even where another client is told.
    private void SendAll(Client client)
    {
        _value.Protocol = client.Protocol;
        _value.Null();
        _value.Protocol = 2;
        SendValue(client);
    }

    private void SendValue(Client client)
    {
        if (TryFindTarget(client, out Client target) && TryBeginMessage(client, target))
        {
            _message.Raw(_value.Buffer.UnconsumedSpan);
            Send(target);
        }
        _value.Buffer.Reset(ScratchBytes);
    }

    private bool TryFindTarget(Client client, out Client target)
    {
        target = client;
        TrackingSession tracking = client.Tracking!;
        if (tracking.RedirectId == 0)
            return true;
        Client? redirected = _server.Clients.Find(tracking.RedirectId);
        if (redirected == null)
        {
            ReportBrokenRedirect(client, tracking);
            return false;
        }
        target = redirected;
        return true;
    }

    private bool TryBeginMessage(Client client, Client target)
    {
        if (target.Protocol == 3)
        {
            _message.ArrayHeader(2);
            _message.Bulk("invalidate"u8);
        }
        else if (client.Tracking!.RedirectId != 0 && target.SubscriptionCount > 0)
        {
            _message.ArrayHeader(3);
            _message.Bulk("message"u8);
            _message.Bulk("__redis__:invalidate"u8);
        }
        else
        {
            // RESP2 has no way to tell a client in between its replies.
            return false;
        }
        return true;
    }

    private void ReportBrokenRedirect(Client client, TrackingSession tracking)
    {
        tracking.IsRedirectBroken = true;
        if (client.Protocol != 3)
            return;
        _message.ArrayHeader(2);
        _message.Bulk("tracking-redir-broken"u8);
        _message.Integer(tracking.RedirectId);
        Send(client);
    }

    private void Send(Client target)
    {
        _server.Executor.Send(target, new Push(_message.Buffer, receivers: 1));
        _message.Buffer.Reset(ScratchBytes);
    }

    private void AddPrefix(Client client, byte[] prefix)
    {
        if (!client.Tracking!.Prefixes.Add(prefix))
            return;
        if (!_prefixes.TryGetValue(prefix, out BroadcastPrefix? state))
            _prefixes.Add(prefix, state = new BroadcastPrefix());
        state.Clients.Add(client);
    }

    // Asked by every change of a key, so it is kept where that looks.
    private void Update()
    {
        foreach (Database database in _server.Databases)
            database.IsTracked = IsActive;
        _server.Executor.UpdateGate();
    }
}
