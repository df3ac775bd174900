using System.Diagnostics;
using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>
/// Brings what was appended under the execution lock to the disk, without that lock: whoever waits for its own bytes writes
/// those of all others too (group commit). A thread writes what nobody waits for, and synchronises once a second.
/// </summary>
internal sealed class AofWriter
{
    private const int KeptBytes = 64 * 1024;
    private const int RoundMs = 100;
    private const double MaxPostponedSeconds = 2;
    private const double ErrorLogSeconds = 30;
    private const int NoFile = -1;

    private readonly RedisServer _server;
    private readonly Lock _bufferGate = new();
    private readonly Lock _fileGate = new();
    private readonly Lock _syncGate = new();
    private readonly Queue<int> _retired = new(); // files that have been replaced, to be synchronised and closed
    private readonly ReplyWriter _encoder = new() { Buffer = new OutputBuffer(KeptBytes) };
    private OutputBuffer _writing = new(KeptBytes);
    private int _file = NoFile;
    private int _nextFile = NoFile; // takes what is appended as soon as the one before has what belongs to it
    private Thread? _thread;
    private long _appended;
    private long _writingEnd;
    private long _written;
    private long _committed;
    private long _synced;
    private long _fileBytes;
    private long _syncedTicks;
    private long _postponedSinceTicks;
    private long _errorLoggedTicks;
    private volatile bool _isSyncing;
    private volatile byte[]? _refusal;
    private volatile byte[]? _syncRefusal;

    public AofWriter(RedisServer server) => _server = server;

    /// <summary>How much has ever been appended, in bytes; what <see cref="Commit"/> is given. Needs the execution lock.</summary>
    public long Appended => _appended;

    /// <summary>Length of the file that was opened last.</summary>
    public long FileBytes => Volatile.Read(ref _nextFile) == NoFile ? Volatile.Read(ref _fileBytes) : 0;

    /// <summary>Bytes that are not in the file yet.</summary>
    public long PendingBytes => Volatile.Read(ref _appended) - Volatile.Read(ref _written);

    /// <summary>How often a write waited no longer for a slow synchronisation.</summary>
    public long DelayedSyncs { get; private set; }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics() => DelayedSyncs = 0;

    /// <summary>Whether a synchronisation goes on.</summary>
    public bool IsSyncing => _isSyncing;

    /// <summary>The error that commands which change something get while the file cannot be written; null while it can.</summary>
    public byte[]? Refusal => _refusal ?? _syncRefusal;

    /// <summary>Whether there is a file, so that nothing may be sent before the commands that it tells of are in it.</summary>
    public bool IsOpen => Volatile.Read(ref _file) != NoFile;

    /// <summary>Whether nothing may be sent before what it tells of is on the disk, too.</summary>
    public bool WaitsForDisk => _server.Config.AppendFsync == AppendFsync.Always;

    /// <summary>Whether everything up to a position is as safe as <c>appendfsync</c> asks for.</summary>
    public bool IsCommitted(long position) => Volatile.Read(ref _committed) >= position;

    /// <summary>How long each write is put off, µs (DEBUG AOF-FLUSH-SLEEP).</summary>
    public long WriteDelay { get; set; }

    /// <summary>
    /// Goes on in a file, at its end, with what is appended from now on; the file before is synchronised and closed, as soon as it
    /// has everything that was appended before. False, the reason having been logged, when the file cannot be opened. Needs the
    /// execution lock.
    /// </summary>
    /// <param name="path">The file, which is created if need be.</param>
    /// <param name="anew">Whether the file is to be empty.</param>
    /// <param name="announce">Called once the file is there, before anything is written to it; false gives it up. May be null.</param>
    public bool TryOpen(string path, bool anew, Func<bool>? announce = null)
    {
        int file = anew ? LibC.OpenForAppendAnew(path) : LibC.OpenForAppend(path);
        if (file < 0)
        {
            ServerLog.Warning($"Can't open the append-only file {Path.GetFileName(path)}: {LibC.LastError()}");
            return false;
        }
        if (announce != null && !announce())
        {
            LibC.Close(file);
            LibC.DeleteFile(path);
            return false;
        }
        Replace(file);
        if (_thread == null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "aof" };
            _thread.Start();
        }
        return true;
    }

    /// <summary>Adds a command; before it, unless zero or negative, a note of the time and the choice of the database.</summary>
    public void Append(long unixSeconds, int selectDatabase, ArgumentVector arguments)
    {
        lock (_bufferGate)
        {
            nint before = _encoder.Buffer.Length;
            if (unixSeconds > 0)
                _encoder.Buffer.Append(Encoding.ASCII.GetBytes($"#TS:{unixSeconds}\r\n"));
            if (selectDatabase >= 0)
                AppendSelect(selectDatabase);
            _encoder.ArrayHeader(arguments.Count);
            for (int i = 0; i < arguments.Count; i++)
                _encoder.Bulk(arguments[i]);
            Volatile.Write(ref _appended, _appended + (_encoder.Buffer.Length - before));
        }
    }

    /// <summary>
    /// Returns once everything up to a position is as safe as <c>appendfsync</c> asks for. Called without the execution lock.
    /// </summary>
    public void Commit(long position)
    {
        if (IsCommitted(position))
            return;
        bool wasRefusing = Refusal != null;
        lock (_fileGate)
        {
            if (_committed < position && _file != NoFile)
                CommitAll();
        }
        UpdateGate(wasRefusing);
    }

    /// <summary>Like <see cref="Commit"/>, for everything that has been appended. Called without the execution lock.</summary>
    public void CommitAppended()
    {
        // Who holds the lock may have shown already what it has yet to append.
        _server.Lock.Enter();
        long appended = _appended;
        _server.Lock.Exit();
        Commit(appended);
    }

    /// <summary>Writes what has been appended; false when that fails. Needs the execution lock.</summary>
    public bool TryDrain()
    {
        lock (_fileGate)
            return _file == NoFile || TryWrite();
    }

    /// <summary>
    /// What the file before the one that was opened last could not take is needed no longer: a new base has it. Needs the execution lock.
    /// </summary>
    public void ForgetUnwritten()
    {
        lock (_fileGate)
        {
            if (_nextFile == NoFile)
                return;
            _writing.Reset(KeptBytes);
            Volatile.Write(ref _written, _writingEnd);
            GoToNext();
        }
    }

    /// <summary>Writes and synchronises what is left, and closes the file. Needs the execution lock.</summary>
    public void Close()
    {
        lock (_fileGate)
        {
            if (_file == NoFile)
                return;
            if (TryWrite() && LibC.SynchronizeData(_file) is { } error)
                ServerLog.Warning($"Fail to fsync the AOF file: {error}.");
            // What could not be written must not come into the next file, whose base has it already.
            _writing.Reset(KeptBytes);
            lock (_bufferGate)
            {
                _encoder.Buffer.Reset(KeptBytes);
                _writingEnd = _written = _committed = _appended;
            }
            (_refusal, _syncRefusal) = (null, null);
            lock (_syncGate)
            {
                CloseRetired();
                LibC.Close(_file);
                if (_nextFile != NoFile)
                    LibC.Close(_nextFile);
            }
            _file = _nextFile = NoFile;
        }
        _server.Executor.UpdateGate();
    }

    /// <summary>Synchronises and closes a file soon, or only closes it; also one that has been deleted, whose data then go.</summary>
    public void Retire(int file)
    {
        if (_thread == null)
        {
            LibC.Close(file);
            return;
        }
        lock (_retired)
            _retired.Enqueue(file);
    }

    private void Replace(int file)
    {
        lock (_fileGate)
        {
            bool isDrained = _file == NoFile || TryWriteOrExit();
            if (_nextFile != NoFile)
                Retire(_nextFile); // has stayed empty
            _nextFile = file;
            if (isDrained)
            {
                GoToNext();
                return;
            }
            lock (_bufferGate)
            {
                _writing.Append(_encoder.Buffer);
                _encoder.Buffer.Reset(KeptBytes);
                _writingEnd = _appended;
            }
        }
    }

    private void GoToNext()
    {
        int old = _file;
        if (old != NoFile && _server.Config.AppendFsync == AppendFsync.Always && LibC.SynchronizeData(old) is { } error)
            ExitAtOnce($"Can't persist AOF for fsync error when the AOF fsync policy is 'always': {error}. Exiting...");
        Volatile.Write(ref _fileBytes, Math.Max(LibC.FileLength(_nextFile), 0));
        Volatile.Write(ref _file, _nextFile);
        Volatile.Write(ref _nextFile, NoFile);
        if (old != NoFile)
            Retire(old);
    }

    private void AppendSelect(int database)
    {
        _encoder.ArrayHeader(2);
        _encoder.Bulk("SELECT"u8);
        _encoder.BulkInteger(database);
    }

    private void UpdateGate(bool wasRefusing)
    {
        if ((Refusal != null) == wasRefusing)
            return;
        _server.Lock.Enter();
        _server.Executor.UpdateGate();
        _server.Lock.Exit();
    }

    private void CommitAll()
    {
        AppendFsync policy = _server.Config.AppendFsync;
        if (policy == AppendFsync.EverySecond && _isSyncing && Postpones())
            return;
        _postponedSinceTicks = 0;
        if (!TryWriteOrExit())
            return;
        if (policy == AppendFsync.Always && !LeavesSyncToSystem)
        {
            if (LibC.SynchronizeData(_file) is { } reason)
                ExitAtOnce($"Can't persist AOF for fsync error when the AOF fsync policy is 'always': {reason}. Exiting...");
            Volatile.Write(ref _synced, _written);
        }
        Volatile.Write(ref _committed, _written);
    }

    // While much else is written, if the user wants it so.
    private bool LeavesSyncToSystem => _server.Config.NoAppendFsyncOnRewrite && _server.Snapshots.Background != null;

    // A write behind a slow synchronisation would wait for it.
    private bool Postpones()
    {
        if (_postponedSinceTicks == 0)
            _postponedSinceTicks = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(_postponedSinceTicks).TotalSeconds < MaxPostponedSeconds)
            return true;
        DelayedSyncs++;
        ServerLog.Notice("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to " +
            "complete, this may slow down Redis.");
        return false;
    }

    private bool TryWriteOrExit()
    {
        if (TryWrite())
            return true;
        if (_server.Config.AppendFsync == AppendFsync.Always)
            ExitAtOnce("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
        return false;
    }

    private bool TryWrite()
    {
        while (TakeNext())
        {
            if (WriteDelay > 0)
                _server.Exit.Task.Wait(TimeSpan.FromMicroseconds(WriteDelay));
            while (_writing.Unconsumed > 0)
            {
                if (!TryWriteSpan(_writing.UnconsumedSpan))
                    return false;
            }
            Volatile.Write(ref _written, _writingEnd);
        }
        if (_refusal != null)
            ServerLog.Warning("AOF write error looks solved, Redis can write again.");
        _refusal = null;
        return true;
    }

    // What a failed write has left is written before anything newer.
    private bool TakeNext()
    {
        if (_writing.Unconsumed > 0)
            return true;
        if (_nextFile != NoFile)
            GoToNext();
        _writing.Reset(KeptBytes);
        lock (_bufferGate)
        {
            if (_encoder.Buffer.Length == 0)
                return false;
            (_encoder.Buffer, _writing) = (_writing, _encoder.Buffer);
            _writingEnd = _appended;
        }
        return true;
    }

    private bool TryWriteSpan(ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        while (done < bytes.Length)
        {
            int written = LibC.WriteSome(_file, bytes[done..]);
            if (written > 0)
            {
                done += written;
                continue;
            }
            OnWriteError(LibC.LastError(), done, bytes.Length);
            return false;
        }
        AddWritten(done);
        return true;
    }

    private void AddWritten(int bytes)
    {
        Volatile.Write(ref _fileBytes, _fileBytes + bytes);
        _writing.Consume(bytes);
    }

    private void OnWriteError(string reason, int partBytes, int expectedBytes)
    {
        bool isShort = partBytes > 0;
        if (isShort)
            reason = LibC.NoSpaceError; // as official has it, which does not see why a part was not taken
        bool logs = _errorLoggedTicks == 0 || Stopwatch.GetElapsedTime(_errorLoggedTicks).TotalSeconds > ErrorLogSeconds;
        if (logs)
        {
            _errorLoggedTicks = Stopwatch.GetTimestamp();
            ServerLog.Warning(isShort
                ? $"Short write while writing to the AOF file: (nwritten={partBytes}, expected={expectedBytes})"
                : $"Error writing to the AOF file: {reason}");
        }
        _refusal = Refuse(reason);
        // Half a command must not stay.
        if (!isShort || LibC.TruncateFile(_file, _fileBytes) is not { } failure)
            return;
        AddWritten(partBytes);
        if (logs)
        {
            ServerLog.Warning("Could not remove short write from the append-only file.  Redis may refuse to load the AOF the next time it " +
                $"starts.  ftruncate: {failure}");
        }
    }

    private static byte[] Refuse(string reason) => Encoding.UTF8.GetBytes($"MISCONF Errors writing to the AOF file: {reason}");

    private static void ExitAtOnce(string message)
    {
        // What was not written must not be acknowledged by anybody.
        ServerLog.Warning(message);
        Environment.Exit(1);
    }

    private void Run()
    {
        while (!_server.Exit.Task.Wait(RoundMs))
        {
            CloseRetired();
            Commit(Volatile.Read(ref _appended));
            if (Volatile.Read(ref _written) != Volatile.Read(ref _synced) && _server.Config.AppendFsync == AppendFsync.EverySecond
                && Stopwatch.GetElapsedTime(_syncedTicks).TotalSeconds >= 1 && !LeavesSyncToSystem)
                SynchronizeWritten();
        }
    }

    private void SynchronizeWritten()
    {
        bool wasRefusing = Refusal != null;
        long written = Volatile.Read(ref _written);
        string? error = null;
        lock (_syncGate)
        {
            // Before the newer file has anything durable, the older one has to be whole.
            CloseRetired();
            int file = Volatile.Read(ref _file);
            if (file == NoFile)
                return;
            _isSyncing = true;
            error = LibC.SynchronizeDataIfAny(file);
            _isSyncing = false;
        }
        _syncedTicks = Stopwatch.GetTimestamp();
        if (error == null)
            Volatile.Write(ref _synced, written);
        else if (_syncRefusal == null)
            ServerLog.Warning($"Fail to fsync the AOF file: {error}");
        _syncRefusal = error == null ? null : Refuse(error);
        UpdateGate(wasRefusing);
    }

    private void CloseRetired()
    {
        while (true)
        {
            int file;
            lock (_retired)
            {
                if (!_retired.TryDequeue(out file))
                    return;
            }
            if (_server.Config.AppendFsync != AppendFsync.No)
                LibC.SynchronizeData(file);
            LibC.Close(file);
        }
    }
}
