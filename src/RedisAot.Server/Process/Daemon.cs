using System.Runtime.InteropServices;
using System.Text;

namespace RedisAot.Server.Process;

/// <summary>
/// Detaching from the terminal. fork() would leave the .NET runtime with one thread of many, so the program starts itself once more in
/// a session of its own, without a terminal, and ends. A variable in the environment tells the second process that it is the one.
/// </summary>
internal static unsafe partial class Daemon
{
    private const string Marker = "REDIS_AOT_DETACHED";
    private const short NewSession = 0x80;

    /// <summary>Bytes that hold any C library's spawn attributes and file actions.</summary>
    private const int OpaqueBytes = 1024;

    private const int ReadWrite = 2;
    private const uint CloseOnExec = 1;

    /// <summary>Whether this is the detached process. Its own children are not: the mark is removed.</summary>
    public static bool TakeMarker()
    {
        bool marked = Environment.GetEnvironmentVariable(Marker) != null;
        if (marked) Environment.SetEnvironmentVariable(Marker, null);
        return marked;
    }

    /// <summary>Starts the detached process with the same arguments.</summary>
    /// <param name="standardInput">What it is to find at its standard input: configuration that was read from ours.</param>
    /// <returns>The system's error text, or null.</returns>
    public static string? Start(ReadOnlySpan<byte> standardInput)
    {
        string? program = Environment.ProcessPath;
        if (program == null) return "the path of the program is not known";
        byte[] path = [.. Encoding.UTF8.GetBytes(program), 0];
        byte[] arguments = File.ReadAllBytes("/proc/self/cmdline");
        byte[] environment = [.. File.ReadAllBytes("/proc/self/environ"), .. Encoding.UTF8.GetBytes(Marker + "=1"), 0];
        int input = InputFor(standardInput);
        if (input < 0) return LibC.LastError();

        byte* attributes = stackalloc byte[OpaqueBytes];
        byte* actions = stackalloc byte[OpaqueBytes];
        posix_spawnattr_init(attributes);
        posix_spawnattr_setflags(attributes, NewSession);
        posix_spawn_file_actions_init(actions);
        int error;
        fixed (byte* programPath = path, nullDevice = "/dev/null\0"u8, argumentText = arguments, environmentText = environment)
        fixed (byte** argv = Pointers(argumentText, arguments), envp = Pointers(environmentText, environment))
        {
            posix_spawn_file_actions_adddup2(actions, input, 0);
            posix_spawn_file_actions_addopen(actions, 1, nullDevice, ReadWrite, 0);
            posix_spawn_file_actions_addopen(actions, 2, nullDevice, ReadWrite, 0);
            int process;
            error = posix_spawn(&process, programPath, actions, attributes, argv, envp);
        }

        posix_spawn_file_actions_destroy(actions);
        posix_spawnattr_destroy(attributes);
        LibC.Close(input);
        return error == 0 ? null : Marshal.GetPInvokeErrorMessage(error);
    }

    /// <summary>A file of memory, at its start.</summary>
    private static int InputFor(ReadOnlySpan<byte> content)
    {
        int descriptor;
        fixed (byte* name = "standard-input\0"u8) descriptor = memfd_create(name, CloseOnExec);
        if (descriptor < 0) return descriptor;
        LibC.Write(descriptor, content);
        lseek(descriptor, 0, 0);
        return descriptor;
    }

    /// <summary>The starts of zero-terminated texts that lie one after another; ends with a null.</summary>
    private static byte*[] Pointers(byte* start, ReadOnlySpan<byte> texts)
    {
        var pointers = new byte*[texts.Count((byte)0) + 1];
        int count = 0;
        for (int i = 0; i < texts.Length; i += texts[i..].IndexOf((byte)0) + 1) pointers[count++] = start + i;
        return pointers;
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* process, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int memfd_create(byte* name, uint flags);

    [LibraryImport("libc")]
    private static partial long lseek(int descriptor, long offset, int origin);
}
