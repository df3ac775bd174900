namespace RedisAot.Bench;

/// <summary>All rows. What a later feature promises is one more row here.</summary>
public static class Workloads
{
    private const int Mebibyte = 1024 * 1024;

    public static Workload[] All { get; } =
    [
        new CommandWorkload("set p1", "SET key:__rand_int__ " + Keys.Value, pipeline: 1, cpuRatio: 0.95),
        new CommandWorkload("get p1", "GET key:__rand_int__", pipeline: 1, cpuRatio: 0.95),
        new CommandWorkload("incr p1", "INCR counter:__rand_int__", pipeline: 1, cpuRatio: 0.95),
        new CommandWorkload("set p16", "SET key:__rand_int__ " + Keys.Value, pipeline: 16, cpuRatio: 0.55),
        new CommandWorkload("get p16", "GET key:__rand_int__", pipeline: 16, cpuRatio: 0.55),
        new CommandWorkload("incr p16", "INCR counter:__rand_int__", pipeline: 16, cpuRatio: 0.55),
        new CommandWorkload("set p64", "SET key:__rand_int__ " + Keys.Value, pipeline: 64, cpuRatio: 0.50),
        new CommandWorkload("get p64", "GET key:__rand_int__", pipeline: 64, cpuRatio: 0.50),
        new CommandWorkload("incr p64", "INCR counter:__rand_int__", pipeline: 64, cpuRatio: 0.50),
        new ManagedHeapWorkload("allocations set p16", "SET key:__rand_int__ " + Keys.Value, pipeline: 16),
        new ManagedHeapWorkload("allocations get p16", "GET key:__rand_int__", pipeline: 16),
        new CommandWorkload("lpush p1", "LPUSH pushed v000000000", 1, 0.95, Lists.FillAll),
        new CommandWorkload("lpush p16", "LPUSH pushed v000000000", 16, 0.75, Lists.FillAll),
        new CommandWorkload("rpush p1", "RPUSH pushed v000000000", 1, 0.95, Lists.FillAll),
        new CommandWorkload("rpush p16", "RPUSH pushed v000000000", 16, 0.75, Lists.FillAll),
        new CommandWorkload("lpop p1", "LPOP long", 1, 0.95, Lists.FillAll),
        new CommandWorkload("lpop p16", "LPOP long", 16, 0.75, Lists.FillAll, work: 2),
        new CommandWorkload("lrange p1", "LRANGE short 0 99", 1, 0.95, Lists.FillAll, work: 2),
        new CommandWorkload("lrange p16", "LRANGE short 0 99", 16, 0.6, Lists.FillAll, work: 4),
        new CommandWorkload("zadd p1", "ZADD big __rand_int__ mem:__rand_int__", 1, 0.95, SortedSets.FillAll),
        new CommandWorkload("zadd p16", "ZADD big __rand_int__ mem:__rand_int__", 16, 0.6, SortedSets.FillAll, work: 2),
        new CommandWorkload("zrank p1", "ZRANK big mem:__rand_int__", 1, 0.95, SortedSets.FillAll),
        new CommandWorkload("zrank p16", "ZRANK big mem:__rand_int__", 16, 0.6, SortedSets.FillAll, work: 2),
        new CommandWorkload("zrange p1", "ZRANGE a 100 199", 1, 0.95, SortedSets.FillAll),
        new CommandWorkload("zrange p16", "ZRANGE a 100 199", 16, 0.6, SortedSets.FillAll, work: 4),
        new CommandWorkload("zunionstore p1", "ZUNIONSTORE result 2 a b", 1, 0.95, SortedSets.FillAll, work: 50),
        new CommandWorkload("zunionstore p16", "ZUNIONSTORE result 2 a b", 16, 0.6, SortedSets.FillAll, work: 200),
        new CommandWorkload("sadd p1", "SADD big mem:__rand_int__", 1, 0.95, Sets.FillAll),
        new CommandWorkload("sadd p16", "SADD big mem:__rand_int__", 16, 0.6, Sets.FillAll, work: 2),
        new CommandWorkload("spop p1", "SPOP big", 1, 0.95, Sets.FillAll),
        new CommandWorkload("spop p16", "SPOP big", 16, 0.6, Sets.FillAll, work: 4),
        new CommandWorkload("sinter p1", "SINTER a b", 1, 0.95, Sets.FillAll, work: 20),
        new CommandWorkload("sinter p16", "SINTER a b", 16, 0.6, Sets.FillAll, work: 50),
        new MemoryWorkload("memory keys", "key", 1_000_000, client => Keys.Fill(client, 1_000_000), bytesEach: 105),
        new MemoryWorkload("memory list", "element", 1_000_000, client => Lists.Fill(client, "list", 1_000_000), bytesEach: 12.5),
        new MemoryWorkload("memory zset", "member", 1_000_000, client => SortedSets.Fill(client, "big", 1_000_000), bytesEach: 65),
        new MemoryWorkload("memory set", "member", 1_000_000, client => Sets.Fill(client, "big", 1_000_000), bytesEach: 45),
        new EmptyServerWorkload("empty", mostResident: 16 * Mebibyte, mostBinary: 12 * Mebibyte, mostFirstPongMs: 50),
        new IdleConnectionsWorkload("idle", connections: 10_000, bytesPerConnection: 4096),
        new EvictionWorkload("eviction lru", "allkeys-lru"),
        new EvictionWorkload("eviction lfu", "allkeys-lfu"),
        new FanOutWorkload("fan-out publish", subscribers: 1000, messageBytes: 100, cpuRatio: 0.5),
        new FlushWorkload("flushall 1m", keys: 1_000_000),
        new FlushWorkload("flushall 5m", keys: 5_000_000),
        new ExpiryWorkload("expiry burst", keys: 1_000_000, mostMs: 100),
        new GrowthWorkload("growth 10m", keys: 10_000_000),
    ];
}
