namespace RedisAot.Server.Commands;

/// <summary>Which of a command's arguments are channels that a user needs a permission for.</summary>
public enum ChannelArguments : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>The first.</summary>
    First,

    /// <summary>All.</summary>
    All,

    /// <summary>All, and they are patterns.</summary>
    AllPatterns,
}
