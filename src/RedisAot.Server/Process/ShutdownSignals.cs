using System.Runtime.InteropServices;
using RedisAot.Server.Persistence;

namespace RedisAot.Server.Process;

/// <summary>
/// SIGTERM and SIGINT ask for a shutdown; SIGHUP is ignored, as it is by official Redis (.NET ignores SIGPIPE itself), and so is
/// SIGXFSZ: a save that meets a limit of file sizes fails, where official's child process dies.
/// </summary>
public sealed class ShutdownSignals : IDisposable
{
    private const int FileSizeExceeded = 25;

    private readonly RedisServer _server;
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>From here on signals go to <paramref name="server"/>.</summary>
    public ShutdownSignals(RedisServer server)
    {
        _server = server;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnShutdown),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnShutdown),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true),
            PosixSignalRegistration.Create((PosixSignal)FileSizeExceeded, static context => context.Cancel = true),
        ];
    }

    /// <summary>Gives the signals back to the system.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
    }

    private void OnShutdown(PosixSignalContext context)
    {
        context.Cancel = true;
        // Whoever interrupts a second time does not want to wait for anything.
        if (_server.IsShutdownRequested && context.Signal == PosixSignal.SIGINT)
        {
            ServerLog.Warning("You insist... exiting now.");
            SnapshotStore.DeleteTemporaryFile();
            Environment.Exit(1);
        }

        ServerLog.Warning(_server.IsLoading
            ? "Received shutdown signal during loading, scheduling shutdown."
            : $"Received {context.Signal} scheduling shutdown...");
        _server.RequestShutdown(context.Signal);
    }
}
