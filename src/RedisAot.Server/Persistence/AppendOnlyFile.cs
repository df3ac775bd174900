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
public sealed class AppendOnlyFile : IPropagationSink
{
    private readonly RedisServer _server;
    private AofManifest _manifest = new();
    private int _selected = -1;
    private long _annotatedSeconds;
    private long _bytesBefore;

    internal AppendOnlyFile(RedisServer server)
    {
        _server = server;
        Writer = new AofWriter(server);
        server.Config.OnChanged(FollowSwitch, "appendonly");
    }

    /// <summary>No: a message leaves nothing behind in the data set.</summary>
    public bool TakesMessages => false;

    /// <summary>Whether changes are being written.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Writes to the disk.</summary>
    internal AofWriter Writer { get; }

    /// <summary>Bytes of all files together.</summary>
    public long CurrentBytes => _bytesBefore + Writer.FileBytes;

    /// <summary>Bytes when the base was written.</summary>
    public long BaseBytes { get; private set; }

    private string Directory => _server.Config.AppendDirName;

    private string ManifestName => _server.Config.AppendFileName + ".manifest";

    /// <inheritdoc/>
    public void Feed(int database, ArgumentVector arguments)
    {
        long seconds = _server.Clock.NowMs / 1000;
        bool annotates = _server.Config.AofTimestampEnabled && seconds > _annotatedSeconds;
        if (annotates)
            _annotatedSeconds = seconds;
        Writer.Append(annotates ? seconds : 0, database == _selected ? -1 : database, arguments);
        _selected = database;
    }

    /// <summary>Loads what there is and begins to write; false, the reason having been logged, when the server must not start.</summary>
    public bool TryStart()
    {
        if (!TryReadManifest() || !TryUpgrade())
            return false;
        _server.Lock.Enter();
        _server.Clock.Synchronize();
        _server.SetLoading(true);
        bool loaded = TryLoad(out bool lastIsTruncated);
        _server.SetLoading(false);
        bool started = loaded && TryOpen(lastIsTruncated);
        _server.Lock.Exit();
        return started;
    }

    /// <summary>Writes out everything and has it on the disk, because the server ends.</summary>
    internal void Finish()
    {
        if (!IsOn)
            return;
        ServerLog.Notice("Calling fsync() on the AOF file.");
        Writer.Close();
    }

    private bool TryReadManifest()
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

    private bool TryLoad(out bool lastIsTruncated)
    {
        lastIsTruncated = false;
        List<AofPart> parts = _manifest.Base is { } first ? [first, .. _manifest.Increments] : [.. _manifest.Increments];
        foreach (AofPart part in parts)
        {
            if (File.Exists(Path.Combine(Directory, part.Name)))
                continue;
            ServerLog.Warning($"The append log file {part.Name} doesn't exist: No such file or directory");
            return false;
        }
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < parts.Count; i++)
        {
            string kind = parts[i].Type == 'b' ? "base" : "incr";
            long fileBegin = Stopwatch.GetTimestamp();
            AofLoadResult result = new AofLoader(_server, Directory, parts[i].Name).Load();
            if (result == AofLoadResult.Truncated && i < parts.Count - 1)
            {
                ServerLog.Warning("Fatal error: the truncated file is not the last file");
                return false;
            }
            if (result == AofLoadResult.Failed)
                return false;
            lastIsTruncated = result == AofLoadResult.Truncated;
            ServerLog.Notice($"DB loaded from {kind} file {parts[i].Name}: {Seconds(fileBegin)} seconds");
        }
        if (parts.Count > 0)
            ServerLog.Notice($"DB loaded from append only file: {Seconds(begin)} seconds");
        return true;
    }

    private static string Seconds(long beginTicks) =>
        Stopwatch.GetElapsedTime(beginTicks).TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);

    private bool TryOpen(bool lastIsTruncated)
    {
        if (!TryCreateDirectory())
            return false;
        if (_manifest.IsEmpty)
            return TryRewrite("Creating AOF base file {0} on server start");
        bool isNew = _manifest.Increments.Count == 0;
        string name = isNew ? _manifest.AddIncrement(_server.Config.AppendFileName) : _manifest.Increments[^1].Name;
        ServerLog.Notice(isNew ? $"Creating AOF incr file {name} on server start" : $"Opening AOF incr file {name} on server start");
        return TryBegin(name) && TryDeleteHistory();
    }

    private bool TryBegin(string name)
    {
        if (!Writer.TryOpen(Path.Combine(Directory, name)))
            return false;
        if (_manifest.TrySave(Directory, ManifestName) is { } error)
        {
            ServerLog.Warning($"Can't write the AOF manifest {ManifestName}: {error}");
            return false;
        }
        BaseBytes = _manifest.Base is { } part ? LengthOf(part) : 0;
        _bytesBefore = BaseBytes;
        for (int i = 0; i < _manifest.Increments.Count - 1; i++)
            _bytesBefore += LengthOf(_manifest.Increments[i]);
        _selected = -1;
        if (!IsOn)
            _server.Context.Effects.AddSink(this);
        IsOn = true;
        return true;
    }

    private long LengthOf(AofPart part) => new FileInfo(Path.Combine(Directory, part.Name)).Length;

    // Writes the data set as a new base, and has what follows go to a new file.
    private bool TryRewrite(string message)
    {
        _manifest.Rebase(_server.Config.AppendFileName, asRdb: true);
        string name = _manifest.Base!.Value.Name;
        ServerLog.Notice(string.Format(CultureInfo.InvariantCulture, message, name));
        SnapshotFile file = new(Path.Combine(Directory, $"temp-{Environment.ProcessId}.base"), _server.Config.AofRewriteIncrementalFsync);
        using (RdbWriter writer = new(file, _server.Config.RdbCompression))
            new RdbSaver(_server, writer).Write(asBaseOfAof: true);
        if (!file.TryReplace(Path.Combine(Directory, name)))
        {
            ServerLog.Warning($"Error writing the AOF base file {name} ({file.Error!.Value.Operation}): {file.Error.Value.Reason}");
            return false;
        }
        return TryBegin(_manifest.AddIncrement(_server.Config.AppendFileName)) && TryDeleteHistory();
    }

    private bool TryDeleteHistory()
    {
        if (_manifest.History.Count == 0 || _server.Config.AofDisableAutoGC)
            return true;
        foreach (AofPart part in _manifest.History)
            LibC.DeleteFile(Path.Combine(Directory, part.Name));
        _manifest.History.Clear();
        if (_manifest.TrySave(Directory, ManifestName) is not { } error)
            return true;
        ServerLog.Warning($"Can't write the AOF manifest {ManifestName}: {error}");
        return false;
    }

    private string? FollowSwitch()
    {
        if (_server.Config.AppendOnly == IsOn)
            return null;
        if (!IsOn)
        {
            bool began = TryReadManifest() && TryCreateDirectory() && TryRewrite("Creating AOF base file {0}");
            return began ? null : "Unable to turn on AOF. Check server logs.";
        }
        _server.Context.Effects.RemoveSink(this);
        IsOn = false;
        Writer.Close();
        return null;
    }
}
