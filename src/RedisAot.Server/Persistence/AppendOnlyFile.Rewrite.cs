using System.Globalization;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <content>Writing the data set as a new base, and switching on and off.</content>
public sealed partial class AppendOnlyFile
{
    /// <summary>After so many failures in a row, how long a rewrite that nobody asked for waits doubles with each.</summary>
    private const int FailuresBeforeDelay = 3;
    private const int MaxDelayMinutes = 60;

    private bool _isFed; // whether commands go to the writer
    private bool _awaitsBase; // switched on, but there is no base yet that what is written could follow
    private string _newBase = "";
    private int _delayMinutes;
    private long _delayedUntilSeconds;

    /// <summary>Whether a rewrite begins as soon as it can.</summary>
    public bool IsRewriteScheduled { get; private set; }

    /// <summary>How often rewriting was begun.</summary>
    public long Rewrites { get; private set; }

    /// <summary>Whether the last rewriting failed.</summary>
    public bool LastRewriteFailed { get; private set; }

    /// <summary>How many in a row have failed.</summary>
    public long ConsecutiveFailures { get; private set; }

    /// <summary>How long the last one took, seconds; -1 before the first.</summary>
    public long LastRewriteSeconds { get; private set; } = -1;

    private string TemporaryBase => $"temp-rewriteaof-bg-{Environment.ProcessId}.aof";

    private string TemporaryIncrement => $"temp-{_server.Config.AppendFileName}.incr";

    /// <summary>CONFIG RESETSTAT.</summary>
    public void ResetStatistics()
    {
        (Rewrites, ConsecutiveFailures) = (0, 0);
        Writer.ResetStatistics();
    }

    /// <summary>Has a rewrite begin as soon as that is possible, however often the last ones failed.</summary>
    internal void ScheduleRewrite()
    {
        IsRewriteScheduled = true;
        ConsecutiveFailures = 0;
        _server.Cron.WakeBy(0);
    }

    /// <summary>Begins to rewrite between commands; false, the reason having been logged, when that fails. No save is going on.</summary>
    internal bool TryBeginRewrite()
    {
        _selected = -1;
        if (!TryCreateDirectory() || (IsOn && !TryRotate()))
        {
            LastRewriteFailed = true;
            return false;
        }
        Rewrites++;
        IsRewriteScheduled = false;
        _newBase = NextBaseName();
        bool? framesCompress = _server.Config.AofUseRdbPreamble ? _server.Config.RdbCompression : null;
        BackgroundFile file = new(
            TemporaryBase, Path.Combine(Directory, _newBase), _server.Config.AofRewriteIncrementalFsync, framesCompress);
        BackgroundSave save = new(_server, _server.Snapshots.Walk, file, NewSaver(file, framed: true), isRewrite: true);
        ServerLog.Notice($"Background append only file rewriting started by pid {Environment.ProcessId}");
        if (_awaitsBase)
            BeginFeeding();
        _server.Snapshots.Begin(save);
        return true;
    }

    /// <summary>Begins a rewrite that was put off, or for which the file has grown enough.</summary>
    internal void RewriteIfDue()
    {
        if (_server.Snapshots.Background != null || _server.IsLoading)
            return;
        if (IsRewriteScheduled)
        {
            if (!IsDelayed())
                TryBeginRewrite();
            return;
        }
        int percentage = _server.Config.AutoAofRewritePercentage;
        if (!IsOn || _awaitsBase || percentage == 0 || CurrentBytes <= _server.Config.AutoAofRewriteMinSize)
            return;
        long growth = (long)((Int128)CurrentBytes * 100 / Math.Max(BaseBytes, 1)) - 100;
        if (growth < percentage || IsDelayed())
            return;
        ServerLog.Notice(string.Create(CultureInfo.InvariantCulture, $"Starting automatic rewriting of AOF on {growth}% growth"));
        TryBeginRewrite();
    }

    /// <summary>The new base is written, or will not be.</summary>
    internal void FinishRewrite(BackgroundSave save)
    {
        LastRewriteSeconds = save.ElapsedSeconds;
        bool succeeded;
        if (save.Error is { } error)
        {
            save.Abandon();
            ServerLog.Warning($"Write error writing append only file on disk({error.Operation}): {error.Reason}");
            ServerLog.Warning("Background AOF rewrite terminated with error");
            succeeded = false;
        }
        else
        {
            ServerLog.Notice("Background AOF rewrite terminated with success");
            succeeded = TryAdoptBase();
        }
        LastRewriteFailed = !succeeded;
        ConsecutiveFailures = succeeded ? 0 : ConsecutiveFailures + 1;
        if (succeeded)
        {
            DeleteHistory();
            ServerLog.Notice("Background AOF rewrite finished successfully");
        }
        else if (_awaitsBase)
        {
            DropTemporaryIncrement();
            IsRewriteScheduled = true;
        }
    }

    /// <summary>Gives a rewrite up that is going on, if any.</summary>
    internal void AbandonRewrite()
    {
        if (!_server.Snapshots.IsRewriting)
            return;
        ServerLog.Notice($"Killing running AOF rewrite child: {Environment.ProcessId}");
        _server.Snapshots.Abandon();
        if (_awaitsBase)
            DropTemporaryIncrement();
    }

    /// <summary>
    /// Gives up what a rewrite has written, because the server ends; false, the reason having been logged, when the data are
    /// nowhere else, unless the server ends by force.
    /// </summary>
    internal bool TryEndRewrite(bool force)
    {
        if (!_server.Snapshots.IsRewriting)
            return true;
        if (_awaitsBase)
        {
            ServerLog.Warning(force ? "Writing initial AOF. Exit anyway." : "Writing initial AOF, can't exit.");
            if (!force)
                return false;
        }
        ServerLog.Warning("There is a child rewriting the AOF. Killing it!");
        AbandonRewrite();
        return true;
    }

    private string NextBaseName() => _manifest.NextBaseName(_server.Config.AppendFileName, _server.Config.AofUseRdbPreamble);

    private DataSetSaver NewSaver(IRdbOutput output, bool framed) => _server.Config.AofUseRdbPreamble
        ? new RdbSaver(_server, new RdbWriter(output, _server.Config.RdbCompression, framed), asBaseOfAof: true)
        : new AofSaver(_server, output);

    // What comes from now on belongs behind the new base.
    private bool TryRotate()
    {
        AofManifest next = _manifest.Copy();
        string name = _awaitsBase ? TemporaryIncrement : next.AddIncrement(_server.Config.AppendFileName);
        Writer.TryDrain(); // counts; what cannot be written yet hinders nobody
        long bytes = CurrentBytes;
        if (!Writer.TryOpen(Path.Combine(Directory, name), anew: true, () => _awaitsBase || TrySave(next)))
            return false;
        ServerLog.Notice($"Creating AOF incr file {name} on background rewrite");
        _manifest = next;
        _bytesBefore = bytes;
        return true;
    }

    private bool TryAdoptBase()
    {
        ServerLog.Notice($"Successfully renamed the temporary AOF base file {TemporaryBase} into {_newBase}");
        AofManifest next = _manifest.Copy();
        next.Rebase(_newBase, kept: IsOn && !_awaitsBase ? 1 : 0);
        string? increment = _awaitsBase ? next.AddIncrement(_server.Config.AppendFileName) : null;
        if (increment != null && LibC.Rename(Path.Combine(Directory, TemporaryIncrement), Path.Combine(Directory, increment)) is { } error)
        {
            ServerLog.Warning($"Error trying to rename the temporary AOF incr file {TemporaryIncrement} into {increment}: {error}");
            LibC.DeleteFile(Path.Combine(Directory, _newBase));
            return false;
        }
        if (!TrySave(next))
        {
            LibC.DeleteFile(Path.Combine(Directory, _newBase));
            if (increment != null)
                LibC.DeleteFile(Path.Combine(Directory, increment));
            return false;
        }
        if (increment != null)
            ServerLog.Notice($"Successfully renamed the temporary AOF incr file {TemporaryIncrement} into {increment}");
        _manifest = next;
        _awaitsBase = false;
        if (!IsOn)
            return true;
        Writer.ForgetUnwritten();
        _bytesBefore = LengthOf(_newBase);
        BaseBytes = CurrentBytes;
        return true;
    }

    // After several failures the next try waits: 1, 2, 4 … minutes.
    private bool IsDelayed()
    {
        if (ConsecutiveFailures < FailuresBeforeDelay)
        {
            (_delayMinutes, _delayedUntilSeconds) = (0, 0);
            return false;
        }
        long now = _server.Clock.NowMs / 1000;
        if (_delayedUntilSeconds != 0)
        {
            bool waits = now < _delayedUntilSeconds;
            if (!waits)
                _delayedUntilSeconds = 0;
            return waits;
        }
        _delayMinutes = Math.Clamp(_delayMinutes * 2, 1, MaxDelayMinutes);
        _delayedUntilSeconds = now + _delayMinutes * 60;
        ServerLog.Warning($"Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {_delayMinutes} minutes");
        return true;
    }

    private void BeginFeeding()
    {
        if (_isFed)
            return;
        _isFed = true;
        _selected = -1;
        _server.Context.Effects.AddSink(this);
    }

    private void Unfeed()
    {
        if (_isFed)
            _server.Context.Effects.RemoveSink(this);
        _isFed = false;
        Writer.Close();
    }

    private void DropTemporaryIncrement()
    {
        Unfeed();
        ServerLog.Notice($"Removing the temp incr aof file {TemporaryIncrement} in the background");
        LibC.DeleteFile(Path.Combine(Directory, TemporaryIncrement));
    }

    private string? FollowSwitch()
    {
        if (_server.Config.AppendOnly == IsOn)
            return null;
        if (!IsOn)
            return TrySwitchOn() ? null : "Unable to turn on AOF. Check server logs.";
        AbandonRewrite();
        IsRewriteScheduled = false;
        Unfeed();
        (IsOn, _awaitsBase) = (false, false);
        return null;
    }

    private bool TrySwitchOn()
    {
        (IsOn, _awaitsBase) = (true, true);
        if (_server.Snapshots.IsSaving || _server.Context.InExec || _server.IsLoading)
        {
            IsRewriteScheduled = true;
            ServerLog.Warning(_server.Context.InExec
                ? "AOF was enabled during a transaction. An AOF background was scheduled to start when possible."
                : "AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.");
            return true;
        }
        if (_server.Snapshots.IsRewriting)
        {
            ServerLog.Warning("AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.");
            AbandonRewrite();
        }
        if (TryBeginRewrite())
            return true;
        (IsOn, _awaitsBase) = (false, false);
        ServerLog.Warning("Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error.");
        return false;
    }
}
