using System.Runtime.CompilerServices;
using RedisAot.Server.Process;

namespace RedisAot.Server.Clients;

/// <summary>
/// Keeps the memory of all clients together below maxmemory-clients by closing the biggest. A client is measured when it
/// sends something, when something is sent to it, and once a second. Used under the execution lock only.
/// </summary>
public sealed class ClientEviction
{
    /// <summary>A lower limit would leave no way to talk to the server.</summary>
    private const long MinLimitBytes = 128 * 1024;

    private readonly RedisServer _server;
    private readonly List<Client> _biggestFirst = [];
    private long _limit;
    private long _total;
    private bool _isHopeless;

    internal ClientEviction(RedisServer server)
    {
        _server = server;
        _limit = LimitOf(server.Config.MaxMemoryClients, server.Config.MaxMemory);
        server.Config.OnChanged(OnLimitChanged, "maxmemory", "maxmemory-clients");
        server.Cron.EverySecond(CheckAll);
    }

    /// <summary>The limit in bytes that a maxmemory-clients (a percentage when negative) sets; 0: none.</summary>
    internal static long LimitOf(long maxMemoryClients, long maxMemory)
    {
        if (maxMemoryClients == 0 || (maxMemoryClients < 0 && maxMemory <= 0))
            return 0;
        long limit = maxMemoryClients > 0 ? maxMemoryClients : (long)((double)maxMemory * -maxMemoryClients / 100);
        return Math.Max(limit, MinLimitBytes);
    }

    /// <summary>Whether there is a limit. May be asked from any thread.</summary>
    internal bool IsLimiting => Volatile.Read(ref _limit) != 0;

    /// <summary>Called when a client has sent something. False when it was closed because of the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Admits(Client client) => _limit == 0 || AdmitsWithinLimit(client);

    /// <summary>Measures a client, if there is a limit.</summary>
    internal void Measure(Client client)
    {
        if (_limit == 0 || client.IsClosed)
            return;
        long bytes = ClientDescription.MemoryOf(client);
        _total += bytes - client.MeasuredBytes;
        client.MeasuredBytes = bytes;
    }

    /// <summary>Stops counting a client that leaves.</summary>
    internal void Forget(Client client)
    {
        _total -= client.MeasuredBytes;
        client.MeasuredBytes = 0;
    }

    private bool AdmitsWithinLimit(Client client)
    {
        Measure(client);
        if (_total >= _limit)
            Evict();
        return !client.IsClosed;
    }

    private void CheckAll()
    {
        if (_limit == 0)
            return;
        foreach (Client client in _server.Clients.All)
            Measure(client);
        if (_total >= _limit)
            Evict();
        else
            _isHopeless = false;
    }

    private void Evict()
    {
        foreach (Client client in _server.Clients.All)
        {
            if (!client.NoEvict && !client.IsMonitor && !client.IsReplica)
                _biggestFirst.Add(client);
        }
        _biggestFirst.Sort((a, b) => b.MeasuredBytes.CompareTo(a.MeasuredBytes));
        for (int i = 0; i < _biggestFirst.Count && _total >= _limit; i++)
        {
            ServerLog.Notice($"Evicting client: {ClientDescription.Of(_biggestFirst[i], _server.Clock.NowMs)}");
            _server.FreeClient(_biggestFirst[i]);
            _server.Stats.EvictedClients++;
        }
        _biggestFirst.Clear();
        // Said once, as every request comes here from now on.
        if (_total >= _limit && !_isHopeless)
            ServerLog.Warning("Over client maxmemory after evicting all evictable clients");
        _isHopeless = _total >= _limit;
    }

    private string? OnLimitChanged()
    {
        bool wasOff = _limit == 0;
        _limit = LimitOf(_server.Config.MaxMemoryClients, _server.Config.MaxMemory);
        if (_limit == 0 || wasOff)
        {
            _total = 0;
            foreach (Client client in _server.Clients.All)
            {
                client.MeasuredBytes = 0;
                Measure(client);
            }
        }
        return null;
    }
}
