using RedisAot.Server.Clients;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Execution;

/// <summary>client-output-buffer-limit: closes clients that do not read what they are sent.</summary>
internal sealed class OutputLimits
{
    private readonly RedisServer _server;

    public OutputLimits(RedisServer server) => _server = server;

    /// <summary>Closes the client if it has too much unsent, at once (hard limit) or for too long (soft limit).</summary>
    public void Check(Client client)
    {
        if (client.IsClosed || client.Connection == null)
            return;
        long unsent = client.Connection.PendingOutputBytes;
        OutputBufferLimit limit = client.SubscriptionCount > 0 ? _server.Config.OutputBufferLimitPubSub
            : client.IsMonitor ? _server.Config.OutputBufferLimitReplica
            : _server.Config.OutputBufferLimitNormal;
        bool overHard = limit.HardBytes > 0 && unsent >= limit.HardBytes;
        bool overSoft = limit.SoftBytes > 0 && unsent >= limit.SoftBytes;
        if (!overHard && !(overSoft && HasBeenOver(client, limit)))
        {
            if (!overSoft)
                client.OverSoftLimitSinceMs = 0;
            return;
        }
        _server.Stats.OutputBufferLimitDisconnections++;
        ServerLog.Warning($"Client {client.Id} scheduled to be closed ASAP for overcoming of output buffer limits.");
        _server.FreeClient(client);
    }

    private bool HasBeenOver(Client client, OutputBufferLimit limit)
    {
        if (client.OverSoftLimitSinceMs == 0)
            client.OverSoftLimitSinceMs = _server.Clock.NowMs;
        return _server.Clock.NowMs - client.OverSoftLimitSinceMs > limit.SoftSeconds * 1000L;
    }
}
