using RedisAot.Resp;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Acl;

/// <summary>What a user lacks; of several lacks the greatest is reported.</summary>
internal enum DenialReason
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A database.</summary>
    Database,

    /// <summary>The command.</summary>
    Command,

    /// <summary>A key.</summary>
    Key,

    /// <summary>The right password, or to be enabled.</summary>
    Auth,

    /// <summary>A channel.</summary>
    Channel,
}

/// <summary>Why a request is not allowed.</summary>
/// <param name="Reason">What is lacking; <see cref="DenialReason.None"/> when the request is allowed.</param>
/// <param name="Argument">
/// The key, channel or database among the arguments, counted from the command's name; 0: the command itself, also when it is the
/// selected database, or one of all, that is not allowed.
/// </param>
internal readonly record struct Denial(DenialReason Reason, int Argument)
{
    /// <summary>Whether the request is allowed.</summary>
    public bool IsNone => Reason == DenialReason.None;
}

/// <summary>The keys of one request, found when the first selector asks for them.</summary>
internal ref struct KeyList(List<KeyReference> keys)
{
    private bool _isFilled;

    /// <summary>The keys of the request, which is the same one each time.</summary>
    public List<KeyReference> Of(CommandRow row, ArgumentVector arguments, int skip)
    {
        if (!_isFilled)
            KeyExtraction.Find(row, arguments, skip, keys);
        _isFilled = true;
        return keys;
    }
}
