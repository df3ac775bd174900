using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Configuration;

/// <content>
/// The values, one field a directive. Hot paths read them directly; they change only under the execution lock.
/// Defaults and ranges stand in <see cref="DirectiveTable"/>.
/// </content>
public sealed partial class ServerConfig
{
    // Network

    /// <summary><c>bind</c>: addresses to listen on; a leading <c>-</c> marks one that may be missing.</summary>
    public string[] BindAddresses = [];

    /// <summary><c>port</c>: the TCP port; 0 = no TCP listener.</summary>
    public int Port;

    /// <summary><c>bind-source-addr</c>: the local address of outgoing connections; empty = the system's choice.</summary>
    public string BindSourceAddr = "";

    /// <summary><c>unixsocket</c>: path of the Unix socket; empty = none.</summary>
    public string UnixSocket = "";

    /// <summary><c>unixsocketperm</c>: file mode of the Unix socket; 0 = as the umask leaves it.</summary>
    public int UnixSocketPerm;

    /// <summary><c>unixsocketgroup</c>: group that owns the Unix socket; empty = the process's.</summary>
    public string UnixSocketGroup = "";

    /// <summary><c>tcp-backlog</c>: length of the accept queue.</summary>
    public int TcpBacklog;

    /// <summary><c>tcp-keepalive</c>: seconds between keep-alive probes; 0 = none.</summary>
    public int TcpKeepAlive;

    /// <summary><c>protected-mode</c>: refuse other machines while the default user has no password.</summary>
    public bool ProtectedMode;

    /// <summary><c>socket-mark-id</c>: firewall mark of the listening sockets; 0 = none.</summary>
    public long SocketMarkId;

    /// <summary><c>max-new-connections-per-cycle</c>: connections accepted in one go.</summary>
    public int MaxNewConnectionsPerCycle;

    /// <summary><c>max-new-tls-connections-per-cycle</c>: TLS connections accepted in one go.</summary>
    public int MaxNewTlsConnectionsPerCycle;

    /// <summary><c>io-threads</c>: number of socket loops.</summary>
    public int IOThreads;

    /// <summary><c>io-threads-do-reads</c>: kept for official configurations; the socket loops always read.</summary>
    public bool IOThreadsDoReads;

    /// <summary><c>events-per-io-thread</c>: kept for Valkey configurations, without effect.</summary>
    public int EventsPerIOThread;

    /// <summary><c>prefetch-batch-max-size</c>: kept for Valkey configurations, without effect.</summary>
    public int PrefetchBatchMaxSize;

    // Clients

    /// <summary><c>client-output-buffer-limit normal</c>.</summary>
    public OutputBufferLimit OutputBufferLimitNormal;

    /// <summary><c>client-output-buffer-limit replica</c>.</summary>
    public OutputBufferLimit OutputBufferLimitReplica;

    /// <summary><c>client-output-buffer-limit pubsub</c>.</summary>
    public OutputBufferLimit OutputBufferLimitPubSub;

    /// <summary><c>timeout</c>: seconds after which an idle client is closed; 0 = never.</summary>
    public int Timeout;

    /// <summary><c>maxclients</c>: the most clients at a time.</summary>
    public long MaxClients;

    /// <summary><c>maxmemory-clients</c>: bytes that all clients together may use; negative = percent of maxmemory, 0 = no limit.</summary>
    public long MaxMemoryClients;

    /// <summary><c>client-query-buffer-limit</c>: bytes of one request that has not been read to its end.</summary>
    public long ClientQueryBufferLimit;

    /// <summary><c>proto-max-bulk-len</c>: bytes of one argument.</summary>
    public long ProtoMaxBulkLen;

    /// <summary><c>client-default-resp</c>: the protocol a connection starts with.</summary>
    public int ClientDefaultResp;

    /// <summary><c>tracking-table-max-keys</c>: keys remembered for client-side caching; 0 = no limit.</summary>
    public long TrackingTableMaxKeys;

    // Memory

    /// <summary><c>maxmemory</c>: bytes; 0 = no limit. 2^63 and more show as negative here and are no limit either.</summary>
    public long MaxMemory;

    /// <summary><c>maxmemory-policy</c>: what is evicted.</summary>
    public MaxMemoryPolicy MaxMemoryPolicy;

    /// <summary><c>maxmemory-samples</c>: keys looked at for one eviction.</summary>
    public int MaxMemorySamples;

    /// <summary><c>maxmemory-eviction-tenacity</c>: how long eviction may hold up clients, 0 (short) to 100.</summary>
    public int MaxMemoryEvictionTenacity;

    /// <summary><c>lfu-log-factor</c>: how slowly the access counter grows.</summary>
    public int LfuLogFactor;

    /// <summary><c>lfu-decay-time</c>: minutes after which the access counter decays by one; 0 = at every look.</summary>
    public int LfuDecayTime;

    /// <summary><c>active-expire-effort</c>: from 1 to 10.</summary>
    public int ActiveExpireEffort;

    /// <summary><c>activerehashing</c>: whether idle time is used to finish growing tables.</summary>
    public bool ActiveRehashing;

    /// <summary><c>activedefrag</c>: whether fragmented memory is compacted.</summary>
    public bool ActiveDefrag;

    /// <summary><c>active-defrag-cycle-min</c>: percent of CPU.</summary>
    public int ActiveDefragCycleMin;

    /// <summary><c>active-defrag-cycle-max</c>: percent of CPU.</summary>
    public int ActiveDefragCycleMax;

    /// <summary><c>active-defrag-threshold-lower</c>: percent of fragmentation at which it starts.</summary>
    public int ActiveDefragThresholdLower;

    /// <summary><c>active-defrag-threshold-upper</c>: percent of fragmentation at which it works hardest.</summary>
    public int ActiveDefragThresholdUpper;

    /// <summary><c>active-defrag-ignore-bytes</c>: bytes of fragmentation below which it does nothing.</summary>
    public long ActiveDefragIgnoreBytes;

    /// <summary><c>active-defrag-max-scan-fields</c>: bigger collections are worked on in parts.</summary>
    public long ActiveDefragMaxScanFields;

    /// <summary><c>jemalloc-bg-thread</c>: kept for official configurations; there is no jemalloc here.</summary>
    public bool JemallocBgThread;

    /// <summary><c>lazyfree-lazy-eviction</c>: free evicted values in the background.</summary>
    public bool LazyFreeLazyEviction;

    /// <summary><c>lazyfree-lazy-expire</c>: free expired values in the background.</summary>
    public bool LazyFreeLazyExpire;

    /// <summary><c>lazyfree-lazy-server-del</c>: free overwritten values in the background.</summary>
    public bool LazyFreeLazyServerDel;

    /// <summary><c>lazyfree-lazy-user-del</c>: let DEL work as UNLINK.</summary>
    public bool LazyFreeLazyUserDel;

    /// <summary><c>lazyfree-lazy-user-flush</c>: let FLUSHALL and FLUSHDB work in the background by default.</summary>
    public bool LazyFreeLazyUserFlush;

    /// <summary><c>lazyexpire-nested-arbitrary-keys</c>: whether expired keys met inside scripts and transactions are deleted.</summary>
    public bool LazyExpireNestedArbitraryKeys;

    /// <summary><c>disable-thp</c>: where the kernel puts huge pages everywhere, have it leave this process alone.</summary>
    public bool DisableThp;

    // Encodings

    /// <summary><c>hash-max-listpack-entries</c>: fields up to which a hash is a listpack.</summary>
    public long HashMaxListpackEntries;

    /// <summary><c>hash-max-listpack-value</c>: bytes of a field or value up to which a hash is a listpack.</summary>
    public long HashMaxListpackValue;

    /// <summary><c>list-max-listpack-size</c>: entries of a list node; -1 to -5 = 4, 8, 16, 32, 64 KB.</summary>
    public int ListMaxListpackSize;

    /// <summary><c>list-compress-depth</c>: nodes at both ends that are not compressed; 0 = none is.</summary>
    public int ListCompressDepth;

    /// <summary><c>set-max-intset-entries</c>: members up to which a set of integers is an intset.</summary>
    public long SetMaxIntSetEntries;

    /// <summary><c>set-max-listpack-entries</c>: members up to which a set is a listpack.</summary>
    public long SetMaxListpackEntries;

    /// <summary><c>set-max-listpack-value</c>: bytes of a member up to which a set is a listpack.</summary>
    public long SetMaxListpackValue;

    /// <summary><c>zset-max-listpack-entries</c>: members up to which a sorted set is a listpack.</summary>
    public long ZsetMaxListpackEntries;

    /// <summary><c>zset-max-listpack-value</c>: bytes of a member up to which a sorted set is a listpack.</summary>
    public long ZsetMaxListpackValue;

    /// <summary><c>hll-sparse-max-bytes</c>: bytes up to which a HyperLogLog is sparse.</summary>
    public long HllSparseMaxBytes;

    /// <summary><c>stream-node-max-bytes</c>: bytes of a stream node; 0 = no limit.</summary>
    public long StreamNodeMaxBytes;

    /// <summary><c>stream-node-max-entries</c>: entries of a stream node; 0 = no limit.</summary>
    public long StreamNodeMaxEntries;

    // Keyspace

    /// <summary><c>notify-keyspace-events</c>: the classes of events that are published.</summary>
    public KeyspaceEventClass NotifyKeyspaceEvents;

    /// <summary><c>databases</c>: number of databases.</summary>
    public int Databases;

    /// <summary><c>locale-collate</c>: locale in which SORT compares texts; empty = the environment's.</summary>
    public string LocaleCollate = "";

    // Snapshots

    /// <summary><c>save</c>: when a snapshot is due; empty = never.</summary>
    public SavePoint[] SavePoints = [];

    /// <summary><c>dbfilename</c>: file of the snapshot, in the working directory.</summary>
    public string DbFileName = "";

    /// <summary><c>rdbcompression</c>: compress strings in snapshots.</summary>
    public bool RdbCompression;

    /// <summary><c>rdbchecksum</c>: append a checksum to snapshots.</summary>
    public bool RdbChecksum;

    /// <summary><c>rdb-save-incremental-fsync</c>: synchronise the file while it is written.</summary>
    public bool RdbSaveIncrementalFsync;

    /// <summary><c>rdb-del-sync-files</c>: delete snapshots that only replication needed.</summary>
    public bool RdbDelSyncFiles;

    /// <summary><c>stop-writes-on-bgsave-error</c>: refuse writes while the last snapshot failed.</summary>
    public bool StopWritesOnBgSaveError;

    /// <summary><c>sanitize-dump-payload</c>: check payloads in depth.</summary>
    public SanitizeDumpPayload SanitizeDumpPayload;

    /// <summary><c>rdb-key-save-delay</c>: microseconds of delay a key, for tests; negative = keys a microsecond.</summary>
    public int RdbKeySaveDelay;

    /// <summary><c>key-load-delay</c>: microseconds of delay a key, for tests; negative = keys a microsecond.</summary>
    public int KeyLoadDelay;

    /// <summary><c>loading-process-events-interval-bytes</c>: bytes loaded between two looks at the clients.</summary>
    public long LoadingProcessEventsIntervalBytes;

    // Append-only file

    /// <summary><c>appendonly</c>: write an append-only file.</summary>
    public bool AppendOnly;

    /// <summary><c>appendfilename</c>: base name of the files of the append-only file.</summary>
    public string AppendFileName = "";

    /// <summary><c>appenddirname</c>: directory of the append-only file, inside the working directory.</summary>
    public string AppendDirName = "";

    /// <summary><c>appendfsync</c>: when it is synchronised to disk.</summary>
    public AppendFsync AppendFsync;

    /// <summary><c>no-appendfsync-on-rewrite</c>: do not synchronise while a snapshot or rewrite is being written.</summary>
    public bool NoAppendFsyncOnRewrite;

    /// <summary><c>auto-aof-rewrite-percentage</c>: growth that starts a rewrite; 0 = never.</summary>
    public int AutoAofRewritePercentage;

    /// <summary><c>auto-aof-rewrite-min-size</c>: bytes below which no rewrite starts by itself.</summary>
    public long AutoAofRewriteMinSize;

    /// <summary><c>aof-load-truncated</c>: load a file whose end is missing.</summary>
    public bool AofLoadTruncated;

    /// <summary><c>aof-use-rdb-preamble</c>: write the base file as a snapshot.</summary>
    public bool AofUseRdbPreamble;

    /// <summary><c>aof-rewrite-incremental-fsync</c>: synchronise the file while it is rewritten.</summary>
    public bool AofRewriteIncrementalFsync;

    /// <summary><c>aof-timestamp-enabled</c>: write annotations with the time.</summary>
    public bool AofTimestampEnabled;

    /// <summary><c>aof-disable-auto-gc</c>: keep history files.</summary>
    public bool AofDisableAutoGC;

    // Replication

    /// <summary><c>replicaof</c>: the master's host; null = this is a master. REPLICAOF changes it.</summary>
    public string? ReplicaOfHost;

    /// <summary><c>replicaof</c>: the master's port.</summary>
    public int ReplicaOfPort;

    /// <summary><c>masteruser</c>: the ACL user that a replica logs in as; empty = the default user.</summary>
    public string MasterUser = "";

    /// <summary><c>masterauth</c>: the password that a replica logs in with; empty = none.</summary>
    public byte[] MasterAuth = [];

    /// <summary><c>replica-serve-stale-data</c>: answer while the link to the master is down.</summary>
    public bool ReplicaServeStaleData;

    /// <summary><c>replica-read-only</c>: refuse writes of ordinary clients.</summary>
    public bool ReplicaReadOnly;

    /// <summary><c>replica-lazy-flush</c>: drop the old data set in the background.</summary>
    public bool ReplicaLazyFlush;

    /// <summary><c>replica-ignore-maxmemory</c>: a replica leaves eviction to its master.</summary>
    public bool ReplicaIgnoreMaxMemory;

    /// <summary><c>replica-ignore-disk-write-errors</c>: go on when the replicated stream cannot be written to disk.</summary>
    public bool ReplicaIgnoreDiskWriteErrors;

    /// <summary><c>replica-priority</c>: rank for promotion; 0 = never.</summary>
    public int ReplicaPriority;

    /// <summary><c>replica-announced</c>: whether Sentinel reports this replica.</summary>
    public bool ReplicaAnnounced;

    /// <summary><c>replica-announce-ip</c>: the address that the master is told; empty = that of the connection.</summary>
    public string ReplicaAnnounceIp = "";

    /// <summary><c>replica-announce-port</c>: the port that the master is told; 0 = the listening port.</summary>
    public int ReplicaAnnouncePort;

    /// <summary><c>replica-full-sync-buffer-limit</c>: bytes of stream buffered while a snapshot loads; 0 = the output buffer limit.</summary>
    public long ReplicaFullSyncBufferLimit;

    /// <summary><c>repl-timeout</c>: seconds of silence after which the link is given up.</summary>
    public int ReplTimeout;

    /// <summary><c>repl-ping-replica-period</c>: seconds between PINGs of the master.</summary>
    public int ReplPingReplicaPeriod;

    /// <summary><c>repl-disable-tcp-nodelay</c>: let the kernel merge small packets to replicas.</summary>
    public bool ReplDisableTcpNoDelay;

    /// <summary><c>repl-backlog-size</c>: bytes of stream kept for partial resynchronisation.</summary>
    public long ReplBacklogSize;

    /// <summary><c>repl-backlog-ttl</c>: seconds after which an unused backlog is freed; 0 = never.</summary>
    public long ReplBacklogTtl;

    /// <summary><c>repl-diskless-sync</c>: send snapshots straight to the socket.</summary>
    public bool ReplDisklessSync;

    /// <summary><c>repl-diskless-sync-delay</c>: seconds to wait for more replicas.</summary>
    public int ReplDisklessSyncDelay;

    /// <summary><c>repl-diskless-sync-max-replicas</c>: start without delay when so many wait; 0 = always wait.</summary>
    public int ReplDisklessSyncMaxReplicas;

    /// <summary><c>repl-diskless-load</c>: how a replica loads a snapshot from the socket.</summary>
    public ReplDisklessLoad ReplDisklessLoad;

    /// <summary><c>repl-rdb-channel</c>: send the snapshot over a second connection.</summary>
    public bool ReplRdbChannel;

    /// <summary><c>min-replicas-to-write</c>: good replicas without which writes are refused; 0 = off.</summary>
    public int MinReplicasToWrite;

    /// <summary><c>min-replicas-max-lag</c>: seconds of lag of a good replica.</summary>
    public int MinReplicasMaxLag;

    /// <summary><c>propagation-error-behavior</c>: what a failing replicated command leads to.</summary>
    public PropagationErrorBehavior PropagationErrorBehavior;

    // Cluster

    /// <summary><c>cluster-enabled</c>: run as a node of a cluster.</summary>
    public bool ClusterEnabled;

    /// <summary><c>cluster-config-file</c>: the node's own state file.</summary>
    public string ClusterConfigFile = "";

    /// <summary><c>cluster-node-timeout</c>: milliseconds without contact after which a node counts as failing.</summary>
    public long ClusterNodeTimeout;

    /// <summary><c>cluster-port</c>: port of the cluster bus; 0 = port + 10000.</summary>
    public int ClusterPort;

    /// <summary><c>cluster-announce-ip</c>: the address other nodes are told; empty = detected.</summary>
    public string ClusterAnnounceIp = "";

    /// <summary><c>cluster-announce-port</c>: the port other nodes are told; 0 = the port.</summary>
    public int ClusterAnnouncePort;

    /// <summary><c>cluster-announce-tls-port</c>: the TLS port other nodes are told; 0 = the TLS port.</summary>
    public int ClusterAnnounceTlsPort;

    /// <summary><c>cluster-announce-bus-port</c>: the bus port other nodes are told; 0 = the bus port.</summary>
    public int ClusterAnnounceBusPort;

    /// <summary><c>cluster-announce-hostname</c>: the host name other nodes are told.</summary>
    public string ClusterAnnounceHostname = "";

    /// <summary><c>cluster-announce-human-nodename</c>: a name for log lines.</summary>
    public string ClusterAnnounceHumanNodeName = "";

    /// <summary><c>cluster-preferred-endpoint-type</c>: what redirections show.</summary>
    public ClusterEndpointType ClusterPreferredEndpointType;

    /// <summary><c>cluster-require-full-coverage</c>: stop answering when a slot has no node.</summary>
    public bool ClusterRequireFullCoverage;

    /// <summary><c>cluster-allow-reads-when-down</c>: answer reads all the same.</summary>
    public bool ClusterAllowReadsWhenDown;

    /// <summary><c>cluster-allow-pubsubshard-when-down</c>: serve sharded channels all the same.</summary>
    public bool ClusterAllowPubSubShardWhenDown;

    /// <summary><c>cluster-allow-replica-migration</c>: replicas may change to a master without any.</summary>
    public bool ClusterAllowReplicaMigration;

    /// <summary><c>cluster-migration-barrier</c>: replicas a master keeps.</summary>
    public int ClusterMigrationBarrier;

    /// <summary><c>cluster-replica-no-failover</c>: a replica never promotes itself.</summary>
    public bool ClusterReplicaNoFailover;

    /// <summary><c>cluster-replica-validity-factor</c>: how old a replica's data may be, in node timeouts; 0 = any.</summary>
    public int ClusterReplicaValidityFactor;

    /// <summary><c>cluster-link-sendbuf-limit</c>: bytes waiting on a bus link; 0 = no limit.</summary>
    public long ClusterLinkSendBufferLimit;

    /// <summary><c>cluster-ping-interval</c>: milliseconds between bus pings; 0 = derived from the node timeout.</summary>
    public long ClusterPingInterval;

    /// <summary><c>cluster-blacklist-ttl</c>: seconds a forgotten node is not met again.</summary>
    public long ClusterBlacklistTtl;

    /// <summary><c>cluster-slot-stats-enabled</c>: count traffic by slot.</summary>
    public bool ClusterSlotStatsEnabled;

    /// <summary><c>cluster-compatibility-sample-ratio</c>: percent of commands checked for cluster compatibility.</summary>
    public int ClusterCompatibilitySampleRatio;

    /// <summary><c>availability-zone</c>: the zone shown by INFO and HELLO.</summary>
    public string AvailabilityZone = "";

    // TLS

    /// <summary><c>tls-port</c>: the TLS port; 0 = none.</summary>
    public int TlsPort;

    /// <summary><c>tls-cert-file</c>: certificate.</summary>
    public string TlsCertFile = "";

    /// <summary><c>tls-key-file</c>: private key.</summary>
    public string TlsKeyFile = "";

    /// <summary><c>tls-key-file-pass</c>: pass phrase of the private key.</summary>
    public string TlsKeyFilePass = "";

    /// <summary><c>tls-client-cert-file</c>: certificate for outgoing connections.</summary>
    public string TlsClientCertFile = "";

    /// <summary><c>tls-client-key-file</c>: private key for outgoing connections.</summary>
    public string TlsClientKeyFile = "";

    /// <summary><c>tls-client-key-file-pass</c>: pass phrase of the private key for outgoing connections.</summary>
    public string TlsClientKeyFilePass = "";

    /// <summary><c>tls-dh-params-file</c>: Diffie-Hellman parameters.</summary>
    public string TlsDhParamsFile = "";

    /// <summary><c>tls-ca-cert-file</c>: certificates of authorities.</summary>
    public string TlsCaCertFile = "";

    /// <summary><c>tls-ca-cert-dir</c>: directory of certificates of authorities.</summary>
    public string TlsCaCertDir = "";

    /// <summary><c>tls-auth-clients</c>: whether clients show a certificate.</summary>
    public TlsAuthClients TlsAuthClients;

    /// <summary><c>tls-replication</c>: TLS to the master.</summary>
    public bool TlsReplication;

    /// <summary><c>tls-cluster</c>: TLS on the cluster bus.</summary>
    public bool TlsCluster;

    /// <summary><c>tls-protocols</c>: the versions of TLS allowed.</summary>
    public string TlsProtocols = "";

    /// <summary><c>tls-ciphers</c>: the ciphers up to TLS 1.2.</summary>
    public string TlsCiphers = "";

    /// <summary><c>tls-ciphersuites</c>: the ciphers of TLS 1.3.</summary>
    public string TlsCiphersuites = "";

    /// <summary><c>tls-prefer-server-ciphers</c>: the server chooses the cipher.</summary>
    public bool TlsPreferServerCiphers;

    /// <summary><c>tls-session-caching</c>: allow sessions to be resumed.</summary>
    public bool TlsSessionCaching;

    /// <summary><c>tls-session-cache-size</c>: sessions kept.</summary>
    public int TlsSessionCacheSize;

    /// <summary><c>tls-session-cache-timeout</c>: seconds a session is kept.</summary>
    public int TlsSessionCacheTimeout;

    // Security

    /// <summary><c>requirepass</c>: the password of the default user; empty = none.</summary>
    public byte[] RequirePass = [];

    /// <summary><c>aclfile</c>: file of ACL users; empty = none.</summary>
    public string AclFile = "";

    /// <summary><c>acl-pubsub-default</c>: the channels of a new user.</summary>
    public AclPubSubDefault AclPubSubDefault;

    /// <summary><c>acllog-max-len</c>: entries of the ACL log.</summary>
    public long AclLogMaxLen;

    /// <summary><c>enable-protected-configs</c>: who may CONFIG SET protected directives.</summary>
    public ProtectedAction EnableProtectedConfigs;

    /// <summary><c>enable-debug-command</c>: who may use DEBUG.</summary>
    public ProtectedAction EnableDebugCommand;

    /// <summary><c>enable-module-command</c>: who may use MODULE.</summary>
    public ProtectedAction EnableModuleCommand;

    // Logging

    /// <summary><c>loglevel</c>: the least severe lines that are logged.</summary>
    public LogLevel LogLevel;

    /// <summary><c>logfile</c>: path of the log; empty = standard output.</summary>
    public string LogFile = "";

    /// <summary><c>syslog-enabled</c>: log to syslog too.</summary>
    public bool SyslogEnabled;

    /// <summary><c>syslog-ident</c>: name in syslog.</summary>
    public string SyslogIdent = "";

    /// <summary><c>syslog-facility</c>: facility in syslog.</summary>
    public SyslogFacility SyslogFacility;

    /// <summary><c>always-show-logo</c>: show the logo even if the log is no terminal.</summary>
    public bool AlwaysShowLogo;

    /// <summary><c>hide-user-data-from-log</c>: keep user data out of crash reports.</summary>
    public bool HideUserDataFromLog;

    /// <summary><c>crash-log-enabled</c>: write a crash report.</summary>
    public bool CrashLogEnabled;

    /// <summary><c>crash-memcheck-enabled</c>: kept for official configurations; the crash report checks no memory.</summary>
    public bool CrashMemCheckEnabled;

    /// <summary><c>use-exit-on-panic</c>: exit instead of abort, for tests.</summary>
    public bool UseExitOnPanic;

    /// <summary><c>ignore-warnings</c>: warnings that do not stop the start.</summary>
    public string IgnoreWarnings = "";

    // Observation

    /// <summary><c>latency-tracking-info-percentiles</c>: the percentiles shown by INFO.</summary>
    public double[] LatencyTrackingInfoPercentiles = [];

    /// <summary><c>slowlog-log-slower-than</c>: microseconds from which a command is logged; negative = none.</summary>
    public long SlowLogSlowerThan;

    /// <summary><c>slowlog-max-len</c>: entries of the slow log.</summary>
    public long SlowLogMaxLen;

    /// <summary><c>latency-monitor-threshold</c>: milliseconds from which an event is recorded; 0 = off.</summary>
    public long LatencyMonitorThreshold;

    /// <summary><c>latency-tracking</c>: keep histograms of command latencies.</summary>
    public bool LatencyTracking;

    /// <summary><c>watchdog-period</c>: milliseconds after which a stuck command is reported; 0 = off.</summary>
    public int WatchdogPeriod;

    // Scripts

    /// <summary><c>busy-reply-threshold</c>: milliseconds after which other clients are told BUSY; 0 = never.</summary>
    public long BusyReplyThreshold;

    /// <summary><c>lua-enable-deprecated-api</c>: allow scripts to use what was deprecated.</summary>
    public bool LuaEnableDeprecatedApi;

    /// <summary><c>extended-redis-compatibility</c>: kept for Valkey configurations, without effect.</summary>
    public bool ExtendedRedisCompatibility;

    // Process

    /// <summary><c>oom-score-adj-values</c>: for a master, a replica, a background process.</summary>
    public int[] OomScoreAdjValues = [];

    /// <summary><c>daemonize</c>: run detached from the terminal.</summary>
    public bool Daemonize;

    /// <summary><c>supervised</c>: who wants to hear that the server is ready.</summary>
    public SupervisedMode Supervised;

    /// <summary><c>pidfile</c>: file with the process id; empty = none, or the default one when detached.</summary>
    public string PidFile = "";

    /// <summary><c>set-proc-title</c>: show a title instead of the command line.</summary>
    public bool SetProcTitle;

    /// <summary><c>proc-title-template</c>: the title.</summary>
    public string ProcTitleTemplate = "";

    /// <summary><c>hz</c>: background rounds a second, 1 to 500.</summary>
    public int Hz;

    /// <summary><c>dynamic-hz</c>: more rounds when there are many clients.</summary>
    public bool DynamicHz;

    /// <summary><c>shutdown-timeout</c>: seconds to wait for replicas.</summary>
    public int ShutdownTimeout;

    /// <summary><c>shutdown-on-sigint</c>: how SIGINT ends the server.</summary>
    public SignalShutdown ShutdownOnSigInt;

    /// <summary><c>shutdown-on-sigterm</c>: how SIGTERM ends the server.</summary>
    public SignalShutdown ShutdownOnSigTerm;

    /// <summary><c>oom-score-adj</c>: whether the score for the out-of-memory killer is set.</summary>
    public OomScoreAdj OomScoreAdj;

    /// <summary><c>server_cpulist</c>: processors of the server's threads; empty = all.</summary>
    public string ServerCpuList = "";

    /// <summary><c>bio_cpulist</c>: processors of background threads; empty = all.</summary>
    public string BioCpuList = "";

    /// <summary><c>aof_rewrite_cpulist</c>: processors of rewrites; empty = all.</summary>
    public string AofRewriteCpuList = "";

    /// <summary><c>bgsave_cpulist</c>: processors of snapshots; empty = all.</summary>
    public string BgSaveCpuList = "";
}
