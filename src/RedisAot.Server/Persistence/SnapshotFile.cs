using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>
/// A file that replaces another one in one step, once it is complete and on the disk: whoever reads the name, and a machine
/// that crashes, has the old content or the new one.
/// </summary>
internal sealed class SnapshotFile : IRdbOutput
{
    /// <summary>After so many bytes the system is asked to begin writing them to the disk, lest the end take long.</summary>
    private const int WriteBackBytes = 4 * 1024 * 1024;

    private readonly string _temporaryPath;
    private readonly bool _writesBack;
    private int _descriptor;
    private long _written;
    private long _writtenBack;

    /// <param name="temporaryPath">What the file is called until it is complete.</param>
    /// <param name="writesBack">Whether data go to the disk from time to time, not only at the end.</param>
    public SnapshotFile(string temporaryPath, bool writesBack)
    {
        _temporaryPath = temporaryPath;
        _writesBack = writesBack;
        _descriptor = LibC.OpenForWriting(temporaryPath);
        if (_descriptor < 0)
            Error = ("open", LibC.LastError());
    }

    /// <summary>What failed first and the system's reason; null while all is well.</summary>
    public (string Operation, string Reason)? Error { get; private set; }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Error != null)
            return;
        if (!LibC.WriteAll(_descriptor, bytes))
        {
            Error = ("write", LibC.LastError());
            return;
        }
        _written += bytes.Length;
        if (!_writesBack || _written - _writtenBack < WriteBackBytes)
            return;
        LibC.BeginWriteBack(_descriptor, _writtenBack, _written - _writtenBack);
        _writtenBack = _written;
    }

    /// <summary>Puts the file in its place; false, with <see cref="Error"/> set and the temporary file gone, when that fails.</summary>
    public bool TryReplace(string path)
    {
        if (Error == null && LibC.Synchronize(_descriptor) is { } reason)
            Error = ("fsync", reason);
        Close();
        if (Error == null && LibC.Rename(_temporaryPath, path) is { } renameReason)
            Error = ("rename", renameReason);
        if (Error != null)
        {
            Unlink();
            return false;
        }
        if (LibC.SynchronizeDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!) is { } directoryReason)
            Error = ("fsyncFileDir", directoryReason);
        return Error == null;
    }

    /// <summary>Gives the file up.</summary>
    public void Abandon()
    {
        Close();
        Unlink();
    }

    /// <summary>Takes the temporary name away, so that the file cannot come into its place any more. Callable from any thread.</summary>
    public void Unlink() => LibC.DeleteFile(_temporaryPath);

    private void Close()
    {
        if (_descriptor >= 0)
            LibC.Close(_descriptor);
        _descriptor = -1;
    }
}
