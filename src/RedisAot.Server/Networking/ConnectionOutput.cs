using System.Net.Sockets;
using RedisAot.Resp;
using RedisAot.Server.PubSub;

namespace RedisAot.Server.Networking;

/// <summary>
/// What one connection still has to send, in order. Bytes are added under the execution lock; sending happens outside
/// it. Whoever turns <c>_sending</c> on sends until nothing is left, everybody else only adds.
/// </summary>
internal sealed class ConnectionOutput
{
    // A buffer begins small, as what is pushed to a client is, and grows to this.
    private const int ChunkBytes = 16 * 1024;
    private const int FirstChunkBytes = 512;

    // A rest this large, in a buffer not much larger, is taken over with it; another is copied, for the loop's buffer is worth keeping.
    private const int TakeOverBytes = 64 * 1024;

    private readonly Connection _connection;
    private readonly object _gate = new();
    private OutputBuffer? _head;
    private Queue<OutputBuffer>? _queue;
    private OutputBuffer? _tail;
    private SendOperation? _operation;
    private bool _sending;
    private bool _flushAwaited;
    private long _pendingBytes;
    private long _allocatedBytes;

    public ConnectionOutput(Connection connection) => _connection = connection;

    /// <summary>Bytes added and not yet accepted by the socket, but for the batch that is being sent right now.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Native bytes of the buffers that wait to be sent.</summary>
    public long AllocatedBytes => Volatile.Read(ref _allocatedBytes);

    /// <summary>Whether the socket took less than there is to be sent.</summary>
    public bool AwaitsRoom { get; private set; }

    /// <summary>Buffers that wait to be sent.</summary>
    public int PendingBuffers
    {
        get
        {
            lock (_gate)
                return (_head == null ? 0 : 1) + (_queue?.Count ?? 0);
        }
    }

    /// <summary>
    /// Adds bytes behind everything that waits. The caller holds the execution lock; true says that it must see to a <see cref="Flush"/>.
    /// </summary>
    public bool Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            AppendToTail(bytes);
            return MustFlush();
        }
    }

    /// <summary>Adds what a buffer holds behind everything that waits, like <see cref="Append(ReadOnlySpan{byte})"/>.</summary>
    public bool Append(OutputBuffer replies)
    {
        lock (_gate)
        {
            if (replies.Unconsumed <= int.MaxValue)
            {
                AppendToTail(replies.UnconsumedSpan);
            }
            else
            {
                Enqueue(new OutputBuffer(replies.Unconsumed), replies.Unconsumed);
                _tail!.Append(replies);
            }
            return MustFlush();
        }
    }

    /// <summary>Adds a push behind everything that waits, like <see cref="Append(ReadOnlySpan{byte})"/>.</summary>
    public bool Append(byte type, in Push push)
    {
        lock (_gate)
        {
            AppendToTail([type]);
            if (push.Shared == null)
                AppendToTail(push.Body);
            else
                Enqueue(new OutputBuffer(push.Shared), push.Body.Length);
            return MustFlush();
        }
    }

    /// <summary>
    /// Called at the end of a batch, under the execution lock. True: the caller must send <paramref name="replies"/>
    /// with <see cref="SendBatch"/> once it has left the lock. False: they were added to what waits already.
    /// </summary>
    public bool TryBeginBatch(OutputBuffer replies)
    {
        lock (_gate)
        {
            if (!_sending && _queue is not { Count: > 0 })
            {
                _sending = true;
                return true;
            }
        }
        Append(replies);
        return false;
    }

    /// <summary>Sends a batch's replies, without waiting; what the socket does not take is kept and sent when it can.</summary>
    public void SendBatch(SocketLoop loop)
    {
        OutputBuffer replies = loop.ReplyBuffer;
        if (!TrySendNow(replies))
        {
            lock (_gate)
                _sending = false;
            Free();
            // The buffer is the loop's: another connection would send what is left in it.
            replies.Reset(SocketLoop.ReplyBufferKeptBytes);
            _connection.OnSendFailed();
            return;
        }
        if (replies.Unconsumed > 0)
            KeepRest(loop);
        loop.ReplyBuffer.Reset(SocketLoop.ReplyBufferKeptBytes);
        bool more;
        lock (_gate)
        {
            more = HasHead();
            _sending = more;
        }
        if (more)
            SendHeads();
        else
            _connection.OnOutputDrained();
    }

    /// <summary>Starts sending what <see cref="Append"/> has added, unless that is under way.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _flushAwaited = false;
            if (_sending || !HasHead())
                return;
            _sending = true;
        }
        SendHeads();
    }

    /// <summary>
    /// Gives the memory back because the connection is closed. What is being sent can go at once only on the thread that sends
    /// it; otherwise it goes when the send has been cancelled, which may take a while.
    /// </summary>
    public void Abandon(bool onSendingThread)
    {
        lock (_gate)
        {
            if (onSendingThread)
            {
                _head?.Free();
                _head = null;
            }
        }
        Free();
    }

    /// <summary>Gives the memory back once the connection is closed and nothing is under way.</summary>
    public void Free()
    {
        lock (_gate)
        {
            if (_queue != null)
            {
                foreach (OutputBuffer buffer in _queue)
                    buffer.Free();
                _queue.Clear();
            }
            _tail = null;
            _pendingBytes = 0;
            _allocatedBytes = _head?.Capacity ?? 0;
        }
    }

    private void AppendToTail(ReadOnlySpan<byte> bytes)
    {
        if (_tail == null || _tail.IsShared || (!_tail.HasRoom(bytes.Length) && _tail.Length + bytes.Length > ChunkBytes))
        {
            Enqueue(new OutputBuffer(Math.Max(FirstChunkBytes, bytes.Length)), 0);
        }
        nint capacity = _tail!.Capacity;
        _tail.Append(bytes);
        _allocatedBytes += _tail.Capacity - capacity;
        _pendingBytes += bytes.Length;
    }

    private void Enqueue(OutputBuffer buffer, nint length)
    {
        (_queue ??= new()).Enqueue(buffer);
        _tail = buffer;
        _allocatedBytes += buffer.Capacity;
        _pendingBytes += length;
    }

    // Who sends now goes on until nothing is left.
    private bool MustFlush()
    {
        if (_sending || _flushAwaited)
            return false;
        _flushAwaited = true;
        return true;
    }

    private bool TrySendNow(OutputBuffer replies)
    {
        while (replies.Unconsumed > 0)
        {
            if (!_connection.TrySend(replies.UnconsumedSpan, out int sent, out SocketError error))
                return false;
            replies.Consume(sent);
            if (error == SocketError.WouldBlock)
                return true;
        }
        return true;
    }

    private void KeepRest(SocketLoop loop)
    {
        OutputBuffer rest;
        if (loop.ReplyBuffer.Unconsumed >= Math.Max(TakeOverBytes, loop.ReplyBuffer.Capacity / 2))
        {
            rest = loop.DetachReplyBuffer();
        }
        else
        {
            rest = new OutputBuffer(loop.ReplyBuffer.Unconsumed);
            rest.Append(loop.ReplyBuffer);
        }
        lock (_gate)
        {
            _head = rest;
            _allocatedBytes += rest.Capacity;
            _pendingBytes += rest.Unconsumed;
        }
    }

    // Runs on whichever thread turned _sending on, and on the loop's thread when a send completes later. There is a head.
    private void SendHeads()
    {
        while (true)
        {
            if (_connection.IsClosed)
            {
                Finish(SocketError.OperationAborted, 0);
                return;
            }
            if (_connection.Server.Aof.Writer.IsOpen)
                _connection.Server.Aof.Writer.CommitAppended();
            ReadOnlySpan<byte> bytes = _head!.UnconsumedSpan;
            bool open = _connection.TrySend(bytes, out int sent, out SocketError error);
            if (!Finish(open ? SocketError.Success : error, sent))
                return;
            if (sent == bytes.Length)
                continue;
            _operation ??= new SendOperation(this);
            _operation.SetBuffer(_head.Memory);
            AwaitsRoom = true;
            if (_connection.TrySendAsync(_operation, out bool pending) && pending)
                return;
            AwaitsRoom = false;
            if (!Finish(_operation.SocketError, _operation.BytesTransferred))
                return;
        }
    }

    private bool HasHead() => _head != null || TakeNext();

    private bool TakeNext()
    {
        if (_queue == null || !_queue.TryDequeue(out _head))
            return false;
        if (_tail == _head)
            _tail = null;
        return true;
    }

    /// <summary>Counts bytes of the head as sent; false when nothing is left, or nobody to send it to.</summary>
    private bool Finish(SocketError error, int sent)
    {
        bool isOpen = error == SocketError.Success;
        lock (_gate)
        {
            // Null after Abandon.
            if (_head != null)
                FinishHead(isOpen ? sent : 0, error);
            _sending = isOpen && HasHead();
            if (_sending)
                return true;
        }
        if (isOpen)
        {
            _connection.OnOutputDrained();
        }
        else
        {
            Free();
            _connection.OnSendFailed();
        }
        return false;
    }

    private void FinishHead(int sent, SocketError error)
    {
        _pendingBytes -= sent;
        _head!.Consume(sent);
        if (error == SocketError.Success && _head.Unconsumed > 0)
            return;
        _allocatedBytes -= _head.Capacity;
        _head.Free();
        _head = null;
    }

    private sealed class SendOperation(ConnectionOutput output) : SocketAsyncEventArgs(true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            output.AwaitsRoom = false;
            if (output.Finish(SocketError, BytesTransferred))
                output.SendHeads();
        }
    }
}
