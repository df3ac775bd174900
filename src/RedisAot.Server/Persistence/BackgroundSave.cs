using System.Diagnostics;
using RedisAot.Server.Execution;

namespace RedisAot.Server.Persistence;

/// <summary>One save that goes on between commands. Used under the execution lock.</summary>
internal sealed class BackgroundSave
{
    private readonly RedisServer _server;
    private readonly SnapshotWalk _walk;
    private readonly BackgroundFile _file;
    private readonly DataSetSaver _saver;
    private readonly long _begunTicks = Stopwatch.GetTimestamp();
    private bool _hasBegun; // to walk
    private bool _isWalked;
    private long _keysAtPause;
    private long _resumeTicks;
    private long _commandsAtPause;

    /// <summary>Begins; what there is now is what will be in the file.</summary>
    /// <param name="server">Has the data.</param>
    /// <param name="walk">Keeps them as they are; no other save uses it.</param>
    /// <param name="file">Takes what the saver writes.</param>
    /// <param name="saver">Writes the data.</param>
    /// <param name="isRewrite">Whether the file is the base of the append-only file.</param>
    public BackgroundSave(RedisServer server, SnapshotWalk walk, BackgroundFile file, DataSetSaver saver, bool isRewrite)
    {
        _server = server;
        _walk = walk;
        _file = file;
        _saver = saver;
        IsRewrite = isRewrite;
        DirtyAtBegin = server.Context.Dirty;
        foreach (Keyspace.Database database in server.Databases)
            KeysTotal += database.Count;
        if (_file.Error != null)
        {
            saver.Dispose();
            return;
        }
        saver.WriteHead();
        walk.Begin(saver);
        _hasBegun = true;
    }

    /// <summary>Whether the file is the base of the append-only file.</summary>
    public bool IsRewrite { get; }

    /// <summary>Whether the file is to be sent to replicas.</summary>
    public bool IsForReplicas { get; init; }

    /// <summary>Changes that will be in the file.</summary>
    public long DirtyAtBegin { get; }

    /// <summary>Keys to be written.</summary>
    public long KeysTotal { get; }

    /// <summary>Keys written so far.</summary>
    public long KeysWritten => _saver.KeysWritten;

    /// <summary>How long it has been going on, seconds.</summary>
    public long ElapsedSeconds => (long)Stopwatch.GetElapsedTime(_begunTicks).TotalSeconds;

    /// <summary>What failed first and the system's reason; null while all is well.</summary>
    public (string Operation, string Reason)? Error => _file.Error;

    /// <summary>Whether the file is in its place, or never will be.</summary>
    public bool IsFinished => (_isWalked && _file.IsFinished) || (!_isWalked && Error != null);

    /// <summary>Goes on until <paramref name="endTicks"/>; true when there is more that could be done at once.</summary>
    public bool Continue(long endTicks)
    {
        if (_isWalked || _file.IsBehind || Stopwatch.GetTimestamp() < _resumeTicks)
            return false;
        int delay = _server.Config.RdbKeySaveDelay;
        _isWalked = _walk.Continue(delay > 0 ? 0 : endTicks);
        if (_isWalked)
        {
            _saver.WriteEnd();
            _saver.Dispose();
            _file.Complete();
        }
        else if (delay > 0)
        {
            long microseconds = (KeysWritten - _keysAtPause) * delay;
            _resumeTicks = Stopwatch.GetTimestamp() + (long)(microseconds * (Stopwatch.Frequency / 1e6));
            _keysAtPause = KeysWritten;
        }
        // Where commands run, they get the rest of the millisecond: a save takes at most a fifth of the time from them.
        bool isBusy = _server.Stats.CommandsProcessed != _commandsAtPause;
        _commandsAtPause = _server.Stats.CommandsProcessed;
        return !_isWalked && !isBusy;
    }

    /// <summary>Gives the save up.</summary>
    public void Abandon()
    {
        _file.Abandon();
        if (_isWalked || !_hasBegun)
            return;
        _hasBegun = false;
        _walk.Abandon();
        _saver.Dispose();
    }

    /// <summary>Has the save fail as if the disk were full, unless all has been written (DEBUG FAIL-SAVE).</summary>
    public void Fail()
    {
        if (!_isWalked)
            _file.Fail();
    }
}
