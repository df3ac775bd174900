using RedisAot.Server.Process;

namespace RedisAot.Server.Clients;

/// <summary>Closes, once a second, clients that have been idle or slow for too long.</summary>
internal sealed class ClientCleaner
{
    private readonly RedisServer _server;
    private readonly List<Client> _idle = [];
    private readonly List<Client> _slow = [];

    public ClientCleaner(RedisServer server) => _server = server;

    /// <summary>Looks at every client. Needs the execution lock.</summary>
    public void Run()
    {
        foreach (Client client in _server.Clients.All)
        {
            if (IsIdle(client))
                _idle.Add(client);
            else if (_server.OutputLimits.IsExceeded(client))
                _slow.Add(client);
        }
        foreach (Client client in _idle)
        {
            ServerLog.Verbose("Closing idle client");
            _server.FreeClient(client);
        }
        foreach (Client client in _slow)
            _server.OutputLimits.Check(client);
        _idle.Clear();
        _slow.Clear();
    }

    // Who waits for something, or is only sent to, has a right to be silent.
    private bool IsIdle(Client client) =>
        _server.Config.Timeout > 0 && client.Connection != null && client.Blocked == BlockReason.None
            && client.SubscriptionCount == 0 && !client.IsMonitor && !client.IsReplica
            && _server.Clock.NowMs - client.LastInteractionMs > _server.Config.Timeout * 1000L;
}
