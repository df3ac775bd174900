using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RedisAot.Server.Networking;

/// <summary>Two connected sockets; a byte written to one wakes the loop that receives on the other.</summary>
internal sealed partial class WakePair
{
    private const int AfUnix = 1;
    private const int SockStreamCloseOnExec = 1 | 0x80000;

    private static readonly byte[] s_wakeByte = [1];
    private int _signalled;

    private WakePair(Socket receiving, Socket sending)
    {
        Receiving = receiving;
        Sending = sending;
    }

    /// <summary>The end that the loop receives on.</summary>
    public Socket Receiving { get; }

    private Socket Sending { get; }

    /// <summary>Whether a byte is under way that the loop has not acknowledged.</summary>
    public bool IsSignalled => Volatile.Read(ref _signalled) != 0;

    public static unsafe WakePair Create()
    {
        int* descriptors = stackalloc int[2];
        if (CreatePair(AfUnix, SockStreamCloseOnExec, 0, descriptors) != 0)
            throw new IOException($"socketpair failed with error {Marshal.GetLastPInvokeError()}.");
        return new WakePair(
            new Socket(new SafeSocketHandle(descriptors[0], ownsHandle: true)) { Blocking = false },
            new Socket(new SafeSocketHandle(descriptors[1], ownsHandle: true)) { Blocking = false });
    }

    /// <summary>Wakes the loop; several calls before it wakes cost one byte.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
            Sending.Send(s_wakeByte, SocketFlags.None, out _);
    }

    /// <summary>Called by the loop once awake, before it looks for work.</summary>
    public void Acknowledge() => Volatile.Write(ref _signalled, 0);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static unsafe partial int CreatePair(int domain, int type, int protocol, int* descriptors);
}
