namespace RedisAot.Server.Persistence;

/// <summary>How a string in RDB data is stored.</summary>
public enum RdbStringForm : byte
{
    /// <summary>As it is.</summary>
    Raw,

    /// <summary>As an integer whose text it is.</summary>
    Integer,

    /// <summary>LZF-compressed.</summary>
    Compressed,
}

/// <summary>What precedes the bytes of a string.</summary>
/// <param name="Form">How it is stored.</param>
/// <param name="Length">Its length in bytes once read.</param>
/// <param name="StoredLength">The length of what follows the header, in bytes.</param>
/// <param name="Integer">The integer, which has been read already.</param>
public readonly record struct RdbStringHeader(RdbStringForm Form, int Length, int StoredLength, long Integer);
