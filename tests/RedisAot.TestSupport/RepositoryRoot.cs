namespace RedisAot.TestSupport;

/// <summary>The directory that holds RedisAot.sln, found by walking up from the test assembly.</summary>
public static class RepositoryRoot
{
    public static string Path { get; } = Find();

    /// <summary>A path inside the repository.</summary>
    public static string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = System.IO.Path.GetDirectoryName(directory))
            if (File.Exists(System.IO.Path.Combine(directory, "RedisAot.sln")))
                return directory;
        throw new InvalidOperationException($"No RedisAot.sln above {AppContext.BaseDirectory}.");
    }
}
