using System.Runtime.InteropServices;

namespace RedisAot.Memory;

/// <summary>Address space and pages, straight from the kernel.</summary>
internal static unsafe partial class SystemMemory
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 1 | 2;
    private const int MapPrivate = 0x02;
    private const int MapAnonymous = 0x20;
    private const int MapNoReserve = 0x4000;
    private const int MadviseDontNeed = 4;
    private const int MadviseHugePage = 14;
    private const int MadviseNoHugePage = 15;

    /// <summary>Address space without memory behind it, aligned to a page; null when the system refuses.</summary>
    internal static byte* Reserve(nuint bytes)
    {
        byte* address = MMap(null, bytes, ProtNone, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
        return (nint)address == -1 ? null : address;
    }

    /// <summary>Makes reserved pages readable and writable; they are zero and cost nothing until they are touched.</summary>
    internal static bool Commit(byte* address, nuint bytes) => MProtect(address, bytes, ProtReadWrite) == 0;

    /// <summary>Gives the memory behind the pages back to the system; they stay usable and read as zero.</summary>
    internal static void Discard(byte* address, nuint bytes) => MAdvise(address, bytes, MadviseDontNeed);

    /// <summary>Allows the kernel to put huge pages behind a range, or forbids it. Only a hint: a kernel that cannot ignores it.</summary>
    internal static void AllowHugePages(byte* address, nuint bytes, bool allow) =>
        MAdvise(address, bytes, allow ? MadviseHugePage : MadviseNoHugePage);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* MMap(byte* address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int MProtect(byte* address, nuint bytes, int protection);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(byte* address, nuint bytes, int advice);
}
