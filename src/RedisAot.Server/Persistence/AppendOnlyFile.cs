using System.Diagnostics;
using System.Globalization;
using RedisAot.Resp;
using RedisAot.Server.Execution;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>
/// The append-only file: a directory with a base, files of the commands since, and a manifest. Used under the execution lock;
/// what is written goes through <see cref="AofWriter"/>.
/// </summary>
public sealed partial class AppendOnlyFile : IPropagationSink
{
    private readonly RedisServer _server;
    private AofManifest _manifest = new();
    private int _selected = -1;
    private long _annotatedSeconds;
    private long _bytesBefore;
    private long _loadingSinceMs;
    private long _loadingTotalBytes;
    private long _loadedBytes;
    private AofLoader? _loader;

    internal AppendOnlyFile(RedisServer server)
    {
        _server = server;
        Writer = new AofWriter(server);
        server.Config.OnChanged(FollowSwitch, "appendonly");
        server.Config.OnChanged(
            () =>
            {
                DeleteHistory();
                return null;
            },
            "aof-disable-auto-gc");
    }

    /// <summary>No: a message leaves nothing behind in the data set.</summary>
    public bool TakesMessages => false;

    /// <summary>Whether the append-only file is switched on, be it that the first base is still to be written.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Bytes of all files together; not of a base that was written when there was nothing yet, as official counts.</summary>
    public long CurrentBytes => _bytesBefore + Writer.FileBytes;

    /// <summary>Bytes when the base was written.</summary>
    public long BaseBytes { get; private set; }

    /// <summary>How far loading is; null while nothing is loaded.</summary>
    public LoadingProgress? Progress => _loader == null
        ? null
        : new LoadingProgress(
            _loadingSinceMs / 1000,
            _loadingTotalBytes,
            _loadedBytes + (_server.Snapshots.Progress?.LoadedBytes ?? _loader.Position),
            _server.Snapshots.Progress?.UsedMemoryWhenWritten ?? 0);

    /// <summary>Writes to the disk.</summary>
    internal AofWriter Writer { get; }

    private string Directory => _server.Config.AppendDirName;

    private string ManifestName => _server.Config.AppendFileName + ".manifest";

    /// <inheritdoc/>
    public void Feed(int database, ArgumentVector arguments)
    {
        long seconds = _server.Config.AofTimestampEnabled ? _server.Clock.NowMs / 1000 : 0;
        bool annotates = seconds > _annotatedSeconds;
        if (annotates)
            _annotatedSeconds = seconds;
        Writer.Append(annotates ? seconds : 0, database == _selected ? -1 : database, arguments);
        _selected = database;
    }

    /// <summary>Loads what there is and begins to write; false, the reason having been logged, when the server must not start.</summary>
    public bool TryStart()
    {
        if (!TryReadManifest())
            return false;
        _server.Lock.Enter();
        _server.Clock.Synchronize();
        bool started = TryLoad(pauses: true) && (!_server.Config.AppendOnly || TryOpen());
        _server.Lock.Exit();
        return started;
    }

    /// <summary>Reads the manifest, if there is one; false, the reason having been logged, when it is damaged.</summary>
    public bool TryReadManifest()
    {
        string path = Path.Combine(Directory, ManifestName);
        _manifest = new AofManifest();
        if (!File.Exists(path))
            return true;
        if (AofManifest.Load(path) is not { } manifest)
            return false;
        _manifest = manifest;
        return true;
    }

    /// <summary>Loads the files in place of the data there are; false, the reason having been logged, when that fails.</summary>
    internal bool TryReload()
    {
        if (_isFed && !Writer.TryDrain())
            return false;
        _server.Snapshots.ClearForReload();
        if (!TryReadManifest())
            return false;
        DeleteHistory();
        if (!TryLoad(pauses: false))
            return false;
        _server.Context.Effects.Dirty = 0;
        ServerLog.Warning("Append Only File loaded by DEBUG LOADAOF");
        return true;
    }

    /// <summary>Writes out everything and has it on the disk, because the server ends.</summary>
    internal void Finish()
    {
        if (!IsOn)
            return;
        ServerLog.Notice("Calling fsync() on the AOF file.");
        Unfeed();
        IsOn = false;
    }

    private bool TryLoad(bool pauses)
    {
        if (!TryUpgrade())
            return false;
        _server.SetLoading(true);
        bool loaded = TryLoadParts(pauses);
        _loader = null;
        _server.SetLoading(false);
        return loaded;
    }

    // Before version 7 there was one file, in the working directory.
    private bool TryUpgrade()
    {
        string name = _server.Config.AppendFileName;
        string target = Path.Combine(Directory, name);
        bool wasInterrupted = _manifest is { Base: { } part, Increments.Count: 0 } && part.Name == name && !File.Exists(target);
        if (!File.Exists(name) || (!_manifest.IsEmpty && !wasInterrupted))
            return true;
        if (!TryCreateDirectory())
            return false;
        if (_manifest.Base == null)
            _manifest.Adopt(name);
        string? error = _manifest.TrySave(Directory, ManifestName) ?? LibC.Rename(name, target);
        if (error != null)
        {
            ServerLog.Warning($"Error trying to move the old AOF file {name} into dir {Directory}: {error}");
            return false;
        }
        ServerLog.Notice($"Successfully migrated an old-style AOF configuration ({name}) into the AOF directory ({Directory}).");
        return true;
    }

    private bool TryCreateDirectory()
    {
        try
        {
            System.IO.Directory.CreateDirectory(Directory);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ServerLog.Warning($"Can't open or create append-only dir {Directory}: {e.Message}");
            return false;
        }
    }

    private bool TryLoadParts(bool pauses)
    {
        List<AofPart> parts = _manifest.Base is { } first ? [first, .. _manifest.Increments] : [.. _manifest.Increments];
        _loadingSinceMs = _server.Clock.NowMs;
        (_loadingTotalBytes, _loadedBytes) = (0, 0);
        foreach (AofPart part in parts)
        {
            if (!File.Exists(Path.Combine(Directory, part.Name)))
            {
                ServerLog.Warning($"The append log file {part.Name} doesn't exist: No such file or directory");
                return false;
            }
            _loadingTotalBytes += LengthOf(part.Name);
        }
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < parts.Count; i++)
        {
            if (!TryLoadPart(parts[i], isLast: i == parts.Count - 1, pauses))
                return false;
        }
        if (_loadingTotalBytes == 0)
            return true;
        ServerLog.Notice($"DB loaded from append only file: {Seconds(begin)} seconds");
        _bytesBefore = _loadingTotalBytes - Writer.FileBytes;
        BaseBytes = _manifest.Base is { } basis ? LengthOf(basis.Name) : 0;
        return true;
    }

    private bool TryLoadPart(AofPart part, bool isLast, bool pauses)
    {
        long begin = Stopwatch.GetTimestamp();
        _loader = new AofLoader(_server, Directory, part.Name, pauses);
        AofLoadResult result = _loader.Load();
        _loadedBytes += LengthOf(part.Name);
        if (result == AofLoadResult.Failed)
            return false;
        if (result == AofLoadResult.Truncated && !isLast)
        {
            ServerLog.Warning("Fatal error: the truncated file is not the last file");
            return false;
        }
        if (result != AofLoadResult.Empty)
            ServerLog.Notice($"DB loaded from {(part.Type == 'b' ? "base" : "incr")} file {part.Name}: {Seconds(begin)} seconds");
        return true;
    }

    private static string Seconds(long beginTicks) =>
        Stopwatch.GetElapsedTime(beginTicks).TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);

    private bool TryOpen()
    {
        if (!TryCreateDirectory() || (_manifest.IsEmpty && !TryWriteFirstBase()))
            return false;
        bool isNew = _manifest.Increments.Count == 0;
        long bytes = CurrentBytes;
        string name = isNew ? _manifest.AddIncrement(_server.Config.AppendFileName) : _manifest.Increments[^1].Name;
        if (!Writer.TryOpen(Path.Combine(Directory, name), anew: false, isNew ? TrySaveManifest : null))
            return false;
        ServerLog.Notice(isNew ? $"Creating AOF incr file {name} on server start" : $"Opening AOF incr file {name} on server start");
        _bytesBefore = bytes - Writer.FileBytes;
        IsOn = true;
        BeginFeeding();
        return true;
    }

    private bool TryWriteFirstBase()
    {
        string name = NextBaseName();
        SnapshotFile file = new($"temp-rewriteaof-{Environment.ProcessId}.aof", _server.Config.AofRewriteIncrementalFsync);
        using (DataSetSaver saver = NewSaver(file, framed: false))
            saver.Write();
        if (!file.TryReplace(Path.Combine(Directory, name)))
        {
            ServerLog.Warning($"Write error writing append only file on disk({file.Error!.Value.Operation}): {file.Error.Value.Reason}");
            return false;
        }
        _manifest.Rebase(name, kept: 0);
        ServerLog.Notice($"Creating AOF base file {name} on server start");
        return true;
    }

    private bool TrySaveManifest() => TrySave(_manifest);

    private bool TrySave(AofManifest manifest)
    {
        if (manifest.TrySave(Directory, ManifestName) is not { } error)
            return true;
        ServerLog.Warning($"Fail to write the AOF manifest file {ManifestName}: {error}");
        return false;
    }

    private long LengthOf(string name)
    {
        FileInfo file = new(Path.Combine(Directory, name));
        return file.Exists ? file.Length : 0;
    }

    /// <summary>
    /// Deletes the files that a new base has made unnecessary. That it fails harms nobody: they are listed as history until they are gone.
    /// </summary>
    internal void DeleteHistory()
    {
        if (_manifest.History.Count == 0 || _server.Config.AofDisableAutoGC)
            return;
        foreach (AofPart part in _manifest.History)
        {
            ServerLog.Notice($"Removing the history file {part.Name} in the background");
            string path = Path.Combine(Directory, part.Name);
            // Who closes it last frees its blocks, which can take long.
            int file = LibC.OpenForReading(path);
            LibC.DeleteFile(path);
            if (file >= 0)
                Writer.Retire(file);
        }
        _manifest.History.Clear();
        TrySaveManifest();
    }
}
