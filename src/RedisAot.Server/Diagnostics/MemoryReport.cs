using RedisAot.Memory;
using RedisAot.Server.Clients;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Process;

namespace RedisAot.Server.Diagnostics;

/// <summary>What a database takes beside its keys and values, in bytes.</summary>
/// <param name="Id">Number of the database.</param>
/// <param name="Table">The buckets and the headers of the entries.</param>
/// <param name="Expiries">The times of expiry, in the entries and in the wheel.</param>
public readonly record struct DatabaseOverhead(int Id, long Table, long Expiries);

/// <summary>
/// The use of memory at one moment, for INFO memory, MEMORY STATS and MEMORY DOCTOR. All figures are bytes, ratios or percent;
/// they follow official's definitions.
/// </summary>
public sealed class MemoryReport
{
    /// <summary>What stands for the allocator where official names jemalloc.</summary>
    public const string AllocatorName = "redis-aot";

    private const int EntryHeaderBytes = 8;
    private const int ExpiryBytes = 8;

    private readonly List<DatabaseOverhead> _databases = [];

    /// <summary>Measures. The caller holds the execution lock.</summary>
    public MemoryReport(RedisServer server)
    {
        Used = server.UsedMemory;
        Peak = Math.Max(server.Stats.PeakMemory, Math.Max(Used, NativeHeap.PeakBytes));
        Startup = server.MemoryAtStart;
        Resident = Environment.WorkingSet;
        long buffers = Used - NativeHeap.UsedBytes;
        AllocatorActive = NativeHeap.ActiveBytes + buffers;
        AllocatorResident = NativeHeap.ResidentBytes + buffers;
        Clients = server.Clients.MeasureMemory();
        foreach (Database database in server.Databases)
            Add(database);
    }

    /// <summary>Live allocations and buffers.</summary>
    public long Used { get; }

    /// <summary>The most that was ever used.</summary>
    public long Peak { get; }

    /// <summary>What was used before the first client came.</summary>
    public long Startup { get; }

    /// <summary>Physical memory of the process.</summary>
    public long Resident { get; }

    /// <summary>Physical memory of the machine.</summary>
    public static long MachineMemory { get; } = LibC.PhysicalMemoryBytes();

    /// <summary>Sessions with their buffers, replicas not counted.</summary>
    public long Clients { get; }

    /// <summary>The databases that have keys.</summary>
    public IReadOnlyList<DatabaseOverhead> Databases => _databases;

    /// <summary>Number of keys.</summary>
    public long Keys { get; private set; }

    /// <summary>What is used for something else than data.</summary>
    public long Overhead
    {
        get
        {
            long overhead = Startup + Clients;
            foreach (DatabaseOverhead database in _databases)
                overhead += database.Table + database.Expiries;
            return overhead;
        }
    }

    /// <summary>What is used for data.</summary>
    public long DataSet => Math.Max(Used - Overhead, 0);

    /// <summary>Share of the data in what has been allocated since the start.</summary>
    public double DataSetPercent => 100.0 * DataSet / UsedSinceStart;

    /// <summary>What is used now of the most that was ever used.</summary>
    public double PeakPercent => 100.0 * Used / Peak;

    /// <summary>Mean size of a key with its value, and of all that is allocated besides.</summary>
    public long BytesPerKey => Keys == 0 ? 0 : UsedSinceStart / Keys;

    /// <summary>What was asked of the allocator.</summary>
    public long AllocatorAllocated => Used;

    /// <summary>What the allocator has in blocks of which some part is in use.</summary>
    public long AllocatorActive { get; }

    /// <summary>What the allocator holds, its reserve included.</summary>
    public long AllocatorResident { get; }

    /// <summary><see cref="AllocatorActive"/> beyond <see cref="AllocatorAllocated"/>.</summary>
    public long AllocatorFragmentation => AllocatorActive - AllocatorAllocated;

    /// <summary><see cref="AllocatorActive"/> over <see cref="AllocatorAllocated"/>.</summary>
    public double AllocatorFragmentationRatio => (double)AllocatorActive / AllocatorAllocated;

    /// <summary><see cref="AllocatorResident"/> beyond <see cref="AllocatorActive"/>.</summary>
    public long AllocatorReserve => AllocatorResident - AllocatorActive;

    /// <summary><see cref="AllocatorResident"/> over <see cref="AllocatorActive"/>.</summary>
    public double AllocatorReserveRatio => (double)AllocatorResident / AllocatorActive;

    /// <summary><see cref="Resident"/> beyond <see cref="AllocatorResident"/>: code, the runtime, its managed heap.</summary>
    public long ProcessOverhead => Resident - AllocatorResident;

    /// <summary><see cref="Resident"/> over <see cref="AllocatorResident"/>.</summary>
    public double ProcessOverheadRatio => (double)Resident / AllocatorResident;

    /// <summary><see cref="Resident"/> beyond <see cref="Used"/>.</summary>
    public long Fragmentation => Resident - Used;

    /// <summary><see cref="Resident"/> over <see cref="Used"/>.</summary>
    public double FragmentationRatio => (double)Resident / Used;

    private long UsedSinceStart => Math.Max(Used - Startup, 1);

    private void Add(Database database)
    {
        if (database.Count == 0)
            return;
        Keys += database.Count;
        _databases.Add(new DatabaseOverhead(
            database.Id,
            database.Keys.BucketBytes + database.Count * EntryHeaderBytes,
            database.Wheel.AllocatedBytes + database.FieldWheel.AllocatedBytes + database.ExpiringCount * ExpiryBytes));
    }
}
