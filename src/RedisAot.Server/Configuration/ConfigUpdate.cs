using System.Text;
using RedisAot.Server.Process;

namespace RedisAot.Server.Configuration;

/// <summary>CONFIG SET: several directives change together or not at all.</summary>
public sealed class ConfigUpdate
{
    private readonly ServerConfig _config;
    private readonly List<(DirectiveName Name, byte[] NewValue, byte[] OldValue)> _changes = [];
    private readonly List<(Func<string?> Apply, string Directive)> _hooks = [];

    private ConfigUpdate(ServerConfig config) => _config = config;

    /// <summary>Whether the value of a directive must not show up in logs.</summary>
    public static bool IsSensitive(ReadOnlySpan<byte> directive) =>
        DirectiveTable.Find(directive) is { } name && (name.Directive.Flags & DirectiveFlags.Sensitive) != 0;

    /// <summary>Sets directives, calls the hooks, and takes everything back when something fails.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="pairs">Names and values by turns.</param>
    /// <param name="isLoading">Whether a data set is being loaded.</param>
    /// <param name="isLocalClient">Whether the client is on this machine.</param>
    /// <returns>The error reply, one character a byte; null when all is done.</returns>
    public static string? Set(ServerConfig config, ReadOnlySpan<byte[]> pairs, bool isLoading, bool isLocalClient)
    {
        var update = new ConfigUpdate(config);
        return update.Collect(pairs, isLoading, isLocalClient) ?? update.Store() ?? update.Apply();
    }

    /// <summary>Whether an action guarded by a directive such as <c>enable-debug-command</c> is allowed to a client.</summary>
    public static bool IsAllowed(ProtectedAction guard, bool isLocalClient) =>
        guard == ProtectedAction.Yes || (guard == ProtectedAction.Local && isLocalClient);

    private string? Collect(ReadOnlySpan<byte[]> pairs, bool isLoading, bool isLocalClient)
    {
        for (int i = 0; i < pairs.Length; i += 2)
        {
            byte[] given = pairs[i];
            if (DirectiveTable.Find(given) is not { } name)
                return $"ERR Unknown option or number of arguments for CONFIG SET - '{Encoding.Latin1.GetString(given)}'";
            DirectiveFlags flags = name.Directive.Flags;
            if ((flags & DirectiveFlags.Immutable) != 0) return Failed(Encoding.Latin1.GetString(given), "can't set immutable config");
            if ((flags & DirectiveFlags.Protected) != 0 && !IsAllowed(_config.EnableProtectedConfigs, isLocalClient))
                return Failed(Encoding.Latin1.GetString(given), "can't set protected config");
            if ((flags & DirectiveFlags.DenyLoading) != 0 && isLoading) return "LOADING Redis is loading the dataset in memory";
            foreach ((DirectiveName other, _, _) in _changes)
                if (other == name) return Failed(Encoding.Latin1.GetString(given), "duplicate parameter");
            _changes.Add((name, pairs[i + 1], name.Directive.Get(_config)));
        }
        return null;
    }

    private string? Store()
    {
        for (int i = 0; i < _changes.Count; i++)
        {
            (DirectiveName name, byte[] value, _) = _changes[i];
            ConfigChange change = name.Directive.Set(_config, name.Directive.SplitValue(value), out string? error);
            if (change == ConfigChange.Refused)
            {
                Restore(i + 1);
                return Failed(name.Name, error);
            }

            if (change == ConfigChange.Unchanged) continue;
            foreach (Func<string?> hook in _config.HooksOf(name.Directive))
                if (!_hooks.Exists(known => known.Apply == hook)) _hooks.Add((hook, name.Name));
        }
        return null;
    }

    private string? Apply()
    {
        foreach ((Func<string?> apply, string directive) in _hooks)
        {
            if (apply() is not { } error) continue;
            ServerLog.Warning("Failed applying new configuration. Possibly related to new "
                + $"{directive} setting. Restoring previous settings.");
            Restore(_changes.Count);
            foreach ((Func<string?> again, _) in _hooks)
                if (again() is { } further) ServerLog.Warning("Failed applying restored failed CONFIG SET command: " + further);
            return Failed(directive, error);
        }
        return null;
    }

    private void Restore(int count)
    {
        for (int i = 0; i < count; i++)
        {
            (DirectiveName name, _, byte[] old) = _changes[i];
            if (name.Directive.Set(_config, name.Directive.SplitValue(old), out string? error) == ConfigChange.Refused)
            {
                ServerLog.Warning("Failed restoring failed CONFIG SET command. Error setting "
                    + $"{name.Name} to '{Encoding.Latin1.GetString(old)}': {error}");
            }
        }
    }

    private static string Failed(string directive, string? reason) =>
        $"ERR CONFIG SET failed (possibly related to argument '{directive}')" + (reason == null ? "" : " - " + reason);
}
