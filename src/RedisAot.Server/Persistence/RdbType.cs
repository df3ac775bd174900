namespace RedisAot.Server.Persistence;

/// <summary>How a value is written in an RDB file or a DUMP payload. The numbers are official's and never change.</summary>
public enum RdbType : byte
{
    /// <summary>A string.</summary>
    String = 0,

    /// <summary>Elements one by one; until 3.2.</summary>
    List = 1,

    /// <summary>Members one by one.</summary>
    Set = 2,

    /// <summary>Members with scores as text; until 3.2.</summary>
    SortedSet = 3,

    /// <summary>Fields and values one by one.</summary>
    Hash = 4,

    /// <summary>Members with scores as binary doubles.</summary>
    SortedSet2 = 5,

    /// <summary>A module's value, of release candidates of 4.0.</summary>
    Module = 6,

    /// <summary>A module's value, with marks by which it can be skipped.</summary>
    Module2 = 7,

    /// <summary>A zipmap; until 2.4.</summary>
    HashZipmap = 9,

    /// <summary>A ziplist; until 3.0.</summary>
    ListZiplist = 10,

    /// <summary>An intset.</summary>
    SetIntset = 11,

    /// <summary>A ziplist; until 6.2.</summary>
    SortedSetZiplist = 12,

    /// <summary>A ziplist; until 6.2.</summary>
    HashZiplist = 13,

    /// <summary>A number of ziplists; 3.2 to 6.2.</summary>
    ListQuicklist = 14,

    /// <summary>A stream; 5.0 to 6.2.</summary>
    StreamListpacks = 15,

    /// <summary>A listpack of fields and values.</summary>
    HashListpack = 16,

    /// <summary>A listpack of members and scores.</summary>
    SortedSetListpack = 17,

    /// <summary>A number of listpacks and plain elements.</summary>
    ListQuicklist2 = 18,

    /// <summary>A stream of 7.0.</summary>
    StreamListpacks2 = 19,

    /// <summary>A listpack of members; from 7.2 on (version 11).</summary>
    SetListpack = 20,

    /// <summary>A stream of 7.2.</summary>
    StreamListpacks3 = 21,

    /// <summary>
    /// Times of expiry, fields and values one by one, of release candidates of 7.4; in versions from
    /// <see cref="RdbVersion.Valkey"/> on fields, values and times.
    /// </summary>
    HashExpiringPreGa = 22,

    /// <summary>A listpack of fields, values and times of expiry: of release candidates of 7.4.</summary>
    HashListpackExPreGa = 23,

    /// <summary>The earliest time of expiry; then times relative to it, fields and values one by one; from 7.4 on (version 12).</summary>
    HashExpiring = 24,

    /// <summary>The earliest time of expiry; then a listpack of fields, values and times of expiry; from 7.4 on (version 12).</summary>
    HashListpackEx = 25,

    /// <summary>A stream of 8.6, with what producers have sent of late so that they may send it again (version 13).</summary>
    StreamListpacks4 = 26,

    /// <summary>A stream of 8.8, with the entries that consumers have released (version 14).</summary>
    StreamListpacks5 = 27,
}
