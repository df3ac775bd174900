using System.Text;
using RedisAot.Server.Text;

namespace RedisAot.Server.Configuration;

/// <summary>What the command line asks for.</summary>
public enum StartupAction
{
    /// <summary>Run the server.</summary>
    Run,

    /// <summary>Print the version.</summary>
    Version,

    /// <summary>Print the usage.</summary>
    Help,

    /// <summary>Test the machine's memory.</summary>
    TestMemory,

    /// <summary>Check the system's settings.</summary>
    CheckSystem,

    /// <summary>Check an RDB file.</summary>
    CheckRdb,

    /// <summary>Check an append-only file.</summary>
    CheckAof,

    /// <summary>Run as Sentinel.</summary>
    Sentinel,
}

/// <summary>
/// The command line: <c>[/path/to/redis.conf] [--directive value …] [-]</c>. Options become lines that are read after the file and
/// standard input; an argument that starts with <c>--</c> opens a new line unless the directive before it still has no value.
/// </summary>
public sealed class StartupOptions
{
    private StartupOptions(StartupAction action) => Action = action;

    /// <summary>What is asked for.</summary>
    public StartupAction Action { get; }

    /// <summary>The configuration file as an absolute path; null without one.</summary>
    public string? ConfigFile { get; private init; }

    /// <summary>Whether configuration comes from standard input too.</summary>
    public bool ReadsStandardInput { get; private init; }

    /// <summary>The options as lines of a configuration file.</summary>
    public byte[] ConfigLines { get; private init; } = [];

    /// <summary>Whether there were arguments at all.</summary>
    public bool HasArguments { get; private init; }

    /// <summary>The number behind <c>--test-memory</c>; null when it is missing.</summary>
    public string? TestMemoryMegabytes { get; private init; }

    /// <summary>What is behind <c>--check-rdb</c> or <c>--check-aof</c>.</summary>
    public string[] CheckArguments { get; private init; } = [];

    /// <summary>Understands a command line.</summary>
    /// <param name="arguments">Without the name of the program.</param>
    /// <param name="program">The name that the program was started under, which may ask for something else than a server.</param>
    public static StartupOptions Parse(ReadOnlySpan<string> arguments, string program = "")
    {
        if (program.Contains("redis-check-rdb", StringComparison.Ordinal))
            return new StartupOptions(StartupAction.CheckRdb) { CheckArguments = [.. arguments] };
        if (program.Contains("redis-check-aof", StringComparison.Ordinal))
            return new StartupOptions(StartupAction.CheckAof) { CheckArguments = [.. arguments] };
        if (arguments.Contains("--sentinel")) return new StartupOptions(StartupAction.Sentinel);
        if (arguments.Length == 0) return new StartupOptions(StartupAction.Run);
        switch (arguments[0])
        {
            case "-v" or "--version":
                return new StartupOptions(StartupAction.Version);
            case "-h" or "--help":
                return new StartupOptions(StartupAction.Help);
            case "--test-memory":
                return new StartupOptions(StartupAction.TestMemory) { TestMemoryMegabytes = arguments.Length == 2 ? arguments[1] : null };
            case "--check-system":
                return new StartupOptions(StartupAction.CheckSystem);
            case "--check-rdb":
                return new StartupOptions(StartupAction.CheckRdb) { CheckArguments = [.. arguments[1..]] };
            case "--check-aof":
                return new StartupOptions(StartupAction.CheckAof) { CheckArguments = [.. arguments[1..]] };
        }

        bool hasFile = !arguments[0].StartsWith('-');
        bool readsStandardInput = arguments[^1] == "-" || arguments[0] == "-";
        return new StartupOptions(StartupAction.Run)
        {
            HasArguments = true,
            ConfigFile = hasFile ? Path.Combine(Environment.CurrentDirectory, arguments[0].Trim([' ', '\r', '\n', '\t'])) : null,
            ReadsStandardInput = readsStandardInput,
            ConfigLines = ToLines(arguments, first: hasFile ? 1 : 0),
        };
    }

    private static byte[] ToLines(ReadOnlySpan<string> arguments, int first)
    {
        var lines = new MemoryStream();
        bool hasValue = true;
        for (int i = first; i < arguments.Length; i++)
        {
            string argument = arguments[i];
            bool isEnd = i == 0 || i == arguments.Length - 1;
            if (argument == "-" && isEnd) continue;
            if (hasValue && argument.StartsWith("--", StringComparison.Ordinal))
            {
                if (lines.Length > 0) lines.WriteByte((byte)'\n');
                lines.Write(Encoding.UTF8.GetBytes(argument[2..] + " "));
                string? next = i + 1 < arguments.Length ? arguments[i + 1] : null;
                hasValue = BringsValue(argument) || IsEmptySave(argument, next);
                if (IsEmptySave(argument, next)) lines.Write("\"\""u8);
            }
            else
            {
                lines.Write(ArgumentText.Quote(Encoding.UTF8.GetBytes(argument)));
                lines.WriteByte((byte)' ');
                hasValue = true;
            }
        }
        return lines.ToArray();
    }

    /// <summary>Whether name and value came as one argument, as in <c>"--port 6380"</c>.</summary>
    private static bool BringsValue(string argument) => ArgumentSplitter.Split(Encoding.UTF8.GetBytes(argument)) is not { Length: 1 };

    /// <summary>A list of save points that turned out empty: the next option follows at once, or nothing does.</summary>
    private static bool IsEmptySave(string argument, string? next) =>
        argument.Equals("--save", StringComparison.OrdinalIgnoreCase)
        && (next == null || next.StartsWith("--", StringComparison.Ordinal));
}
