namespace RedisAot.Server.Commands;

/// <summary>What the dispatcher has to know about a command before it runs. Names as in official <c>COMMAND</c>.</summary>
[Flags]
public enum CommandFlags : uint
{
    None = 0,

    /// <summary>May change the keyspace.</summary>
    Write = 1 << 0,

    /// <summary>Reads keys and never changes them.</summary>
    ReadOnly = 1 << 1,

    /// <summary>May need more memory: refused while <c>maxmemory</c> is exceeded.</summary>
    DenyOom = 1 << 2,
    Module = 1 << 3,
    Admin = 1 << 4,
    PubSub = 1 << 5,

    /// <summary>Refused inside scripts.</summary>
    NoScript = 1 << 6,

    /// <summary>May block the client.</summary>
    Blocking = 1 << 7,

    /// <summary>Allowed while the dataset is being loaded.</summary>
    Loading = 1 << 8,

    /// <summary>Allowed on a replica that has lost its master, with <c>replica-serve-stale-data no</c>.</summary>
    Stale = 1 << 9,
    SkipMonitor = 1 << 10,
    SkipSlowlog = 1 << 11,

    /// <summary>In cluster mode, runs as if <c>ASKING</c> had been sent.</summary>
    Asking = 1 << 12,
    Fast = 1 << 13,

    /// <summary>Allowed before authentication; no ACL rule applies.</summary>
    NoAuth = 1 << 14,

    /// <summary>May replicate although it is no write command (<c>PUBLISH</c>, <c>EVAL</c>). Not shown to clients.</summary>
    MayReplicate = 1 << 15,

    /// <summary>Key arguments may be absent (<c>EVAL ... 0</c>).</summary>
    NoMandatoryKeys = 1 << 16,

    /// <summary>Needs <c>enable-debug-command</c> or <c>enable-module-command</c>. Not shown to clients.</summary>
    Protected = 1 << 17,

    /// <summary>Refused while a replica loads a dataset beside the one it serves.</summary>
    NoAsyncLoading = 1 << 18,

    /// <summary>Refused inside <c>MULTI</c>.</summary>
    NoMulti = 1 << 19,

    /// <summary>First, last and step do not tell all keys. Derived from the key specs; rows do not set it.</summary>
    MovableKeys = 1 << 20,

    /// <summary>Allowed while a script has run past its time limit.</summary>
    AllowBusy = 1 << 21,

    /// <summary>May touch keys that are not among its arguments. Not shown to clients.</summary>
    TouchesArbitraryKeys = 1 << 22,

    /// <summary>What commands have in common that administrators may need in any state of the server.</summary>
    Administration = Admin | NoScript | Loading | Stale,
}

/// <summary>Marks of a command's documentation.</summary>
[Flags]
public enum CommandDocFlags : byte
{
    None = 0,
    Deprecated = 1 << 0,
    SysCmd = 1 << 1,
}

/// <summary>The names of flags as clients see them.</summary>
public static class CommandFlagNames
{
    /// <summary>Visible flags in the order in which official servers list them.</summary>
    public static readonly (CommandFlags Flag, string Name)[] Visible =
    [
        (CommandFlags.Write, "write"),
        (CommandFlags.ReadOnly, "readonly"),
        (CommandFlags.DenyOom, "denyoom"),
        (CommandFlags.Module, "module"),
        (CommandFlags.Admin, "admin"),
        (CommandFlags.PubSub, "pubsub"),
        (CommandFlags.NoScript, "noscript"),
        (CommandFlags.Blocking, "blocking"),
        (CommandFlags.Loading, "loading"),
        (CommandFlags.Stale, "stale"),
        (CommandFlags.SkipMonitor, "skip_monitor"),
        (CommandFlags.SkipSlowlog, "skip_slowlog"),
        (CommandFlags.Asking, "asking"),
        (CommandFlags.Fast, "fast"),
        (CommandFlags.NoAuth, "no_auth"),
        (CommandFlags.NoMandatoryKeys, "no_mandatory_keys"),
        (CommandFlags.NoAsyncLoading, "no_async_loading"),
        (CommandFlags.NoMulti, "no_multi"),
        (CommandFlags.MovableKeys, "movablekeys"),
        (CommandFlags.AllowBusy, "allow_busy"),
    ];
}
