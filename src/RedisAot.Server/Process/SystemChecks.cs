using System.Runtime.InteropServices;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>Looks at settings of the system that slow a server down.</summary>
internal static partial class SystemChecks
{
    private const string ClockSource = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    private const string HugePages = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const string MaxBacklog = "/proc/sys/net/core/somaxconn";
    private const int DisableHugePages = 41;
    private const ulong ExceptAdvised = 2;

    /// <summary>Warns, and switches huge pages off for this process where the configuration says so.</summary>
    public static void WarnAtStart(ServerConfig config)
    {
        if (SlowClock() is { } clock) ServerLog.Warning("WARNING " + clock);
        string? pages = AlwaysHugePages();
        if (pages == null || (config.DisableThp && SwitchHugePagesOff())) return;
        ServerLog.Warning("WARNING " + pages);
    }

    // The key space asks for huge pages itself, where they can do no harm: there is no fork that would have them copied.
    // Kernels before 6.18 cannot make that difference.
    private static bool SwitchHugePagesOff() =>
        prctl(DisableHugePages, 1, ExceptAdvised, 0, 0) == 0 || prctl(DisableHugePages, 1, 0, 0, 0) == 0;

    /// <summary>Warns when the kernel cuts the accept queue short.</summary>
    public static void WarnOfShortBacklog(ServerConfig config)
    {
        if (!int.TryParse(ReadLine(MaxBacklog), out int limit) || limit <= 0 || limit >= config.TcpBacklog) return;
        ServerLog.Warning($"WARNING: The TCP backlog setting of {config.TcpBacklog} cannot be enforced because {MaxBacklog} "
            + $"is set to the lower value of {limit}.");
    }

    /// <summary>Warns of a limit that nothing fits into.</summary>
    public static void WarnOfSmallMaxMemory(ServerConfig config)
    {
        if (config.MaxMemory is <= 0 or >= 1 << 20) return;
        ServerLog.Warning($"WARNING: You specified a maxmemory value that is less than 1MB (current value is {config.MaxMemory} bytes). "
            + "Are you sure this is what you really want?");
    }

    /// <summary>Prints the outcome of all checks, as <c>--check-system</c> does.</summary>
    /// <returns>Whether all is well.</returns>
    public static bool Print(TextWriter output)
    {
        bool clock = PrintOne(output, "xen-clocksource", SlowClock());
        return PrintOne(output, "THP", AlwaysHugePages()) && clock;
    }

    private static bool PrintOne(TextWriter output, string name, string? warning)
    {
        output.Write($"[{name}]...");
        output.WriteLine(warning == null ? "OK" : "WARNING:\n" + warning);
        return warning == null;
    }

    private static string? SlowClock() =>
        ReadLine(ClockSource) == "xen"
            ? "Your system is configured to use the 'xen' clocksource which might lead to degraded performance. "
            + $"To use another one, write 'tsc' to {ClockSource} as root."
            : null;

    private static string? AlwaysHugePages() =>
        ReadLine(HugePages)?.Contains("[always]", StringComparison.Ordinal) == true
            ? "You have Transparent Huge Pages (THP) support enabled in your kernel. This will create latency and memory usage issues. "
            + $"To fix this issue run the command 'echo madvise > {HugePages}' as root, and add it to your /etc/rc.local in order to "
            + "retain the setting after a reboot. The server must be restarted after THP is disabled (set to 'madvise' or 'never')."
            : null;

    /// <summary>The first line of a file of the kernel; null where there is none.</summary>
    private static string? ReadLine(string path)
    {
        if (!File.Exists(path)) return null;
        using var reader = new StreamReader(path);
        return reader.ReadLine();
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, ulong a, ulong b, ulong c, ulong d);
}
