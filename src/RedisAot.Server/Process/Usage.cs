namespace RedisAot.Server.Process;

/// <summary>What <c>--help</c> prints.</summary>
internal static class Usage
{
    public const string Text =
        """
        Usage: ./redis-aot [/path/to/redis.conf] [options] [-]
               ./redis-aot - (read config from stdin)
               ./redis-aot -v or --version
               ./redis-aot -h or --help
               ./redis-aot --test-memory <megabytes>
               ./redis-aot --check-system
               ./redis-aot --check-rdb <file>

        Examples:
               ./redis-aot (run the server with default conf)
               echo 'maxmemory 128mb' | ./redis-aot -
               ./redis-aot /etc/redis/6379.conf
               ./redis-aot --port 7777
               ./redis-aot --port 7777 --replicaof 127.0.0.1 8888
               ./redis-aot /etc/myredis.conf --loglevel verbose -
               ./redis-aot /etc/myredis.conf --loglevel verbose

        """;
}
