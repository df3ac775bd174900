namespace RedisAot.TestSupport;

/// <summary>An executable that speaks Redis: the one under test, or the official one that it is compared with.</summary>
public sealed class ServerBinary
{
    private ServerBinary(string path, bool isOfficial)
    {
        Path = path;
        IsOfficial = isOfficial;
    }

    public string Path { get; }

    /// <summary>True for the official redis-server, also when it stands in for the binary under test.</summary>
    public bool IsOfficial { get; }

    /// <summary>The published native binary at the top of the repository; REDIS_AOT_BINARY names another one.</summary>
    public static ServerBinary UnderTest { get; } = FindUnderTest();

    /// <summary>The official redis-server on PATH (OFFICIAL_REDIS_SERVER names another one); null when it is not installed.</summary>
    public static ServerBinary? Official { get; } = FindOfficial();

    /// <summary>Throws with the command that builds the binary if it is not there.</summary>
    public void MustExist()
    {
        if (!File.Exists(Path))
            throw new FileNotFoundException($"The server binary {Path} is not there: run ./build.sh first (or set REDIS_AOT_BINARY).");
    }

    private static ServerBinary FindUnderTest()
    {
        string path = System.IO.Path.GetFullPath(
            Environment.GetEnvironmentVariable("REDIS_AOT_BINARY") ?? RepositoryRoot.Combine("redis-aot"));
        return new ServerBinary(path, System.IO.Path.GetFileName(path).StartsWith("redis-server", StringComparison.Ordinal));
    }

    private static ServerBinary? FindOfficial()
    {
        string directories = Environment.GetEnvironmentVariable("PATH") ?? "";
        string? path = Environment.GetEnvironmentVariable("OFFICIAL_REDIS_SERVER")
            ?? directories.Split(':').Select(directory => System.IO.Path.Combine(directory, "redis-server")).FirstOrDefault(File.Exists);
        return path is null || !File.Exists(path) ? null : new ServerBinary(path, isOfficial: true);
    }
}
