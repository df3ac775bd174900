namespace RedisAot.Server.Commands;

/// <summary>The type of a documented argument.</summary>
public enum ArgumentType : byte
{
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

/// <summary>One node of a command's argument tree, as <c>COMMAND DOCS</c> shows it.</summary>
public sealed class CommandArgument
{
    /// <summary>Names of <see cref="ArgumentType"/> as clients see them.</summary>
    public static readonly string[] TypeNames =
        ["string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block"];

    public required string Name { get; init; }

    public ArgumentType Type { get; init; }

    /// <summary>Text for syntax diagrams where it differs from the name.</summary>
    public string? DisplayText { get; init; }

    /// <summary>The key spec that finds this argument, or -1.</summary>
    public int KeySpecIndex { get; init; } = -1;

    /// <summary>The word that precedes the value, or that is the argument. May be empty.</summary>
    public string? Token { get; init; }

    public string? Since { get; init; }

    public string? DeprecatedSince { get; init; }

    public bool Optional { get; init; }

    public bool Multiple { get; init; }

    /// <summary>The token is repeated with every value.</summary>
    public bool MultipleToken { get; init; }

    /// <summary>The children of a choice or block.</summary>
    public CommandArgument[] Arguments { get; init; } = [];
}
