namespace RedisAot.Server.Process;

/// <summary>The file that tells scripts our process id. That it cannot be written is no reason not to serve, but it is logged.</summary>
internal static class PidFile
{
    /// <summary>Where it goes when a detached server was given no <c>pidfile</c>.</summary>
    public const string DefaultPath = "/var/run/redis.pid";

    /// <summary>Writes it.</summary>
    public static void Create(string path)
    {
        if (LibC.WriteFile(path, $"{Environment.ProcessId}\n") is { } error)
            ServerLog.Warning($"Failed to write the pid file {path}: {error}");
    }

    /// <summary>Removes it at the end.</summary>
    public static void Remove(string path)
    {
        ServerLog.Notice("Removing the pid file.");
        if (LibC.DeleteFile(path) is { } error) ServerLog.Warning($"Failed to remove the pid file {path}: {error}");
    }
}
