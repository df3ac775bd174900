using System.Globalization;
using System.Text;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Diagnostics;

/// <summary>Explains the latency spikes of the server in words: LATENCY DOCTOR.</summary>
internal static class LatencyDoctor
{
    [Flags]
    private enum Advice
    {
        None = 0,
        EnableSlowLog = 1 << 0,
        TuneSlowLog = 1 << 1,
        InspectSlowLog = 1 << 2,
        Scheduler = 1 << 3,
        LocalDisk = 1 << 4,
        SolidStateDisk = 1 << 5,
        DataWriteback = 1 << 6,
        DiskContention = 1 << 7,
        NoAppendFsync = 1 << 8,
        RelaxFsync = 1 << 9,
        WriteLoad = 1 << 10,
        RaiseHz = 1 << 11,
        LargeObjects = 1 << 12,
        MassEviction = 1 << 13,
        DisableHugePages = 1 << 14,
    }

    /// <summary>The whole report.</summary>
    public static string Report(LatencyMonitor monitor, ServerConfig config, long nowSeconds)
    {
        if (monitor.Series.Count == 0 && config.LatencyMonitorThreshold == 0)
        {
            return "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET "
                + "latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to "
                + "take a look at https://redis.io/topics/latency-monitor.\n";
        }
        StringBuilder report = new();
        Advice advice = AnonymousHugePages() > 0 ? Advice.DisableHugePages : Advice.None;
        if (monitor.Series.Count > 0)
        {
            report.Append("Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?\n\n");
            advice |= DescribeEvents(report, monitor, config, nowSeconds);
        }

        if (advice != Advice.None)
        {
            report.Append("\nI have a few advices for you:\n\n");
            Advise(report, Applicable(advice, config), config.LatencyMonitorThreshold * 1000);
        }
        else if (monitor.Series.Count > 0)
        {
            report.Append("\nWhile there are latency events logged, I'm not able to suggest any easy fix. Please use the Redis community to get some "
                + "help, providing this report in your help request.\n");
        }
        else
        {
            report.Append("Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think "
                + "you ought to sit down calmly, take a stress pill, and think things over.\n");
        }
        return report.ToString();
    }

    private static Advice DescribeEvents(StringBuilder report, LatencyMonitor monitor, ServerConfig config, long nowSeconds)
    {
        Advice advice = Advice.None;
        int number = 0;
        foreach ((string name, LatencySeries series) in monitor.Series)
        {
            (long average, long deviation, long period) = series.Analyze(nowSeconds);
            report.Append(CultureInfo.InvariantCulture, $"{++number}. {name}: {series.Count} latency spikes (average {average}ms, ");
            report.Append(CultureInfo.InvariantCulture, $"mean deviation {deviation}ms, period {(double)period / series.Count:F2} sec). ");
            report.Append(CultureInfo.InvariantCulture, $"Worst all time event {series.AllTimeMax}ms.\n");
            advice |= name == "command" ? AdviceForCommands(config) : AdviceFor(name);
        }
        return advice;
    }

    private static Advice AdviceForCommands(ServerConfig config)
    {
        Advice advice = Advice.InspectSlowLog | Advice.LargeObjects;
        if (config.SlowLogSlowerThan < 0)
            advice |= Advice.EnableSlowLog;
        else if (config.SlowLogSlowerThan / 1000 > config.LatencyMonitorThreshold)
            advice |= Advice.TuneSlowLog;
        return advice;
    }

    private static Advice AdviceFor(string eventName) => eventName switch
    {
        "fast-command" => Advice.Scheduler,
        "aof-write-pending-fsync" => Advice.LocalDisk | Advice.DiskContention | Advice.SolidStateDisk | Advice.DataWriteback,
        "aof-write-active-child" => Advice.NoAppendFsync | Advice.DataWriteback | Advice.SolidStateDisk,
        "aof-write-alone" => Advice.LocalDisk | Advice.DataWriteback | Advice.SolidStateDisk,
        "aof-fsync-always" => Advice.RelaxFsync,
        "aof-fstat" or "rdb-unlink-temp-file" => Advice.DiskContention | Advice.LocalDisk,
        "aof-rename" => Advice.WriteLoad | Advice.DataWriteback | Advice.SolidStateDisk | Advice.LocalDisk,
        "expire-cycle" => Advice.RaiseHz | Advice.LargeObjects,
        "eviction-del" => Advice.LargeObjects,
        "eviction-cycle" => Advice.MassEviction,
        _ => Advice.None,
    };

    /// <summary>Leaves out what the configuration has done already; the headline stays, as in the official report.</summary>
    private static Advice Applicable(Advice advice, ServerConfig config)
    {
        if (config.Hz >= 100)
            advice &= ~Advice.RaiseHz;
        if (config.AppendFsync != AppendFsync.Always)
            advice &= ~Advice.RelaxFsync;
        return advice;
    }

    private static void Advise(StringBuilder report, Advice advice, long thresholdMicroseconds)
    {
        foreach ((Advice one, string text) in new (Advice, string)[]
        {
            (Advice.EnableSlowLog, "- There are latency issues with potentially slow commands you are using. Try to enable the Slow Log "
                + $"Redis feature using the command 'CONFIG SET slowlog-log-slower-than {thresholdMicroseconds}'. If the "
                + "Slow log is disabled Redis is not able to log slow commands execution for you."),
            (Advice.TuneSlowLog, "- Your current Slow Log configuration only logs events that are slower than your configured latency "
                + $"monitor threshold. Please use 'CONFIG SET slowlog-log-slower-than {thresholdMicroseconds}'."),
            (Advice.InspectSlowLog, "- Check your Slow Log to understand what are the commands you are running which are too slow to execute. "
                + "Please check https://redis.io/commands/slowlog for more information."),
            (Advice.Scheduler, "- The system is slow to execute Redis code paths not containing system calls. This usually means the "
                + "system does not provide Redis CPU time to run for long periods. You should try to:\n  1) Lower the "
                + "system load.\n  2) Use a computer / VM just for Redis if you are running other software in the same "
                + "system.\n  3) Check if you have a \"noisy neighbour\" problem.\n  4) Check with 'redis-cli "
                + "--intrinsic-latency 100' what is the intrinsic latency in your system.\n  5) Check if the problem is "
                + "allocator-related by recompiling Redis with MALLOC=libc, if you are using Jemalloc. However this may "
                + "create fragmentation problems."),
            (Advice.LocalDisk, "- It is strongly advised to use local disks for persistence, especially if you are using AOF. Remote "
                + "disks provided by platform-as-a-service providers are known to be slow."),
            (Advice.SolidStateDisk, "- SSD disks are able to reduce fsync latency, and total time needed for snapshotting and AOF log "
                + "rewriting (resulting in smaller memory usage). With extremely high write load SSD disks can be a good "
                + "option. However Redis should perform reasonably with high load using normal disks. Use this advice as a "
                + "last resort."),
            (Advice.DataWriteback, "- Mounting ext3/4 filesystems with data=writeback can provide a performance boost compared to "
                + "data=ordered, however this mode of operation provides less guarantees, and sometimes it can happen that "
                + "after a hard crash the AOF file will have a half-written command at the end and will require to be "
                + "repaired before Redis restarts."),
            (Advice.DiskContention, "- Try to lower the disk contention. This is often caused by other disk intensive processes running in "
                + "the same computer (including other Redis instances)."),
            (Advice.NoAppendFsync, "- Assuming from the point of view of data safety this is viable in your environment, you could try to "
                + "enable the 'no-appendfsync-on-rewrite' option, so that fsync will not be performed while there is a "
                + "child rewriting the AOF file or producing an RDB file (the moment where there is high disk contention)."),
            (Advice.RelaxFsync, "- Your fsync policy is set to 'always'. It is very hard to get good performances with such a setup, if "
                + "possible try to relax the fsync policy to 'onesec'."),
            (Advice.WriteLoad, "- Latency during the AOF atomic rename operation or when the final difference is flushed to the AOF file "
                + "at the end of the rewrite, sometimes is caused by very high write load, causing the AOF buffer to get "
                + "very large. If possible try to send less commands to accomplish the same work, or use Lua scripts to "
                + "group multiple operations into a single EVALSHA call."),
            (Advice.RaiseHz, "- In order to make the Redis keys expiring process more incremental, try to set the 'hz' configuration "
                + "parameter to 100 using 'CONFIG SET hz 100'."),
            (Advice.LargeObjects, "- Deleting, expiring or evicting (because of maxmemory policy) large objects is a blocking operation. If "
                + "you have very large objects that are often deleted, expired, or evicted, try to fragment those objects "
                + "into multiple smaller objects."),
            (Advice.MassEviction, "- Sudden changes to the 'maxmemory' setting via 'CONFIG SET', or allocation of large objects via sets or "
                + "sorted sets intersections, STORE option of SORT, Redis Cluster large keys migrations (RESTORE command), "
                + "may create sudden memory pressure forcing the server to block trying to evict keys. "),
            (Advice.DisableHugePages, "- I detected a non zero amount of anonymous huge pages used by your process. This creates very serious "
                + "latency events in different conditions, especially when Redis is persisting on disk. To disable THP "
                + "support use the command 'echo never > /sys/kernel/mm/transparent_hugepage/enabled', make sure to also "
                + "add it into /etc/rc.local so that the command will be executed again after a reboot. Note that even if "
                + "you have already disabled THP, you still need to restart the Redis process to get rid of the huge pages "
                + "already created."),
        })
        {
            if ((advice & one) != 0)
                report.Append(text).Append('\n');
        }
    }

    /// <summary>Kilobytes of this process that the kernel keeps in huge pages; 0 where it does not say.</summary>
    private static long AnonymousHugePages()
    {
        const string path = "/proc/self/smaps_rollup", field = "AnonHugePages:";
        if (!File.Exists(path))
            return 0;
        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith(field, StringComparison.Ordinal))
                return long.Parse(line[field.Length..^2], NumberStyles.Integer, CultureInfo.InvariantCulture);
        }
        return 0;
    }
}
