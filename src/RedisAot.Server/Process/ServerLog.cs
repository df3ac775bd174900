using System.Text;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>
/// The server's log, in the official line format <c>pid:role DD Mon YYYY HH:MM:SS.mmm level message</c>. Callable from any thread:
/// a line is one write. The file is opened for each line, so that it may be moved away at any time.
/// </summary>
public static class ServerLog
{
    private const int StandardOutput = 1;

    private static string _file = "";
    private static bool _syslog;

    /// <summary>The least severe level that is logged.</summary>
    public static LogLevel Threshold { get; set; } = LogLevel.Notice;

    /// <summary><c>M</c> for a master, <c>S</c> for a replica, <c>C</c> until the server is initialised.</summary>
    public static char Role { get; set; } = 'C';

    /// <summary>Logs as a configuration says, and follows changes of <c>loglevel</c>.</summary>
    public static void Configure(ServerConfig config)
    {
        Threshold = config.LogLevel;
        _file = config.LogFile;
        if (config.SyslogEnabled && !_syslog) Syslog.Open(config.SyslogIdent, config.SyslogFacility);
        _syslog = config.SyslogEnabled;
        config.OnChanged(
            () =>
            {
                Threshold = config.LogLevel;
                return null;
            },
            "loglevel");
    }

    /// <summary>Whether lines of a level are logged.</summary>
    public static bool IsEnabled(LogLevel level) => level >= Threshold;

    /// <summary>Logs what only debugging needs.</summary>
    public static void Debug(string message) => Write(LogLevel.Debug, message);

    /// <summary>Logs what happens often.</summary>
    public static void Verbose(string message) => Write(LogLevel.Verbose, message);

    /// <summary>Logs what an operator wants to know.</summary>
    public static void Notice(string message) => Write(LogLevel.Notice, message);

    /// <summary>Logs what an operator has to know.</summary>
    public static void Warning(string message) => Write(LogLevel.Warning, message);

    /// <summary>Logs text as it is, without prefix and line end.</summary>
    public static void Raw(LogLevel level, string text)
    {
        if (IsEnabled(level)) Send(level, text, text);
    }

    /// <summary>Logs a message.</summary>
    public static void Write(LogLevel level, string message)
    {
        if (!IsEnabled(level)) return;
        char mark = ".-*#"[(int)level];
        Send(level, $"{Environment.ProcessId}:{Role} {LocalTime.Now} {mark} {message}\n", message);
    }

    /// <summary>Whether a file can be written to; answers the system's error text, or null.</summary>
    internal static string? CheckFile(string path)
    {
        int descriptor = LibC.OpenForAppend(path);
        if (descriptor < 0) return LibC.LastError();
        LibC.Close(descriptor);
        return null;
    }

    private static void Send(LogLevel level, string line, string message)
    {
        int descriptor = _file.Length == 0 ? StandardOutput : LibC.OpenForAppend(_file);
        if (descriptor >= 0)
        {
            LibC.Write(descriptor, Encoding.UTF8.GetBytes(line));
            if (descriptor != StandardOutput) LibC.Close(descriptor);
        }
        if (_syslog) Syslog.Write(level, message);
    }
}
