using RedisAot.TestSupport;

namespace RedisAot.ServerTests;

/// <summary>A directory that goes when the test ends.</summary>
internal sealed class TemporaryPlace : IDisposable
{
    public string Path { get; } = ServerProcess.NewDirectory();

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
