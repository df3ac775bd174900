using System.Text;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>
/// The server's log, in the official line format <c>pid:role DD Mon YYYY HH:MM:SS.mmm level message</c>. Callable from any thread:
/// a line is one write. The file is opened for each line, so that it may be moved away at any time.
/// </summary>
public static class ServerLog
{
    private static string _file = "";

    /// <summary>The least severe level that is logged.</summary>
    public static LogLevel Threshold { get; set; } = LogLevel.Notice;

    /// <summary><c>M</c> for a master, <c>S</c> for a replica, <c>C</c> until the server is initialised.</summary>
    public static char Role { get; set; } = 'C';

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

    /// <summary>Sends further lines to a file; an empty path means standard output.</summary>
    public static void UseFile(string path) => _file = path;

    /// <summary>Whether a file can be written to; answers the system's error text, or null.</summary>
    public static string? CheckFile(string path)
    {
        int descriptor = LibC.OpenForAppend(path);
        if (descriptor < 0) return LibC.LastError();
        LibC.Close(descriptor);
        return null;
    }

    /// <summary>Logs text as it is, without prefix and line end.</summary>
    public static void Raw(string text) => Send(Encoding.UTF8.GetBytes(text));

    private static void Write(LogLevel level, string message)
    {
        if (!IsEnabled(level)) return;
        DateTime now = DateTime.Now;
        char mark = ".-*#"[(int)level];
        string line = $"{Environment.ProcessId}:{Role} {now:dd MMM yyyy HH:mm:ss.fff} {mark} {message}\n";
        Send(Encoding.UTF8.GetBytes(line));
    }

    private static void Send(byte[] bytes)
    {
        if (_file.Length == 0)
        {
            LibC.Write(1, bytes);
            return;
        }

        int descriptor = LibC.OpenForAppend(_file);
        if (descriptor < 0) return;
        LibC.Write(descriptor, bytes);
        LibC.Close(descriptor);
    }
}
