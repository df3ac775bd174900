using RedisAot.Server;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Process;

ServerConfig config = new();
Bootstrap bootstrap = new(config);
if (bootstrap.Begin(args) is { } status)
    return status;

// Read by the runtime when the first connection waits for input.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", config.IOThreads.ToString());
RedisServer server = new(config);
CrashReport.CurrentCommand = server.DescribeCommand;
CrashReport.Info = server.Information.Everything;
if (!server.Acl.TryLoadAtStart())
    return 1;
if (!server.Start())
    return 1;
bootstrap.Announce();
if (!bootstrap.CanLoadModules())
    return 1;
using ShutdownSignals signals = new(server);
if (server.TryLoad())
    bootstrap.Ready();
else
    server.Exit.TrySetResult(1);
int exitCode = await server.Exit.Task;
server.Stop();
bootstrap.End(exitCode);
return exitCode;
