using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
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

    private readonly RedisServer _server;
    private readonly Lock _bufferGate = new();
    private readonly Lock _fileGate = new();
    private readonly Lock _syncGate = new();
    private readonly ReplyWriter _encoder = new() { Buffer = new OutputBuffer(KeptBytes) };
    private OutputBuffer _writing = new(KeptBytes);
    private SafeFileHandle? _file;
    private Thread? _thread;
    private long _appended;
    private long _writingEnd;
    private long _written;
    private long _committed;
    private long _fileBytes;
    private long _syncedTicks;
    private long _postponedSinceTicks;
    private long _errorLoggedTicks;
    private volatile bool _isSyncing;
    private volatile byte[]? _refusal;

    public AofWriter(RedisServer server) => _server = server;

    /// <summary>How much has ever been appended, in bytes; what <see cref="Commit"/> is given. Needs the execution lock.</summary>
    public long Appended => _appended;

    /// <summary>Length of the file.</summary>
    public long FileBytes => Volatile.Read(ref _fileBytes);

    /// <summary>Bytes that are not in the file yet.</summary>
    public long PendingBytes => Volatile.Read(ref _appended) - Volatile.Read(ref _written);

    /// <summary>How often a write waited no longer for a slow synchronisation.</summary>
    public long DelayedSyncs { get; private set; }

    /// <summary>Whether a synchronisation goes on.</summary>
    public bool IsSyncing => _isSyncing;

    /// <summary>The error that commands which change something get while the file cannot be written; null while it can.</summary>
    public byte[]? Refusal => _refusal;

    /// <summary>Goes on at the end of a file, which is created if need be; false, the reason having been logged, when that fails.</summary>
    public bool TryOpen(string path)
    {
        Close();
        try
        {
            SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
            lock (_fileGate)
            {
                _fileBytes = RandomAccess.GetLength(file);
                _file = file;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ServerLog.Warning($"Can't open the append-only file {path}: {e.Message}");
            return false;
        }
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
            {
                _encoder.ArrayHeader(2);
                _encoder.Bulk("SELECT"u8);
                _encoder.Bulk(Encoding.ASCII.GetBytes($"{selectDatabase}"));
            }
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
        if (Volatile.Read(ref _committed) >= position)
            return;
        byte[]? refusalBefore = _refusal;
        lock (_fileGate)
        {
            if (_committed < position && _file != null)
                CommitAll();
        }
        if ((_refusal == null) == (refusalBefore == null))
            return;
        _server.Lock.Enter();
        _server.Executor.UpdateGate();
        _server.Lock.Exit();
    }

    /// <summary>Writes and synchronises what is left, and closes the file.</summary>
    public void Close()
    {
        lock (_fileGate)
        {
            if (_file == null)
                return;
            if (TryWrite())
                Synchronize();
            lock (_syncGate)
                _file.Dispose();
            _file = null;
            // What could not be written must not come into the next file, whose base has it already.
            _writing.Reset(KeptBytes);
            lock (_bufferGate)
            {
                _encoder.Buffer.Reset(KeptBytes);
                _writingEnd = _written = _committed = _appended;
            }
            _refusal = null;
        }
    }

    private void CommitAll()
    {
        AppendFsync policy = _server.Config.AppendFsync;
        if (policy == AppendFsync.EverySecond && _isSyncing && Postpones())
            return;
        _postponedSinceTicks = 0;
        if (!TryWrite())
        {
            if (policy == AppendFsync.Always)
                ExitAtOnce("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
            return;
        }
        if (policy == AppendFsync.Always && Synchronize() is { } reason)
            ExitAtOnce($"Can't persist AOF for fsync error when the AOF fsync policy is 'always': {reason}. Exiting...");
        Volatile.Write(ref _committed, _written);
    }

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

    private bool TryWrite()
    {
        try
        {
            while (TakeNext())
            {
                while (_writing.Unconsumed > 0)
                {
                    ReadOnlySpan<byte> bytes = _writing.UnconsumedSpan;
                    RandomAccess.Write(_file!, bytes, _fileBytes);
                    Volatile.Write(ref _fileBytes, _fileBytes + bytes.Length);
                    _writing.Consume(bytes.Length);
                }
                Volatile.Write(ref _written, _writingEnd);
            }
            if (_refusal != null)
                ServerLog.Warning("AOF write error looks solved, Redis can write again.");
            _refusal = null;
            return true;
        }
        catch (IOException e)
        {
            OnWriteError(e);
            return false;
        }
    }

    // What a failed write has left is written before anything newer.
    private bool TakeNext()
    {
        if (_writing.Unconsumed > 0)
            return true;
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

    private void OnWriteError(IOException e)
    {
        string reason = ReasonOf(e);
        if (_errorLoggedTicks == 0 || Stopwatch.GetElapsedTime(_errorLoggedTicks).TotalSeconds > ErrorLogSeconds)
        {
            _errorLoggedTicks = Stopwatch.GetTimestamp();
            ServerLog.Warning($"Error writing to the AOF file: {reason}");
        }
        _refusal = Encoding.UTF8.GetBytes($"MISCONF Errors writing to the AOF file: {reason}");
        try
        {
            // Half a command must not stay.
            RandomAccess.SetLength(_file!, _fileBytes);
        }
        catch (IOException truncation)
        {
            ServerLog.Warning($"Could not remove short write from the append-only file.  Redis may refuse to load the AOF the next time it " +
                $"starts.  ftruncate: {ReasonOf(truncation)}");
        }
    }

    private static string ReasonOf(IOException e) => Marshal.GetPInvokeErrorMessage(e.HResult);

    private string? Synchronize()
    {
        lock (_syncGate)
        {
            try
            {
                if (_file is { IsClosed: false } file)
                    RandomAccess.FlushToDisk(file);
                _syncedTicks = Stopwatch.GetTimestamp();
                return null;
            }
            catch (IOException e)
            {
                return ReasonOf(e);
            }
        }
    }

    private static void ExitAtOnce(string message)
    {
        // What was not written must not be acknowledged by anybody.
        ServerLog.Warning(message);
        Environment.Exit(1);
    }

    private void Run()
    {
        long synced = 0;
        while (!_server.Exit.Task.Wait(RoundMs))
        {
            Commit(Volatile.Read(ref _appended));
            long written = Volatile.Read(ref _written);
            if (written == synced || _server.Config.AppendFsync != AppendFsync.EverySecond
                || Stopwatch.GetElapsedTime(_syncedTicks).TotalSeconds < 1
                || (_server.Config.NoAppendFsyncOnRewrite && _server.Snapshots.Background != null))
                continue;
            _isSyncing = true;
            string? error = Synchronize();
            _isSyncing = false;
            if (error != null)
                ServerLog.Warning($"Fail to fsync the AOF file: {error}");
            else
                synced = written;
        }
    }
}
