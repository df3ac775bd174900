using System.Text;
using Microsoft.Win32.SafeHandles;
using RedisAot.Server.Networking;
using RedisAot.Server.Process;

namespace RedisAot.Server.Replication;

/// <summary>
/// Sends a file to one replica, piece by piece: a thread of the pool reads a piece, so that no loop waits for the disk, the
/// connection's loop hands it to the output, and the next one is read once it is all sent. At any moment exactly one of the
/// three is to come, which closes the file when the client has left.
/// </summary>
internal sealed class RdbTransfer : IThreadPoolWorkItem, ILoopWork
{
    private const int PieceBytes = 256 * 1024;

    private readonly RedisServer _server;
    private readonly ReplicaLink _link;
    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly byte[] _piece = GC.AllocateUninitializedArray<byte>(PieceBytes);
    private long _offset;
    private int _pieceLength;
    private string? _error;
    private int _awaitsRoom;

    private RdbTransfer(RedisServer server, ReplicaLink link, SafeFileHandle file)
    {
        _server = server;
        _link = link;
        _file = file;
        _length = RandomAccess.GetLength(file);
    }

    /// <summary>Begins to send; false, with the reason, when the file cannot be opened. Needs the lock.</summary>
    public static bool TryBegin(RedisServer server, ReplicaLink link, string path, out string? error)
    {
        error = null;
        try
        {
            link.Transfer = new RdbTransfer(server, link, File.OpenHandle(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = e.Message;
            return false;
        }
        link.Client.Connection!.Append(Encoding.ASCII.GetBytes($"${link.Transfer._length}\r\n"));
        ThreadPool.UnsafeQueueUserWorkItem(link.Transfer, preferLocal: false);
        return true;
    }

    /// <summary>Everything appended so far has been sent, or the client has left. Callable from any thread.</summary>
    public void Continue()
    {
        if (Interlocked.Exchange(ref _awaitsRoom, 0) != 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _pieceLength = RandomAccess.Read(_file, _piece.AsSpan(0, (int)Math.Min(PieceBytes, _length - _offset)), _offset);
            if (_pieceLength == 0)
                _error = "premature EOF";
        }
        catch (IOException e)
        {
            _error = e.Message;
        }
        _link.Client.Connection!.Post(this);
    }

    void ILoopWork.Run(SocketLoop loop)
    {
        _server.Lock.Enter();
        if (_error != null && !_link.Client.IsClosed)
        {
            ServerLog.Warning($"Read error sending DB to replica: {_error}");
            _server.FreeClient(_link.Client);
        }
        bool isOver = _link.Client.IsClosed || AppendPiece();
        _server.Lock.Exit();
        if (isOver)
            _file.Dispose();
        _server.Executor.FlushPending();
    }

    /// <summary>Hands the piece to the output; true when it is the last.</summary>
    private bool AppendPiece()
    {
        _offset += _pieceLength;
        _server.Stats.ReplicationOutputBytes += _pieceLength;
        bool isLast = _offset == _length;
        if (isLast)
        {
            ServerLog.Notice($"RDB transfer completed, rdb only replica ({_link.Name}) should be disconnected asap");
            _link.Client.CloseAfterReply = true;
        }
        Volatile.Write(ref _awaitsRoom, isLast ? 0 : 1);
        _link.Client.Connection!.Append(_piece.AsSpan(0, _pieceLength));
        return isLast;
    }
}
