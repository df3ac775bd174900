using RedisAot.Resp;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Execution;

/// <summary>Receives every change of the data set in the order in which it happened: append-only file, replicas.</summary>
public interface IPropagationSink
{
    /// <summary>Whether messages (PUBLISH), which leave nothing behind in the data set, are wanted as well.</summary>
    bool TakesMessages { get; }

    /// <summary>A command to be repeated; the arguments are valid during the call only.</summary>
    void Feed(int database, ArgumentVector arguments);
}

/// <summary>
/// Collects what a command did and passes it on, once, when the outermost command ends. Handlers say what changed;
/// none of them writes to a file or a replica.
/// </summary>
public sealed class Effects
{
    private readonly RedisServer _server;
    private readonly List<IPropagationSink> _sinks = [];
    private readonly List<(int Database, ArgumentVector Arguments, bool IsMessage)> _pending = [];
    private readonly ArgumentVector _multi = ArgumentVector.Of("MULTI"u8.ToArray());
    private readonly ArgumentVector _exec = ArgumentVector.Of("EXEC"u8.ToArray());
    private bool _replaced;
    private bool _forced;
    private bool _isMessage;

    internal Effects(RedisServer server) => _server = server;

    /// <summary>Changes so far; official's server.dirty.</summary>
    public long Dirty { get; set; }

    /// <summary>Whether anybody listens: without a listener nothing needs to be composed.</summary>
    public bool IsPropagating => _sinks.Count > 0 && !_server.IsLoading;

    /// <summary>Adds a listener.</summary>
    public void AddSink(IPropagationSink sink) => _sinks.Add(sink);

    /// <summary>Removes a listener.</summary>
    public void RemoveSink(IPropagationSink sink) => _sinks.Remove(sink);

    /// <summary>Has another command propagated in place of the one that runs. Without arguments: none.</summary>
    public void Replace(params ReadOnlySpan<byte[]> arguments)
    {
        _replaced = true;
        if (arguments.Length > 0)
            Also(_server.Context.Db.Id, arguments);
    }

    /// <summary>Has nothing propagated for the command that runs.</summary>
    public void Suppress() => _replaced = true;

    /// <summary>Has the command that runs propagated even if it changed nothing.</summary>
    public void Force() => _forced = true;

    /// <summary>Has the command that runs, a message, propagated to replicas.</summary>
    public void ForceToReplicas() => _isMessage = true;

    /// <summary>Has a further command propagated.</summary>
    public void Also(int database, params ReadOnlySpan<byte[]> arguments)
    {
        if (IsPropagating)
            _pending.Add((database, ArgumentVector.Of(arguments), false));
    }

    /// <summary>Called before each command; answers the count of changes to be given to <see cref="EndCommand"/>.</summary>
    internal long BeginCommand()
    {
        _replaced = false;
        _forced = false;
        _isMessage = false;
        return Dirty;
    }

    /// <summary>Notes the command itself, if it changed something and did not say what to propagate instead.</summary>
    internal void EndCommand(long dirtyBefore, int database, ArgumentVector arguments, bool isOutermost)
    {
        // SAVE sets the count back.
        bool changed = Dirty > dirtyBefore || _forced;
        if ((!changed && !_isMessage) || _replaced || !IsPropagating)
            return;
        // Nearly always it is all there is.
        if (isOutermost && _pending.Count == 0)
            FeedAll(database, arguments, !changed);
        else
            _pending.Add((database, arguments.Store(), !changed));
    }

    /// <summary>
    /// Passes on what the outermost command did; several commands go as one transaction, apart from the deletions of
    /// keys that a command like SCAN came upon, which have nothing to do with each other.
    /// </summary>
    internal void Flush()
    {
        if (_pending.Count == 0)
            return;
        bool transaction = _pending.Count > 1 && (_server.Context.Row.Flags & CommandFlags.TouchesArbitraryKeys) == 0;
        if (transaction)
            FeedAll(_pending[0].Database, _multi, isMessage: false);
        foreach ((int database, ArgumentVector arguments, bool isMessage) in _pending)
        {
            FeedAll(database, arguments, isMessage);
            arguments.FreeOwned();
        }
        if (transaction)
            FeedAll(_pending[^1].Database, _exec, isMessage: false);
        _pending.Clear();
    }

    private void FeedAll(int database, ArgumentVector arguments, bool isMessage)
    {
        // From the back, since a sink may take itself away.
        for (int i = _sinks.Count - 1; i >= 0; i--)
        {
            if (!isMessage || _sinks[i].TakesMessages)
                _sinks[i].Feed(database, arguments);
        }
    }
}
