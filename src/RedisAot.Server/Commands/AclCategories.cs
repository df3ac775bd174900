namespace RedisAot.Server.Commands;

/// <summary>ACL categories, in official order (which is the order of <c>ACL CAT</c> and of <c>COMMAND</c>).</summary>
[Flags]
public enum AclCategories : uint
{
    None = 0,
    Keyspace = 1 << 0,
    Read = 1 << 1,
    Write = 1 << 2,
    Set = 1 << 3,
    SortedSet = 1 << 4,
    List = 1 << 5,
    Hash = 1 << 6,
    String = 1 << 7,
    Bitmap = 1 << 8,
    HyperLogLog = 1 << 9,
    Geo = 1 << 10,
    Stream = 1 << 11,
    PubSub = 1 << 12,
    Admin = 1 << 13,
    Fast = 1 << 14,
    Slow = 1 << 15,
    Blocking = 1 << 16,
    Dangerous = 1 << 17,
    Connection = 1 << 18,
    Transaction = 1 << 19,
    Scripting = 1 << 20,
}

/// <summary>Names of ACL categories, and what flags imply about them.</summary>
public static class AclCategoryNames
{
    /// <summary>Names without the <c>@</c>; the index is the bit of the category.</summary>
    public static readonly string[] All =
    [
        "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
        "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
    ];

    /// <summary>The category of that name (any case, no <c>@</c>), or <see cref="AclCategories.None"/>.</summary>
    public static AclCategories Parse(ReadOnlySpan<byte> name)
    {
        for (var bit = 0; bit < All.Length; bit++)
            if (System.Text.Ascii.EqualsIgnoreCase(name, All[bit]))
                return (AclCategories)(1u << bit);

        return AclCategories.None;
    }

    /// <summary>The categories a row names, with those that its flags imply.</summary>
    public static AclCategories WithImplied(AclCategories named, CommandFlags flags)
    {
        var all = named;
        if ((flags & CommandFlags.Write) != 0)
            all |= AclCategories.Write;
        if ((flags & CommandFlags.ReadOnly) != 0 && (named & AclCategories.Scripting) == 0)
            all |= AclCategories.Read;
        if ((flags & CommandFlags.Admin) != 0)
            all |= AclCategories.Admin | AclCategories.Dangerous;
        if ((flags & CommandFlags.PubSub) != 0)
            all |= AclCategories.PubSub;
        if ((flags & CommandFlags.Fast) != 0)
            all |= AclCategories.Fast;
        if ((flags & CommandFlags.Blocking) != 0)
            all |= AclCategories.Blocking;

        return (all & AclCategories.Fast) == 0 ? all | AclCategories.Slow : all;
    }
}
