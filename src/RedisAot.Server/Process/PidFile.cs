namespace RedisAot.Server.Process;

/// <summary>The file that tells scripts our process id.</summary>
internal static class PidFile
{
    /// <summary>Where it goes when a detached server was given no <c>pidfile</c>.</summary>
    public const string DefaultPath = "/var/run/redis.pid";

    /// <summary>Writes it. That it cannot be written is no reason not to serve, as in official Redis; it is logged.</summary>
    public static void Create(string path)
    {
        try
        {
            File.WriteAllText(path, $"{Environment.ProcessId}\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ServerLog.Warning($"Failed to write the pid file {path}: {e.Message}");
        }
    }

    /// <summary>Removes it at the end.</summary>
    public static void Remove(string path)
    {
        ServerLog.Notice("Removing the pid file.");
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ServerLog.Warning($"Failed to remove the pid file {path}: {e.Message}");
        }
    }
}
