using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RedisAot.Server.Networking;

/// <summary>
/// send(2) and recv(2) that never wait. <see cref="Socket"/>'s own come to the same after a dozen calls and twice as many cache
/// lines, which counts where a message goes to a thousand sockets.
/// </summary>
internal static unsafe partial class StreamSocket
{
    private const int DontWait = 0x40, NoSignal = 0x4000;
    private const int Interrupted = 4, WouldBlock = 11;

    /// <summary>Sends what the socket takes; <see cref="SocketError.WouldBlock"/> when it takes nothing now.</summary>
    /// <exception cref="ObjectDisposedException">The socket has been closed.</exception>
    public static SocketError Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, out int sent)
    {
        nint result;
        fixed (byte* start = bytes)
        {
            do
            {
                result = Send(socket, start, bytes.Length, DontWait | NoSignal);
            }
            while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        }
        return Outcome(result, out sent);
    }

    /// <summary>Receives what has come; no bytes at the end, <see cref="SocketError.WouldBlock"/> when nothing has.</summary>
    /// <exception cref="ObjectDisposedException">The socket has been closed.</exception>
    public static SocketError Receive(SafeSocketHandle socket, Span<byte> buffer, out int received)
    {
        nint result;
        fixed (byte* start = buffer)
        {
            do
            {
                result = Receive(socket, start, buffer.Length, DontWait);
            }
            while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        }
        return Outcome(result, out received);
    }

    // Nobody asks why a connection is over.
    private static SocketError Outcome(nint result, out int bytes)
    {
        bytes = (int)Math.Max(result, 0);
        return result >= 0 ? SocketError.Success
            : Marshal.GetLastPInvokeError() == WouldBlock ? SocketError.WouldBlock
            : SocketError.ConnectionReset;
    }

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, byte* bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeSocketHandle socket, byte* buffer, nint count, int flags);
}
