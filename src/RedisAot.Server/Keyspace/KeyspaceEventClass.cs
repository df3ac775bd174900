namespace RedisAot.Server.Keyspace;

/// <summary>Classes of keyspace events, as <c>notify-keyspace-events</c> selects them; the numbers are those of the module API.</summary>
[Flags]
public enum KeyspaceEventClass
{
    None = 0,

    /// <summary><c>K</c>: publish to <c>__keyspace@db__:key</c>.</summary>
    Keyspace = 1 << 0,

    /// <summary><c>E</c>: publish to <c>__keyevent@db__:event</c>.</summary>
    KeyEvent = 1 << 1,

    /// <summary><c>g</c>: DEL, EXPIRE, RENAME and others that know no type.</summary>
    Generic = 1 << 2,
    String = 1 << 3,
    List = 1 << 4,
    Set = 1 << 5,
    Hash = 1 << 6,
    SortedSet = 1 << 7,
    Expired = 1 << 8,
    Evicted = 1 << 9,
    Stream = 1 << 10,

    /// <summary><c>m</c>: a key was looked for in vain. Not part of <see cref="All"/>.</summary>
    KeyMiss = 1 << 11,
    Module = 1 << 13,

    /// <summary><c>n</c>: a key came into being. Not part of <see cref="All"/>.</summary>
    New = 1 << 14,

    /// <summary><c>A</c>.</summary>
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,
}
