using RedisAot.Memory;
using RedisAot.Server.Clients;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Diagnostics;

/// <summary>What INFO memory and MEMORY STATS say about the use of memory, in bytes.</summary>
/// <param name="Used">Live allocations and buffers.</param>
/// <param name="Peak">The most that was ever used.</param>
/// <param name="Resident">Physical memory of the process.</param>
/// <param name="AtStart">What was used before the first client came.</param>
/// <param name="Clients">Sessions with their buffers.</param>
/// <param name="Tables">Buckets of the databases.</param>
internal readonly record struct MemoryFigures(long Used, long Peak, long Resident, long AtStart, long Clients, long Tables)
{
    /// <summary>What is not data.</summary>
    public long Overhead => AtStart + Clients + Tables;

    /// <summary>Keys and values.</summary>
    public long DataSet => Math.Max(0, Used - Overhead);

    /// <summary>Share of the data in what was used since the start, in percent.</summary>
    public double DataSetPercent => Used <= AtStart ? 0 : Math.Min(100.0, 100.0 * DataSet / (Used - AtStart));

    /// <summary>The figures now.</summary>
    public static MemoryFigures Of(RedisServer server)
    {
        long used = RedisServer.UsedMemory;
        long clients = 0;
        foreach (Client client in server.Clients.All)
            clients += ClientDescription.MemoryOf(client);
        long tables = 0;
        foreach (Database database in server.Databases)
            tables += database.Keys.BucketBytes;
        return new MemoryFigures(used, Math.Max(used, NativeHeap.PeakBytes), ReadResident(), server.MemoryAtStart, clients, tables);
    }

    private static long ReadResident()
    {
        string[] pages = File.ReadAllText("/proc/self/statm").Split(' ');
        return long.Parse(pages[1]) * Environment.SystemPageSize;
    }
}
