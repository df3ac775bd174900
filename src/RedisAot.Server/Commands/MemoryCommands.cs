using System.Text;
using RedisAot.Memory;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>MEMORY. See https://redis.io/docs/latest/commands/memory-stats/ and its neighbours.</summary>
internal static unsafe class MemoryCommands
{
    private const long DefaultSamples = 5;

    // A bucket of 64 bytes holds five entries on average.
    private const int TableBytesPerKey = 64 / 5;

    private static void Usage(CommandContext c)
    {
        long samples = DefaultSamples;
        for (int i = 3; i < c.ArgCount; i += 2)
        {
            if (i + 1 == c.ArgCount || !c.ArgIs(i, "samples"u8))
            {
                c.SyntaxError();
                return;
            }
            if (!c.TryGetLong(i + 1, out samples))
                return;
            if (samples < 0)
            {
                c.SyntaxError();
                return;
            }
        }
        KeyEntry entry = c.Db.Peek(c[2]);
        if (entry.IsNull)
            c.Reply.Null();
        else
            c.Reply.Integer(TableBytesPerKey + (long)entry.EntryBytes + ValueMemory.ExternalBytes(entry, samples == 0 ? long.MaxValue : samples));
    }

    private static void Stats(CommandContext c)
    {
        const int fields = 27;
        MemoryReport memory = new(c.Server);
        c.Reply.MapHeader(fields + memory.Databases.Count);
        Number(c, "peak.allocated"u8, memory.Peak);
        Number(c, "total.allocated"u8, memory.Used);
        Number(c, "startup.allocated"u8, memory.Startup);
        Number(c, "replication.backlog"u8, 0);
        Number(c, "clients.slaves"u8, 0);
        Number(c, "clients.normal"u8, memory.Clients);
        Number(c, "cluster.links"u8, 0);
        Number(c, "aof.buffer"u8, 0);
        Number(c, "lua.caches"u8, 0);
        Number(c, "functions.caches"u8, 0);
        foreach (DatabaseOverhead database in memory.Databases)
        {
            c.Reply.Bulk(Encoding.ASCII.GetBytes($"db.{database.Id}"));
            c.Reply.MapHeader(3);
            Number(c, "overhead.hashtable.main"u8, database.Table);
            Number(c, "overhead.hashtable.expires"u8, database.Expiries);
            Number(c, "overhead.hashtable.slot-to-keys"u8, 0);
        }
        Number(c, "overhead.total"u8, memory.Overhead);
        Number(c, "keys.count"u8, memory.Keys);
        Number(c, "keys.bytes-per-key"u8, memory.BytesPerKey);
        Number(c, "dataset.bytes"u8, memory.DataSet);
        Ratio(c, "dataset.percentage"u8, memory.DataSetPercent);
        Ratio(c, "peak.percentage"u8, memory.PeakPercent);
        Number(c, "allocator.allocated"u8, memory.AllocatorAllocated);
        Number(c, "allocator.active"u8, memory.AllocatorActive);
        Number(c, "allocator.resident"u8, memory.AllocatorResident);
        Ratio(c, "allocator-fragmentation.ratio"u8, memory.AllocatorFragmentationRatio);
        Number(c, "allocator-fragmentation.bytes"u8, memory.AllocatorFragmentation);
        Ratio(c, "allocator-rss.ratio"u8, memory.AllocatorReserveRatio);
        Number(c, "allocator-rss.bytes"u8, memory.AllocatorReserve);
        Ratio(c, "rss-overhead.ratio"u8, memory.ProcessOverheadRatio);
        Number(c, "rss-overhead.bytes"u8, memory.ProcessOverhead);
        Ratio(c, "fragmentation"u8, memory.FragmentationRatio);
        Number(c, "fragmentation.bytes"u8, memory.Fragmentation);
    }

    private static void Number(CommandContext c, ReadOnlySpan<byte> name, long value)
    {
        c.Reply.Bulk(name);
        c.Reply.Integer(value);
    }

    // Official computes these in single precision, which shows in their digits.
    private static void Ratio(CommandContext c, ReadOnlySpan<byte> name, double value)
    {
        c.Reply.Bulk(name);
        c.Reply.Double((float)value);
    }

    private static void Doctor(CommandContext c) =>
        c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(MemoryDoctor.Report(new MemoryReport(c.Server), c.Server.Clients.Count)));

    private static void MallocStats(CommandContext c)
    {
        MemoryReport memory = new(c.Server);
        string text = $"""
            Allocator: {MemoryReport.AllocatorName}
            Blocks of keys and values, bytes: {NativeHeap.UsedBytes}
            Buffers of connections, bytes: {memory.Used - NativeHeap.UsedBytes}
            Slabs in use and big blocks, bytes: {NativeHeap.ActiveBytes}
            With the slabs kept in reserve, bytes: {NativeHeap.ResidentBytes}
            Peak of blocks, bytes: {NativeHeap.PeakBytes}

            """;
        c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(text));
    }

    private static void Purge(CommandContext c)
    {
        NativeHeap.Purge();
        c.Reply.Ok();
    }

    private static void Help(CommandContext c) => HelpReply.Write(
        c,
        "DOCTOR",
        "    Return memory problems reports.",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE",
        "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).");

    internal static void Register(CommandTable table)
    {
        table.Add(new("memory", -2, null)
        {
            Group = CommandGroup.Server, Since = "4.0.0",
            Summary = "A container for memory diagnostics commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("doctor", 2, &Doctor)
                {
                    Group = CommandGroup.Server, Since = "4.0.0",
                    Summary = "Outputs memory problems report",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
                },
                HelpReply.Row(CommandGroup.Server, "4.0.0", &Help),
                new("malloc-stats", 2, &MallocStats)
                {
                    Group = CommandGroup.Server, Since = "4.0.0",
                    Summary = "Show allocator internal stats",
                    Complexity = "Depends on how much memory is allocated, could be slow",
                    Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
                },
                new("purge", 2, &Purge)
                {
                    Group = CommandGroup.Server, Since = "4.0.0",
                    Summary = "Ask the allocator to release memory",
                    Complexity = "Depends on how much memory is allocated, could be slow",
                    Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
                },
                new("stats", 2, &Stats)
                {
                    Group = CommandGroup.Server, Since = "4.0.0",
                    Summary = "Show memory usage details",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
                },
                new("usage", -3, &Usage)
                {
                    Group = CommandGroup.Server, Since = "4.0.0", Flags = CommandFlags.ReadOnly,
                    Summary = "Estimate the memory usage of a key",
                    Complexity = "O(N) where N is the number of samples.",
                    Keys = [KeySpec.At(2, KeyFlags.RO)],
                    Arguments = "key#0 ['SAMPLES' count:integer]",
                },
            ],
        });
    }
}
