using static RedisAot.Server.Configuration.DirectiveFlags;

namespace RedisAot.Server.Configuration;

/// <summary>A name under which a directive is found.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Directive">The directive.</param>
/// <param name="IsHidden">CONFIG GET shows it only when asked for by its exact name.</param>
internal sealed record DirectiveName(string Name, Directive Directive, bool IsHidden);

/// <summary>
/// Every directive: those of official 7.0 and the newer ones that users write, with name, backing field, default, range and flags.
/// What a directive means is said at its field in <see cref="ServerConfig"/>.
/// </summary>
internal static class DirectiveTable
{
    private const long Megabyte = 1 << 20;

    /// <summary>Directives that official 7.0 reads with one argument and ignores.</summary>
    private static readonly string[] Ignored = ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

    private static readonly Dictionary<string, DirectiveName> Names = new(StringComparer.OrdinalIgnoreCase);

    static DirectiveTable()
    {
        All =
        [
            .. Network(),
            .. Clients(),
            .. MemoryAndEviction(),
            .. Encodings(),
            .. Keyspace(),
            .. Snapshots(),
            .. AppendOnlyFile(),
            .. Replication(),
            .. Cluster(),
            .. Tls(),
            .. Security(),
            .. Logging(),
            .. Observation(),
            .. Scripts(),
            .. Process(),
        ];
        foreach (Directive directive in All)
        {
            bool hidden = (directive.Flags & Hidden) != 0;
            AddName(directive.Name, directive, hidden);
            if (directive.Alias != null) AddName(directive.Alias, directive, hidden);
            if (directive.HiddenAlias != null) AddName(directive.HiddenAlias, directive, hidden: true);
        }
    }

    /// <summary>The directives, in the order of CONFIG GET and CONFIG REWRITE.</summary>
    public static Directive[] All { get; }

    /// <summary>All names, aliases included.</summary>
    public static IEnumerable<DirectiveName> AllNames => Names.Values;

    /// <summary>The directive of a name or alias, whatever the case; null when there is none.</summary>
    public static DirectiveName? Find(ReadOnlySpan<byte> name) => Names.GetValueOrDefault(System.Text.Encoding.Latin1.GetString(name));

    /// <summary>Whether a file may name this directive although nothing is left of it.</summary>
    public static bool IsIgnored(ReadOnlySpan<byte> name)
    {
        foreach (string ignored in Ignored)
            if (AsciiText.EqualsIgnoreCase(name, ignored)) return true;
        return false;
    }

    private static void AddName(string name, Directive directive, bool hidden) =>
        Names.Add(name, new DirectiveName(name, directive, hidden));

    private static Directive[] Network() =>
    [
        Int("port", c => ref c.Port, 6379, 0, 65535),
        new BindDirective(),
        Text("bind-source-addr", c => ref c.BindSourceAddr, "", emptyIsUnset: true),
        Text("unixsocket", c => ref c.UnixSocket, "", Immutable, emptyIsUnset: true),
        Int("unixsocketperm", c => ref c.UnixSocketPerm, 0, 0, 511, NumberKind.Octal, flags: Immutable),
        Text("unixsocketgroup", c => ref c.UnixSocketGroup, "", Immutable | Hidden, emptyIsUnset: true),
        Int("tcp-backlog", c => ref c.TcpBacklog, 511, 0, int.MaxValue, flags: Immutable),
        Int("tcp-keepalive", c => ref c.TcpKeepAlive, 300, 0, int.MaxValue),
        Bool("protected-mode", c => ref c.ProtectedMode, true),
        Long("socket-mark-id", c => ref c.SocketMarkId, 0, 0, uint.MaxValue, flags: Immutable),
        Int("max-new-connections-per-cycle", c => ref c.MaxNewConnectionsPerCycle, 10, 1, 1000, flags: Hidden),
        Int("max-new-tls-connections-per-cycle", c => ref c.MaxNewTlsConnectionsPerCycle, 1, 1, 1000, flags: Hidden),
        Int("io-threads", c => ref c.IOThreads, 1, 1, 128, flags: CrashReport | Immutable),
        Bool("io-threads-do-reads", c => ref c.IOThreadsDoReads, false, CrashReport | Immutable),
        Int("events-per-io-thread", c => ref c.EventsPerIOThread, 2, 0, int.MaxValue, flags: Hidden),
        Int("prefetch-batch-max-size", c => ref c.PrefetchBatchMaxSize, 16, 0, 128, flags: Hidden),
    ];

    private static Directive[] Clients() =>
    [
        Int("timeout", c => ref c.Timeout, 0, 0, int.MaxValue),
        Long("maxclients", c => ref c.MaxClients, 10000, 1, uint.MaxValue),
        Long("maxmemory-clients", c => ref c.MaxMemoryClients, 0, -100, long.MaxValue, NumberKind.Memory | NumberKind.Percent),
        Memory("client-query-buffer-limit", c => ref c.ClientQueryBufferLimit, 1024 * Megabyte, Megabyte, long.MaxValue, CrashReport),
        Memory("proto-max-bulk-len", c => ref c.ProtoMaxBulkLen, 512 * Megabyte, Megabyte, long.MaxValue, CrashReport),
        new OutputBufferLimitDirective(),
        Int("client-default-resp", c => ref c.ClientDefaultResp, 2, 2, 3, flags: Immutable | Hidden),
        Long("tracking-table-max-keys", c => ref c.TrackingTableMaxKeys, 1000000, 0, long.MaxValue),
    ];

    private static Directive[] MemoryAndEviction() =>
    [
        Long("maxmemory", c => ref c.MaxMemory, 0, 0, long.MaxValue, NumberKind.Memory | NumberKind.Unsigned),
        Enum("maxmemory-policy", c => ref c.MaxMemoryPolicy, MaxMemoryPolicy.NoEviction, MaxMemoryPolicyValues),
        Int("maxmemory-samples", c => ref c.MaxMemorySamples, 5, 1, int.MaxValue),
        Int("maxmemory-eviction-tenacity", c => ref c.MaxMemoryEvictionTenacity, 10, 0, 100),
        Int("lfu-log-factor", c => ref c.LfuLogFactor, 10, 0, int.MaxValue),
        Int("lfu-decay-time", c => ref c.LfuDecayTime, 1, 0, int.MaxValue),
        Int("active-expire-effort", c => ref c.ActiveExpireEffort, 1, 1, 10),
        Bool("activerehashing", c => ref c.ActiveRehashing, true),
        Bool("activedefrag", c => ref c.ActiveDefrag, false, CrashReport),
        Int("active-defrag-cycle-min", c => ref c.ActiveDefragCycleMin, 1, 1, 99),
        Int("active-defrag-cycle-max", c => ref c.ActiveDefragCycleMax, 25, 1, 99),
        Int("active-defrag-threshold-lower", c => ref c.ActiveDefragThresholdLower, 10, 0, 1000),
        Int("active-defrag-threshold-upper", c => ref c.ActiveDefragThresholdUpper, 100, 0, 1000),
        Memory("active-defrag-ignore-bytes", c => ref c.ActiveDefragIgnoreBytes, 100 * Megabyte, 1, long.MaxValue),
        Long("active-defrag-max-scan-fields", c => ref c.ActiveDefragMaxScanFields, 1000, 1, long.MaxValue),
        Bool("jemalloc-bg-thread", c => ref c.JemallocBgThread, true),
        Bool("lazyfree-lazy-eviction", c => ref c.LazyFreeLazyEviction, false, CrashReport),
        Bool("lazyfree-lazy-expire", c => ref c.LazyFreeLazyExpire, false, CrashReport),
        Bool("lazyfree-lazy-server-del", c => ref c.LazyFreeLazyServerDel, false, CrashReport),
        Bool("lazyfree-lazy-user-del", c => ref c.LazyFreeLazyUserDel, false, CrashReport),
        Bool("lazyfree-lazy-user-flush", c => ref c.LazyFreeLazyUserFlush, false, CrashReport),
        Bool("lazyexpire-nested-arbitrary-keys", c => ref c.LazyExpireNestedArbitraryKeys, true, Hidden),
        Bool("disable-thp", c => ref c.DisableThp, true, Immutable),
    ];

    private static Directive[] Encodings() =>
    [
        Long("hash-max-listpack-entries", c => ref c.HashMaxListpackEntries, 512, 0, long.MaxValue, alias: "hash-max-ziplist-entries"),
        Memory("hash-max-listpack-value", c => ref c.HashMaxListpackValue, 64, 0, long.MaxValue, alias: "hash-max-ziplist-value"),
        Int("list-max-listpack-size", c => ref c.ListMaxListpackSize, -2, int.MinValue, int.MaxValue, alias: "list-max-ziplist-size"),
        Int("list-compress-depth", c => ref c.ListCompressDepth, 0, 0, int.MaxValue, flags: CrashReport),
        Long("set-max-intset-entries", c => ref c.SetMaxIntSetEntries, 512, 0, long.MaxValue),
        Long("set-max-listpack-entries", c => ref c.SetMaxListpackEntries, 128, 0, long.MaxValue),
        Long("set-max-listpack-value", c => ref c.SetMaxListpackValue, 64, 0, long.MaxValue),
        Long("zset-max-listpack-entries", c => ref c.ZsetMaxListpackEntries, 128, 0, long.MaxValue, alias: "zset-max-ziplist-entries"),
        Memory("zset-max-listpack-value", c => ref c.ZsetMaxListpackValue, 64, 0, long.MaxValue, alias: "zset-max-ziplist-value"),
        Memory("hll-sparse-max-bytes", c => ref c.HllSparseMaxBytes, 3000, 0, long.MaxValue),
        Memory("stream-node-max-bytes", c => ref c.StreamNodeMaxBytes, 4096, 0, long.MaxValue),
        Long("stream-node-max-entries", c => ref c.StreamNodeMaxEntries, 100, 0, long.MaxValue),
    ];

    private static Directive[] Keyspace() =>
    [
        Int("databases", c => ref c.Databases, 16, 1, int.MaxValue, flags: Immutable),
        new KeyspaceEventsDirective(),
        Text("locale-collate", c => ref c.LocaleCollate, "", Hidden),
    ];

    private static Directive[] Snapshots() =>
    [
        new SaveDirective(),
        new DirDirective(),
        Text("dbfilename", c => ref c.DbFileName, "dump.rdb", Protected, validate: DirectiveChecks.DbFileName),
        Bool("rdbcompression", c => ref c.RdbCompression, true),
        Bool("rdbchecksum", c => ref c.RdbChecksum, true, Immutable),
        Bool("rdb-save-incremental-fsync", c => ref c.RdbSaveIncrementalFsync, true),
        Bool("rdb-del-sync-files", c => ref c.RdbDelSyncFiles, false),
        Bool("stop-writes-on-bgsave-error", c => ref c.StopWritesOnBgSaveError, true),
        Enum("sanitize-dump-payload", c => ref c.SanitizeDumpPayload, SanitizeDumpPayload.No, SanitizeDumpPayloadValues, CrashReport),
        Int("rdb-key-save-delay", c => ref c.RdbKeySaveDelay, 0, int.MinValue, int.MaxValue, flags: Hidden),
        Int("key-load-delay", c => ref c.KeyLoadDelay, 0, int.MinValue, int.MaxValue, flags: Hidden),
        Long("loading-process-events-interval-bytes", c => ref c.LoadingProcessEventsIntervalBytes, 2 * Megabyte, 1024,
            int.MaxValue, flags: Hidden),
    ];

    private static Directive[] AppendOnlyFile() =>
    [
        Bool("appendonly", c => ref c.AppendOnly, false, DenyLoading),
        Text("appendfilename", c => ref c.AppendFileName, "appendonly.aof", Immutable, validate: DirectiveChecks.AppendFileName),
        Text("appenddirname", c => ref c.AppendDirName, "appendonlydir", Immutable, validate: DirectiveChecks.AppendDirName),
        Enum("appendfsync", c => ref c.AppendFsync, AppendFsync.EverySecond, AppendFsyncValues),
        Bool("no-appendfsync-on-rewrite", c => ref c.NoAppendFsyncOnRewrite, false),
        Int("auto-aof-rewrite-percentage", c => ref c.AutoAofRewritePercentage, 100, 0, int.MaxValue),
        Memory("auto-aof-rewrite-min-size", c => ref c.AutoAofRewriteMinSize, 64 * Megabyte, 0, long.MaxValue),
        Bool("aof-load-truncated", c => ref c.AofLoadTruncated, true),
        Bool("aof-use-rdb-preamble", c => ref c.AofUseRdbPreamble, true),
        Bool("aof-rewrite-incremental-fsync", c => ref c.AofRewriteIncrementalFsync, true),
        Bool("aof-timestamp-enabled", c => ref c.AofTimestampEnabled, false),
        Bool("aof-disable-auto-gc", c => ref c.AofDisableAutoGC, false),
    ];

    private static Directive[] Replication() =>
    [
        new ReplicaOfDirective { Alias = "slaveof" },
        Text("masteruser", c => ref c.MasterUser, "", Sensitive, hiddenAlias: "primaryuser", emptyIsUnset: true),
        Bytes("masterauth", c => ref c.MasterAuth, Sensitive, hiddenAlias: "primaryauth"),
        Bool("replica-serve-stale-data", c => ref c.ReplicaServeStaleData, true, alias: "slave-serve-stale-data"),
        Bool("replica-read-only", c => ref c.ReplicaReadOnly, true, CrashReport, alias: "slave-read-only"),
        Bool("replica-lazy-flush", c => ref c.ReplicaLazyFlush, false, alias: "slave-lazy-flush"),
        Bool("replica-ignore-maxmemory", c => ref c.ReplicaIgnoreMaxMemory, true, alias: "slave-ignore-maxmemory"),
        Bool("replica-ignore-disk-write-errors", c => ref c.ReplicaIgnoreDiskWriteErrors, false),
        Int("replica-priority", c => ref c.ReplicaPriority, 100, 0, int.MaxValue, alias: "slave-priority"),
        Bool("replica-announced", c => ref c.ReplicaAnnounced, true),
        Text("replica-announce-ip", c => ref c.ReplicaAnnounceIp, "", alias: "slave-announce-ip", emptyIsUnset: true),
        Int("replica-announce-port", c => ref c.ReplicaAnnouncePort, 0, 0, 65535, alias: "slave-announce-port"),
        Memory("replica-full-sync-buffer-limit", c => ref c.ReplicaFullSyncBufferLimit, 0, 0, long.MaxValue, Hidden),
        Int("repl-timeout", c => ref c.ReplTimeout, 60, 1, int.MaxValue),
        Int("repl-ping-replica-period", c => ref c.ReplPingReplicaPeriod, 10, 1, int.MaxValue, alias: "repl-ping-slave-period"),
        Bool("repl-disable-tcp-nodelay", c => ref c.ReplDisableTcpNoDelay, false),
        Memory("repl-backlog-size", c => ref c.ReplBacklogSize, Megabyte, 1, long.MaxValue),
        Long("repl-backlog-ttl", c => ref c.ReplBacklogTtl, 3600, 0, long.MaxValue),
        Bool("repl-diskless-sync", c => ref c.ReplDisklessSync, true, CrashReport),
        Int("repl-diskless-sync-delay", c => ref c.ReplDisklessSyncDelay, 5, 0, int.MaxValue),
        Int("repl-diskless-sync-max-replicas", c => ref c.ReplDisklessSyncMaxReplicas, 0, 0, int.MaxValue),
        Enum("repl-diskless-load", c => ref c.ReplDisklessLoad, ReplDisklessLoad.Disabled, ReplDisklessLoadValues,
            CrashReport | DenyLoading, newerValues: [("flush-before-load", ReplDisklessLoad.FlushBeforeLoad)]),
        Bool("repl-rdb-channel", c => ref c.ReplRdbChannel, false, Hidden, hiddenAlias: "dual-channel-replication-enabled"),
        Int("min-replicas-to-write", c => ref c.MinReplicasToWrite, 0, 0, int.MaxValue, alias: "min-slaves-to-write"),
        Int("min-replicas-max-lag", c => ref c.MinReplicasMaxLag, 10, 0, int.MaxValue, alias: "min-slaves-max-lag"),
        Enum("propagation-error-behavior", c => ref c.PropagationErrorBehavior, PropagationErrorBehavior.Ignore,
            PropagationErrorBehaviorValues),
    ];

    private static Directive[] Cluster() =>
    [
        Bool("cluster-enabled", c => ref c.ClusterEnabled, false, Immutable),
        Text("cluster-config-file", c => ref c.ClusterConfigFile, "nodes.conf", Immutable),
        Long("cluster-node-timeout", c => ref c.ClusterNodeTimeout, 15000, 0, long.MaxValue),
        Int("cluster-port", c => ref c.ClusterPort, 0, 0, 65535, flags: Immutable),
        Text("cluster-announce-ip", c => ref c.ClusterAnnounceIp, "", emptyIsUnset: true),
        Int("cluster-announce-port", c => ref c.ClusterAnnouncePort, 0, 0, 65535),
        Int("cluster-announce-tls-port", c => ref c.ClusterAnnounceTlsPort, 0, 0, 65535),
        Int("cluster-announce-bus-port", c => ref c.ClusterAnnounceBusPort, 0, 0, 65535),
        Text("cluster-announce-hostname", c => ref c.ClusterAnnounceHostname, "", emptyIsUnset: true,
            validate: DirectiveChecks.AnnouncedHostname),
        Text("cluster-announce-human-nodename", c => ref c.ClusterAnnounceHumanNodeName, "", Hidden, emptyIsUnset: true,
            validate: DirectiveChecks.AnnouncedNodeName),
        Enum("cluster-preferred-endpoint-type", c => ref c.ClusterPreferredEndpointType, ClusterEndpointType.Ip, ClusterEndpointTypeValues),
        Bool("cluster-require-full-coverage", c => ref c.ClusterRequireFullCoverage, true),
        Bool("cluster-allow-reads-when-down", c => ref c.ClusterAllowReadsWhenDown, false),
        Bool("cluster-allow-pubsubshard-when-down", c => ref c.ClusterAllowPubSubShardWhenDown, true),
        Bool("cluster-allow-replica-migration", c => ref c.ClusterAllowReplicaMigration, true),
        Int("cluster-migration-barrier", c => ref c.ClusterMigrationBarrier, 1, 0, int.MaxValue),
        Bool("cluster-replica-no-failover", c => ref c.ClusterReplicaNoFailover, false, alias: "cluster-slave-no-failover"),
        Int("cluster-replica-validity-factor", c => ref c.ClusterReplicaValidityFactor, 10, 0, int.MaxValue,
            alias: "cluster-slave-validity-factor"),
        Long("cluster-link-sendbuf-limit", c => ref c.ClusterLinkSendBufferLimit, 0, 0, long.MaxValue,
            NumberKind.Memory | NumberKind.Unsigned),
        Long("cluster-ping-interval", c => ref c.ClusterPingInterval, 0, 0, long.MaxValue, flags: Hidden),
        Long("cluster-blacklist-ttl", c => ref c.ClusterBlacklistTtl, 60, 0, long.MaxValue, NumberKind.Unsigned, flags: Hidden),
        Bool("cluster-slot-stats-enabled", c => ref c.ClusterSlotStatsEnabled, false, Hidden),
        Int("cluster-compatibility-sample-ratio", c => ref c.ClusterCompatibilitySampleRatio, 0, 0, 100, flags: Hidden),
        Text("availability-zone", c => ref c.AvailabilityZone, "", Hidden),
    ];

    private static Directive[] Tls() =>
    [
        Int("tls-port", c => ref c.TlsPort, 0, 0, 65535),
        Text("tls-cert-file", c => ref c.TlsCertFile, "", Reapply, emptyIsUnset: true),
        Text("tls-key-file", c => ref c.TlsKeyFile, "", Reapply, emptyIsUnset: true),
        Text("tls-key-file-pass", c => ref c.TlsKeyFilePass, "", emptyIsUnset: true),
        Text("tls-client-cert-file", c => ref c.TlsClientCertFile, "", Reapply, emptyIsUnset: true),
        Text("tls-client-key-file", c => ref c.TlsClientKeyFile, "", Reapply, emptyIsUnset: true),
        Text("tls-client-key-file-pass", c => ref c.TlsClientKeyFilePass, "", emptyIsUnset: true),
        Text("tls-dh-params-file", c => ref c.TlsDhParamsFile, "", Reapply, emptyIsUnset: true),
        Text("tls-ca-cert-file", c => ref c.TlsCaCertFile, "", Reapply, emptyIsUnset: true),
        Text("tls-ca-cert-dir", c => ref c.TlsCaCertDir, "", Reapply, emptyIsUnset: true),
        Enum("tls-auth-clients", c => ref c.TlsAuthClients, TlsAuthClients.Yes, TlsAuthClientsValues),
        Bool("tls-replication", c => ref c.TlsReplication, false),
        Bool("tls-cluster", c => ref c.TlsCluster, false),
        Text("tls-protocols", c => ref c.TlsProtocols, "", emptyIsUnset: true),
        Text("tls-ciphers", c => ref c.TlsCiphers, "", emptyIsUnset: true),
        Text("tls-ciphersuites", c => ref c.TlsCiphersuites, "", emptyIsUnset: true),
        Bool("tls-prefer-server-ciphers", c => ref c.TlsPreferServerCiphers, false),
        Bool("tls-session-caching", c => ref c.TlsSessionCaching, true),
        Int("tls-session-cache-size", c => ref c.TlsSessionCacheSize, 20 * 1024, 0, int.MaxValue),
        Int("tls-session-cache-timeout", c => ref c.TlsSessionCacheTimeout, 300, 0, int.MaxValue),
    ];

    private static Directive[] Security() =>
    [
        Bytes("requirepass", c => ref c.RequirePass, Sensitive),
        Text("aclfile", c => ref c.AclFile, "", Immutable),
        Enum("acl-pubsub-default", c => ref c.AclPubSubDefault, AclPubSubDefault.ResetChannels, AclPubSubDefaultValues),
        Long("acllog-max-len", c => ref c.AclLogMaxLen, 128, 0, long.MaxValue),
        Enum("enable-protected-configs", c => ref c.EnableProtectedConfigs, ProtectedAction.No, ProtectedActionValues, Immutable),
        Enum("enable-debug-command", c => ref c.EnableDebugCommand, ProtectedAction.No, ProtectedActionValues, Immutable),
        Enum("enable-module-command", c => ref c.EnableModuleCommand, ProtectedAction.No, ProtectedActionValues, Immutable),
    ];

    private static Directive[] Logging() =>
    [
        Enum("loglevel", c => ref c.LogLevel, LogLevel.Notice, LogLevelValues, newerValues: [("nothing", LogLevel.Nothing)]),
        Text("logfile", c => ref c.LogFile, "", Immutable),
        Bool("syslog-enabled", c => ref c.SyslogEnabled, false, Immutable),
        Text("syslog-ident", c => ref c.SyslogIdent, "redis", Immutable),
        Enum("syslog-facility", c => ref c.SyslogFacility, SyslogFacility.Local0, SyslogFacilityValues, Immutable),
        Bool("always-show-logo", c => ref c.AlwaysShowLogo, false, Immutable),
        Bool("hide-user-data-from-log", c => ref c.HideUserDataFromLog, false, Hidden),
        Bool("crash-log-enabled", c => ref c.CrashLogEnabled, true),
        Bool("crash-memcheck-enabled", c => ref c.CrashMemCheckEnabled, true),
        Bool("use-exit-on-panic", c => ref c.UseExitOnPanic, false, Hidden),
        Text("ignore-warnings", c => ref c.IgnoreWarnings, ""),
    ];

    private static Directive[] Observation() =>
    [
        Long("slowlog-log-slower-than", c => ref c.SlowLogSlowerThan, 10000, -1, long.MaxValue,
            hiddenAlias: "commandlog-execution-slower-than"),
        Long("slowlog-max-len", c => ref c.SlowLogMaxLen, 128, 0, long.MaxValue, hiddenAlias: "commandlog-slow-execution-max-len"),
        Long("latency-monitor-threshold", c => ref c.LatencyMonitorThreshold, 0, 0, long.MaxValue),
        Bool("latency-tracking", c => ref c.LatencyTracking, true),
        new PercentilesDirective(),
        Int("watchdog-period", c => ref c.WatchdogPeriod, 0, 0, int.MaxValue, flags: Hidden),
    ];

    private static Directive[] Scripts() =>
    [
        Long("busy-reply-threshold", c => ref c.BusyReplyThreshold, 5000, 0, long.MaxValue, alias: "lua-time-limit"),
        Bool("lua-enable-deprecated-api", c => ref c.LuaEnableDeprecatedApi, false, Immutable | Hidden),
        Bool("extended-redis-compatibility", c => ref c.ExtendedRedisCompatibility, false, Hidden),
    ];

    private static Directive[] Process() =>
    [
        Bool("daemonize", c => ref c.Daemonize, false, Immutable),
        Enum("supervised", c => ref c.Supervised, SupervisedMode.None, SupervisedModeValues, Immutable),
        Text("pidfile", c => ref c.PidFile, "", Immutable, emptyIsUnset: true),
        Bool("set-proc-title", c => ref c.SetProcTitle, true, Immutable),
        Text("proc-title-template", c => ref c.ProcTitleTemplate, "{title} {listen-addr} {server-mode}",
            validate: DirectiveChecks.ProcTitleTemplate),
        Int("hz", c => ref c.Hz, 10, 0, int.MaxValue),
        Bool("dynamic-hz", c => ref c.DynamicHz, true),
        Int("shutdown-timeout", c => ref c.ShutdownTimeout, 10, 0, int.MaxValue),
        Enum("shutdown-on-sigint", c => ref c.ShutdownOnSigInt, SignalShutdown.Default, SignalShutdownValues, MultiArg,
            validate: DirectiveChecks.SignalShutdown),
        Enum("shutdown-on-sigterm", c => ref c.ShutdownOnSigTerm, SignalShutdown.Default, SignalShutdownValues, MultiArg,
            validate: DirectiveChecks.SignalShutdown),
        Enum("oom-score-adj", c => ref c.OomScoreAdj, OomScoreAdj.No, OomScoreAdjValues),
        new OomScoreAdjValuesDirective(),
        Text("server_cpulist", c => ref c.ServerCpuList, "", Immutable, hiddenAlias: "server-cpulist", emptyIsUnset: true),
        Text("bio_cpulist", c => ref c.BioCpuList, "", Immutable, hiddenAlias: "bio-cpulist", emptyIsUnset: true),
        Text("aof_rewrite_cpulist", c => ref c.AofRewriteCpuList, "", Immutable, hiddenAlias: "aof-rewrite-cpulist", emptyIsUnset: true),
        Text("bgsave_cpulist", c => ref c.BgSaveCpuList, "", Immutable, hiddenAlias: "bgsave-cpulist", emptyIsUnset: true),
    ];

    private static (string, MaxMemoryPolicy)[] MaxMemoryPolicyValues =>
    [
        ("volatile-lru", MaxMemoryPolicy.VolatileLru),
        ("volatile-lfu", MaxMemoryPolicy.VolatileLfu),
        ("volatile-random", MaxMemoryPolicy.VolatileRandom),
        ("volatile-ttl", MaxMemoryPolicy.VolatileTtl),
        ("allkeys-lru", MaxMemoryPolicy.AllKeysLru),
        ("allkeys-lfu", MaxMemoryPolicy.AllKeysLfu),
        ("allkeys-random", MaxMemoryPolicy.AllKeysRandom),
        ("noeviction", MaxMemoryPolicy.NoEviction),
    ];

    private static (string, SyslogFacility)[] SyslogFacilityValues =>
    [
        ("user", SyslogFacility.User),
        ("local0", SyslogFacility.Local0),
        ("local1", SyslogFacility.Local1),
        ("local2", SyslogFacility.Local2),
        ("local3", SyslogFacility.Local3),
        ("local4", SyslogFacility.Local4),
        ("local5", SyslogFacility.Local5),
        ("local6", SyslogFacility.Local6),
        ("local7", SyslogFacility.Local7),
    ];

    private static (string, LogLevel)[] LogLevelValues =>
        [("debug", LogLevel.Debug), ("verbose", LogLevel.Verbose), ("notice", LogLevel.Notice), ("warning", LogLevel.Warning)];

    private static (string, SupervisedMode)[] SupervisedModeValues =>
    [
        ("upstart", SupervisedMode.Upstart),
        ("systemd", SupervisedMode.Systemd),
        ("auto", SupervisedMode.Auto),
        ("no", SupervisedMode.None),
    ];

    private static (string, AppendFsync)[] AppendFsyncValues =>
        [("everysec", AppendFsync.EverySecond), ("always", AppendFsync.Always), ("no", AppendFsync.No)];

    private static (string, SignalShutdown)[] SignalShutdownValues =>
    [
        ("default", SignalShutdown.Default),
        ("save", SignalShutdown.Save),
        ("nosave", SignalShutdown.NoSave),
        ("now", SignalShutdown.Now),
        ("force", SignalShutdown.Force),
    ];

    private static (string, ReplDisklessLoad)[] ReplDisklessLoadValues =>
    [
        ("disabled", ReplDisklessLoad.Disabled),
        ("on-empty-db", ReplDisklessLoad.OnEmptyDb),
        ("swapdb", ReplDisklessLoad.SwapDb),
    ];

    private static (string, TlsAuthClients)[] TlsAuthClientsValues =>
        [("no", TlsAuthClients.No), ("yes", TlsAuthClients.Yes), ("optional", TlsAuthClients.Optional)];

    private static (string, OomScoreAdj)[] OomScoreAdjValues =>
    [
        ("no", OomScoreAdj.No),
        ("yes", OomScoreAdj.Relative),
        ("relative", OomScoreAdj.Relative),
        ("absolute", OomScoreAdj.Absolute),
    ];

    private static (string, AclPubSubDefault)[] AclPubSubDefaultValues =>
        [("allchannels", AclPubSubDefault.AllChannels), ("resetchannels", AclPubSubDefault.ResetChannels)];

    private static (string, SanitizeDumpPayload)[] SanitizeDumpPayloadValues =>
        [("no", SanitizeDumpPayload.No), ("yes", SanitizeDumpPayload.Yes), ("clients", SanitizeDumpPayload.Clients)];

    private static (string, ProtectedAction)[] ProtectedActionValues =>
        [("no", ProtectedAction.No), ("yes", ProtectedAction.Yes), ("local", ProtectedAction.Local)];

    private static (string, ClusterEndpointType)[] ClusterEndpointTypeValues =>
    [
        ("ip", ClusterEndpointType.Ip),
        ("hostname", ClusterEndpointType.Hostname),
        ("unknown-endpoint", ClusterEndpointType.UnknownEndpoint),
    ];

    private static (string, PropagationErrorBehavior)[] PropagationErrorBehaviorValues =>
    [
        ("ignore", PropagationErrorBehavior.Ignore),
        ("panic", PropagationErrorBehavior.Panic),
        ("panic-on-replicas", PropagationErrorBehavior.PanicOnReplicas),
    ];

    private static BoolDirective Bool(
        string name, BoolDirective.Field field, bool initial, DirectiveFlags flags = None, string? alias = null,
        string? hiddenAlias = null) =>
        new(name, field, initial, flags) { Alias = alias, HiddenAlias = hiddenAlias };

    private static Int32Directive Int(
        string name, Int32Directive.Field field, int initial, long min, long max,
        NumberKind kind = NumberKind.Plain, DirectiveFlags flags = None, string? alias = null) =>
        new(name, field, initial, min, max, kind, flags) { Alias = alias };

    private static Int64Directive Long(
        string name, Int64Directive.Field field, long initial, long min, long max,
        NumberKind kind = NumberKind.Plain, DirectiveFlags flags = None, string? alias = null, string? hiddenAlias = null) =>
        new(name, field, initial, min, max, kind, flags) { Alias = alias, HiddenAlias = hiddenAlias };

    private static Int64Directive Memory(
        string name, Int64Directive.Field field, long initial, long min, long max, DirectiveFlags flags = None, string? alias = null) =>
        new(name, field, initial, min, max, NumberKind.Memory, flags) { Alias = alias };

    private static TextDirective Text(
        string name, TextDirective.Field field, string initial, DirectiveFlags flags = None, bool emptyIsUnset = false,
        Func<ServerConfig, string, string?>? validate = null, string? alias = null, string? hiddenAlias = null) =>
        new(name, field, initial, flags) { EmptyIsUnset = emptyIsUnset, Validate = validate, Alias = alias, HiddenAlias = hiddenAlias };

    private static BytesDirective Bytes(string name, BytesDirective.Field field, DirectiveFlags flags, string? hiddenAlias = null) =>
        new(name, field, flags) { HiddenAlias = hiddenAlias };

    private static EnumDirective<T> Enum<T>(
        string name, EnumDirective<T>.Field field, T initial, (string, T)[] values, DirectiveFlags flags = None,
        Func<T, string?>? validate = null, (string, T)[]? newerValues = null)
        where T : unmanaged, Enum =>
        new(name, field, initial, values, flags) { Validate = validate, NewerValues = newerValues ?? [] };
}
