using System.Diagnostics;
using RedisAot.Server.Execution;

namespace RedisAot.Server.Persistence;

/// <summary>One save that goes on between commands. Used under the execution lock.</summary>
internal sealed class BackgroundSave
{
    private static int s_number;

    private readonly RedisServer _server;
    private readonly SnapshotWalk _walk;
    private readonly BackgroundFile _file;
    private readonly RdbWriter _writer;
    private readonly RdbSaver _saver;
    private readonly long _begunTicks = Stopwatch.GetTimestamp();
    private bool _isWalked;
    private long _keysAtPause;
    private long _resumeTicks;
    private long _commandsAtPause;

    /// <summary>Begins; what there is now is what will be in the file.</summary>
    public BackgroundSave(RedisServer server, SnapshotWalk walk)
    {
        _server = server;
        _walk = walk;
        string temporaryPath = $"temp-{Environment.ProcessId}.{++s_number}.rdb";
        _file = new BackgroundFile(temporaryPath, server.Config.DbFileName, server.Config.RdbSaveIncrementalFsync);
        _writer = new RdbWriter(_file, server.Config.RdbCompression);
        _saver = new RdbSaver(server, _writer);
        DirtyAtBegin = server.Context.Dirty;
        foreach (Keyspace.Database database in server.Databases)
            KeysTotal += database.Count;
        if (_file.Error != null)
        {
            _writer.Dispose();
            return;
        }
        _saver.WriteHead(asBaseOfAof: false);
        walk.Begin(_saver);
    }

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
            _writer.Dispose();
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
        if (_isWalked || Error != null)
            return;
        _walk.Abandon();
        _writer.Dispose();
    }
}
