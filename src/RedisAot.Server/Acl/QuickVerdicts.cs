using RedisAot.Resp;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Acl;

/// <summary>
/// What is known of a user's permissions for commands whatever their arguments, or but for one key: most requests of a user who
/// may not do everything are decided by it. Filled command by command, and thrown away whenever a rule changes.
/// </summary>
internal sealed class QuickVerdicts(CommandTable commands)
{
    private readonly Verdict[] _byRow = new Verdict[commands.ById.Count];

    private enum Verdict : byte
    {
        /// <summary>Nobody has asked yet.</summary>
        Unknown,

        /// <summary>The arguments have to be looked at.</summary>
        Slow,

        /// <summary>Allowed with any arguments.</summary>
        Allowed,

        /// <summary>Allowed if the key that is the first argument may be used; which access is needed is added.</summary>
        ByKey,
    }

    /// <summary>Whether a request, whose number of arguments is right, is allowed; false when that takes a closer look.</summary>
    public bool Allows(User user, CommandRow row, ArgumentVector arguments)
    {
        Verdict verdict = _byRow[row.Id];
        if (verdict == Verdict.Unknown)
            verdict = _byRow[row.Id] = Find(user, row);
        return verdict >= Verdict.ByKey
            ? user.Selectors[0].AllowsKey(arguments[1], (KeyAccess)(verdict - Verdict.ByKey))
            : verdict == Verdict.Allowed;
    }

    private static Verdict Find(User user, CommandRow row)
    {
        Selector root = user.Selectors[0];
        if (!root.AllowsWithAnyArguments(row))
            return Verdict.Slow;
        if (root.AllKeys || !KeyExtraction.HasKeys(row))
            return Verdict.Allowed;
        return row.KeyFinder == KeyFinder.Specs && row.Keys is [{ IsFirstArgument: true } key]
            ? Verdict.ByKey + (byte)KeyPattern.NeededFor(key.Flags)
            : Verdict.Slow;
    }
}
