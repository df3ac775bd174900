using System.Diagnostics;
using System.Globalization;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>Saves the data set and loads it. Used under the execution lock unless a function says otherwise.</summary>
public sealed class SnapshotStore
{
    /// <summary>After a save in the background has failed, how long save points wait.</summary>
    private const long RetryDelaySeconds = 5;

    /// <summary>How long a save in the background may hold up commands at a time.</summary>
    private const long SliceMicroseconds = 250;

    private readonly RedisServer _server;
    private long _lastTrySeconds;
    private bool _isScheduled;
    private int _number;
    private string _replicasPath = "";
    private RdbReader? _reader;
    private RdbLoader? _loader;
    private RdbFileInput? _input;
    private long _loadingSinceMs;
    private long _lastKeysLoaded;
    private long _lastKeysExpired;
    private long _nextPausePosition;

    internal SnapshotStore(RedisServer server)
    {
        _server = server;
        LastSaveSeconds = server.StartedMs / 1000;
        Walk = new SnapshotWalk(server);
        server.LazyFree.Snapshot = Walk;
        server.Config.OnChanged(RefuseWritesIfUnsafe, "save", "stop-writes-on-bgsave-error");
    }

    /// <summary>Whether checksums of files and payloads are not looked at (DEBUG SET-SKIP-CHECKSUM-VALIDATION).</summary>
    public bool SkipsChecksums { get; set; }

    /// <summary>When the data set was last saved, Unix seconds; before that, when the server started.</summary>
    public long LastSaveSeconds { get; private set; }

    /// <summary>How often saving was begun, by a command or save points.</summary>
    public long Saves { get; internal set; }

    /// <summary>How often a save in the background, or a rewriting of the append-only file, was begun: what official forks for.</summary>
    public long BackgroundSaves { get; private set; }

    /// <summary>Keys that the last loading, or the one that goes on, has loaded.</summary>
    public long LastLoadKeysLoaded => _loader?.KeysLoaded ?? _lastKeysLoaded;

    /// <summary>Keys that it came upon past their time.</summary>
    public long LastLoadKeysExpired => _loader?.KeysExpired ?? _lastKeysExpired;

    /// <summary>The save, or the rewriting of the append-only file, that goes on between commands; null when there is none.</summary>
    internal BackgroundSave? Background { get; private set; }

    /// <summary>Whether an RDB file is being written between commands.</summary>
    internal bool IsSaving => Background is { IsRewrite: false };

    /// <summary>Whether the append-only file is being rewritten.</summary>
    internal bool IsRewriting => Background is { IsRewrite: true };

    /// <summary>What keeps a snapshot exact.</summary>
    internal SnapshotWalk Walk { get; }

    /// <summary>Whether the last save in the background failed.</summary>
    public bool LastBackgroundSaveFailed { get; private set; }

    /// <summary>How long the last save in the background took, seconds; -1 before the first.</summary>
    public long LastBackgroundSaveSeconds { get; private set; } = -1;

    /// <summary>How far loading is; null while nothing is loaded.</summary>
    public LoadingProgress? Progress => _reader == null || _loader == null || _input == null
        ? null
        : new LoadingProgress(_loadingSinceMs / 1000, _input.Length, _reader.Position, _loader.UsedMemoryWhenWritten);

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics() => (Saves, BackgroundSaves) = (0, 0);

    /// <summary>Saves everything to the configured file; false, the reason having been logged, when that fails.</summary>
    public bool TrySave()
    {
        string path = _server.Config.DbFileName;
        SnapshotFile file = new(TemporaryPath, _server.Config.RdbSaveIncrementalFsync);
        if (file.Error is { } openError)
        {
            ServerLog.Warning($"Failed opening the temp RDB file {TemporaryPath} (in server root dir " +
                $"{Environment.CurrentDirectory}) for saving: {openError.Reason}");
            return false;
        }
        using (RdbSaver saver = new(_server, new RdbWriter(file, _server.Config.RdbCompression), asBaseOfAof: false))
            saver.Write();
        if (!file.TryReplace(path))
        {
            (string operation, string reason) = file.Error!.Value;
            ServerLog.Warning(operation == "rename"
                ? $"Error moving temp DB file {TemporaryPath} on the final destination {path} (in server root dir " +
                    $"{Environment.CurrentDirectory}): {reason}"
                : $"Write error saving DB on disk({operation}): {reason}");
            return false;
        }
        ServerLog.Notice("DB saved on disk");
        _server.Context.Effects.Dirty = 0;
        LastSaveSeconds = _server.Clock.NowMs / 1000;
        LastBackgroundSaveFailed = false;
        RefuseWritesIfUnsafe();
        return true;
    }

    /// <summary>Takes away what a save that is not done between commands has written so far. Callable from any thread.</summary>
    internal static void DeleteTemporaryFile() => LibC.DeleteFile(TemporaryPath);

    private static string TemporaryPath => $"temp-{Environment.ProcessId}.rdb";

    /// <summary>Begins to save between commands; false, the reason having been logged, when that fails. No such save is going on.</summary>
    public bool TryBeginBackgroundSave()
    {
        Saves++;
        _isScheduled = false;
        _lastTrySeconds = _server.Clock.NowMs / 1000;
        if (TryBegin(NextTemporaryPath(), _server.Config.DbFileName, isForReplicas: false))
            return true;
        LastBackgroundSaveFailed = true;
        RefuseWritesIfUnsafe();
        return false;
    }

    /// <summary>Begins to save between commands what replicas are sent then; false, the reason having been logged, when that fails. No such save is going on.</summary>
    internal bool TryBeginSaveForReplicas()
    {
        // The file keeps the name under which giving up looks for it.
        _replicasPath = NextTemporaryPath();
        return TryBegin(_replicasPath, _replicasPath, isForReplicas: true);
    }

    private string NextTemporaryPath() => $"temp-{Environment.ProcessId}.{++_number}.rdb";

    private bool TryBegin(string temporaryPath, string path, bool isForReplicas)
    {
        bool compress = _server.Config.RdbCompression;
        BackgroundFile file = new(temporaryPath, path, _server.Config.RdbSaveIncrementalFsync, compress);
        RdbSaver saver = new(_server, new RdbWriter(file, compress, framed: true), asBaseOfAof: false);
        BackgroundSave save = new(_server, Walk, file, saver, isRewrite: false) { IsForReplicas = isForReplicas };
        if (save.Error is { } error)
        {
            ServerLog.Warning($"Can't save in background: {error.Operation}: {error.Reason}");
            return false;
        }
        ServerLog.Notice("Background saving started");
        Begin(save);
        return true;
    }

    /// <summary>Goes on with a save, or a rewriting, between commands. There is no other.</summary>
    internal void Begin(BackgroundSave save)
    {
        BackgroundSaves++;
        Background = save;
        _server.Cron.WakeBy(0);
    }

    /// <summary>Has a save begin as soon as that is possible.</summary>
    public void ScheduleBackgroundSave()
    {
        _isScheduled = true;
        _server.Cron.WakeBy(0);
    }

    /// <summary>Gives up a save that is going on, if any.</summary>
    public void AbandonBackgroundSave()
    {
        if (!IsSaving)
            return;
        bool isForReplicas = Background!.IsForReplicas;
        LastBackgroundSaveSeconds = Background.ElapsedSeconds;
        Abandon();
        ServerLog.Warning("Background saving abandoned");
        if (isForReplicas)
            _server.Replicas.OnSnapshotEnded(null);
    }

    /// <summary>Gives up what goes on between commands. There is something.</summary>
    internal void Abandon()
    {
        Background!.Abandon();
        Background = null;
    }

    /// <summary>
    /// After FLUSHALL: what is being saved is obsolete, and the file too, if there are save points to keep it up to date.
    /// </summary>
    public void AfterFlushAll()
    {
        AbandonBackgroundSave();
        if (_server.Config.SavePoints.Length > 0)
            TrySave();
    }

    /// <summary>Goes on with what is to be done between commands; true when there is more that could be done at once.</summary>
    internal bool Continue()
    {
        if (_isScheduled && Background == null)
            TryBeginBackgroundSave();
        _server.Aof.RewriteIfDue();
        if (Background == null)
            _server.Replicas.BeginSnapshotIfWanted();
        long endTicks = Stopwatch.GetTimestamp() + Stopwatch.Frequency * SliceMicroseconds / 1_000_000;
        if (Background == null)
            return Walk.IsActive && !Walk.Continue(endTicks);
        BackgroundSave save = Background;
        bool more = save.Continue(endTicks);
        if (!save.IsFinished)
            return more;
        Background = null;
        if (save.IsRewrite)
            _server.Aof.FinishRewrite(save);
        else if (save.IsForReplicas)
            FinishSaveForReplicas(save);
        else
            FinishBackgroundSave(save);
        return false;
    }

    private void FinishSaveForReplicas(BackgroundSave save)
    {
        LastBackgroundSaveSeconds = save.ElapsedSeconds;
        if (save.Error is { } error)
        {
            save.Abandon();
            ServerLog.Warning($"Write error saving DB on disk({error.Operation}): {error.Reason}");
        }
        ServerLog.Notice(save.Error == null ? "Background saving terminated with success" : "Background saving error");
        _server.Replicas.OnSnapshotEnded(save.Error == null ? _replicasPath : null);
    }

    private void FinishBackgroundSave(BackgroundSave save)
    {
        LastBackgroundSaveSeconds = save.ElapsedSeconds;
        LastBackgroundSaveFailed = save.Error != null;
        RefuseWritesIfUnsafe();
        if (save.Error is { } error)
        {
            save.Abandon();
            ServerLog.Warning($"Write error saving DB on disk({error.Operation}): {error.Reason}");
            ServerLog.Warning("Background saving error");
            return;
        }
        ServerLog.Notice("DB saved on disk");
        ServerLog.Notice("Background saving terminated with success");
        _server.Context.Effects.Dirty -= save.DirtyAtBegin;
        LastSaveSeconds = _server.Clock.NowMs / 1000;
    }

    /// <summary>Saves when a save point has been reached. After a failure the next try comes later.</summary>
    internal void SaveIfDue()
    {
        long now = _server.Clock.NowMs / 1000;
        if (_server.IsLoading || Background != null || (LastBackgroundSaveFailed && now - _lastTrySeconds <= RetryDelaySeconds))
            return;
        foreach (SavePoint point in _server.Config.SavePoints)
        {
            if (_server.Context.Dirty < point.Changes || now - LastSaveSeconds <= point.Seconds)
                continue;
            ServerLog.Notice($"{point.Changes} changes in {point.Seconds} seconds. Saving...");
            TryBeginBackgroundSave();
            return;
        }
    }

    private string? RefuseWritesIfUnsafe()
    {
        // A server that is about to end refuses them for good.
        if (_server.Exit.Task.IsCompleted)
            return null;
        bool isUnsafe = LastBackgroundSaveFailed && _server.Config.StopWritesOnBgSaveError && _server.Config.SavePoints.Length > 0;
        _server.WriteRefusal = isUnsafe ? UnsafeError.ToArray() : null;
        _server.Executor.UpdateGate();
        return null;
    }

    private static ReadOnlySpan<byte> UnsafeError =>
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."u8;

    /// <summary>
    /// Loads the configured file, if there is one, before the first command is run; takes the lock itself and leaves it from
    /// time to time, so that clients hear that the server is loading.
    /// </summary>
    /// <returns>False, the reason having been logged, when the server must not start.</returns>
    public bool TryLoadAtStart()
    {
        long begin = Stopwatch.GetTimestamp();
        RdbFileInput? input = OpenFile(out bool isMissing);
        if (input == null)
            return isMissing;
        _server.Lock.Enter();
        _server.Clock.Synchronize();
        _server.SetLoading(true);
        bool loaded = TryLoad(input, RdbLoadOptions.None, Pause);
        _server.SetLoading(false);
        _server.Lock.Exit();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (loaded)
            ServerLog.Notice(string.Create(CultureInfo.InvariantCulture, $"DB loaded from disk: {seconds:F3} seconds"));
        else if (!_server.Exit.Task.IsCompleted)
            ServerLog.Warning("Terminating server after rdb file reading failure.");
        return loaded;
    }

    /// <summary>Loads the configured file in place of the data there are, or beside them.</summary>
    internal bool TryReload(RdbLoadOptions options, bool flush)
    {
        AbandonBackgroundSave();
        if (flush)
            ClearForReload();
        if (OpenFile(out _) is not { } input)
            return false;
        if (!TryLoad(input, options, afterKey: null))
        {
            // Half a data set must not be served, as official has it.
            ServerLog.Warning("Terminating server after rdb file reading failure.");
            _server.Exit.TrySetResult(1);
            return false;
        }
        ServerLog.Warning("DB reloaded by DEBUG RELOAD");
        return true;
    }

    /// <summary>Deletes all data and frees their memory: two data sets may not fit.</summary>
    internal void ClearForReload()
    {
        foreach (Database database in _server.Databases)
            database.Clear();
        while (_server.LazyFree.HasWork)
            _server.LazyFree.RunStep();
    }

    /// <summary>Loads the snapshot at the start of a file of the append-only file; gives its length.</summary>
    internal bool TryLoadBase(string path, bool pauses, out long length)
    {
        length = 0;
        if (RdbFileInput.Open(path, out string? error) is { } input)
            return TryLoad(input, RdbLoadOptions.BaseOfAof, pauses ? Pause : null, out length, path);
        ServerLog.Warning($"Fatal error: can't open the append log file {path} for reading: {error}");
        return false;
    }

    private RdbFileInput? OpenFile(out bool isMissing)
    {
        string path = _server.Config.DbFileName;
        RdbFileInput? input = RdbFileInput.Open(path, out string? error);
        isMissing = input == null && !File.Exists(path);
        if (input == null && !isMissing)
            ServerLog.Warning($"Fatal error loading the DB: {error}. Exiting.");
        return input;
    }

    private bool TryLoad(RdbFileInput input, RdbLoadOptions options, Action? afterKey) =>
        TryLoad(input, options, afterKey, out _, _server.Config.DbFileName);

    private bool TryLoad(RdbFileInput input, RdbLoadOptions options, Action? afterKey, out long length, string path)
    {
        using (input)
        using (RdbReader reader = new(input, input.Length))
        {
            RdbLoader loader = new(_server, reader, options) { AfterKey = afterKey };
            (_input, _reader, _loader) = (input, reader, loader);
            _loadingSinceMs = _server.Clock.NowMs;
            _nextPausePosition = 0;
            try
            {
                loader.Load();
                return true;
            }
            catch (RdbException e)
            {
                LogFailure(e, reader.Position, path);
                return false;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            finally
            {
                length = reader.Position;
                (_input, _reader, _loader) = (null, null, null);
                (_lastKeysLoaded, _lastKeysExpired) = (loader.KeysLoaded, loader.KeysExpired);
            }
        }
    }

    private void LogFailure(RdbException e, long position, string path)
    {
        if (e.Error == RdbError.UnexpectedEnd)
            ServerLog.Warning("Short read or OOM loading DB. Unrecoverable error, aborting now.");
        ServerLog.Warning($"Internal error in RDB reading offset {position} of {Path.GetFullPath(path)} -> {e.Message}");
    }

    /// <summary>Lets clients in while a file is loaded, and ends the loading when the server is to end.</summary>
    private void Pause()
    {
        int delay = _server.Config.KeyLoadDelay;
        if (delay == 0 && _reader!.Position < _nextPausePosition)
            return;
        _nextPausePosition = _reader!.Position + _server.Config.LoadingProcessEventsIntervalBytes;
        _server.Lock.Exit();
        bool ending = delay > 0 ? _server.Exit.Task.Wait(TimeSpan.FromMicroseconds(delay)) : _server.Exit.Task.IsCompleted;
        _server.Lock.Enter();
        if (ending)
            throw new OperationCanceledException();
    }
}
