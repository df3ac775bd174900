using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Process;

namespace RedisAot.Server.Execution;

/// <summary>client-output-buffer-limit: closes clients that do not read what they are sent.</summary>
internal sealed class OutputLimits
{
    private const int FixedReplyBufferBytes = 16 * 1024;

    // A server whose data fill the memory goes on answering; where there is enough of it, the longest string is half of this.
    private static readonly long s_minRoomInMemory = Math.Min(1L << 30, MemoryLimit.Bytes / 8);

    // Who has not authenticated is not to fill the memory by not reading.
    private const long MaxUnauthenticatedBytes = 1024;

    private readonly RedisServer _server;
    private readonly List<Client> _exceeded = [];

    public OutputLimits(RedisServer server) => _server = server;

    /// <summary>Closes the client if it has too much unsent, at once (hard limit) or for too long (soft limit).</summary>
    public void Check(Client client)
    {
        if (!IsExceeded(client))
            return;
        CheckLater(client);
        CloseExceeded();
    }

    /// <summary>
    /// Marks the client, if it has too much unsent, to be closed by <see cref="CloseExceeded"/>: whoever sends to many clients
    /// must not lose them on the way.
    /// </summary>
    public void CheckLater(Client client)
    {
        if (IsExceeded(client))
            Exceed(client);
    }

    private void Exceed(Client client)
    {
        if (client.IsOverLimit)
            return;
        client.IsOverLimit = true;
        _exceeded.Add(client);
        _server.Stats.OutputBufferLimitDisconnections++;
        ServerLog.Warning($"Client {client.Id} scheduled to be closed ASAP for overcoming of output buffer limits.");
    }

    /// <summary>
    /// How many bytes of replies a batch of the client may write. What fits into official's fixed reply buffer is no matter of limits.
    /// </summary>
    public nint RoomFor(Client client)
    {
        long limit = client.Authenticated ? LimitOf(client).HardBytes : MaxUnauthenticatedBytes;
        long room = limit == 0 ? long.MaxValue : limit - client.Connection!.PendingOutputBytes;
        return (nint)Math.Max(Math.Min(room, RoomInMemory()), FixedReplyBufferBytes);
    }

    // Without a limit a short request (SRANDMEMBER with a count of minus a billion) would fill the memory and end the process.
    // Half of what is free, as a buffer doubles when it grows.
    private long RoomInMemory() => Math.Max((MemoryLimit.Bytes - _server.UsedMemory) / 2, s_minRoomInMemory);

    /// <summary>Marks the client to be closed by <see cref="CloseExceeded"/>, its replies being too long.</summary>
    public void CheckReplies(Client client, OutputBuffer replies)
    {
        if (!replies.IsOverMax && replies.Length < replies.MaxLength)
            return;
        if (!client.IsClosed)
            Exceed(client);
    }

    /// <summary>Closes the clients that were marked. Called when no command runs.</summary>
    public void CloseExceeded()
    {
        if (_exceeded.Count == 0)
            return;
        foreach (Client client in _exceeded)
            _server.FreeClient(client);
        _exceeded.Clear();
    }

    /// <summary>Whether the client has too much unsent now, or has had for too long.</summary>
    public bool IsExceeded(Client client)
    {
        // What is sent of a file comes as fast as it is taken.
        if (client.IsClosed || client.Connection == null || client.Replica is { Transfer: not null })
            return false;
        long unsent = client.Connection.PendingOutputBytes;
        OutputBufferLimit limit = LimitOf(client);
        bool overHard = limit.HardBytes > 0 && unsent >= limit.HardBytes;
        bool overSoft = limit.SoftBytes > 0 && unsent >= limit.SoftBytes;
        if (!overSoft)
            client.OverSoftLimitSinceMs = 0;
        return overHard || (overSoft && HasBeenOver(client, limit));
    }

    private OutputBufferLimit LimitOf(Client client) =>
        client.IsReplica ? _server.Config.OutputBufferLimitReplica
            : client.SubscriptionCount > 0 ? _server.Config.OutputBufferLimitPubSub
            : _server.Config.OutputBufferLimitNormal;

    private bool HasBeenOver(Client client, OutputBufferLimit limit)
    {
        if (client.OverSoftLimitSinceMs == 0)
            client.OverSoftLimitSinceMs = _server.Clock.NowMs;
        return _server.Clock.NowMs - client.OverSoftLimitSinceMs > limit.SoftSeconds * 1000L;
    }
}
