using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using RedisAot.Memory;
using RedisAot.Resp;
using RedisAot.Server.Acl;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Networking;
using RedisAot.Server.Persistence;
using RedisAot.Server.Process;
using RedisAot.Server.PubSub;
using RedisAot.Server.Replication;
using RedisAot.Server.Tracking;

namespace RedisAot.Server;

/// <summary>One server: puts the parts together and holds what they share.</summary>
public sealed class RedisServer
{
    private readonly Listeners _listeners;
    private Watchdog? _watchdog;
    private long _attackLoggedMs; // Unix ms
    private byte[]? _writeRefusal;
    private int _shutdownSignal;

    /// <summary>A server that does not listen yet.</summary>
    public RedisServer(ServerConfig config)
    {
        Config = config;
        AccessClock.Update(Clock.NowMs);
        Context = new CommandContext(this);
        Executor = new Executor(this, Context);
        Eviction = new Eviction(this);
        Pause = new PauseState(this);
        BlockedClients = new BlockedClients(this);
        OutputLimits = new OutputLimits(this);
        MonitorFeed = new MonitorFeed(this);
        PubSub = new MessageHub(this);
        Tracking = new KeyTracking(this);
        Timings = new CommandTimings(this);
        Cron = new Cron(this);
        Aof = new AppendOnlyFile(this);
        Snapshots = new SnapshotStore(this);
        Replicas = new ReplicaLinks(this);
        Cron.EverySecond(new ClientCleaner(this).Run);
        Cron.EverySecond(SampleTtls);
        Cron.EverySecond(Snapshots.SaveIfDue);
        ClientEviction = new ClientEviction(this);
        _listeners = new Listeners(this);
        Databases = new Database[config.Databases];
        for (int i = 0; i < Databases.Length; i++)
            Databases[i] = new Database(this, i);
        Information = new Information(this);
        CommandFamilies.Register(Commands);
        foreach ((byte[] name, byte[] newName) in config.RenamedCommands)
            Commands.Rename(name, newName);
        Acl = new AccessControl(this);
        FollowConfiguration();
    }

    /// <summary>The configuration.</summary>
    public ServerConfig Config { get; }

    /// <summary>All commands.</summary>
    public CommandTable Commands { get; } = new();

    /// <summary>The databases, by number.</summary>
    public Database[] Databases { get; }

    /// <summary>The connected clients.</summary>
    public ClientRegistry Clients { get; } = new();

    /// <summary>The lock under which commands run.</summary>
    public ExecutionLock Lock { get; } = new();

    /// <summary>Runs commands.</summary>
    public Executor Executor { get; }

    /// <summary>What the running command sees.</summary>
    public CommandContext Context { get; }

    /// <summary>The time.</summary>
    public ServerClock Clock { get; } = new();

    /// <summary>Access times and counts of keys.</summary>
    public AccessClock AccessClock { get; } = new();

    /// <summary>Counters.</summary>
    public ServerStats Stats { get; } = new();

    /// <summary>Durations of commands.</summary>
    public CommandTimings Timings { get; }

    /// <summary>Keyspace events.</summary>
    public KeyspaceEvents KeyspaceEvents { get; } = new();

    /// <summary>Channels, patterns and who is subscribed to them.</summary>
    public MessageHub PubSub { get; }

    /// <summary>CLIENT TRACKING.</summary>
    public KeyTracking Tracking { get; }

    /// <summary>Frees big values a little at a time.</summary>
    public LazyFree LazyFree { get; } = new();

    /// <summary>Keeps maxmemory.</summary>
    public Eviction Eviction { get; }

    /// <summary>Keeps maxmemory-clients.</summary>
    public ClientEviction ClientEviction { get; }

    /// <summary>Users and their permissions.</summary>
    public AccessControl Acl { get; }

    /// <summary>CLIENT PAUSE.</summary>
    public PauseState Pause { get; }

    /// <summary>Clients in blocking commands.</summary>
    public BlockedClients BlockedClients { get; }

    /// <summary>Work that time brings.</summary>
    public Cron Cron { get; }

    /// <summary>The text of INFO.</summary>
    public Information Information { get; }

    /// <summary>Bytes in use before the first client came.</summary>
    public long MemoryAtStart { get; private set; }

    /// <summary>Forty hexadecimal digits that name this run of the server.</summary>
    public string RunId { get; } = NewRunId();

    /// <summary>Forty hexadecimal digits that name the history of the data set.</summary>
    public string ReplicationId { get; set; } = NewRunId();

    /// <summary>Unix ms of the start.</summary>
    public long StartedMs { get; } = (long)(DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds;

    /// <summary>Whether the data set is being loaded.</summary>
    public bool IsLoading { get; private set; }

    /// <summary>Saves the data set and loads it.</summary>
    public SnapshotStore Snapshots { get; }

    /// <summary>Writes every change to disk.</summary>
    public AppendOnlyFile Aof { get; }

    /// <summary>The error that commands which change something get, or null when they may run.</summary>
    public byte[]? WriteRefusal
    {
        get => _writeRefusal ?? Aof.Writer.Refusal;
        set => _writeRefusal = value;
    }

    /// <summary>
    /// Unix ms up to which keys have expired. While loading none has: what follows in an append-only file counts on them, and
    /// says itself when they went.
    /// </summary>
    internal long ExpiryNowMs => IsLoading ? long.MinValue : Clock.NowMs;

    /// <summary>Whether the default user has a password.</summary>
    public bool PasswordRequired => !Acl.Default.NeedsNoPassword;

    /// <summary>Bytes in use: keys and values, sessions with their buffers, commands that wait. What maxmemory is held against.</summary>
    public long UsedMemory =>
        NativeHeap.UsedBytes + InputBuffer.AllocatedBytes + OutputBuffer.AllocatedBytes + ArgumentVector.AllocatedBytes
            + (long)Clients.Count * Client.SessionBytes;

    /// <summary>Whether a signal asks the process to end and is not answered yet.</summary>
    public bool IsShutdownRequested => Volatile.Read(ref _shutdownSignal) != 0;

    /// <summary>Set once the server is to end; the exit code.</summary>
    public TaskCompletionSource<int> Exit { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The loop of every connection when there is one loop; null when there are several.</summary>
    internal SocketLoop? OnlyLoop { get; private set; }

    /// <summary>Clients that are sent snapshots.</summary>
    internal ReplicaLinks Replicas { get; }

    internal OutputLimits OutputLimits { get; }

    internal MonitorFeed MonitorFeed { get; }

    /// <summary>
    /// Opens the listeners and begins to serve what can be served before the data set is loaded. False, the reason having been
    /// logged, when an address cannot be bound.
    /// </summary>
    public bool Start()
    {
        if (!_listeners.Open())
        {
            _listeners.Close();
            return false;
        }
        // Whoever connects before it is there must not take the data set for empty.
        SetLoading(true);
        SocketLoop[] loops = SocketLoop.StartAll(Config.IOThreads);
        OnlyLoop = loops.Length == 1 ? loops[0] : null;
        Cron.Start(loops[0]);
        _watchdog = new Watchdog(this);
        MemoryAtStart = UsedMemory;
        _listeners.Start(loops[0]);
        return true;
    }

    /// <summary>Loads the data set; false, the reason having been logged, when the server must not go on. Takes the lock.</summary>
    public bool TryLoad()
    {
        if (!(Config.AppendOnly ? Aof.TryStart() : Aof.TryReadManifest() && Snapshots.TryLoadAtStart()))
            return false;
        Lock.Enter();
        SetLoading(false);
        Aof.DeleteHistory();
        Lock.Exit();
        return true;
    }

    /// <summary>A new random name of forty hexadecimal digits. It is no secret.</summary>
    public static string NewRunId()
    {
        Span<byte> bytes = stackalloc byte[20];
        Random.Shared.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Says that loading begins or ends. Needs the lock.</summary>
    internal void SetLoading(bool loading)
    {
        IsLoading = loading;
        Executor.UpdateGate();
    }

    /// <summary>
    /// Begins to end the process; false, the reason having been logged, when what was to be saved cannot be. Needs the lock.
    /// </summary>
    public bool TryShutDown(SignalShutdown how)
    {
        ServerLog.Warning("User requested shutdown...");
        bool save = (how & SignalShutdown.Save) != 0 || (Config.SavePoints.Length > 0 && (how & SignalShutdown.NoSave) == 0);
        Snapshots.AbandonBackgroundSave();
        // What is half loaded must not replace the whole.
        bool force = (how & SignalShutdown.Force) != 0;
        if (!Aof.TryEndRewrite(force) || (save && !IsLoading && !TrySaveAtEnd(force)))
        {
            ServerLog.Warning("Errors trying to shut down the server. Check the logs for more information.");
            return false;
        }
        // From here on nothing may be acknowledged that is not in the file.
        WriteRefusal = "ERR The server is shutting down"u8.ToArray();
        Executor.UpdateGate();
        Aof.Finish();
        Exit.TrySetResult(0);
        return true;
    }

    /// <summary>
    /// A signal asks the process to end; that is done when the time has come for other work too. Callable from any thread.
    /// </summary>
    public void RequestShutdown(PosixSignal signal)
    {
        Volatile.Write(ref _shutdownSignal, (int)signal);
        Cron.WakeNow();
    }

    /// <summary>Takes back what a signal asked for; false when none did or it is done. Needs the lock.</summary>
    public bool TryCancelShutdown()
    {
        const int signalTakesMs = 20;
        // One that was sent before the command may still be on its way through the runtime.
        if (!SpinWait.SpinUntil(() => IsShutdownRequested, signalTakesMs) || Exit.Task.IsCompleted)
            return false;
        Volatile.Write(ref _shutdownSignal, 0);
        ServerLog.Notice("Shutdown manually aborted.");
        return true;
    }

    /// <summary>Begins to end the process if a signal asks for it. Needs the lock.</summary>
    internal void ObeySignal()
    {
        // The signal stays while what it asked for is done: another one then insists.
        if (!IsShutdownRequested || Exit.Task.IsCompleted)
            return;
        bool isInterrupt = (PosixSignal)_shutdownSignal == PosixSignal.SIGINT;
        if (TryShutDown(isInterrupt ? Config.ShutdownOnSigInt : Config.ShutdownOnSigTerm))
            return;
        ServerLog.Warning("SIGTERM received but errors trying to shut down the server, check the logs for more information");
        Volatile.Write(ref _shutdownSignal, 0);
    }

    private bool TrySaveAtEnd(bool force)
    {
        ServerLog.Notice("Saving the final RDB snapshot before exiting.");
        if (Snapshots.TrySave())
            return true;
        ServerLog.Warning(force ? "Error trying to save the DB. Exit anyway." : "Error trying to save the DB, can't exit.");
        return force;
    }

    /// <summary>Stops accepting and closes every connection.</summary>
    public void Stop()
    {
        Cron.Stop();
        _watchdog?.Dispose();
        _listeners.Close();
        Lock.Enter();
        foreach (Client client in Clients.Snapshot())
            FreeClient(client);
        Aof.Finish();
        Lock.Exit();
    }

    /// <summary>Ends a session at once: it is forgotten everywhere and its connection closed. Needs the lock.</summary>
    public void FreeClient(Client client)
    {
        if (client.IsClosed)
            return;
        client.IsClosed = true;
        if (client.Blocked == BlockReason.Paused)
            Pause.Forget(client);
        BlockedClients.Forget(client);
        client.Transaction?.Close();
        PubSub.Forget(client);
        Tracking.Disable(client);
        Clients.Remove(client);
        Replicas.Forget(client);
        ClientEviction.Forget(client);
        client.Connection?.Abort();
    }

    /// <summary>The command that runs or ran last and its client, for a crash report; null before the first.</summary>
    public string? DescribeCommand() =>
        Context.Row == null ? null : $"{Context.Row.FullName} ({Context.ArgCount} arguments) of client id={Context.Client.Id} "
            + $"addr={Context.Client.Connection?.RemoteAddress} db={Context.Client.Database.Id}";

    /// <summary>The earliest moment, Unix ms, at which something waits to be done.</summary>
    internal long NextDueMs()
    {
        long due = Math.Min(BlockedClients.NextDueMs, Pause.IsActive ? Pause.EndMs : long.MaxValue);
        if (!Pause.IsActive && Cron.ActiveExpire && !IsLoading)
        {
            foreach (Database database in Databases)
                due = Math.Min(due, database.NextExpiryDueMs);
        }
        return Snapshots.Background == null ? due : Math.Min(due, Clock.NowMs + 1);
    }

    /// <summary>Passes on what the outermost command did, then serves clients that waited for it.</summary>
    internal void AfterCommand()
    {
        Context.Effects.Flush();
        if (Tracking.HasPending)
            Tracking.SendPending();
        if (BlockedClients.HasReadyKeys)
            BlockedClients.ServeReady();
    }

    /// <summary>Whether DEBUG or MODULE is allowed to this client.</summary>
    internal bool AllowsProtected(CommandRow row, Client client)
    {
        ProtectedAction access = (row.Parent?.Name ?? row.Name) == "debug" ? Config.EnableDebugCommand : Config.EnableModuleCommand;
        return access == ProtectedAction.Yes || (access == ProtectedAction.Local && IsLocal(client));
    }

    internal void OnAccepted(Socket socket, Listener listener)
    {
        Stats.ConnectionsReceived++;
        if (Clients.Count >= Config.MaxClients)
        {
            Stats.ConnectionsRejected++;
            Refuse(socket, "-ERR max number of clients reached\r\n"u8);
            return;
        }
        Connection connection;
        try
        {
            Configure(socket);
            connection = new Connection(this, socket, listener);
        }
        catch (SocketException e)
        {
            // The peer has left already; there is nobody to tell.
            ServerLog.Verbose($"Error registering fd event for the new client: {e.Message}");
            socket.Dispose();
            return;
        }
        if (Config.ProtectedMode && !PasswordRequired && !IsLocal(connection.Client))
        {
            Stats.ConnectionsRejected++;
            Refuse(socket, ProtectedModeError);
            return;
        }
        Lock.Enter();
        Clients.Add(connection.Client);
        Lock.Exit();
        connection.Start();
    }

    internal static void OnAcceptFailed(SocketError error) => ServerLog.Warning($"Accepting client connection: {error}");

    internal void OnQueryBufferLimit(Client client)
    {
        Stats.QueryBufferLimitDisconnections++;
        ServerLog.Warning($"Closing client that reached max query buffer length: id={client.Id} addr={client.Connection!.RemoteAddress}");
    }

    internal void OnProtocolError(Client client, string error) =>
        ServerLog.Verbose($"Protocol error ({error}) from client: id={client.Id} addr={client.Connection?.RemoteAddress}");

    internal void OnCrossProtocolScripting(Client client)
    {
        const long LogEveryMs = 60_000;
        if (Clock.NowMs - _attackLoggedMs > LogEveryMs)
        {
            _attackLoggedMs = Clock.NowMs;
            ServerLog.Warning("Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. " +
                "This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. " +
                "Connection aborted.");
        }
        FreeClient(client);
    }

    private static ReadOnlySpan<byte> ProtectedModeError =>
        "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n"u8;

    /// <summary>Whether a client is on this machine, which protected commands and directives can ask for.</summary>
    internal static bool IsLocal(Client client) =>
        client.Connection == null || client.Connection.IsUnixSocket
        || client.Connection.RemoteAddress.StartsWith("127.", StringComparison.Ordinal)
        || client.Connection.RemoteAddress.StartsWith("[::1]", StringComparison.Ordinal);

    private static void Refuse(Socket socket, ReadOnlySpan<byte> error)
    {
        socket.Blocking = false;
        socket.Send(error, SocketFlags.None, out _);
        socket.Dispose();
    }

    private void Configure(Socket socket)
    {
        socket.Blocking = false;
        if (socket.AddressFamily == AddressFamily.Unix)
            return;
        socket.NoDelay = true;
        if (Config.TcpKeepAlive == 0)
            return;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Config.TcpKeepAlive);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, Config.TcpKeepAlive / 3));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    private void SampleTtls()
    {
        foreach (Database database in Databases)
            database.SampleTtl(Clock.NowMs);
    }

    private void FollowConfiguration()
    {
        ApplyMemoryPolicy();
        Config.OnChanged(ApplyMemoryPolicy, "maxmemory", "maxmemory-policy", "lfu-log-factor", "lfu-decay-time");
        KeyspaceEvents.Enabled = Config.NotifyKeyspaceEvents;
        Config.OnChanged(
            () =>
            {
                KeyspaceEvents.Enabled = Config.NotifyKeyspaceEvents;
                return null;
            },
            "notify-keyspace-events");
    }

    private string? ApplyMemoryPolicy()
    {
        AccessClock.IsLfu = Config.MaxMemoryPolicy is MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu;
        AccessClock.LogFactor = Config.LfuLogFactor;
        AccessClock.DecayMinutes = Config.LfuDecayTime;
        Executor.UpdateGate();
        return null;
    }
}
