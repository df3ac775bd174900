using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;
using RedisAot.Server.PubSub;

namespace RedisAot.Server.Acl;

/// <summary>The users, who acts as them, and what they were denied. Used under the execution lock only.</summary>
public sealed class AccessControl
{
    private static readonly Comparer<byte[]> NameOrder = Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));

    private readonly RedisServer _server;
    private readonly List<KeyReference> _keys = [];
    private SortedDictionary<byte[], User> _users = new(NameOrder);

    internal AccessControl(RedisServer server)
    {
        _server = server;
        Default = NewDefaultUser();
        _users.Add(Default.Name, Default);
        ApplyRequirePass();
        server.Config.OnChanged(
            () =>
            {
                ApplyRequirePass();
                return null;
            },
            "requirepass");
        server.Config.DescribeUsers = () => _users.Values.Select(user => System.Text.Encoding.Latin1.GetBytes(DescribeUser(user)));
    }

    /// <summary>The user that new connections act as.</summary>
    public User Default { get; }

    /// <summary>Whether a connection has to log in before it may do anything.</summary>
    public bool RequiresLogin => !Default.NeedsNoPassword || !Default.IsEnabled;

    /// <summary>The users in the order of their names.</summary>
    internal IReadOnlyCollection<User> Users => _users.Values;

    /// <summary>What was denied of late.</summary>
    internal AclLog Log { get; } = new();

    /// <summary>The user of that name, or null.</summary>
    internal User? Find(ReadOnlySpan<byte> name) => _users.GetValueOrDefault(name.ToArray());

    /// <summary>Logs a client in; a failure is noted in the log.</summary>
    internal bool TryLogIn(CommandContext c, ReadOnlySpan<byte> name, ReadOnlySpan<byte> password)
    {
        if (Find(name) is not { } user || !user.MayLogIn(password))
        {
            DenialContext context = c.Client.InMulti ? DenialContext.Multi : DenialContext.TopLevel;
            AddToLog(c, DenialReason.Auth, context, c[0], name);
            return false;
        }
        c.Client.User = user;
        c.Client.IsLoggedIn = true;
        c.Client.UpdateGate();
        return true;
    }

    /// <summary>Whether the client that runs may call a command with the context's arguments; a denial is noted in the log.</summary>
    internal DenialReason Check(CommandContext c, CommandRow row, ArgumentVector arguments, DenialContext context)
    {
        User user = c.Client.User;
        // What comes out of an append-only file was allowed when it first ran.
        if (user.IsUnrestricted || c.Client.Connection == null)
            return DenialReason.None;
        Denial denial = user.Check(row, arguments, skip: 0, DatabaseOf(c), _keys);
        if (!denial.IsNone)
        {
            ReadOnlySpan<byte> denied = denial.Argument == 0 ? row.FullNameUtf8 : arguments[denial.Argument];
            AddToLog(c, denial.Reason, context, denied, user.Name);
        }
        return denial.Reason;
    }

    /// <summary>What a user would be denied of a request, in the client's database, that begins behind <paramref name="skip"/> arguments.</summary>
    internal Denial Check(CommandContext c, User user, CommandRow row, int skip) =>
        user.Check(row, c.Arguments, skip, c.Client.Database.Id, _keys);

    /// <summary>Whether the running command may read keys that its arguments do not name.</summary>
    internal bool AllowsReadingAllKeys(CommandContext c) =>
        c.Client.User.IsUnrestricted || c.Client.Connection == null || c.Client.User.AllowsWithAllKeys(c.Row, c.Arguments, c.Client.Database.Id, _keys);

    /// <summary>Creates or changes a user, by all of the rules or none; answers what is wrong, one character a byte, or null.</summary>
    internal string? SetUser(byte[] name, ReadOnlySpan<byte[]> words)
    {
        if (!RuleList.TryMerge(words, out List<byte[]> rules, out byte[] unmatched))
            return $"Unmatched parenthesis in acl selector starting at '{RuleList.Text(unmatched)}'.";
        User changed = NewUser(name);
        User? user = Find(name);
        if (user != null)
            changed.Assign(user);
        if (RuleList.Apply(changed, rules) is var (error, rule))
            return $"Error in ACL SETUSER modifier '{RuleList.Text(rule)}': {RuleErrors.Text(error)}";
        if (user == null)
        {
            _users.Add(name, changed);
            return null;
        }
        CloseSubscribersWithout(changed, user);
        user.Assign(changed);
        UpdateClients();
        return null;
    }

    /// <summary>Deletes a user and closes its connections; false if there is none of that name.</summary>
    internal bool Delete(ReadOnlySpan<byte> name)
    {
        if (!_users.Remove(name.ToArray(), out User? user))
            return false;
        CloseClientsOf(user);
        return true;
    }

    /// <summary>A user that is not in the table.</summary>
    internal User NewUser(byte[] name) => new(name, _server.Commands, _server.Config);

    /// <summary>
    /// Puts other users in the place of all there are. Their connections are closed, but for those of the default user, which
    /// stays and takes the rules of its namesake.
    /// </summary>
    internal void ReplaceAll(List<User> users)
    {
        User newDefault = users.Find(user => NameOrder.Compare(user.Name, Default.Name) == 0) ?? NewDefaultUser();
        foreach (User user in _users.Values.Where(user => user != Default))
            CloseClientsOf(user);
        Default.Assign(newDefault);
        _users = new SortedDictionary<byte[], User>(NameOrder) { [Default.Name] = Default };
        foreach (User user in users)
            _users.TryAdd(user.Name, user);
        UpdateClients();
    }

    /// <summary>
    /// Makes the users that the configuration or the ACL file declares, before the first client comes; false, the reason having been
    /// logged, when something is wrong with them.
    /// </summary>
    public bool TryLoadAtStart()
    {
        ServerConfig config = _server.Config;
        if (config.AclFile.Length > 0 && config.UserDeclarations.Count > 0)
        {
            ServerLog.Warning("Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. "
                + "This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or "
                + "declare users directly in your redis.conf, but not both.");
            return false;
        }
        if (!config.UserDeclarations.TrueForAll(TryDeclare))
        {
            ServerLog.Warning("Critical error while loading ACLs. Exiting.");
            return false;
        }
        if (config.AclFile.Length == 0 || AclFile.Load(this, config.AclFile) is not { } errors)
            return true;
        ServerLog.Warning($"Aborting Redis startup because of ACL errors: {errors}");
        return false;
    }

    /// <summary>A user as a line of a file, without the word <c>user</c>; one character a byte.</summary>
    internal static string DescribeUser(User user) => $"{RuleList.Text(user.Name)} {user.Describe()}";

    // While a transaction is put together, a SELECT in it counts already.
    private static int DatabaseOf(CommandContext c) =>
        c.Client.InMulti && !c.InExec && c.Client.Transaction!.QueuedDatabase is { } queued ? queued : c.Client.Database.Id;

    private bool TryDeclare(byte[][] words)
    {
        byte[] name = words[1];
        if (Selector.HasSpaces(name))
        {
            ServerLog.Warning("Spaces not allowed in ACL usernames");
            return false;
        }
        User? user = Find(name);
        if (user == null)
            _users.Add(name, user = NewUser(name));
        else
            user.Apply("reset"u8);
        if (RuleList.TryMerge(words.AsSpan(2), out List<byte[]> rules, out _) && RuleList.Apply(user, rules) is var (error, rule))
        {
            ServerLog.Warning($"Error loading ACL rule '{RuleList.Text(rule)}' for the user named '{RuleList.Text(name)}': {RuleErrors.Text(error)}");
            return false;
        }
        if (!user.IsEnabled)
        {
            ServerLog.Notice($"The user '{RuleList.Text(name)}' is disabled (there is no 'on' modifier in the user description). "
                + "Make sure this is not a configuration error.");
        }
        return true;
    }

    private User NewDefaultUser()
    {
        User user = NewUser("default"u8.ToArray());
        foreach (string rule in (ReadOnlySpan<string>)["+@all", "~*", "&*", "on", "nopass"])
            user.Apply(System.Text.Encoding.ASCII.GetBytes(rule));
        return user;
    }

    private void ApplyRequirePass()
    {
        byte[] password = _server.Config.RequirePass;
        Default.Apply("resetpass"u8);
        Default.Apply(password.Length > 0 ? [(byte)'>', .. password] : "nopass"u8);
        UpdateClients();
    }

    private void AddToLog(CommandContext c, DenialReason reason, DenialContext context, ReadOnlySpan<byte> denied, ReadOnlySpan<byte> userName)
    {
        _server.Stats.CountDenial(reason);
        string client = ClientDescription.Of(c.Client, c.NowMs);
        AclLog.Entry entry = new(reason, context, denied.ToArray(), userName.ToArray(), c.NowMs, client);
        Log.Add(entry, _server.Config.AclLogMaxLen);
    }

    private void UpdateClients()
    {
        foreach (Client client in _server.Clients.All)
            client.UpdateGate();
    }

    private void CloseClientsOf(User user)
    {
        foreach (Client client in _server.Clients.Snapshot())
        {
            if (client.User != user)
                continue;
            client.User = Default;
            client.IsLoggedIn = false;
            client.UpdateGate();
            Close(client);
        }
    }

    // The client that runs the command still gets its reply.
    private void Close(Client client)
    {
        if (client == _server.Executor.ActiveClient)
            client.CloseAfterReply = true;
        else
            _server.FreeClient(client);
    }

    // Closes the user's connections with a subscription that the user, as it will be, may not make.
    private void CloseSubscribersWithout(User changed, User user)
    {
        if (changed.Selectors.Any(selector => selector.AllChannels))
            return;
        List<byte[]> channels = [.. changed.Selectors.SelectMany(selector => selector.Channels)];
        if (!user.Selectors.Any(selector => selector.AllChannels)
            && user.Selectors.SelectMany(selector => selector.Channels).All(old => Selector.AllowsChannel(channels, old, isPattern: true)))
            return;
        foreach (Client client in _server.Clients.Snapshot())
        {
            if (client.User == user && client.Subscriptions is { } subscriptions && !AllowsAll(channels, subscriptions))
                Close(client);
        }
    }

    private static bool AllowsAll(List<byte[]> channels, Subscriptions subscriptions)
    {
        foreach (SubscriptionKind kind in (ReadOnlySpan<SubscriptionKind>)[SubscriptionKind.Channel, SubscriptionKind.Pattern, SubscriptionKind.Shard])
        {
            foreach (byte[] name in subscriptions.NamesOf(kind))
            {
                if (!Selector.AllowsChannel(channels, name, kind == SubscriptionKind.Pattern))
                    return false;
            }
        }
        return true;
    }
}
