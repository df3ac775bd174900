using System.Runtime.InteropServices;
using System.Text;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>
/// The title under which process lists show the server. It is written over the command line, which the kernel reads from our own
/// memory. It may run on over the environment behind it, once that was copied elsewhere: the kernel goes on reading there when the
/// zero byte at the end of the command line is gone.
/// </summary>
internal static unsafe class ProcTitle
{
    private static ProcessMemoryMap? _map;
    private static bool _prepared;

    /// <summary>Shows the title that the configuration asks for.</summary>
    /// <returns>Whether the template could be understood.</returns>
    public static bool Apply(ServerConfig config)
    {
        if (!config.SetProcTitle) return true;
        string program = Environment.GetCommandLineArgs()[0];
        if (Expand(config, config.ProcTitleTemplate, program) is not { } title) return false;
        Prepare();
        if (_map is { } map) Write(map, Encoding.UTF8.GetBytes(title));
        return true;
    }

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

    private static void Prepare()
    {
        if (_prepared) return;
        _prepared = true;
        if (ProcessMemoryMap.Read() is not { } map || !HoldsCommandLine(map)) return;

        // Without the environment moved away there is only the room of the command line itself.
        _map = MoveEnvironment(map) ? map : map with { EnvironmentEnd = map.ArgumentsEnd };
    }

    /// <summary>Whether the memory really is the command line: the proof that it may be written to.</summary>
    private static bool HoldsCommandLine(ProcessMemoryMap map)
    {
        byte[] commandLine = File.ReadAllBytes("/proc/self/cmdline");
        int length = (int)(map.ArgumentsEnd - map.ArgumentsStart);
        return commandLine.Length == length && new ReadOnlySpan<byte>((void*)map.ArgumentsStart, length).SequenceEqual(commandLine);
    }

    /// <summary>Lets the C library's variables point to copies; they live as long as the process.</summary>
    private static bool MoveEnvironment(ProcessMemoryMap map)
    {
        if (!NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "environ", out nint environ)) return false;
        byte** variables = *(byte***)environ;
        for (; variables != null && *variables != null; variables++)
        {
            nint address = (nint)(*variables);
            if (address < map.ArgumentsEnd || address >= map.EnvironmentEnd) continue;
            ReadOnlySpan<byte> variable = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*variables);
            byte* copy = (byte*)NativeMemory.Alloc((nuint)variable.Length + 1);
            variable.CopyTo(new Span<byte>(copy, variable.Length));
            copy[variable.Length] = 0;
            *variables = copy;
        }
        return true;
    }

    private static void Write(ProcessMemoryMap map, ReadOnlySpan<byte> title)
    {
        var room = new Span<byte>((void*)map.ArgumentsStart, (int)(map.EnvironmentEnd - map.ArgumentsStart));
        title = title[..Math.Min(title.Length, room.Length - 1)];
        title.CopyTo(room);
        room[title.Length..].Clear();
    }
}
