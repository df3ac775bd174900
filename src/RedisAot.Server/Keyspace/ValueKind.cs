using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Keyspace;

/// <summary>The type of a value; the numbers are those of RDB.</summary>
public enum DataType : byte
{
    /// <summary>string</summary>
    String = 0,

    /// <summary>list</summary>
    List = 1,

    /// <summary>set</summary>
    Set = 2,

    /// <summary>zset</summary>
    SortedSet = 3,

    /// <summary>hash</summary>
    Hash = 4,

    /// <summary>stream</summary>
    Stream = 6,
}

/// <summary>How a value is represented.</summary>
public enum ValueEncoding : byte
{
    /// <summary>A string of bytes that was changed in place, or is long.</summary>
    Raw,

    /// <summary>A string that is a 64-bit integer.</summary>
    Int,

    /// <summary>A short string of bytes.</summary>
    EmbStr,

    /// <summary>A flat list of elements.</summary>
    ListPack,

    /// <summary>A flat list of fields, values and times to live.</summary>
    ListPackEx,

    /// <summary>A sorted array of integers.</summary>
    IntSet,

    /// <summary>A chain of listpacks.</summary>
    QuickList,

    /// <summary>A hash table.</summary>
    HashTable,

    /// <summary>An ordered tree with a table of members.</summary>
    SkipList,

    /// <summary>A radix tree of listpacks.</summary>
    Stream,
}

/// <summary>The names that TYPE and OBJECT ENCODING answer with.</summary>
public static class ValueNames
{
    /// <summary>Sets in listpacks came with 7.2: to clients of an older server they are the hash tables that they would be there.</summary>
    private static readonly bool s_knowsSetListpacks = Version.Parse(ServerVersion.Official) >= new Version(7, 2);

    /// <summary>As TYPE answers.</summary>
    public static ReadOnlySpan<byte> Of(DataType type) => type switch
    {
        DataType.String => "string"u8,
        DataType.List => "list"u8,
        DataType.Set => "set"u8,
        DataType.SortedSet => "zset"u8,
        DataType.Hash => "hash"u8,
        DataType.Stream => "stream"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>As OBJECT ENCODING answers for a value.</summary>
    public static ReadOnlySpan<byte> OfEncoding(KeyEntry entry) =>
        entry.Type == DataType.Set && entry.Encoding == ValueEncoding.ListPack && !s_knowsSetListpacks
            ? Of(ValueEncoding.HashTable)
            : Of(entry.Encoding);

    /// <summary>As OBJECT ENCODING calls an encoding.</summary>
    public static ReadOnlySpan<byte> Of(ValueEncoding encoding) => encoding switch
    {
        ValueEncoding.Raw => "raw"u8,
        ValueEncoding.Int => "int"u8,
        ValueEncoding.EmbStr => "embstr"u8,
        ValueEncoding.ListPack => "listpack"u8,
        ValueEncoding.ListPackEx => "listpackex"u8,
        ValueEncoding.IntSet => "intset"u8,
        ValueEncoding.QuickList => "quicklist"u8,
        ValueEncoding.HashTable => "hashtable"u8,
        ValueEncoding.SkipList => "skiplist"u8,
        ValueEncoding.Stream => "stream"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, null),
    };
}
