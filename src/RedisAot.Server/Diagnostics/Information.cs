using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Persistence;
using RedisAot.Server.PubSub;

namespace RedisAot.Server.Diagnostics;

/// <summary>The text of INFO: sections and fields with official names. See https://redis.io/docs/latest/commands/info/.</summary>
public sealed class Information
{
    // With those of the second list: in the order in which official prints them. "module_list" prints as "Modules".
    private static readonly string[] s_defaultSections =
        ["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "module_list", "errorstats", "cluster", "keyspace"];

    private static readonly string s_kernel = File.Exists("/proc/sys/kernel/osrelease") ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim() : "";

    private readonly RedisServer _server;
    private readonly StringBuilder _text = new();
    private readonly (string Name, Action Write)[] _sections;

    internal Information(RedisServer server)
    {
        _server = server;
        _sections =
        [
            ("server", WriteServer),
            ("clients", WriteClients),
            ("memory", WriteMemory),
            ("persistence", WritePersistence),
            ("stats", WriteStats),
            ("replication", WriteReplication),
            ("cpu", WriteCpu),
            ("modules", () => Title("Modules")),
            ("commandstats", WriteCommandStats),
            ("errorstats", WriteErrorStats),
            ("latencystats", WriteLatencyStats),
            ("cluster", WriteCluster),
            ("keyspace", WriteKeyspace),
        ];
    }

    /// <summary>Operations and bytes of the last moments.</summary>
    public Rates Rates { get; } = new();

    /// <summary>Replies with the sections that the command names.</summary>
    internal void Reply(CommandContext c)
    {
        HashSet<string> wanted = [];
        bool all = false;
        for (int i = 1; i < c.ArgCount; i++)
        {
            string name = Encoding.Latin1.GetString(c[i]).ToLowerInvariant();
            if (name == "default")
                wanted.UnionWith(s_defaultSections);
            else if (name is "all" or "everything")
                all = true;
            else
                wanted.Add(name);
        }
        if (c.ArgCount == 1)
            wanted.UnionWith(s_defaultSections);
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(Compose(wanted, all)));
    }

    /// <summary>All sections.</summary>
    public string Everything() => Compose([], all: true);

    /// <summary>A number of bytes as a person reads it: 1.50M.</summary>
    public static string Human(long bytes)
    {
        if (bytes < 1024)
            return $"{bytes}B";
        double scaled = bytes;
        int unit = -1;
        while (scaled >= 1024 && unit < 4)
        {
            scaled /= 1024;
            unit++;
        }
        return scaled.ToString("F2", CultureInfo.InvariantCulture) + "KMGTP"[unit];
    }

    private string Compose(HashSet<string> wanted, bool all)
    {
        _text.Clear();
        foreach ((string name, Action write) in _sections)
        {
            if (!all && !wanted.Contains(name) && !(name == "modules" && wanted.Contains("module_list")))
                continue;
            if (_text.Length > 0)
                _text.Append("\r\n");
            write();
        }
        return _text.ToString();
    }

    private void Title(string title) => _text.Append("# ").Append(title).Append("\r\n");

    private void Field(string name, long value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    private void Field(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    private void Ratio(string name, double value) => Field(name, value.ToString("F2", CultureInfo.InvariantCulture));

    private void Bytes(string name, long value)
    {
        Field(name, value);
        Field(name + "_human", Human(value));
    }

    private void WriteServer()
    {
        Title("Server");
        ServerConfig config = _server.Config;
        Field("redis_version", ServerVersion.Official);
        Field("redis_git_sha1", "00000000");
        Field("redis_git_dirty", 0);
        Field("redis_build_id", "redis-aot");
        Field("redis_aot_version", ServerVersion.Own);
        Field("redis_mode", "standalone");
        Field("os", $"Linux {s_kernel} {(RuntimeInformation.OSArchitecture == Architecture.X64 ? "x86_64" : "aarch64")}");
        Field("arch_bits", 64);
        Field("monotonic_clock", "POSIX clock_gettime");
        Field("multiplexing_api", "epoll");
        Field("atomicvar_api", "interlocked");
        Field("gcc_version", "0.0.0");
        Field("process_id", Environment.ProcessId);
        Field("process_supervised", config.Supervised == SupervisedMode.Systemd ? "systemd" : "no");
        Field("run_id", _server.RunId);
        Field("tcp_port", config.Port);
        Field("server_time_usec", _server.Clock.NowMicroseconds);
        long uptime = (_server.Clock.NowMs - _server.StartedMs) / 1000;
        Field("uptime_in_seconds", uptime);
        Field("uptime_in_days", uptime / 86400);
        Field("hz", config.Hz);
        Field("configured_hz", config.Hz);
        Field("lru_clock", _server.AccessClock.LruNow);
        Field("executable", Environment.ProcessPath ?? "");
        Field("config_file", config.ConfigFile ?? "");
        Field("io_threads_active", config.IOThreads > 1 ? 1 : 0);
    }

    private void WriteClients()
    {
        Title("Clients");
        Field("connected_clients", _server.Clients.Count - _server.Replicas.All.Count);
        Field("cluster_connections", 0);
        Field("maxclients", _server.Config.MaxClients);
        long maxInput = 0, maxOutput = 0;
        foreach (Client client in _server.Clients.All)
        {
            maxInput = Math.Max(maxInput, client.Connection?.InputCapacity ?? 0);
            maxOutput = Math.Max(maxOutput, client.Connection?.PendingOutputBytes ?? 0);
        }
        Field("client_recent_max_input_buffer", maxInput);
        Field("client_recent_max_output_buffer", maxOutput);
        Field("blocked_clients", _server.Clients.BlockedCount);
        Field("tracking_clients", _server.Tracking.ClientCount);
        Field("clients_in_timeout_table", _server.BlockedClients.TimeoutCount);
    }

    private void WriteMemory()
    {
        Title("Memory");
        MemoryReport m = new(_server);
        Bytes("used_memory", m.Used);
        Bytes("used_memory_rss", m.Resident);
        Bytes("used_memory_peak", m.Peak);
        Field("used_memory_peak_perc", m.PeakPercent.ToString("F2", CultureInfo.InvariantCulture) + "%");
        Field("used_memory_overhead", m.Overhead);
        Field("used_memory_startup", m.Startup);
        Field("used_memory_dataset", m.DataSet);
        Field("used_memory_dataset_perc", m.DataSetPercent.ToString("F2", CultureInfo.InvariantCulture) + "%");
        Field("allocator_allocated", m.AllocatorAllocated);
        Field("allocator_active", m.AllocatorActive);
        Field("allocator_resident", m.AllocatorResident);
        Bytes("total_system_memory", MemoryReport.MachineMemory);
        Field("used_memory_lua", 0);
        Field("used_memory_vm_eval", 0);
        Field("used_memory_lua_human", Human(0));
        Field("used_memory_scripts_eval", 0);
        Field("number_of_cached_scripts", 0);
        Field("number_of_functions", 0);
        Field("number_of_libraries", 0);
        Field("used_memory_vm_functions", 0);
        Bytes("used_memory_vm_total", 0);
        Field("used_memory_functions", 0);
        Bytes("used_memory_scripts", 0);
        Bytes("maxmemory", _server.Config.MaxMemory);
        Field("maxmemory_policy", Encoding.ASCII.GetString(_server.Config.Get("maxmemory-policy")));
        WriteFragmentation(m);
        Field("mem_not_counted_for_evict", 0);
        Field("mem_replication_backlog", 0);
        Field("mem_total_replication_buffers", 0);
        Field("mem_clients_slaves", 0);
        Field("mem_clients_normal", m.Clients);
        Field("mem_cluster_links", 0);
        Field("mem_aof_buffer", _server.Aof.Writer.PendingBytes);
        Field("mem_allocator", MemoryReport.AllocatorName);
        Field("active_defrag_running", 0);
        Field("lazyfree_pending_objects", _server.LazyFree.PendingObjects);
        Field("lazyfreed_objects", _server.LazyFree.FreedObjects);
        Field("gc_allocated_bytes", GC.GetTotalAllocatedBytes());
        Field("gc_collections", GC.CollectionCount(0));
    }

    private void WriteFragmentation(MemoryReport m)
    {
        Ratio("allocator_frag_ratio", m.AllocatorFragmentationRatio);
        Field("allocator_frag_bytes", m.AllocatorFragmentation);
        Ratio("allocator_rss_ratio", m.AllocatorReserveRatio);
        Field("allocator_rss_bytes", m.AllocatorReserve);
        Ratio("rss_overhead_ratio", m.ProcessOverheadRatio);
        Field("rss_overhead_bytes", m.ProcessOverhead);
        Ratio("mem_fragmentation_ratio", m.FragmentationRatio);
        Field("mem_fragmentation_bytes", m.Fragmentation);
    }

    private void WritePersistence()
    {
        Title("Persistence");
        Field("loading", _server.IsLoading ? 1 : 0);
        foreach (string name in (ReadOnlySpan<string>)["async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"])
            Field(name, 0);
        BackgroundSave? save = _server.Snapshots.Background;
        Ratio("current_fork_perc", save == null || save.KeysTotal == 0 ? 0 : 100.0 * save.KeysWritten / save.KeysTotal);
        Field("current_save_keys_processed", save?.KeysWritten ?? 0);
        Field("current_save_keys_total", save?.KeysTotal ?? 0);
        Field("rdb_changes_since_last_save", _server.Context.Dirty);
        Field("rdb_bgsave_in_progress", _server.Snapshots.IsSaving ? 1 : 0);
        Field("rdb_last_save_time", _server.Snapshots.LastSaveSeconds);
        Field("rdb_last_bgsave_status", _server.Snapshots.LastBackgroundSaveFailed ? "err" : "ok");
        Field("rdb_last_bgsave_time_sec", _server.Snapshots.LastBackgroundSaveSeconds);
        Field("rdb_current_bgsave_time_sec", save is { IsRewrite: false } ? save.ElapsedSeconds : -1);
        Field("rdb_saves", _server.Snapshots.Saves);
        Field("rdb_last_cow_size", 0);
        Field("rdb_last_load_keys_expired", _server.Snapshots.LastLoadKeysExpired);
        Field("rdb_last_load_keys_loaded", _server.Snapshots.LastLoadKeysLoaded);
        AppendOnlyFile aof = _server.Aof;
        Field("aof_enabled", aof.IsOn ? 1 : 0);
        Field("aof_rewrite_in_progress", _server.Snapshots.IsRewriting ? 1 : 0);
        Field("aof_rewrite_scheduled", aof.IsRewriteScheduled ? 1 : 0);
        Field("aof_last_rewrite_time_sec", aof.LastRewriteSeconds);
        Field("aof_current_rewrite_time_sec", save is { IsRewrite: true } ? save.ElapsedSeconds : -1);
        Field("aof_last_bgrewrite_status", aof.LastRewriteFailed ? "err" : "ok");
        Field("aof_rewrites", aof.Rewrites);
        Field("aof_rewrites_consecutive_failures", aof.ConsecutiveFailures);
        Field("aof_last_write_status", aof.Writer.Refusal == null ? "ok" : "err");
        foreach (string name in (ReadOnlySpan<string>)["aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"])
            Field(name, 0);
        if (_server.Config.AppendOnly)
        {
            Field("aof_current_size", aof.CurrentBytes);
            Field("aof_base_size", aof.BaseBytes);
            Field("aof_pending_rewrite", aof.IsRewriteScheduled ? 1 : 0);
            Field("aof_buffer_length", aof.Writer.PendingBytes);
            Field("aof_pending_bio_fsync", aof.Writer.IsSyncing ? 1 : 0);
            Field("aof_delayed_fsync", aof.Writer.DelayedSyncs);
        }
        if ((aof.Progress ?? _server.Snapshots.Progress) is { } progress)
            WriteLoading(progress);
    }

    private void WriteLoading(LoadingProgress progress)
    {
        long elapsed = _server.Clock.NowMs / 1000 - progress.StartSeconds;
        long total = Math.Max(progress.TotalBytes, 1);
        // Until there is a figure, one second.
        long left = elapsed == 0 || progress.LoadedBytes == 0 ? 1 : elapsed * (total - progress.LoadedBytes) / progress.LoadedBytes;
        Field("loading_start_time", progress.StartSeconds);
        Field("loading_total_bytes", progress.TotalBytes);
        Field("loading_rdb_used_mem", progress.UsedMemoryWhenWritten);
        Field("loading_loaded_bytes", progress.LoadedBytes);
        Ratio("loading_loaded_perc", 100.0 * progress.LoadedBytes / total);
        Field("loading_eta_seconds", left);
    }

    // Not known to 7.0, so not shown until there is something to show.
    private void WriteDenials(ServerStats s)
    {
        if (s.DeniedLogins + s.DeniedCommands + s.DeniedKeys + s.DeniedChannels + s.DeniedDatabases == 0)
            return;
        Field("acl_access_denied_auth", s.DeniedLogins);
        Field("acl_access_denied_cmd", s.DeniedCommands);
        Field("acl_access_denied_key", s.DeniedKeys);
        Field("acl_access_denied_channel", s.DeniedChannels);
        if (s.DeniedDatabases > 0)
            Field("acl_access_denied_db", s.DeniedDatabases);
    }

    private void WriteStats()
    {
        Title("Stats");
        ServerStats s = _server.Stats;
        Field("total_connections_received", s.ConnectionsReceived);
        Field("total_commands_processed", s.CommandsProcessed);
        Field("instantaneous_ops_per_sec", Rates.CommandsPerSecond);
        Field("total_net_input_bytes", s.InputBytes);
        Field("total_net_output_bytes", s.OutputBytes);
        Field("total_net_repl_input_bytes", 0);
        Field("total_net_repl_output_bytes", s.ReplicationOutputBytes);
        Ratio("instantaneous_input_kbps", Rates.InputBytesPerSecond / 1024.0);
        Ratio("instantaneous_output_kbps", Rates.OutputBytesPerSecond / 1024.0);
        Ratio("instantaneous_input_repl_kbps", 0);
        Ratio("instantaneous_output_repl_kbps", 0);
        Field("rejected_connections", s.ConnectionsRejected);
        Field("sync_full", s.FullSynchronizations);
        Field("sync_partial_ok", 0);
        Field("sync_partial_err", s.RefusedPartialSynchronizations);
        Field("expired_keys", s.ExpiredKeys);
        // Not known to 7.0, so not shown to those who do not use it; the same goes for subexpiry below.
        if (s.ExpiredFields != 0)
        {
            Field("expired_subkeys", s.ExpiredFields);
            Field("expired_subkeys_active", s.ExpiredFieldsUnasked);
        }
        Ratio("expired_stale_perc", 0);
        Field("expired_time_cap_reached_count", s.ExpiredTimeCapReached);
        Field("expire_cycle_cpu_milliseconds", s.ExpireMicroseconds / 1000);
        Field("evicted_keys", s.EvictedKeys);
        Field("evicted_clients", s.EvictedClients);
        Field("total_eviction_exceeded_time", s.EvictionExceededMs + s.CurrentEvictionExceededMs(_server.Clock.NowMs));
        Field("current_eviction_exceeded_time", s.CurrentEvictionExceededMs(_server.Clock.NowMs));
        Field("keyspace_hits", s.KeyspaceHits);
        Field("keyspace_misses", s.KeyspaceMisses);
        Field("pubsub_channels", _server.PubSub.TableOf(SubscriptionKind.Channel).Count);
        Field("pubsub_patterns", _server.PubSub.TableOf(SubscriptionKind.Pattern).Count);
        Field("pubsubshard_channels", _server.PubSub.TableOf(SubscriptionKind.Shard).Count);
        Field("latest_fork_usec", 0);
        Field("total_forks", _server.Snapshots.BackgroundSaves);
        foreach (string name in (ReadOnlySpan<string>)["migrate_cached_sockets", "slave_expires_tracked_keys"])
            Field(name, 0);
        foreach (string name in (ReadOnlySpan<string>)["active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time"])
            Field(name, 0);
        Field("tracking_total_keys", _server.Tracking.KeyCount);
        Field("tracking_total_items", _server.Tracking.ItemCount);
        Field("tracking_total_prefixes", _server.Tracking.PrefixCount);
        WriteDenials(s);
        Field("unexpected_error_replies", 0);
        Field("total_error_replies", s.ErrorReplies);
        Field("dump_payload_sanitizations", 0);
        Field("total_reads_processed", s.ReadsProcessed);
        Field("total_writes_processed", s.WritesProcessed);
        foreach (string name in (ReadOnlySpan<string>)["io_threaded_reads_processed", "io_threaded_writes_processed", "reply_buffer_shrinks", "reply_buffer_expands"])
            Field(name, 0);
    }

    private void WriteReplication()
    {
        Title("Replication");
        Field("role", "master");
        Field("connected_slaves", _server.Replicas.All.Count);
        for (int i = 0; i < _server.Replicas.All.Count; i++)
        {
            Replication.ReplicaLink link = _server.Replicas.All[i];
            Field($"slave{i}", $"ip={link.Address},port={link.ListeningPort},state={link.StateName},offset={link.AcknowledgedOffset},lag=0");
        }
        Field("master_failover_state", "no-failover");
        Field("master_replid", _server.ReplicationId);
        Field("master_replid2", new string('0', 40));
        Field("master_repl_offset", 0);
        Field("second_repl_offset", -1);
        Field("repl_backlog_active", 0);
        Field("repl_backlog_size", _server.Config.ReplBacklogSize);
        Field("repl_backlog_first_byte_offset", 0);
        Field("repl_backlog_histlen", 0);
    }

    private void WriteCpu()
    {
        Title("CPU");
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        string system = process.PrivilegedProcessorTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);
        string user = process.UserProcessorTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);
        Field("used_cpu_sys", system);
        Field("used_cpu_user", user);
        Field("used_cpu_sys_children", "0.000000");
        Field("used_cpu_user_children", "0.000000");
        Field("used_cpu_sys_main_thread", system);
        Field("used_cpu_user_main_thread", user);
    }

    private void WriteCommandStats()
    {
        Title("Commandstats");
        foreach (CommandRow row in _server.Commands.ById)
        {
            if (row.Calls == 0 && row.FailedCalls == 0 && row.RejectedCalls == 0)
                continue;
            float perCall = row.Calls == 0 ? 0 : (float)row.Microseconds / row.Calls;
            Field($"cmdstat_{Safe(row.FullName)}", $"calls={row.Calls},usec={row.Microseconds},usec_per_call={perCall.ToString("F2", CultureInfo.InvariantCulture)},rejected_calls={row.RejectedCalls},failed_calls={row.FailedCalls}");
        }
    }

    private void WriteErrorStats()
    {
        Title("Errorstats");
        foreach ((byte[] prefix, long count) in _server.Stats.Errors.OrderBy(pair => pair.Key, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))))
            Field($"errorstat_{Safe(Encoding.Latin1.GetString(prefix))}", $"count={count}");
    }

    private void WriteLatencyStats()
    {
        Title("Latencystats");
        if (!_server.Config.LatencyTracking)
            return;
        foreach (CommandRow row in _server.Commands.ById)
        {
            if (row.Latencies is { } latencies)
                Field($"latency_percentiles_usec_{Safe(row.FullName)}", string.Join(',', _server.Config.LatencyTrackingInfoPercentiles.Select(p => Percentile(latencies, p))));
        }
    }

    private static string Percentile(LatencyHistogram latencies, double percentile) => string.Create(
        CultureInfo.InvariantCulture, $"p{percentile:0.######}={latencies.ValueAtPercentile(percentile) / 1000.0:F3}");

    private void WriteCluster()
    {
        Title("Cluster");
        Field("cluster_enabled", 0);
    }

    private void WriteKeyspace()
    {
        Title("Keyspace");
        foreach (Database database in _server.Databases)
        {
            if (database.Count == 0)
                continue;
            string subexpiry = database.ExpiringHashCount == 0 ? "" : $",subexpiry={database.ExpiringHashCount}";
            Field($"db{database.Id}", $"keys={database.Count},expires={database.ExpiringCount},avg_ttl={database.AverageTtlMs}{subexpiry}");
        }
    }

    // A name may hold anything after rename-command; the text must stay one field a line.
    private static string Safe(string name) => name.AsSpan().ContainsAny("#:\n\r") ? string.Concat(name.Select(c => "#:\n\r".Contains(c) ? '_' : c)) : name;
}
