namespace RedisAot.Server.Commands;

/// <summary>The documentation group of a command.</summary>
public enum CommandGroup : byte
{
    Generic,
    String,
    List,
    Set,
    SortedSet,
    Hash,
    PubSub,
    Transactions,
    Connection,
    Server,
    Scripting,
    HyperLogLog,
    Cluster,
    Sentinel,
    Geo,
    Stream,
    Bitmap,
    Module,
}

/// <summary>The names of groups as <c>COMMAND DOCS</c> shows them.</summary>
public static class CommandGroupNames
{
    private static readonly string[] Names =
    [
        "generic", "string", "list", "set", "sorted-set", "hash", "pubsub", "transactions", "connection", "server", "scripting",
        "hyperloglog", "cluster", "sentinel", "geo", "stream", "bitmap", "module",
    ];

    public static string Of(CommandGroup group) => Names[(int)group];
}
