using System.Text;

namespace RedisAot.Server.Diagnostics;

/// <summary>The report of MEMORY DOCTOR: which figures are out of the ordinary, in official's words and with its thresholds.</summary>
internal static class MemoryDoctor
{
    private const long SmallBytes = 5 * 1024 * 1024;
    private const long NegligibleBytes = 10 * 1024 * 1024;
    private const long BigClientBytes = 200 * 1024;

    /// <summary>Writes the report.</summary>
    /// <param name="memory">The figures.</param>
    /// <param name="clients">Number of clients.</param>
    public static string Report(MemoryReport memory, int clients)
    {
        if (memory.Used < SmallBytes)
        {
            return "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. "
                + "Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming "
                + "as soon as I finished rebooting.\n";
        }
        StringBuilder issues = new();
        AddAllocatorIssues(issues, memory);
        if (memory.Clients / Math.Max(clients, 1) > BigClientBytes)
            Add(issues, "Big client buffers: The clients output buffers in this instance are greater than 200K per client (on average). This may result from different causes, like Pub/Sub clients subscribed to channels bot not receiving data fast enough, so that data piles on the Redis instance output buffer, or clients sending commands with large replies or very large sequences of commands in the same pipeline. Please use the CLIENT LIST command in order to investigate the issue if it causes problems in your instance, or to understand better why certain clients are using a big amount of memory.");
        return issues.Length == 0
            ? "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"
            : $"Sam, I detected a few issues in this Redis instance memory implants:\n\n{issues}I'm here to keep you safe, Sam. I want to help you.\n";
    }

    private static void AddAllocatorIssues(StringBuilder issues, MemoryReport memory)
    {
        if (memory.Peak > memory.Used * 1.5)
            Add(issues, "Peak memory: In the past this instance used more than 150% the memory that is currently using. The allocator is normally not able to release memory after a peak, so you can expect to see a big fragmentation ratio, however this is actually harmless and is only due to the memory peak, and if the Redis instance Resident Set Size (RSS) is currently bigger than expected, the memory will be used as soon as you fill the Redis instance with more data. If the memory peak was only occasional and you want to try to reclaim memory, please try the MEMORY PURGE command, otherwise the only other option is to shutdown and restart the instance.");
        if (IsHigh(memory.FragmentationRatio, 1.4, memory.Fragmentation))
            Add(issues, $"High total RSS: This instance has a memory fragmentation and RSS overhead greater than 1.4 (this means that the Resident Set Size of the Redis process is much larger than the sum of the logical allocations Redis performed). This problem is usually due either to a large peak memory (check if there is a peak memory entry above in the report) or may result from a workload that causes the allocator to fragment memory a lot. If the problem is a large peak memory, then there is no issue. Otherwise, make sure you are using the Jemalloc allocator and not the default libc malloc. Note: The currently used allocator is \"{MemoryReport.AllocatorName}\".");
        if (IsHigh(memory.AllocatorFragmentationRatio, 1.1, memory.AllocatorFragmentation))
            Add(issues, "High allocator fragmentation: This instance has an allocator external fragmentation greater than 1.1. This problem is usually due either to a large peak memory (check if there is a peak memory entry above in the report) or may result from a workload that causes the allocator to fragment memory a lot. You can try enabling 'activedefrag' config option.");
        if (IsHigh(memory.AllocatorReserveRatio, 1.1, memory.AllocatorReserve))
            Add(issues, "High allocator RSS overhead: This instance has an RSS memory overhead is greater than 1.1 (this means that the Resident Set Size of the allocator is much larger than the sum what the allocator actually holds). This problem is usually due to a large peak memory (check if there is a peak memory entry above in the report), you can try the MEMORY PURGE command to reclaim it.");
        if (IsHigh(memory.ProcessOverheadRatio, 1.1, memory.ProcessOverhead))
            Add(issues, "High process RSS overhead: This instance has non-allocator RSS memory overhead is greater than 1.1 (this means that the Resident Set Size of the Redis process is much larger than the RSS the allocator holds). This problem may be due to Lua scripts or Modules.");
    }

    private static bool IsHigh(double ratio, double threshold, long bytes) => ratio > threshold && bytes > NegligibleBytes;

    private static void Add(StringBuilder issues, string issue) => issues.Append(" * ").Append(issue).Append("\n\n");
}
