using System.Diagnostics;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Execution;

/// <summary>
/// Clients in commands that wait for keys. A write notes keys that have become ready; after the outermost command they are
/// served: keys in the order in which they became ready, the clients of a key in the order in which they came.
/// </summary>
public sealed unsafe class BlockedClients
{
    /// <summary>The deadline of a wait without time-out.</summary>
    public const long Forever = long.MaxValue;

    private readonly RedisServer _server;
    private readonly Queue<BlockedKey> _ready = new();
    private readonly TimeoutHeap _timeouts = new();
    private readonly int[] _waitsByType = new int[(int)Enum.GetValues<DataType>().Max() + 1];

    internal BlockedClients(RedisServer server) => _server = server;

    /// <summary>Number of clients whose wait has a time-out.</summary>
    public int TimeoutCount => _timeouts.Count;

    /// <summary>When the next wait times out, Unix ms; <see cref="Forever"/> when none does.</summary>
    internal long NextDueMs => _timeouts.First is { } wait ? wait.DueMs : Forever;

    /// <summary>Whether <see cref="ServeReady"/> has anything to do.</summary>
    internal bool HasReadyKeys => _ready.Count > 0;

    /// <summary>
    /// Has the calling client wait until one of its keys has a value of the wanted type. The command replies nothing; once a
    /// key is ready, <paramref name="serve"/> is called with the command's context as it was (client, arguments, row), the
    /// index of the key among the arguments, and <paramref name="state"/>. It replies and answers true, or, when there is not enough
    /// for this client, answers false, and the client waits on. What is to be propagated it says with <see cref="Effects.Replace"/>.
    /// Only for commands that <see cref="CommandContext.MayBlock"/>.
    /// </summary>
    /// <param name="c">The command.</param>
    /// <param name="firstKey">Index of the first key among the arguments; the others follow it.</param>
    /// <param name="keyCount">Number of keys.</param>
    /// <param name="type">The type that the command wants.</param>
    /// <param name="deadlineMs">Unix ms after which the client gets a null array, or <see cref="Forever"/>.</param>
    /// <param name="serve">What to do once a key is ready.</param>
    /// <param name="state">What <paramref name="serve"/> has to know beside the arguments.</param>
    /// <param name="serveLost">
    /// Called in place of <paramref name="serve"/> when a key has no value of the type any more; null: the client waits on.
    /// </param>
    internal void Block(
        CommandContext c, int firstKey, int keyCount, DataType type, long deadlineMs,
        delegate*<CommandContext, int, object?, bool> serve, object? state = null,
        delegate*<CommandContext, int, object?, bool> serveLost = null)
    {
        Client client = c.Client;
        KeyWait wait = new()
        {
            Client = client, Database = c.Db, Row = c.Row, Arguments = c.Arguments.Store(), Type = type, DeadlineMs = deadlineMs,
            Serve = serve, ServeLost = serveLost, State = state, IsSilent = client.ReplyMode != ReplyMode.On,
        };
        for (int i = 0; i < keyCount; i++)
            wait.Database.Blocked.Add(wait, firstKey + i);
        _waitsByType[(int)type]++;
        client.Wait = wait;
        client.Blocked = BlockReason.Keys;
        client.ArgumentBytes = wait.Arguments.OwnedBytes;
        _server.Clients.BlockedCount++;
        if (deadlineMs == Forever)
            return;
        _timeouts.Add(wait);
        _server.Cron.WakeBy(wait.DueMs);
    }

    /// <summary>Has a waiting client served at a time, Unix ms, even if none of its keys becomes ready; the earliest such time counts.</summary>
    internal void RetryAt(Client client, long ms)
    {
        if (client.Wait is not { } wait || ms >= wait.RetryMs)
            return;
        _timeouts.Remove(wait);
        wait.RetryMs = ms;
        _timeouts.Add(wait);
        _server.Cron.WakeBy(wait.DueMs);
    }

    /// <summary>Serves the calling client with the first of its keys that exists; false when none does.</summary>
    internal static bool TryServe(
        CommandContext c, int firstKey, int keyCount, delegate*<CommandContext, int, object?, bool> serve, object? state = null)
    {
        for (int i = firstKey; i < firstKey + keyCount; i++)
        {
            if (!c.Db.LookupLive(c[i]).IsNull && serve(c, i, state))
                return true;
        }
        return false;
    }

    /// <summary>Ends a client's wait: with an error or as if it had timed out. False when the client is in no such wait.</summary>
    internal bool Cancel(Client client, bool error)
    {
        if (client.Wait is not { } wait)
            return false;
        using (_server.Executor.ActFor(client, wait.IsSilent))
        {
            if (error)
                _server.Context.Reply.Error("UNBLOCKED client unblocked via CLIENT UNBLOCK"u8);
            else
                _server.Context.Reply.NullArray();
            // Official counts a wait that was cut short as a failed call, whatever was replied.
            Record(wait, 0, failed: true);
        }
        End(wait);
        return true;
    }

    /// <summary>Forgets a client that leaves.</summary>
    internal void Forget(Client client)
    {
        if (client.Wait is { } wait)
            Release(wait);
    }

    /// <summary>Whether anybody waits for a value of this type, under whatever key.</summary>
    internal bool IsAwaited(DataType type) => _waitsByType[(int)type] != 0;

    /// <summary>Notes that a key has a value now that somebody may be waiting for.</summary>
    internal void NoteReady(BlockedKeys keys, ReadOnlySpan<byte> name)
    {
        if (keys.Find(name) is { } key)
            NoteReady(key);
    }

    /// <summary>Notes the keys of a database that exist, after its contents were exchanged, and those whose loss matters.</summary>
    internal void NoteReady(Database database)
    {
        foreach (BlockedKey key in database.Blocked.All)
        {
            if (key.TellsLoss || !database.Peek(key.Name).IsNull)
                NoteReady(key);
        }
    }

    /// <summary>Serves the clients whose keys are ready, also those whose keys become ready by that.</summary>
    internal void ServeReady()
    {
        while (_ready.TryDequeue(out BlockedKey? key))
        {
            key.IsReady = false;
            ServeKey(key);
        }
    }

    /// <summary>Ends the waits whose time is over, and serves those that are to be tried again.</summary>
    internal void TimeOut(long nowMs)
    {
        while (_timeouts.First is { } wait && wait.DueMs <= nowMs)
        {
            if (wait.DeadlineMs < nowMs)
            {
                using (_server.Executor.ActFor(wait.Client, wait.IsSilent))
                    _server.Context.Reply.NullArray();
                End(wait);
                continue;
            }
            _timeouts.Remove(wait);
            wait.RetryMs = Forever;
            if (wait.DeadlineMs != Forever)
                _timeouts.Add(wait);
            foreach (Waiter place in wait.Places)
                NoteReady(place.Key);
        }
        ServeReady();
    }

    private void NoteReady(BlockedKey key)
    {
        if (key.IsReady)
            return;
        key.IsReady = true;
        _ready.Enqueue(key);
    }

    private void ServeKey(BlockedKey key)
    {
        for (Waiter? waiter = key.First; waiter != null; waiter = waiter.Next)
        {
            // Whoever is served may cost others their connection.
            if (waiter.HasLeft)
                continue;
            KeyEntry entry = key.Database.LookupLive(key.Name);
            if (entry.IsNull && !key.TellsLoss)
                break;
            if (!entry.IsNull && entry.Type == waiter.Wait.Type)
                ServeOne(waiter, waiter.Wait.Serve);
            else if (waiter.Wait.ServeLost != null)
                ServeOne(waiter, waiter.Wait.ServeLost);
        }
        _server.Context.Effects.Flush();
    }

    private void ServeOne(Waiter waiter, delegate*<CommandContext, int, object?, bool> serve)
    {
        KeyWait wait = waiter.Wait;
        CommandContext context = _server.Context;
        bool served;
        wait.IsBeingServed = true;
        using (_server.Executor.ActFor(wait.Client, wait.IsSilent))
        {
            context.Row = wait.Row;
            context.Arguments = wait.Arguments;
            long errorsBefore = context.Reply.ErrorCount;
            long begin = Stopwatch.GetTimestamp();
            context.Effects.BeginCommand();
            served = serve(context, waiter.Argument, wait.State);
            long microseconds = ServerClock.ToMicroseconds(Stopwatch.GetTimestamp() - begin);
            bool failed = context.Reply.ErrorCount != errorsBefore;
            if (served)
                Record(wait, microseconds, failed);
            if (failed)
                _server.Stats.CountError(context.Reply.LastErrorPrefix);
            context.Effects.Flush();
        }
        wait.IsBeingServed = false;
        if (wait.Client.IsClosed)
            wait.Arguments.FreeOwned();
        else if (served)
            End(wait);
    }

    private void Record(KeyWait wait, long microseconds, bool failed)
    {
        long total = wait.Microseconds + microseconds;
        wait.Row.Microseconds += total;
        if (failed)
            wait.Row.FailedCalls++;
        _server.Timings.RecordUnblocked(wait.Row, _server.Context, wait.Arguments, total);
        _server.Timings.RecordSpike("command-unblocking", microseconds / 1000);
    }

    private void End(KeyWait wait)
    {
        Release(wait);
        wait.Client.Unblock();
    }

    private void Release(KeyWait wait)
    {
        wait.Database.Blocked.Remove(wait);
        _waitsByType[(int)wait.Type]--;
        _timeouts.Remove(wait);
        if (!wait.IsBeingServed)
            wait.Arguments.FreeOwned();
        wait.Client.Wait = null;
        wait.Client.ArgumentBytes = 0;
        _server.Clients.BlockedCount--;
    }
}
