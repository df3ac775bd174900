namespace RedisAot.Server.Commands;

/// <summary>What a command does with a key. Exactly one of <c>RO RW OW RM</c>, and marks beside it.</summary>
[Flags]
public enum KeyFlags : ushort
{
    None = 0,

    /// <summary>Reads the value.</summary>
    RO = 1 << 0,

    /// <summary>Reads and changes the value.</summary>
    RW = 1 << 1,

    /// <summary>Overwrites the value whatever it was.</summary>
    OW = 1 << 2,

    /// <summary>Removes the key.</summary>
    RM = 1 << 3,

    /// <summary>Returns or copies user data from the value.</summary>
    Access = 1 << 4,

    /// <summary>Changes user data; the new value may depend on the old one.</summary>
    Update = 1 << 5,

    /// <summary>Adds user data without touching what is there.</summary>
    Insert = 1 << 6,

    /// <summary>Removes user data.</summary>
    Delete = 1 << 7,

    /// <summary>Not a key at all, but routed like one in a cluster.</summary>
    NotKey = 1 << 8,

    /// <summary>The spec may miss some keys.</summary>
    Incomplete = 1 << 9,

    /// <summary>The flags depend on the arguments.</summary>
    VariableFlags = 1 << 10,
}

/// <summary>How the first key of a spec is found.</summary>
public enum KeySearch : byte
{
    Unknown,

    /// <summary>At a fixed argument.</summary>
    Index,

    /// <summary>After a keyword.</summary>
    Keyword,
}

/// <summary>How the keys that follow the first one are found.</summary>
public enum KeyRange : byte
{
    Unknown,

    /// <summary>Up to a last argument, by a step.</summary>
    Range,

    /// <summary>An argument says how many keys there are.</summary>
    KeyNum,
}

/// <summary>
/// Where some of a command's keys stand among its arguments, for example <c>KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)</c>
/// or <c>KeySpec.After("STREAMS", 1, KeyFlags.RO).To(-1, 1, 2)</c>. Argument 0 is the command's name.
/// </summary>
public readonly record struct KeySpec
{
    public KeyFlags Flags { get; private init; }

    public KeySearch Search { get; private init; }

    /// <summary>The argument for <see cref="KeySearch.Index"/>; where the search starts for <see cref="KeySearch.Keyword"/>:
    /// negative counts from the end, and searches backwards.</summary>
    public int Start { get; private init; }

    public string? Keyword { get; private init; }

    public KeyRange Range { get; private init; }

    /// <summary>Last key, relative to the first one; negative counts from the last argument.</summary>
    public int LastKey { get; private init; }

    /// <summary>Distance from one key to the next.</summary>
    public int Step { get; private init; }

    /// <summary>With a <see cref="LastKey"/> of -1: take only 1/limit of the arguments that are left (0 and 1: all).</summary>
    public int Limit { get; private init; }

    /// <summary>Where the number of keys stands, relative to the start of the spec.</summary>
    public int KeyNumIndex { get; private init; }

    /// <summary>First key, relative to the start of the spec.</summary>
    public int FirstKey { get; private init; }

    public string? Notes { get; private init; }

    /// <summary>Whether it is one key, which is the first argument.</summary>
    public bool IsFirstArgument =>
        Search == KeySearch.Index && Start == 1 && Range == KeyRange.Range && LastKey == 0 && (Flags & KeyFlags.NotKey) == 0;

    /// <summary>A spec that starts at a fixed argument; one key unless <see cref="To"/> or <see cref="Counted"/> follows.</summary>
    public static KeySpec At(int index, KeyFlags flags) =>
        new() { Flags = flags, Search = KeySearch.Index, Start = index, Range = KeyRange.Range, Step = 1 };

    /// <summary>A spec that starts after a keyword; one key unless <see cref="To"/> or <see cref="Counted"/> follows.</summary>
    public static KeySpec After(string keyword, int startFrom, KeyFlags flags) =>
        new() { Flags = flags, Search = KeySearch.Keyword, Keyword = keyword, Start = startFrom, Range = KeyRange.Range, Step = 1 };

    /// <summary>A spec that only a <see cref="KeyFinder"/> can resolve.</summary>
    public static KeySpec Unknown(KeyFlags flags) => new() { Flags = flags };

    /// <summary>Keys up to <paramref name="lastKey"/>.</summary>
    public KeySpec To(int lastKey, int step = 1, int limit = 0) =>
        this with { Range = KeyRange.Range, LastKey = lastKey, Step = step, Limit = limit };

    /// <summary>Keys that are counted by an argument.</summary>
    public KeySpec Counted(int keyNumIndex, int firstKey, int step = 1) =>
        this with { Range = KeyRange.KeyNum, KeyNumIndex = keyNumIndex, FirstKey = firstKey, Step = step };

    /// <summary>A remark shown by <c>COMMAND INFO</c>.</summary>
    public KeySpec Note(string notes) => this with { Notes = notes };
}

/// <summary>The commands whose keys, or what is done with them, follow from their arguments by a rule of their own.</summary>
public enum KeyFinder : byte
{
    /// <summary>The key specs say all.</summary>
    Specs,
    Set,
    DelEx,
    BitField,
    Sort,
    SortReadOnly,
    Migrate,
}
