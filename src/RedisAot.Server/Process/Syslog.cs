using System.Runtime.InteropServices;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>The system's log.</summary>
internal static unsafe partial class Syslog
{
    private const int WithProcessId = 1;
    private const int OpenAtOnce = 8;
    private const int WaitForNothing = 0x10;

    /// <summary>Syslog priorities of our levels: debug, info, notice, warning.</summary>
    private static ReadOnlySpan<byte> Priorities => [7, 6, 5, 4];

    /// <summary>Starts logging under a name.</summary>
    public static void Open(string ident, SyslogFacility facility)
    {
        // The C library keeps the pointer, so the name is never freed.
        byte* name = (byte*)Marshal.StringToCoTaskMemUTF8(ident);
        openlog(name, WithProcessId | OpenAtOnce | WaitForNothing, (int)facility);
    }

    /// <summary>Logs a message.</summary>
    public static void Write(LogLevel level, string message)
    {
        byte* text = (byte*)Marshal.StringToCoTaskMemUTF8(message);
        fixed (byte* format = "%s\0"u8) syslog(Priorities[(int)level], format, text);
        Marshal.FreeCoTaskMem((nint)text);
    }

    [LibraryImport("libc")]
    private static partial void openlog(byte* ident, int option, int facility);

    [LibraryImport("libc")]
    private static partial void syslog(int priority, byte* format, byte* text);
}
