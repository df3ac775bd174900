using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Diagnostics;

/// <summary>What the log says when the server cannot go on: the error, where it was, the command that ran, the state of the server.</summary>
public static class CrashReport
{
    private const int SigAbrt = 6;

    private static ServerConfig? _config;
    private static PosixSignalRegistration? _abort;
    private static int _written;

    /// <summary>The command that runs, with its client; null before the first.</summary>
    public static Func<string?>? CurrentCommand { get; set; }

    /// <summary>The text of INFO. Must not take locks: the server may have stopped anywhere.</summary>
    public static Func<string>? Info { get; set; }

    /// <summary>Has SIGABRT, and every exception that nobody catches, reported before it ends the process.</summary>
    public static void Install(ServerConfig config)
    {
        _config = config;
        AppDomain.CurrentDomain.UnhandledException += static (_, e) => OnUnhandled(e.ExceptionObject);
        FollowCrashLogEnabled();
        config.OnChanged(FollowCrashLogEnabled, "crash-log-enabled");
    }

    /// <summary>Ends the process because something that must hold does not.</summary>
    /// <param name="expectation">What was expected.</param>
    [DoesNotReturn]
    public static void Assertion(string expectation)
    {
        Write($"=== ASSERTION FAILED ===\n==> {expectation}", Environment.StackTrace);
        End(expectation);
    }

    /// <summary>Ends the process because it cannot go on.</summary>
    /// <param name="reason">Why not.</param>
    [DoesNotReturn]
    public static void Panic(string reason)
    {
        Write(
            "------------------------------------------------\n!!! Software Failure. Press left mouse button to continue\n"
                + $"Guru Meditation: {reason}\n------------------------------------------------",
            Environment.StackTrace);
        End(reason);
    }

    /// <summary>Ends the process as a signal such as SIGSEGV does.</summary>
    [DoesNotReturn]
    public static void Signal(int signal)
    {
        string title = $"Redis {ServerVersion.Official} crashed by signal: {signal}";
        Write(title, Environment.StackTrace);
        End(title);
    }

    /// <summary>
    /// For exception filters around the socket threads' work: the runtime ends the process itself when an exception leaves a
    /// completion, without asking anybody. Reports it, and never catches it.
    /// </summary>
    public static bool Observe(Exception error)
    {
        OnUnhandled(error);
        return false;
    }

    private static string? FollowCrashLogEnabled()
    {
        _abort?.Dispose();
        _abort = _config!.CrashLogEnabled ? PosixSignalRegistration.Create((PosixSignal)SigAbrt, static _ => Signal(SigAbrt)) : null;
        return null;
    }

    [DoesNotReturn]
    private static void End(string reason)
    {
        _abort?.Dispose();
        if (_config?.UseExitOnPanic == true) Environment.Exit(1);
        Environment.FailFast(reason);
    }

    private static void OnUnhandled(object error)
    {
        Write("=== UNHANDLED EXCEPTION ===", error.ToString() ?? "");
        _abort?.Dispose();
        if (_config?.UseExitOnPanic == true) Environment.Exit(1);
    }

    private static void Write(string title, string stack)
    {
        // One report is enough: a second error is most often a consequence of the first.
        if (Interlocked.Exchange(ref _written, 1) != 0) return;
        ServerLog.Raw(LogLevel.Warning, "\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
        foreach (string line in title.Split('\n')) ServerLog.Warning(line);
        if (_config?.CrashLogEnabled != false)
        {
            Section("STACK TRACE", () => stack);
            Section("CURRENT COMMAND", CurrentCommand);
            Section("INFO OUTPUT", Info);
            Section("CONFIG DEBUG OUTPUT", DescribeConfig);
        }
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
            text = $"(not available: {e.GetType().Name}: {e.Message})";
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
            text.Append(directive.Name).Append(' ').Append(Encoding.UTF8.GetString(directive.Get(_config))).Append('\n');
        }
        return text.ToString();
    }
}
