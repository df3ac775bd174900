using System.Runtime.Versioning;

using RedisAot.TestSupport;

using Xunit;

[assembly: SupportedOSPlatform("linux")]

// The tests share two or three processors with the servers that they start.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace RedisAot.ServerTests;

/// <summary>One server for all tests of a class that leave it as they found it, keys excepted.</summary>
public sealed class RunningServer : IDisposable
{
    public ServerProcess Process { get; } = ServerProcess.Start("--enable-debug-command", "yes");

    /// <summary>A new connection to the server, which holds no keys.</summary>
    public RespConnection Connect()
    {
        RespConnection connection = Process.Connect();
        connection.Call("FLUSHALL").IsOk();
        return connection;
    }

    public void Dispose() => Process.Dispose();
}
