using System.Buffers;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>A file that a thread of its own writes, so that neither commands nor the execution lock wait for the disk.</summary>
internal sealed class BackgroundFile : IRdbOutput
{
    /// <summary>With so many bytes waiting, whoever can should wait too.</summary>
    private const long MaxWaitingBytes = 4 * 1024 * 1024;

    /// <summary>How far the thread gives way to those that serve clients: it still gets a tenth of a processor that they want too.</summary>
    private const int Nice = 10;

    private readonly SnapshotFile _file;
    private readonly RdbFrameReader? _frames;
    private readonly string _path;
    private readonly Queue<(byte[] Buffer, int Length)> _chunks = new();
    private readonly object _gate = new();
    private long _waitingBytes;
    private bool _isComplete;
    private bool _isAbandoned;
    private bool _isFinished;
    private bool _hasFailed;
    private (string Operation, string Reason)? _madeUpError;

    /// <param name="temporaryPath">What the file is called until it is complete.</param>
    /// <param name="path">What it is called then.</param>
    /// <param name="writesBack">Whether data go to the disk from time to time, not only at the end.</param>
    /// <param name="framesCompress">For what an <see cref="RdbWriter"/> leaves as frames: whether strings are to be compressed; else null.</param>
    public BackgroundFile(string temporaryPath, string path, bool writesBack, bool? framesCompress)
    {
        _path = path;
        _file = new SnapshotFile(temporaryPath, writesBack);
        if (framesCompress is { } compress)
            _frames = new RdbFrameReader(new RdbWriter(_file, compress));
        _hasFailed = _file.Error != null;
        if (!_hasFailed)
            new Thread(WriteChunks) { IsBackground = true, Name = "snapshot" }.Start();
    }

    /// <summary>What failed first and the system's reason; null while all is well.</summary>
    public (string Operation, string Reason)? Error => _madeUpError ?? (Volatile.Read(ref _hasFailed) ? _file.Error : null);

    /// <summary>Whether the disk does not keep up.</summary>
    public bool IsBehind => Volatile.Read(ref _waitingBytes) > MaxWaitingBytes;

    /// <summary>Whether the file is in its place, or never will be.</summary>
    public bool IsFinished => Volatile.Read(ref _isFinished);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        lock (_gate)
        {
            _chunks.Enqueue((buffer, bytes.Length));
            _waitingBytes += bytes.Length;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Nothing more is coming: the thread puts the file in its place.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Fails as if the disk were full.</summary>
    public void Fail() => _madeUpError = ("write", LibC.NoSpaceError);

    /// <summary>Gives the file up.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _isAbandoned = true;
            Monitor.Pulse(_gate);
        }
        // At once, for the thread may be about to put the file in its place, and the process about to end.
        _file.Unlink();
    }

    private void WriteChunks()
    {
        LibC.LowerThreadPriority(Nice);
        IRdbOutput output = _frames != null ? _frames : _file;
        while (TryTake(out (byte[] Buffer, int Length) chunk))
        {
            output.Write(chunk.Buffer.AsSpan(0, chunk.Length));
            ArrayPool<byte>.Shared.Return(chunk.Buffer);
            Interlocked.Add(ref _waitingBytes, -chunk.Length);
            Volatile.Write(ref _hasFailed, _file.Error != null);
        }
        _frames?.Dispose();
        if (_isAbandoned)
            _file.Abandon();
        else
            Volatile.Write(ref _hasFailed, !_file.TryReplace(_path));
        Volatile.Write(ref _isFinished, true);
    }

    private bool TryTake(out (byte[] Buffer, int Length) chunk)
    {
        lock (_gate)
        {
            while (_chunks.Count == 0 && !_isComplete && !_isAbandoned)
                Monitor.Wait(_gate);
            chunk = default;
            return !_isAbandoned && _chunks.TryDequeue(out chunk);
        }
    }
}
