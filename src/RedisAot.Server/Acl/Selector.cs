using System.Runtime.InteropServices;
using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using RedisAot.Server.Text;

namespace RedisAot.Server.Acl;

/// <summary>
/// One set of permissions of a user: commands, and the keys and channels that they may name. A user has a root selector and can
/// have more; a request must be allowed by one of them as a whole.
/// </summary>
internal sealed class Selector
{
    private readonly List<KeyPattern> _keys = [];
    private readonly List<byte[]> _channels = [];

    /// <summary>No keys and no commands, but all databases.</summary>
    public Selector(CommandTable commands, ServerConfig config)
    {
        Commands = new CommandPermissions(commands);
        Databases = new DatabasePermissions(config);
        AllChannels = config.AclPubSubDefault == AclPubSubDefault.AllChannels;
    }

    /// <summary>A copy.</summary>
    public Selector(Selector other)
    {
        Commands = new CommandPermissions(other.Commands);
        Databases = new DatabasePermissions(other.Databases);
        AllKeys = other.AllKeys;
        AllChannels = other.AllChannels;
        _keys.AddRange(other._keys);
        _channels.AddRange(other._channels);
    }

    /// <summary>The commands.</summary>
    public CommandPermissions Commands { get; }

    /// <summary>The databases.</summary>
    public DatabasePermissions Databases { get; }

    /// <summary>Whether every key may be read and changed.</summary>
    public bool AllKeys { get; private set; }

    /// <summary>Whether every channel may be used.</summary>
    public bool AllChannels { get; private set; }

    /// <summary>Patterns of the channels that may be used, unless all may.</summary>
    public IReadOnlyList<byte[]> Channels => _channels;

    /// <summary>Whether there is nothing that is not allowed.</summary>
    public bool IsUnrestricted => AllKeys && AllChannels && Commands.AllowsAll && Databases.AllowsAll;

    /// <summary>Applies one rule about commands, databases, keys or channels.</summary>
    public RuleError Apply(ReadOnlySpan<byte> rule)
    {
        if (Is(rule, "allkeys") || Is(rule, "~*"))
            SetAllKeys(true);
        else if (Is(rule, "resetkeys"))
            SetAllKeys(false);
        else if (Is(rule, "allchannels") || Is(rule, "&*"))
            SetAllChannels(true);
        else if (Is(rule, "resetchannels"))
            SetAllChannels(false);
        else if (Is(rule, "allcommands"))
            Commands.SetAll(allow: true);
        else if (Is(rule, "nocommands"))
            Commands.SetAll(allow: false);
        else if (DatabasePermissions.IsRule(rule))
            return Databases.Apply(rule);
        else
            return ApplyPrefixed(rule);
        return RuleError.None;
    }

    /// <summary>Whether a request is allowed; else what is not.</summary>
    public Denial Check(CommandRow row, ArgumentVector arguments, int skip, int database, ref KeyList keys)
    {
        if (!Commands.AllowsAll && (row.Flags & CommandFlags.NoAuth) == 0
            && !Commands.Allows(row, arguments.Count > skip + 1 ? arguments[skip + 1] : default))
            return new Denial(DenialReason.Command, 0);
        if (!Databases.AllowsAll && Databases.Check(row, arguments, skip, database) is { IsNone: false } denial)
            return denial;
        if (!AllKeys && KeyExtraction.HasKeys(row))
        {
            foreach (KeyReference key in keys.Of(row, arguments, skip))
            {
                if (!AllowsKey(arguments[key.Index + skip], KeyPattern.NeededFor(key.Flags)))
                    return new Denial(DenialReason.Key, key.Index);
            }
        }
        return AllChannels || row.Channels == ChannelArguments.None ? default : CheckChannels(row, arguments, skip);
    }

    /// <summary>Whether a command is allowed but for its keys, whatever its arguments are.</summary>
    public bool AllowsWithAnyArguments(CommandRow row) =>
        ((row.Flags & CommandFlags.NoAuth) != 0 || Commands.AllowsWithAnyArguments(row))
            && Databases.AllowsAll && (AllChannels || row.Channels == ChannelArguments.None);

    /// <summary>Whether a key may be used.</summary>
    public bool AllowsKey(ReadOnlySpan<byte> key, KeyAccess needed)
    {
        foreach (ref readonly KeyPattern pattern in CollectionsMarshal.AsSpan(_keys))
        {
            if ((pattern.Access & needed) == needed && pattern.IsMatch(key))
                return true;
        }
        return false;
    }

    /// <summary>Whether every key may be read.</summary>
    public bool AllowsReadingAllKeys()
    {
        if (AllKeys)
            return true;
        foreach (KeyPattern key in _keys)
        {
            if ((key.Access & KeyAccess.Read) != 0 && key.Pattern.AsSpan().SequenceEqual("*"u8))
                return true;
        }
        return false;
    }

    /// <summary>Whether a channel, or a pattern (which must be listed itself), is among those listed.</summary>
    public static bool AllowsChannel(IReadOnlyList<byte[]> listed, ReadOnlySpan<byte> channel, bool isPattern)
    {
        for (int i = 0; i < listed.Count; i++)
        {
            if (isPattern ? channel.SequenceEqual(listed[i]) : Glob.IsMatch(listed[i], channel))
                return true;
        }
        return false;
    }

    /// <summary>The rules about keys, one character a byte.</summary>
    public string DescribeKeys() => AllKeys ? "~*" : string.Join(' ', _keys);

    /// <summary>The rules about channels, one character a byte.</summary>
    public string DescribeChannels() =>
        AllChannels ? "&*" : string.Join(' ', _channels.ConvertAll(channel => "&" + Encoding.Latin1.GetString(channel)));

    /// <summary>Rules that lead to an equal selector, one character a byte.</summary>
    public string Describe()
    {
        StringBuilder rules = new();
        Append(rules, DescribeKeys());
        if (!AllChannels)
            Append(rules, "resetchannels");
        Append(rules, DescribeChannels());
        Append(rules, Databases.Describe(explicitly: false));
        return rules.Append(Commands.Describe()).ToString();

        static void Append(StringBuilder rules, string more)
        {
            if (more.Length > 0)
                rules.Append(more).Append(' ');
        }
    }

    private void SetAllKeys(bool all)
    {
        AllKeys = all;
        _keys.Clear();
    }

    private void SetAllChannels(bool all)
    {
        AllChannels = all;
        _channels.Clear();
    }

    private RuleError ApplyPrefixed(ReadOnlySpan<byte> rule) => rule[0] switch
    {
        (byte)'+' or (byte)'-' => Commands.Apply(rule),
        (byte)'~' or (byte)'%' => AddKeyPattern(rule),
        (byte)'&' => AddChannel(rule[1..]),
        _ => RuleError.Syntax,
    };

    private RuleError AddKeyPattern(ReadOnlySpan<byte> rule)
    {
        if (AllKeys)
            return RuleError.KeysAlreadyAllowed;
        KeyAccess access = KeyAccess.Both;
        ReadOnlySpan<byte> pattern = rule[1..];
        if (rule[0] == '%' && !TryParseAccess(ref pattern, out access))
            return RuleError.Syntax;
        if (HasSpaces(pattern))
            return RuleError.Syntax;
        for (int i = 0; i < _keys.Count; i++)
        {
            if (!pattern.SequenceEqual(_keys[i].Pattern))
                continue;
            _keys[i] = new KeyPattern(_keys[i].Pattern, _keys[i].Access | access);
            return RuleError.None;
        }
        _keys.Add(new KeyPattern(pattern.ToArray(), access));
        return RuleError.None;
    }

    // Reads "R~", "W~", "RW~" off the front. The tilde may be missing when nothing follows, as official has it.
    private static bool TryParseAccess(ref ReadOnlySpan<byte> text, out KeyAccess access)
    {
        access = KeyAccess.None;
        while (!text.IsEmpty && text[0] != '~')
        {
            KeyAccess letter = (text[0] | 0x20) switch
            {
                'r' => KeyAccess.Read,
                'w' => KeyAccess.Write,
                _ => KeyAccess.None,
            };
            if (letter == KeyAccess.None || (access & letter) != 0)
                return false;
            access |= letter;
            text = text[1..];
        }
        if (!text.IsEmpty)
            text = text[1..];
        return access != KeyAccess.None;
    }

    private RuleError AddChannel(ReadOnlySpan<byte> pattern)
    {
        if (AllChannels)
            return RuleError.ChannelsAlreadyAllowed;
        if (HasSpaces(pattern))
            return RuleError.Syntax;
        if (!AllowsChannel(_channels, pattern, isPattern: true))
            _channels.Add(pattern.ToArray());
        return RuleError.None;
    }

    private Denial CheckChannels(CommandRow row, ArgumentVector arguments, int skip)
    {
        int end = row.Channels == ChannelArguments.First ? Math.Min(2, arguments.Count - skip) : arguments.Count - skip;
        for (int i = 1; i < end; i++)
        {
            if (!AllowsChannel(_channels, arguments[i + skip], row.Channels == ChannelArguments.AllPatterns))
                return new Denial(DenialReason.Channel, i);
        }
        return default;
    }

    /// <summary>Whether a name or pattern has white space or a NUL, which could not be written as a rule.</summary>
    public static bool HasSpaces(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (b == 0 || AsciiText.IsSpace(b))
                return true;
        }
        return false;
    }

    private static bool Is(ReadOnlySpan<byte> rule, string word) => Ascii.EqualsIgnoreCase(rule, word);
}
