using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Process;

/// <summary>What the log says when the server starts; tools look for some of these words.</summary>
internal static class Banner
{
    /// <summary>The first lines.</summary>
    public static void LogStart(bool hasArguments)
    {
        ServerLog.Warning("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
        ServerLog.Warning($"Redis version={ServerVersion.Official}, bits=64, commit=redis-aot-{ServerVersion.Own}, modified=0, "
            + $"pid={Environment.ProcessId}, just started");
        if (hasArguments)
        {
            ServerLog.Warning("Configuration loaded");
            return;
        }

        ServerLog.Warning("Warning: no config file specified, using the default config. In order to specify a config file use "
            + $"{Environment.GetCommandLineArgs()[0]} /path/to/redis.conf");
    }

    /// <summary>The logo on a terminal or where it is asked for, otherwise one line with the same facts.</summary>
    public static void LogMode(ServerConfig config)
    {
        string mode = config.ClusterEnabled ? "cluster" : "standalone";
        int port = config.Port != 0 ? config.Port : config.TlsPort;
        bool onTerminal = !config.SyslogEnabled && config.LogFile.Length == 0 && !Console.IsOutputRedirected;
        if (onTerminal || config.AlwaysShowLogo) ServerLog.Raw(LogLevel.Notice, Logo(mode, port));
        else ServerLog.Notice($"Running mode={mode}, port={port}.");
    }

    private static string Logo(string mode, int port) =>
        $"""

              ________
             /       /\        redis-aot {ServerVersion.Own} (speaks Redis {ServerVersion.Official}) 64 bit
            /   o   /  \
           /_______/    \      Running in {mode} mode
           \       \    /      Port: {port}
            \   o   \  /       PID: {Environment.ProcessId}
             \_______\/


        """;
}
