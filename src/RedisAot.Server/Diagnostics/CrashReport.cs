using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Diagnostics;

/// <summary>What the log says when the server cannot go on: the error, the command that ran, the state of the server.</summary>
public static class CrashReport
{
    private static ServerConfig? _config;
    private static int _written;

    /// <summary>The command that runs, with its client; null between commands. Set by the executor.</summary>
    public static Func<string?>? CurrentCommand { get; set; }

    /// <summary>The text of INFO. Must not take locks: the server may have stopped anywhere.</summary>
    public static Func<string>? Info { get; set; }

    /// <summary>Has every exception that nobody catches reported before it ends the process.</summary>
    public static void Install(ServerConfig config)
    {
        _config = config;
        AppDomain.CurrentDomain.UnhandledException += static (_, e) => OnUnhandled(e.ExceptionObject);
    }

    /// <summary>Ends the process because something that must hold does not.</summary>
    /// <param name="expectation">What was expected.</param>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void Panic(string expectation)
    {
        Write($"=== ASSERTION FAILED ===\n==> {expectation}", Environment.StackTrace);
        if (_config?.UseExitOnPanic == true) Environment.Exit(1);
        Environment.FailFast(expectation);
    }

    private static void OnUnhandled(object error)
    {
        Write("=== UNHANDLED EXCEPTION ===", error.ToString() ?? "");
        if (_config?.UseExitOnPanic == true) Environment.Exit(1);
    }

    private static void Write(string title, string details)
    {
        // One report is enough: a second error is most often a consequence of the first.
        if (_config?.CrashLogEnabled == false || Interlocked.Exchange(ref _written, 1) != 0) return;
        ServerLog.Raw(LogLevel.Warning, "\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
        ServerLog.Warning(title);
        ServerLog.Raw(LogLevel.Warning, $"\n{details}\n");
        Section("CURRENT COMMAND", CurrentCommand);
        Section("INFO OUTPUT", Info);
        Section("CONFIG DEBUG OUTPUT", DescribeConfig);
        ServerLog.Raw(LogLevel.Warning, "\n=== REDIS BUG REPORT END. ===\n\n");
    }

    private static void Section(string title, Func<string?>? content)
    {
        string text;
        try
        {
            text = content?.Invoke() ?? "(none)";
        }
        catch (Exception e)
        {
            // The state may be anything; what can still be told must be told.
            text = $"(not available: {e.Message})";
        }
        ServerLog.Raw(LogLevel.Warning, $"\n------ {title} ------\n{text}\n");
    }

    private static string DescribeConfig()
    {
        if (_config == null) return "";
        var text = new StringBuilder();
        foreach (Directive directive in DirectiveTable.All)
        {
            if ((directive.Flags & DirectiveFlags.CrashReport) == 0) continue;
            text.Append(directive.Name).Append(' ').AppendLine(Encoding.UTF8.GetString(directive.Get(_config)));
        }
        return text.ToString();
    }
}
