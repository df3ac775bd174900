using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Configuration;

/// <summary><c>notify-keyspace-events classes</c>: a letter for each class of events.</summary>
internal sealed class KeyspaceEventsDirective() : Directive("notify-keyspace-events", DirectiveFlags.None)
{
    /// <summary>The letters in the order of CONFIG GET; <c>A</c> stands for <see cref="KeyspaceEventClass.All"/>.</summary>
    private static readonly (byte Letter, KeyspaceEventClass Class)[] Letters =
    [
        ((byte)'g', KeyspaceEventClass.Generic),
        ((byte)'$', KeyspaceEventClass.String),
        ((byte)'l', KeyspaceEventClass.List),
        ((byte)'s', KeyspaceEventClass.Set),
        ((byte)'h', KeyspaceEventClass.Hash),
        ((byte)'z', KeyspaceEventClass.SortedSet),
        ((byte)'x', KeyspaceEventClass.Expired),
        ((byte)'e', KeyspaceEventClass.Evicted),
        ((byte)'t', KeyspaceEventClass.Stream),
        ((byte)'d', KeyspaceEventClass.Module),
        ((byte)'n', KeyspaceEventClass.New),
        ((byte)'K', KeyspaceEventClass.Keyspace),
        ((byte)'E', KeyspaceEventClass.KeyEvent),
        ((byte)'m', KeyspaceEventClass.KeyMiss),
    ];

    public override void Reset(ServerConfig config) => config.NotifyKeyspaceEvents = KeyspaceEventClass.None;

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        KeyspaceEventClass classes = KeyspaceEventClass.None;
        foreach (byte letter in arguments[0])
        {
            if (TryFind(letter, out KeyspaceEventClass found))
            {
                classes |= found;
                continue;
            }
            error = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
            return ConfigChange.Refused;
        }

        error = null;
        config.NotifyKeyspaceEvents = classes;
        return ConfigChange.Changed;
    }

    public override byte[] Get(ServerConfig config)
    {
        var text = new List<byte>();
        KeyspaceEventClass rest = config.NotifyKeyspaceEvents;
        if ((rest & KeyspaceEventClass.All) == KeyspaceEventClass.All)
        {
            text.Add((byte)'A');
            rest &= ~KeyspaceEventClass.All;

            // New keys are no part of "A", but "A" hides their letter.
            rest &= ~KeyspaceEventClass.New;
        }

        foreach ((byte letter, KeyspaceEventClass one) in Letters)
            if ((rest & one) != 0) text.Add(letter);
        return [.. text];
    }

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter) =>
        rewriter.WriteQuoted(Name, Get(config), force: config.NotifyKeyspaceEvents != KeyspaceEventClass.None);

    private static bool TryFind(byte letter, out KeyspaceEventClass found)
    {
        found = KeyspaceEventClass.All;
        if (letter == 'A') return true;
        foreach ((byte candidate, KeyspaceEventClass one) in Letters)
        {
            if (candidate != letter) continue;
            found = one;
            return true;
        }
        return false;
    }
}
