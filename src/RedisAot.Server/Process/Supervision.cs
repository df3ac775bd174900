using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>Tells the process that supervises us what we are doing.</summary>
internal static partial class Supervision
{
    private const int SigStop = 19;

    /// <summary>Finds out who supervises us and registers there.</summary>
    /// <returns>Whether somebody does; such a process does not detach itself.</returns>
    public static bool Begin(ServerConfig config)
    {
        if (config.Supervised == SupervisedMode.Auto)
        {
            if (Environment.GetEnvironmentVariable("UPSTART_JOB") != null) config.Supervised = SupervisedMode.Upstart;
            else if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") != null) config.Supervised = SupervisedMode.Systemd;
        }

        return config.Supervised switch
        {
            SupervisedMode.Upstart => BeginUpstart(),
            SupervisedMode.Systemd => BeginSystemd(),
            _ => false,
        };
    }

    /// <summary>Says that clients can come.</summary>
    public static void NotifyReady(ServerConfig config)
    {
        if (config.Supervised != SupervisedMode.Systemd) return;
        Notify(config.ReplicaOfHost == null
            ? "STATUS=Ready to accept connections\n"
            : "STATUS=Ready to accept connections in read-only mode. Waiting for MASTER <-> REPLICA sync\n");
        Notify("READY=1\n");
    }

    /// <summary>Sends a message to systemd.</summary>
    /// <returns>Whether it arrived.</returns>
    public static bool Notify(string message)
    {
        string? address = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(address))
        {
            ServerLog.Warning("systemd supervision error: NOTIFY_SOCKET not found!");
            return false;
        }

        // A leading @ stands for the zero byte of an abstract socket.
        if (address[0] == '@') address = '\0' + address[1..];
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(address));
            return true;
        }
        catch (SocketException e)
        {
            ServerLog.Warning("systemd supervision error: sd_notify: " + e.Message);
            return false;
        }
    }

    private static bool BeginSystemd()
    {
        if (!Notify("STATUS=Redis is loading...\n")) return false;
        ServerLog.Notice("Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and "
            + "TimeoutStopSec in your service unit.");
        return true;
    }

    private static bool BeginUpstart()
    {
        if (Environment.GetEnvironmentVariable("UPSTART_JOB") == null)
        {
            ServerLog.Warning("upstart supervision requested, but UPSTART_JOB not found!");
            return false;
        }

        ServerLog.Notice("supervised by upstart, will stop to signal readiness.");
        kill(Environment.ProcessId, SigStop);
        Environment.SetEnvironmentVariable("UPSTART_JOB", null);
        return true;
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
