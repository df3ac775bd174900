namespace RedisAot.Server.Configuration;

/// <summary>What may be done with a directive, and when.</summary>
[Flags]
internal enum DirectiveFlags
{
    None = 0,

    /// <summary>Only the configuration file and the command line set it.</summary>
    Immutable = 1 << 0,

    /// <summary>Its value is kept out of the slow log, MONITOR and crash reports.</summary>
    Sensitive = 1 << 1,

    /// <summary>CONFIG SET needs <c>enable-protected-configs</c>.</summary>
    Protected = 1 << 2,

    /// <summary>CONFIG SET is refused while a data set is being loaded.</summary>
    DenyLoading = 1 << 3,

    /// <summary>CONFIG GET shows it only when asked for by its exact name.</summary>
    Hidden = 1 << 4,

    /// <summary>Takes several arguments.</summary>
    MultiArg = 1 << 5,

    /// <summary>Setting the same value again counts as a change (files that may have new content).</summary>
    Reapply = 1 << 6,

    /// <summary>Part of the crash report.</summary>
    CrashReport = 1 << 7,
}
