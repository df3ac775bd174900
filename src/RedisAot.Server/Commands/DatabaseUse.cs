namespace RedisAot.Server.Commands;

/// <summary>Which databases a command works on, for users that may not use all of them.</summary>
public enum DatabaseUse : byte
{
    /// <summary>The selected one, if the command has keys or is about the keyspace; else none.</summary>
    Selected,

    /// <summary>Only the one that the first argument names.</summary>
    First,

    /// <summary>Only those that the first two arguments name.</summary>
    FirstTwo,

    /// <summary>The selected one, and the one that the second argument names.</summary>
    SelectedAndSecond,

    /// <summary>The selected one, and the one that follows the word DB.</summary>
    SelectedAndOption,

    /// <summary>All.</summary>
    All,
}
