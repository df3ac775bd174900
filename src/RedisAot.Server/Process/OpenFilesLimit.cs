using System.Runtime.InteropServices;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>Makes room for <c>maxclients</c> connections among the files that the process may open.</summary>
internal static unsafe partial class OpenFilesLimit
{
    /// <summary>Descriptors kept for everything that is no client.</summary>
    public const long Reserved = 32;

    private const int NumberOfFiles = 7;

    /// <summary>Raises the limit, or else lowers <c>maxclients</c> to what it allows, with the official warnings.</summary>
    /// <returns>False when not even one client would fit; the server does not start.</returns>
    public static bool Adjust(ServerConfig config)
    {
        long wanted = config.MaxClients + Reserved;
        Limit limit;
        if (getrlimit(NumberOfFiles, &limit) != 0)
        {
            ServerLog.Warning($"Unable to obtain the current NOFILE limit ({LibC.LastError()}), assuming 1024 and setting "
                + "the max clients configuration accordingly.");
            config.MaxClients = 1024 - Reserved;
            return true;
        }

        long current = (long)Math.Min(limit.Current, long.MaxValue);
        if (current >= wanted) return true;
        long reached = Raise(limit, wanted, out string error);
        if (reached >= wanted)
        {
            ServerLog.Notice($"Increased maximum number of open files to {wanted} (it was originally set to {current}).");
            return true;
        }

        if (reached <= Reserved)
        {
            ServerLog.Warning($"Your current 'ulimit -n' of {current} is not enough for the server to start. "
                + $"Please increase your open file limit to at least {wanted}. Exiting.");
            return false;
        }

        long asked = config.MaxClients;
        config.MaxClients = reached - Reserved;
        ServerLog.Warning($"You requested maxclients of {asked} requiring at least {wanted} max file descriptors.");
        ServerLog.Warning($"Server can't set maximum open files to {wanted} because of OS error: {error}.");
        ServerLog.Warning($"Current maximum open files is {reached}. maxclients has been reduced to {config.MaxClients} to "
            + "compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.");
        return true;
    }

    /// <summary>Raises the limit as far as the system allows; answers what was reached.</summary>
    private static long Raise(Limit limit, long wanted, out string error)
    {
        var raised = new Limit { Current = (ulong)wanted, Maximum = Math.Max(limit.Maximum, (ulong)wanted) };
        error = "";
        if (setrlimit(NumberOfFiles, &raised) == 0) return wanted;
        error = LibC.LastError();

        // Without privileges the hard limit is what can be had.
        raised = limit with { Current = limit.Maximum };
        return setrlimit(NumberOfFiles, &raised) == 0 ? (long)raised.Current : (long)limit.Current;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current;
        public ulong Maximum;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, Limit* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, Limit* limit);
}
