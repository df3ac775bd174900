using RedisAot.Resp;
using RedisAot.Server.Acl;
using RedisAot.Server.Commands;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Networking;
using RedisAot.Server.PubSub;
using RedisAot.Server.Replication;
using RedisAot.Server.Tracking;

namespace RedisAot.Server.Clients;

/// <summary>How much of what a client asks is answered (CLIENT REPLY).</summary>
public enum ReplyMode
{
    /// <summary>Everything.</summary>
    On,

    /// <summary>Nothing.</summary>
    Off,

    /// <summary>Not the command that follows.</summary>
    SkipNext,

    /// <summary>Not the command that runs.</summary>
    Skip,
}

/// <summary>Why a client's commands wait.</summary>
public enum BlockReason
{
    /// <summary>They do not.</summary>
    None,

    /// <summary>CLIENT PAUSE holds the command back; it runs when the pause ends.</summary>
    Paused,

    /// <summary>A blocking command waits for keys.</summary>
    Keys,

    /// <summary>The client waits for the server to shut down.</summary>
    Shutdown,
}

/// <summary>
/// One session: what the server remembers between the commands of one client. Used under the execution lock only.
/// </summary>
public sealed class Client
{
    /// <summary>What a session costs beside its buffers: the managed objects of client, connection and socket, in bytes.</summary>
    public const int SessionBytes = 2048;

    private readonly RedisServer _server;

    internal Client(RedisServer server, Connection? connection)
    {
        _server = server;
        Connection = connection;
        Id = server.Clients.NextId();
        CreatedMs = LastInteractionMs = server.Clock.NowMs;
        BufferUse = new SharedBufferUse(CreatedMs);
        Database = server.Databases[0];
        User = server.Acl.Default;
        IsLoggedIn = !server.Acl.RequiresLogin;
        UpdateGate();
    }

    /// <summary>Unique number, rising with each connection.</summary>
    public long Id { get; }

    /// <summary>The transport; null for clients that the server makes for itself.</summary>
    public Connection? Connection { get; }

    /// <summary>The selected database.</summary>
    public Database Database { get; set; }

    /// <summary>Protocol version, 2 or 3.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>The name that CLIENT SETNAME gave; empty when none.</summary>
    public byte[] Name { get; set; } = [];

    /// <summary>CLIENT SETINFO LIB-NAME.</summary>
    public byte[] LibraryName { get; set; } = [];

    /// <summary>CLIENT SETINFO LIB-VER.</summary>
    public byte[] LibraryVersion { get; set; } = [];

    /// <summary>Whether the client may run commands other than AUTH, HELLO, QUIT and RESET.</summary>
    public bool Authenticated => IsLoggedIn || !_server.Acl.RequiresLogin;

    /// <summary>Whether the client gave a password, or came when none was asked for.</summary>
    internal bool IsLoggedIn { get; set; }

    /// <summary>The user the client acts as.</summary>
    public User User { get; internal set; }

    /// <summary>When the client connected, Unix ms.</summary>
    public long CreatedMs { get; }

    /// <summary>When the client last sent a command, Unix ms.</summary>
    public long LastInteractionMs { get; set; }

    /// <summary>The command that ran last; null before the first.</summary>
    public CommandRow? LastCommand { get; set; }

    /// <summary>MULTI, its queue, and WATCH; null for a client that has used neither.</summary>
    public Transaction? Transaction { get; set; }

    /// <summary>Whether commands are being queued for EXEC.</summary>
    public bool InMulti => Transaction is { IsOpen: true };

    /// <summary>CLIENT REPLY.</summary>
    public ReplyMode ReplyMode { get; set; }

    /// <summary>Why the client's commands wait.</summary>
    public BlockReason Blocked { get; set; }

    /// <summary>The blocking command that the client is in; null while it is in none.</summary>
    internal KeyWait? Wait { get; set; }

    /// <summary>Bytes of the arguments of a command that waits.</summary>
    public long ArgumentBytes { get; set; }

    /// <summary>The same, or, while one of its commands runs, those of that command.</summary>
    internal long CurrentArgumentBytes => this == _server.Executor.ActiveClient ? _server.Context.Arguments.TotalBytes : ArgumentBytes;

    /// <summary>Bytes that the client cost when they were measured last; see <see cref="ClientEviction"/>.</summary>
    internal long MeasuredBytes { get; set; }

    /// <summary>What CLIENT LIST shows of buffers.</summary>
    internal SharedBufferUse BufferUse;

    /// <summary>CLIENT NO-EVICT.</summary>
    public bool NoEvict { get; set; }

    /// <summary>CLIENT NO-TOUCH: reads leave the keys' access clocks alone.</summary>
    public bool NoTouch { get; set; }

    /// <summary>MONITOR: the client is fed every command.</summary>
    public bool IsMonitor { get; set; }

    /// <summary>Channels, patterns and shard channels subscribed to; null when there is none.</summary>
    public Subscriptions? Subscriptions { get; set; }

    /// <summary>Number of channels, patterns and shard channels subscribed to.</summary>
    public int SubscriptionCount => Subscriptions?.Count ?? 0;

    /// <summary>What is known of the client as a replica; null when it has not spoken as one.</summary>
    internal ReplicaLink? Replica { get; set; }

    /// <summary>Whether SYNC or PSYNC made the client a replica.</summary>
    internal bool IsReplica => Replica is { IsActive: true };

    /// <summary>CLIENT TRACKING; null while it is off.</summary>
    public TrackingSession? Tracking { get; set; }

    /// <summary>The connection closes once the replies have been sent.</summary>
    public bool CloseAfterReply { get; set; }

    /// <summary>Nothing is received until the replies that wait have been sent.</summary>
    public bool ReadPausedByOutput { get; set; }

    /// <summary>Since when the client has had more unsent than the soft limit allows, Unix ms; 0: it has not.</summary>
    public long OverSoftLimitSinceMs { get; set; }

    /// <summary>The client has too much unsent and will be closed once the commands that run are done; nothing is added.</summary>
    public bool IsOverLimit { get; set; }

    /// <summary>The client has left; nothing may be done for it any more.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Bytes ever sent by the client to the server.</summary>
    public long TotalInputBytes { get; set; }

    /// <summary>Commands ever run for the client.</summary>
    public long TotalCommands { get; set; }

    /// <summary>
    /// Whether something about the session makes a command take the slow way through the checks; see
    /// <see cref="Executor"/>. Kept up to date by <see cref="UpdateGate"/>.
    /// </summary>
    internal bool NeedsChecks { get; private set; }

    /// <summary>Whether the user may not do everything.</summary>
    internal bool IsRestricted { get; private set; }

    /// <summary>To be called after a change of anything that the checks before a command look at.</summary>
    internal void UpdateGate()
    {
        IsRestricted = !User.IsUnrestricted;
        NeedsChecks = !Authenticated || InMulti || Subscriptions != null || Tracking != null
            || ReplyMode != ReplyMode.On || IsMonitor || Connection == null;
    }

    /// <summary>Sends bytes outside the reply to the client's own command: a push, a monitor line, a late reply.</summary>
    internal void Send(ReadOnlySpan<byte> bytes) => _server.Executor.SendTo(this, bytes);

    /// <summary>RESET: what a new connection would be, but for its number.</summary>
    internal void Reset()
    {
        if (IsMonitor)
            _server.Clients.Monitors.Remove(this);
        IsMonitor = false;
        Database = _server.Databases[0];
        Protocol = 2;
        User = _server.Acl.Default;
        IsLoggedIn = !_server.Acl.RequiresLogin;
        Transaction?.Close();
        _server.PubSub.Forget(this);
        _server.Tracking.Disable(this);
        Name = [];
        ReplyMode = ReplyMode.On;
        UpdateGate();
    }

    /// <summary>Lets the client's commands run again after <see cref="Blocked"/>.</summary>
    internal void Unblock()
    {
        Blocked = BlockReason.None;
        Connection?.ResumeInput();
    }
}
