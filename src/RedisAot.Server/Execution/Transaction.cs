using RedisAot.Resp;
using RedisAot.Server.Acl;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Execution;

/// <summary>The transaction state of one client: the queue between MULTI and EXEC, and the watched keys.</summary>
public sealed class Transaction
{
    private readonly List<(CommandRow Row, ArgumentVector Arguments)> _queue = [];
    private readonly List<WatchedKey> _watched = [];
    private long _watchedKeyBytes;
    private bool _aborted;
    private bool _touched;

    /// <summary>Whether MULTI was sent and neither EXEC nor DISCARD yet.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Number of queued commands.</summary>
    public int Count => _queue.Count;

    /// <summary>The flags of all queued commands together.</summary>
    public CommandFlags QueuedFlags { get; private set; }

    /// <summary>The number of the database that the last queued SELECT asks for; null when none does.</summary>
    public int? QueuedDatabase { get; private set; }

    /// <summary>Whether a queued command may change something.</summary>
    public bool HasWrites => (QueuedFlags & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0;

    /// <summary>Number of watched keys.</summary>
    public int WatchCount => _watched.Count;

    /// <summary>Native bytes of the queued commands.</summary>
    public long QueuedBytes { get; private set; }

    /// <summary>Bytes of the queued commands and the watched keys.</summary>
    public long AllocatedBytes => QueuedBytes + _watched.Count * WatchedKey.RecordBytes + _watchedKeyBytes;

    /// <summary>Whether EXEC must fail because a command could not be queued.</summary>
    public bool IsAborted => _aborted;

    /// <summary>Whether a watched key was changed.</summary>
    public bool IsMarkedTouched => _touched;

    /// <summary>Whether a watched key was changed, or has expired since.</summary>
    public bool IsTouched(long nowMs) => _touched || _watched.Any(watched => watched.HasExpiredSince(nowMs));

    /// <summary>Commands that run at once although a transaction is open.</summary>
    public static bool RunsInMulti(CommandRow row) =>
        row.Name is "exec" or "discard" or "multi" or "watch" or "quit" or "reset" && !row.IsSubcommand;

    /// <summary>Opens the queue.</summary>
    public void Open() => IsOpen = true;

    /// <summary>Notes that a command could not be queued.</summary>
    public void AbortIfOpen() => _aborted |= IsOpen;

    /// <summary>Queues a copy of a command and replies QUEUED.</summary>
    public void Enqueue(CommandContext context, CommandRow row, ArgumentVector arguments)
    {
        // Nothing is kept of a transaction that cannot succeed.
        if (!_touched && !_aborted)
        {
            ArgumentVector stored = arguments.Store();
            QueuedBytes += stored.OwnedBytes;
            QueuedFlags |= row.Flags;
            _queue.Add((row, stored));
        }
        if (row.Databases == DatabaseUse.First && NumberText.TryParseLong(arguments[1], out long database))
            QueuedDatabase = (int)database;
        context.Reply.SimpleString("QUEUED"u8);
    }

    /// <summary>Runs the queue and replies with the array of its replies.</summary>
    public void Run(CommandContext context)
    {
        context.Reply.ArrayHeader(_queue.Count);
        context.InExec = true;
        foreach ((CommandRow row, ArgumentVector arguments) in _queue)
        {
            // The rules may have changed since the command was queued.
            DenialReason denial = context.Server.Acl.Check(context, row, arguments, DenialContext.Multi);
            if (denial == DenialReason.None)
                context.Server.Executor.CallNested(row, arguments);
            else
                ReplyDenied(context.Reply, denial);
        }
        context.InExec = false;
        // What was run has been noted, and goes with a MULTI and EXEC of its own.
        context.Effects.Suppress();
    }

    private static void ReplyDenied(ReplyWriter reply, DenialReason denial)
    {
        string reason = denial switch
        {
            DenialReason.Command => "no permission to execute the command or subcommand",
            DenialReason.Key => "no permission to touch the specified keys",
            DenialReason.Database => "no permission to access database",
            _ => "no permission to access one of the channels used as arguments",
        };
        reply.Error("NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. "
            + $"This command is no longer allowed for the following reason: {reason}");
    }

    /// <summary>Ends the transaction and forgets the watched keys.</summary>
    public void Close()
    {
        foreach ((_, ArgumentVector arguments) in _queue)
            arguments.FreeOwned();
        _queue.Clear();
        QueuedBytes = 0;
        QueuedFlags = 0;
        QueuedDatabase = null;
        IsOpen = false;
        _aborted = false;
        Unwatch();
    }

    /// <summary>Watches a key, once.</summary>
    public void Watch(Client client, Database database, ReadOnlySpan<byte> key, long nowMs)
    {
        foreach (WatchedKey watched in _watched)
        {
            if (watched.Database == database && key.SequenceEqual(watched.Key))
                return;
        }
        _watchedKeyBytes += key.Length;
        _watched.Add(database.Watches.Add(client, database, key.ToArray(), database.IsExpired(key, nowMs)));
    }

    /// <summary>Forgets the watched keys.</summary>
    public void Unwatch()
    {
        foreach (WatchedKey watched in _watched)
            watched.Database.Watches.Remove(watched);
        _watched.Clear();
        _watchedKeyBytes = 0;
        _touched = false;
    }

    /// <summary>Notes that a watched key was changed.</summary>
    internal void Touch() => _touched = true;
}
