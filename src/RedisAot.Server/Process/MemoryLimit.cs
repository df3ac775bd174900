using System.Globalization;

namespace RedisAot.Server.Process;

/// <summary>How much memory the system lets the process have: that of the machine, or of the control group it runs in.</summary>
public static class MemoryLimit
{
    private const string Root = "/sys/fs/cgroup";

    /// <summary>The limit in bytes, as it was when the process began.</summary>
    public static long Bytes { get; } = Math.Min(LibC.PhysicalMemoryBytes(), OfControlGroup(ReadLines("/proc/self/cgroup"), ReadFirstLine));

    /// <summary>The least limit of the control groups that the lines of <c>/proc/self/cgroup</c> name; <see cref="long.MaxValue"/> without one.</summary>
    /// <param name="groups">The lines.</param>
    /// <param name="read">The first line of a file, or null when there is none.</param>
    public static long OfControlGroup(IEnumerable<string> groups, Func<string, string?> read)
    {
        long least = long.MaxValue;
        foreach (string line in groups)
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3)
                continue;
            // Version 2 has one hierarchy without names; of version 1, the one of the memory counts.
            if (parts[1].Length == 0)
                least = Math.Min(least, LeastUpwards(Root, parts[2], "memory.max", read));
            else if (parts[1].Split(',').Contains("memory"))
                least = Math.Min(least, LeastUpwards(Root + "/memory", parts[2], "memory.limit_in_bytes", read));
        }
        return least;
    }

    // What limits a group limits those below it. In a container the path may be that of the host, of which only the root is to be seen.
    private static long LeastUpwards(string root, string path, string file, Func<string, string?> read)
    {
        long least = long.MaxValue;
        for (string at = path.TrimEnd('/'); ; at = at[..at.LastIndexOf('/')])
        {
            if (long.TryParse(read($"{root}{at}/{file}"), NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit > 0)
                least = Math.Min(least, limit);
            if (at.LastIndexOf('/') < 0)
                return least;
        }
    }

    private static string? ReadFirstLine(string path) => ReadLines(path).FirstOrDefault();

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not every system has control groups, or shows them.
            return [];
        }
    }
}
