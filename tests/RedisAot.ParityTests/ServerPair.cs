using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>The two servers that are compared, started alike.</summary>
internal sealed class ServerPair : IDisposable
{
    private static readonly string[] CommonArguments = ["--enable-debug-command", "yes", "--enable-protected-configs", "yes"];

    public ServerPair(ServerBinary official, ServerBinary underTest, IEnumerable<string> arguments)
    {
        string[] all = [.. CommonArguments, .. arguments];
        Official = ServerProcess.Start(official, all);
        try
        {
            UnderTest = ServerProcess.Start(underTest, all);
        }
        catch
        {
            Official.Dispose();
            throw;
        }
    }

    public ServerProcess Official { get; }

    public ServerProcess UnderTest { get; }

    public bool IsAlive => !Official.HasExited && !UnderTest.HasExited;

    public void Dispose()
    {
        UnderTest.Dispose();
        Official.Dispose();
    }
}
