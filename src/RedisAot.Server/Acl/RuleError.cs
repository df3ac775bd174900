namespace RedisAot.Server.Acl;

/// <summary>Why a rule was refused.</summary>
internal enum RuleError
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>It is no rule.</summary>
    Syntax,

    /// <summary>It names a command or a category that does not exist.</summary>
    UnknownCommand,

    /// <summary>A key pattern where all keys are allowed already.</summary>
    KeysAlreadyAllowed,

    /// <summary>A channel pattern where all channels are allowed already.</summary>
    ChannelsAlreadyAllowed,

    /// <summary>It removes a password that the user does not have.</summary>
    NoSuchPassword,

    /// <summary>It is no SHA-256 in hexadecimal digits.</summary>
    MalformedHash,

    /// <summary>It allows a subcommand with a first argument.</summary>
    FirstArgumentOfSubcommand,

    /// <summary>It names a database that the server does not have.</summary>
    DatabaseOutOfRange,
}

/// <summary>What is replied and logged about refused rules.</summary>
internal static class RuleErrors
{
    /// <summary>The official wording.</summary>
    public static string Text(RuleError error) => error switch
    {
        RuleError.Syntax => "Syntax error",
        RuleError.UnknownCommand => "Unknown command or category name in ACL",
        RuleError.KeysAlreadyAllowed =>
            "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. "
                + "Try 'resetkeys' to start with an empty list of patterns",
        RuleError.ChannelsAlreadyAllowed =>
            "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. "
                + "Try 'resetchannels' to start with an empty list of channels",
        RuleError.NoSuchPassword => "The password you are trying to remove from the user does not exist",
        RuleError.MalformedHash => "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
        RuleError.FirstArgumentOfSubcommand => "Allowing first-arg of a subcommand is not supported",
        RuleError.DatabaseOutOfRange => "The provided database ID is out of range",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };
}
