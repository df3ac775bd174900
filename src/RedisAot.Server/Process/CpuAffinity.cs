using System.Globalization;
using System.Runtime.InteropServices;

namespace RedisAot.Server.Process;

/// <summary>Binds threads to processors, as <c>server_cpulist</c> and its relatives ask.</summary>
internal static unsafe partial class CpuAffinity
{
    private const int MaxProcessors = 1024;

    /// <summary>Binds the calling thread. An empty list leaves it as it is; a list that cannot be understood is logged.</summary>
    public static void Apply(string list)
    {
        if (list.Length == 0) return;
        if (Parse(list) is not { } mask)
        {
            ServerLog.Warning($"The list of processors '{list}' cannot be understood.");
            return;
        }

        fixed (ulong* bits = mask)
        {
            if (sched_setaffinity(0, (nuint)(mask.Length * sizeof(ulong)), bits) != 0)
                ServerLog.Warning($"Can't bind to processors '{list}': {LibC.LastError()}");
        }
    }

    /// <summary>The bits of a list such as <c>1,3</c>, <c>0-7</c> or <c>0-7:2</c> (every second one); null when it is none.</summary>
    internal static ulong[]? Parse(string list)
    {
        var mask = new ulong[MaxProcessors / 64];
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] stride = part.Split(':');
            string[] range = stride[0].Split('-');
            if (stride.Length > 2 || range.Length > 2) return null;
            if (!TryNumber(range[0], out int first) || !TryNumber(range[^1], out int last)) return null;
            int step = 1;
            if (stride.Length == 2 && (!TryNumber(stride[1], out step) || step == 0)) return null;
            for (int i = first; i <= last; i += step) mask[i / 64] |= 1UL << (i % 64);
        }
        return mask;
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < MaxProcessors;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int thread, nuint bytes, ulong* mask);
}
