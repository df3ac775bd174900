using System.Runtime.InteropServices;

namespace RedisAot.Server.Process;

/// <summary>
/// SIGTERM and SIGINT ask for a shutdown; SIGHUP is ignored, as it is by official Redis (.NET ignores SIGPIPE itself), and so is
/// SIGXFSZ: a save that meets a limit of file sizes fails, where official's child process dies.
/// </summary>
public sealed class ShutdownSignals : IDisposable
{
    private const int FileSizeExceeded = 25;

    private readonly Func<PosixSignal, bool> _request;
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

    /// <param name="request">
    /// Called on another thread with <see cref="PosixSignal.SIGTERM"/> or <see cref="PosixSignal.SIGINT"/>; false when the process has
    /// to go on, so that the next signal asks again.
    /// </param>
    public ShutdownSignals(Func<PosixSignal, bool> request)
    {
        _request = request;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnShutdown),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnShutdown),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true),
            PosixSignalRegistration.Create((PosixSignal)FileSizeExceeded, static context => context.Cancel = true),
        ];
    }

    /// <summary>Whether a shutdown was asked for; reset when it could not be done.</summary>
    public bool IsPending => Volatile.Read(ref _received) != 0;

    /// <summary>A failed shutdown is over: the next signal asks for a new one.</summary>
    public void Reset() => Volatile.Write(ref _received, 0);

    /// <summary>Gives the signals back to the system.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    private void OnShutdown(PosixSignalContext context)
    {
        context.Cancel = true;
        bool again = Interlocked.Exchange(ref _received, 1) != 0;
        if (again && context.Signal == PosixSignal.SIGINT)
        {
            ServerLog.Warning("You insist... exiting now.");
            Environment.Exit(1);
        }

        ServerLog.Warning($"Received {context.Signal} scheduling shutdown...");
        if (!_request(context.Signal)) Reset();
    }
}
