using RedisAot.Server;
using RedisAot.Server.Configuration;

ServerConfig config = new();
for (int i = 0; i + 1 < args.Length; i++)
{
    if (args[i] == "--port")
        config.Port = int.Parse(args[i + 1]);
    if (args[i] == "--io-threads")
        config.IOThreads = int.Parse(args[i + 1]);
}
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", config.IOThreads.ToString());
RedisServer server = new(config);
if (!server.Start())
    return 1;
Console.WriteLine("Ready to accept connections");
return await server.Exit.Task;
