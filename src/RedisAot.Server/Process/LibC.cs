using System.Runtime.InteropServices;
using System.Text;

namespace RedisAot.Server.Process;

/// <summary>What we need of the C library and .NET does not offer, or not with the operating system's own error texts.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int Truncate = 0x200;
    private const int Append = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int PhysicalPages = 85;
    private const int InvalidArgument = 22;
    private const int NoSpace = 28;

    /// <summary>Read and write for all, less the umask.</summary>
    private const uint NewFileMode = 0b110_110_110;

    /// <summary>Changes the working directory; answers the system's error text, or null.</summary>
    public static string? ChangeDirectory(ReadOnlySpan<byte> path)
    {
        fixed (byte* p = ZeroTerminated(path)) return chdir(p) == 0 ? null : LastError();
    }

    /// <summary>Opens a file for appending, creating it if need be; -1 on failure.</summary>
    public static int OpenForAppend(string path)
    {
        fixed (byte* p = ZeroTerminated(path)) return open(p, WriteOnly | Create | Append | CloseOnExec, NewFileMode);
    }

    /// <summary>Opens a file for appending, emptied or created if need be; -1 on failure.</summary>
    public static int OpenForAppendAnew(string path)
    {
        fixed (byte* p = ZeroTerminated(path)) return open(p, WriteOnly | Create | Truncate | Append | CloseOnExec, NewFileMode);
    }

    /// <summary>Opens a file for reading; -1 on failure.</summary>
    public static int OpenForReading(string path)
    {
        fixed (byte* p = ZeroTerminated(path)) return open(p, CloseOnExec, 0);
    }

    /// <summary>Opens a file for writing anew, creating it if need be; -1 on failure.</summary>
    public static int OpenForWriting(string path)
    {
        fixed (byte* p = ZeroTerminated(path)) return open(p, WriteOnly | Create | Truncate | CloseOnExec, NewFileMode);
    }

    /// <summary>Reads up to as many bytes as fit; 0 at the end, negative on failure.</summary>
    public static int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* p = buffer) return (int)read(descriptor, p, (nuint)buffer.Length);
    }

    /// <summary>Length of an open file in bytes; negative on failure. The file is then at its start.</summary>
    public static long FileLength(int descriptor)
    {
        const int set = 0, end = 2;
        long length = lseek(descriptor, 0, end);
        return length < 0 || lseek(descriptor, 0, set) < 0 ? -1 : length;
    }

    /// <summary>Has the system write a file's data to the disk and waits for it; answers the system's error text, or null.</summary>
    public static string? Synchronize(int descriptor) => fsync(descriptor) == 0 ? null : LastError();

    /// <summary>Like <see cref="Synchronize"/>, but without what is not needed to read the data again, such as times.</summary>
    public static string? SynchronizeData(int descriptor) => fdatasync(descriptor) == 0 ? null : LastError();

    /// <summary>Like <see cref="SynchronizeData"/>, but a file that has nothing behind it, such as a device, is no error.</summary>
    public static string? SynchronizeDataIfAny(int descriptor) =>
        fdatasync(descriptor) == 0 || Marshal.GetLastPInvokeError() == InvalidArgument ? null : LastError();

    /// <summary>Cuts a file; answers the system's error text, or null.</summary>
    public static string? TruncateFile(int descriptor, long length) => ftruncate(descriptor, length) == 0 ? null : LastError();

    /// <summary>Cuts a file by its name; answers the system's error text, or null.</summary>
    public static string? TruncateFile(string path, long length)
    {
        fixed (byte* p = ZeroTerminated(path)) return truncate(p, length) == 0 ? null : LastError();
    }

    /// <summary>Goes to a place of an open file, counted from its start; answers whether that worked.</summary>
    public static bool Seek(int descriptor, long offset) => lseek(descriptor, offset, 0) == offset;

    /// <summary>Writes bytes in one call; answers how many were taken, negative on failure.</summary>
    public static int WriteSome(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes) return (int)write(descriptor, p, (nuint)bytes.Length);
    }

    /// <summary>Has the system begin to write a part of a file to the disk.</summary>
    public static void BeginWriteBack(int descriptor, long offset, long length)
    {
        const uint write = 2;
        // A hint: fsync reports what goes wrong.
        _ = sync_file_range(descriptor, offset, length, write);
    }

    /// <summary>Has the calling thread give way to others where they want more of the processors than there is.</summary>
    /// <param name="nice">As nice(2) has it, above 0.</param>
    public static void LowerThreadPriority(int nice)
    {
        const int threadOrProcess = 0, self = 0;
        // Nothing fails that way but politeness.
        _ = setpriority(threadOrProcess, self, nice);
    }

    /// <summary>Renames a file over another; answers the system's error text, or null.</summary>
    public static string? Rename(string from, string to)
    {
        fixed (byte* a = ZeroTerminated(from), b = ZeroTerminated(to)) return rename(a, b) == 0 ? null : LastError();
    }

    /// <summary>Makes a renaming within a directory survive a crash; answers the system's error text, or null.</summary>
    public static string? SynchronizeDirectory(string path)
    {
        fixed (byte* p = ZeroTerminated(path)) return SyncDirectory(p);
    }

    /// <summary>Physical memory of the machine, in bytes.</summary>
    public static long PhysicalMemoryBytes() => sysconf(PhysicalPages) * (long)Environment.SystemPageSize;

    /// <summary>Closes a descriptor.</summary>
    public static void Close(int descriptor) => close(descriptor);

    /// <summary>Writes bytes in one call, so that concurrent writers' lines do not mix; answers whether all went out.</summary>
    public static bool Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes) return write(descriptor, p, (nuint)bytes.Length) == bytes.Length;
    }

    /// <summary>The bytes of a file; null with the system's error text when it cannot be read.</summary>
    public static byte[]? ReadFile(string path, out string? error)
    {
        error = null;
        int descriptor;
        fixed (byte* p = ZeroTerminated(path)) descriptor = open(p, CloseOnExec, 0);
        byte[]? content = descriptor < 0 ? null : ReadToEnd(descriptor);
        if (content == null) error = LastError();
        if (descriptor >= 0) close(descriptor);
        return content;
    }

    /// <summary>Everything up to the end of a file or pipe; null on a read error.</summary>
    public static byte[]? ReadToEnd(int descriptor)
    {
        var content = new MemoryStream();
        byte[] chunk = new byte[16 * 1024];
        while (true)
        {
            nint count;
            fixed (byte* p = chunk) count = read(descriptor, p, (nuint)chunk.Length);
            if (count < 0) return null;
            if (count == 0) return content.ToArray();
            content.Write(chunk, 0, (int)count);
        }
    }

    /// <summary>Writes a small file anew, or into a file of the kernel; answers the system's error text, or null.</summary>
    public static string? WriteFile(string path, string content)
    {
        int descriptor;
        fixed (byte* p = ZeroTerminated(path)) descriptor = open(p, WriteOnly | Create | Truncate | CloseOnExec, NewFileMode);
        if (descriptor < 0) return LastError();
        string? error = WriteAll(descriptor, Encoding.UTF8.GetBytes(content)) ? null : LastError();
        close(descriptor);
        return error;
    }

    /// <summary>Deletes a file; answers the system's error text, or null.</summary>
    public static string? DeleteFile(string path)
    {
        fixed (byte* p = ZeroTerminated(path)) return unlink(p) == 0 ? null : LastError();
    }

    /// <summary>
    /// Replaces a file in one step: readers, and a machine that crashes, see the old content or the new one. Answers the system's error
    /// text, or null.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What it is to hold.</param>
    /// <param name="mode">Its permissions, if it is new.</param>
    /// <param name="temporaryPath">What it is called until it is whole, in the same folder; null: a name that nothing has yet.</param>
    public static string? ReplaceFile(string path, ReadOnlySpan<byte> content, int mode, string? temporaryPath = null)
    {
        int openFlags = WriteOnly | Create | CloseOnExec | (temporaryPath == null ? Exclusive : Truncate);
        byte[] temporary = ZeroTerminated(temporaryPath ?? $"{path}.{Path.GetRandomFileName()}");
        byte[] target = ZeroTerminated(path);
        byte[] directory = ZeroTerminated(Path.GetDirectoryName(Path.GetFullPath(path))!);
        fixed (byte* temp = temporary, to = target, dir = directory)
        {
            int descriptor = open(temp, openFlags, (uint)mode);
            if (descriptor < 0) return LastError();
            string? error = WriteAll(descriptor, content) && fsync(descriptor) == 0 && rename(temp, to) == 0 ? null : LastError();
            close(descriptor);
            if (error != null) unlink(temp);
            return error ?? SyncDirectory(dir);
        }
    }

    /// <summary>Gives a file to a group; answers an error text, or null.</summary>
    public static string? ChangeGroup(string path, string group)
    {
        fixed (byte* file = ZeroTerminated(path), name = ZeroTerminated(group))
        {
            Group* entry = getgrnam(name);
            if (entry == null) return "there is no such group";
            return chown(file, uint.MaxValue, entry->Id) == 0 ? null : LastError();
        }
    }

    /// <summary>The files that match a shell pattern, sorted.</summary>
    public static string[] Glob(string pattern)
    {
        GlobResult result = default;
        int status;
        fixed (byte* p = ZeroTerminated(pattern)) status = glob(p, 0, null, &result);
        if (status != 0) return [];
        var paths = new string[(int)result.Count];
        for (int i = 0; i < paths.Length; i++) paths[i] = Marshal.PtrToStringUTF8((nint)result.Paths[i])!;
        globfree(&result);
        return paths;
    }

    /// <summary>The text of the error that the last failing call left.</summary>
    public static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    /// <summary>The text of a full disk.</summary>
    public static string NoSpaceError => Marshal.GetPInvokeErrorMessage(NoSpace);

    /// <summary>Writes bytes in as many calls as it takes; answers whether all went out.</summary>
    public static bool WriteAll(int descriptor, ReadOnlySpan<byte> content)
    {
        while (content.Length > 0)
        {
            nint count;
            fixed (byte* p = content) count = write(descriptor, p, (nuint)content.Length);
            if (count <= 0) return false;
            content = content[(int)count..];
        }
        return true;
    }

    /// <summary>Makes a renaming survive a crash.</summary>
    private static string? SyncDirectory(byte* path)
    {
        int descriptor = open(path, CloseOnExec, 0);
        if (descriptor < 0) return LastError();
        string? error = fsync(descriptor) == 0 ? null : LastError();
        close(descriptor);
        return error;
    }

    private static byte[] ZeroTerminated(string text) => ZeroTerminated(Encoding.UTF8.GetBytes(text));

    private static byte[] ZeroTerminated(ReadOnlySpan<byte> text) => [.. text, 0];

    [StructLayout(LayoutKind.Sequential)]
    private struct Group
    {
        public byte* Name;
        public byte* Password;
        public uint Id;
        public byte** Members;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct GlobResult
    {
        public nuint Count;
        public byte** Paths;
        public nuint Offset;
        public int Flags;
        public fixed long Functions[5];
    }

    [LibraryImport(Library, SetLastError = true)]
    private static partial int chdir(byte* path);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int open(byte* path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fdatasync(int descriptor);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int truncate(byte* path, long length);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int rename(byte* from, byte* to);

    [LibraryImport(Library, SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int origin);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int sync_file_range(int descriptor, long offset, long length, uint flags);

    [LibraryImport(Library)]
    private static partial int setpriority(int which, int who, int priority);

    [LibraryImport(Library)]
    private static partial Group* getgrnam(byte* name);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int chown(byte* path, uint user, uint group);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int unlink(byte* path);

    [LibraryImport(Library)]
    private static partial int glob(byte* pattern, int flags, delegate* unmanaged<byte*, int, int> onError, GlobResult* result);

    [LibraryImport(Library)]
    private static partial nint sysconf(int name);

    [LibraryImport(Library)]
    private static partial void globfree(GlobResult* result);
}
