using System.Security.Cryptography;
using System.Text;
using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Acl;

/// <summary>
/// A user: whether it may log in, its passwords, and its permissions. See
/// https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/ for the rules.
/// </summary>
public sealed class User
{
    private const int HashDigits = 64; // of a SHA-256

    private readonly CommandTable _commands;
    private readonly ServerConfig _config;
    private readonly List<string> _passwords = []; // SHA-256 in lower-case digits
    private List<Selector> _selectors;
    private QuickVerdicts? _quickVerdicts;
    private bool? _sanitizesPayload; // null: neither rule was given

    /// <summary>A user that is off and may do nothing.</summary>
    internal User(byte[] name, CommandTable commands, ServerConfig config)
    {
        Name = name;
        _commands = commands;
        _config = config;
        _selectors = [NewSelector()];
    }

    /// <summary>The name.</summary>
    public byte[] Name { get; }

    /// <summary>Whether the user may log in.</summary>
    public bool IsEnabled { get; private set; }

    /// <summary>Whether any password will do.</summary>
    public bool NeedsNoPassword { get; private set; }

    /// <summary>Whether everything is allowed, so that nothing need be checked.</summary>
    public bool IsUnrestricted { get; private set; }

    /// <summary>Hashes of the passwords.</summary>
    internal IReadOnlyList<string> Passwords => _passwords;

    /// <summary>The root selector, and those in parentheses.</summary>
    internal IReadOnlyList<Selector> Selectors => _selectors;

    /// <summary>The rules about logging in that apply, in official order.</summary>
    internal IEnumerable<string> Flags
    {
        get
        {
            yield return IsEnabled ? "on" : "off";
            if (NeedsNoPassword)
                yield return "nopass";
            if (_sanitizesPayload is { } sanitizes)
                yield return sanitizes ? "sanitize-payload" : "skip-sanitize-payload";
        }
    }

    /// <summary>Makes this user what another one is, but for the name.</summary>
    internal void Assign(User other)
    {
        IsEnabled = other.IsEnabled;
        NeedsNoPassword = other.NeedsNoPassword;
        _sanitizesPayload = other._sanitizesPayload;
        List<string> passwords = [.. other._passwords];
        _passwords.Clear();
        _passwords.AddRange(passwords);
        _selectors = other._selectors.ConvertAll(selector => new Selector(selector));
        UpdateVerdicts();
    }

    /// <summary>Applies one rule. A user for which a rule was refused may have changed halfway.</summary>
    internal RuleError Apply(ReadOnlySpan<byte> rule)
    {
        RuleError error = rule.IsEmpty ? RuleError.None : ApplyToUser(rule);
        UpdateVerdicts();
        return error;
    }

    /// <summary>Whether the password is one of the user's and the user may log in.</summary>
    internal bool MayLogIn(ReadOnlySpan<byte> password)
    {
        if (!IsEnabled)
            return false;
        if (NeedsNoPassword)
            return true;
        Span<byte> given = stackalloc byte[HashDigits];
        Encoding.ASCII.GetBytes(Hash(password), given);
        Span<byte> known = stackalloc byte[HashDigits];
        bool matches = false;
        foreach (string hash in _passwords)
        {
            Encoding.ASCII.GetBytes(hash, known);
            matches |= CryptographicOperations.FixedTimeEquals(given, known);
        }
        return matches;
    }

    /// <summary>Whether a request, whose number of arguments is right, is allowed; false when only <see cref="Check"/> can tell.</summary>
    internal bool AllowsPlainly(CommandRow row, ArgumentVector arguments) =>
        (_quickVerdicts ??= new QuickVerdicts(_commands)).Allows(this, row, arguments);

    /// <summary>Whether a request is allowed; else what is not.</summary>
    /// <param name="row">The command.</param>
    /// <param name="arguments">The request.</param>
    /// <param name="skip">Arguments before the command's name.</param>
    /// <param name="database">The number of the database that is selected.</param>
    /// <param name="scratch">A list to be used for its keys.</param>
    internal Denial Check(CommandRow row, ArgumentVector arguments, int skip, int database, List<KeyReference> scratch)
    {
        Denial worst = default;
        KeyList keys = new(scratch);
        foreach (Selector selector in _selectors)
        {
            Denial denial = selector.Check(row, arguments, skip, database, ref keys);
            if (denial.IsNone)
                return denial;
            if (denial.Reason > worst.Reason || (denial.Reason == worst.Reason && denial.Argument > worst.Argument))
                worst = denial;
        }
        return worst;
    }

    /// <summary>Whether a request is allowed by a selector that may also read every key.</summary>
    internal bool AllowsWithAllKeys(CommandRow row, ArgumentVector arguments, int database, List<KeyReference> scratch)
    {
        KeyList keys = new(scratch);
        foreach (Selector selector in _selectors)
        {
            if (selector.AllowsReadingAllKeys() && selector.Check(row, arguments, skip: 0, database, ref keys).IsNone)
                return true;
        }
        return false;
    }

    /// <summary>Rules that lead to an equal user, one character a byte.</summary>
    internal string Describe()
    {
        StringBuilder rules = new();
        foreach (string flag in Flags)
            rules.Append(flag).Append(' ');
        foreach (string hash in _passwords)
            rules.Append('#').Append(hash).Append(' ');
        rules.Append(_selectors[0].Describe());
        foreach (Selector selector in _selectors[1..])
            rules.Append(" (").Append(selector.Describe()).Append(')');
        return rules.ToString();
    }

    private RuleError ApplyToUser(ReadOnlySpan<byte> rule)
    {
        switch (rule[0])
        {
            case (byte)'>' or (byte)'#':
                return AddPassword(rule);
            case (byte)'<' or (byte)'!':
                return RemovePassword(rule);
            case (byte)'(' when rule[^1] == ')':
                return AddSelector(rule[1..^1]);
        }
        if (Is(rule, "on") || Is(rule, "off"))
            IsEnabled = rule.Length == 2;
        else if (Is(rule, "skip-sanitize-payload") || Is(rule, "sanitize-payload"))
            _sanitizesPayload = (rule[1] | 0x20) == 'a';
        else if (Is(rule, "nopass") || Is(rule, "resetpass"))
            ResetPasswords(needsNone: (rule[0] | 0x20) == 'n');
        else if (Is(rule, "clearselectors"))
            _selectors.RemoveRange(1, _selectors.Count - 1);
        else if (Is(rule, "reset"))
            Reset();
        else
            return _selectors[0].Apply(rule);
        return RuleError.None;
    }

    private void Reset()
    {
        ResetPasswords(needsNone: false);
        IsEnabled = false;
        _sanitizesPayload = true;
        _selectors = [NewSelector()];
    }

    private void ResetPasswords(bool needsNone)
    {
        NeedsNoPassword = needsNone;
        _passwords.Clear();
    }

    private RuleError AddPassword(ReadOnlySpan<byte> rule)
    {
        if (!TryGetHash(rule, isClear: rule[0] == '>', out string hash))
            return RuleError.MalformedHash;
        if (!_passwords.Contains(hash))
            _passwords.Add(hash);
        NeedsNoPassword = false;
        return RuleError.None;
    }

    private RuleError RemovePassword(ReadOnlySpan<byte> rule)
    {
        if (!TryGetHash(rule, isClear: rule[0] == '<', out string hash))
            return RuleError.MalformedHash;
        return _passwords.Remove(hash) ? RuleError.None : RuleError.NoSuchPassword;
    }

    private RuleError AddSelector(ReadOnlySpan<byte> rules)
    {
        Selector selector = NewSelector();
        // As official does it, what cannot be split (an open quote) counts as no rules.
        foreach (byte[] rule in ArgumentSplitter.Split(rules) ?? [])
        {
            RuleError error = rule.Length == 0 ? RuleError.Syntax : selector.Apply(rule);
            if (error != RuleError.None)
                return error;
        }
        _selectors.Add(selector);
        return RuleError.None;
    }

    private static bool TryGetHash(ReadOnlySpan<byte> rule, bool isClear, out string hash)
    {
        hash = isClear ? Hash(rule[1..]) : Encoding.Latin1.GetString(rule[1..]);
        return hash.Length == HashDigits && !hash.AsSpan().ContainsAnyExcept("0123456789abcdef");
    }

    private static string Hash(ReadOnlySpan<byte> password)
    {
        Span<byte> hash = stackalloc byte[Sha256.Bytes];
        Sha256.Hash(password, hash);
        return Convert.ToHexStringLower(hash);
    }

    private Selector NewSelector() => new(_commands, _config);

    private void UpdateVerdicts()
    {
        IsUnrestricted = _selectors.Exists(selector => selector.IsUnrestricted);
        _quickVerdicts = null;
    }

    private static bool Is(ReadOnlySpan<byte> rule, string word) => Ascii.EqualsIgnoreCase(rule, word);
}
