using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Execution;

/// <summary>CLIENT PAUSE: commands that come meanwhile wait until it ends.</summary>
public sealed class PauseState
{
    private readonly RedisServer _server;
    private readonly List<(Client Client, ArgumentVector Arguments)> _postponed = [];

    internal PauseState(RedisServer server) => _server = server;

    /// <summary>Whether commands are held back.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Whether all commands are held back, or only those that change something.</summary>
    public bool HoldsAll { get; private set; }

    /// <summary>When the pause ends, Unix ms.</summary>
    public long EndMs { get; private set; }

    /// <summary>
    /// Begins or extends a pause: the later end and the stricter mode win. A pause keeps expiry and eviction back as well.
    /// </summary>
    public void Begin(long endMs, bool holdAll)
    {
        HoldsAll = IsActive ? HoldsAll || holdAll : holdAll;
        EndMs = IsActive ? Math.Max(EndMs, endMs) : endMs;
        IsActive = true;
        _server.Executor.UpdateGate();
        _server.Cron.WakeBy(EndMs);
    }

    /// <summary>Ends the pause; those who waited go on right after the command that runs.</summary>
    public void End()
    {
        IsActive = false;
        _server.Executor.UpdateGate();
        _server.Cron.WakeBy(0);
    }

    /// <summary>Ends the pause if its time is over, and runs the commands that waited for its end.</summary>
    internal void Advance(long nowMs)
    {
        if (IsActive && nowMs >= EndMs)
            End();
        if (IsActive || _postponed.Count == 0)
            return;
        (Client Client, ArgumentVector Arguments)[] postponed = [.. _postponed];
        _postponed.Clear();
        foreach ((Client client, ArgumentVector arguments) in postponed)
            Resume(client, arguments);
    }

    /// <summary>Whether the command has to wait.</summary>
    internal bool HoldsBack(Client client, CommandRow row)
    {
        if (client.Connection == null)
            return false;
        if (HoldsAll)
            return true;
        CommandFlags flags = CommandFlags.Write | CommandFlags.MayReplicate;
        return (row.Flags & flags) != 0 || (row.Name == "exec" && client.Transaction is { HasWrites: true });
    }

    /// <summary>Keeps a command until the pause ends; the client's further commands wait behind it.</summary>
    internal void Postpone(Client client, ArgumentVector arguments)
    {
        client.Blocked = BlockReason.Paused;
        _server.Clients.BlockedCount++;
        ArgumentVector stored = arguments.Store();
        client.ArgumentBytes = stored.OwnedBytes;
        _postponed.Add((client, stored));
    }

    /// <summary>Forgets a client that leaves.</summary>
    internal void Forget(Client client)
    {
        int index = _postponed.FindIndex(postponed => postponed.Client == client);
        if (index < 0)
            return;
        _postponed[index].Arguments.FreeOwned();
        _postponed.RemoveAt(index);
        _server.Clients.BlockedCount--;
    }

    private void Resume(Client client, ArgumentVector arguments)
    {
        _server.Clients.BlockedCount--;
        client.Blocked = BlockReason.None;
        client.ArgumentBytes = 0;
        if (!client.IsClosed)
            _server.Executor.ExecuteLate(client, arguments);
        arguments.FreeOwned();
        if (client.Blocked == BlockReason.None)
            client.Unblock();
    }
}
