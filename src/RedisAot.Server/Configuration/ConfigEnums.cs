namespace RedisAot.Server.Configuration;

/// <summary>Which keys are evicted when <c>maxmemory</c> is reached, and how they are chosen.</summary>
public enum MaxMemoryPolicy
{
    NoEviction,
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
    AllKeysLru,
    AllKeysLfu,
    AllKeysRandom,
}

/// <summary>When the append-only file is synchronised to disk.</summary>
public enum AppendFsync
{
    No,
    Always,
    EverySecond,
}

/// <summary>Severity of a log line; the numbers are those of official Redis.</summary>
public enum LogLevel
{
    Debug,
    Verbose,
    Notice,
    Warning,

    /// <summary>As a threshold: nothing is logged.</summary>
    Nothing,
}

/// <summary>The syslog facility; the numbers are those of the C library.</summary>
public enum SyslogFacility
{
    User = 1 << 3,
    Local0 = 16 << 3,
    Local1 = 17 << 3,
    Local2 = 18 << 3,
    Local3 = 19 << 3,
    Local4 = 20 << 3,
    Local5 = 21 << 3,
    Local6 = 22 << 3,
    Local7 = 23 << 3,
}

/// <summary>Who supervises the process and wants to hear that it is ready.</summary>
public enum SupervisedMode
{
    None,
    Auto,
    Systemd,
    Upstart,
}

/// <summary>How a SIGINT or SIGTERM shuts the server down; bits.</summary>
[Flags]
public enum SignalShutdown
{
    /// <summary>Save when save points are configured.</summary>
    Default = 0,
    Save = 1,
    NoSave = 2,

    /// <summary>Do not wait for lagging replicas.</summary>
    Now = 4,

    /// <summary>Go on when saving fails.</summary>
    Force = 8,
}

/// <summary>Where a replica puts a snapshot that arrives over the socket.</summary>
public enum ReplDisklessLoad
{
    Disabled,
    OnEmptyDb,
    SwapDb,
    FlushBeforeLoad,
}

/// <summary>Whether TLS clients have to show a certificate.</summary>
public enum TlsAuthClients
{
    No,
    Yes,
    Optional,
}

/// <summary>How <c>oom-score-adj-values</c> are used.</summary>
public enum OomScoreAdj
{
    No,

    /// <summary>Added to the score that the process started with.</summary>
    Relative,

    /// <summary>Used as they are.</summary>
    Absolute,
}

/// <summary>The channels a new ACL user may use.</summary>
public enum AclPubSubDefault
{
    ResetChannels,
    AllChannels,
}

/// <summary>Whether payloads of RESTORE and RDB files are checked in depth.</summary>
public enum SanitizeDumpPayload
{
    No,
    Yes,
    Clients,
}

/// <summary>Who may use a protected command or directive.</summary>
public enum ProtectedAction
{
    No,
    Yes,

    /// <summary>Clients of this machine: loopback or Unix socket.</summary>
    Local,
}

/// <summary>Under which name cluster redirections give an endpoint.</summary>
public enum ClusterEndpointType
{
    Ip,
    Hostname,
    UnknownEndpoint,
}

/// <summary>What happens when a replicated command or one from the AOF fails.</summary>
public enum PropagationErrorBehavior
{
    Ignore,
    Panic,
    PanicOnReplicas,
}
