using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>The title under which process lists show the server.</summary>
internal static class ProcTitle
{
    /// <summary>The template with its variables replaced; null when one of them is unknown.</summary>
    /// <param name="config">Where the variables take their values from.</param>
    /// <param name="template">As <c>proc-title-template</c> has it.</param>
    /// <param name="title">The name of the program.</param>
    public static string? Expand(ServerConfig config, string template, string title) =>
        TextTemplate.Expand(template, name => name switch
        {
            "title" => title,
            "listen-addr" => ListenAddress(config),
            "server-mode" => config.ClusterEnabled ? "[cluster]" : "",
            "config-file" => config.ConfigFile ?? "-",
            "port" => config.Port.ToString(),
            "tls-port" => config.TlsPort.ToString(),
            "unixsocket" => config.UnixSocket,
            _ => null,
        })?.Trim(' ');

    private static string ListenAddress(ServerConfig config)
    {
        int port = config.Port != 0 ? config.Port : config.TlsPort;
        if (port == 0) return "unixsocket:" + config.UnixSocket;
        return $"{(config.BindAddresses.Length > 0 ? config.BindAddresses[0] : "*")}:{port}";
    }
}
