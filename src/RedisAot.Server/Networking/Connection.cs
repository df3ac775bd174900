using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Execution;
using RedisAot.Server.PubSub;

namespace RedisAot.Server.Networking;

/// <summary>
/// One accepted socket: receives requests, has them executed in batches, sends the replies. All of it happens on the
/// thread of one <see cref="SocketLoop"/>, known from the first completion on.
/// </summary>
public sealed unsafe class Connection : ILoopWork
{
    // After this many batches in a row without an empty socket, the loop's other connections have their turn.
    private const int MaxConsecutiveBatches = 16;

    private const int MinReceiveBytes = 16 * 1024;

    /// <summary>Arguments from this size on are received into blocks of their own, unless they come in one piece (official's PROTO_MBULK_BIG_ARG).</summary>
    private const int LargeArgumentBytes = 32 * 1024;

    private readonly RedisServer _server;
    private readonly SafeSocketHandle _handle;
    private readonly ReceiveOperation _receive;
    private readonly ConnectionOutput _output;
    private SocketLoop? _loop;
    private SocketLoop? _acceptedOn;
    private bool _dataWaits;
    private int _sharedInputBytes;
    private InputBuffer? _input;
    private RequestParser? _parser;

    // The argument that is being received into a block of its own, the block's header first.
    private InputBuffer? _largeArgument;
    private bool _receivePending;
    private bool _closed;

    internal Connection(RedisServer server, Socket socket, Listener listener)
    {
        _server = server;
        Socket = socket;
        _handle = socket.SafeHandle;
        SocketDescriptor = (int)Descriptor;
        _receive = new ReceiveOperation(this);
        _output = new ConnectionOutput(this);
        IsUnixSocket = socket.AddressFamily == AddressFamily.Unix;
        RemoteAddress = IsUnixSocket ? $"{listener.UnixPath}:0" : Describe((IPEndPoint)socket.RemoteEndPoint!);
        LocalAddress = IsUnixSocket ? $"{listener.UnixPath}:0" : Describe((IPEndPoint)socket.LocalEndPoint!);
        Client = new Client(server, this);
    }

    /// <summary>The session on this connection.</summary>
    public Client Client { get; }

    /// <summary>"ip:port" of the peer, "[ip]:port" for IPv6, "path:0" for a Unix socket.</summary>
    public string RemoteAddress { get; }

    /// <summary>The address that the peer connected to, in the same form.</summary>
    public string LocalAddress { get; }

    /// <summary>Whether the peer came over a Unix socket.</summary>
    public bool IsUnixSocket { get; }

    /// <summary>The socket's descriptor, as CLIENT LIST shows it.</summary>
    public long Descriptor => _handle.DangerousGetHandle();

    /// <summary>Bytes received and not used yet.</summary>
    public long InputBytes => (_input?.Length ?? _sharedInputBytes) + (_largeArgument?.Length ?? 0);

    /// <summary>Those of them that belong to no argument which has come whole.</summary>
    public long UnparsedBytes => _largeArgument != null ? _largeArgument.Length - ArgumentVector.BlockHeaderBytes
        : _input != null ? _input.Length - (_parser?.Position ?? 0)
        : _sharedInputBytes;

    /// <summary>Native bytes of the connection's own input buffer.</summary>
    public long InputCapacity => (_input?.Capacity ?? 0) + (_largeArgument?.Capacity ?? 0) + (_parser?.Arguments.BlockBytes ?? 0);

    /// <summary>Bytes that the socket has not taken yet.</summary>
    public long PendingOutputBytes => _output.PendingBytes;

    /// <summary>Native bytes of the buffers that wait to be sent.</summary>
    public long OutputCapacity => _output.AllocatedBytes;

    /// <summary>Buffers that wait to be sent.</summary>
    public int PendingOutputBuffers => _output.PendingBuffers;

    internal Socket Socket { get; }

    /// <summary>Like <see cref="Descriptor"/>, also when the socket has been closed.</summary>
    internal int SocketDescriptor { get; }

    /// <summary>Whether the loop has the connection receive when something has come.</summary>
    internal bool IsWaiting { get; private set; }

    /// <summary>Whether the peer sends nothing more than what has come already.</summary>
    internal bool HasEnd { get; set; }

    /// <summary>Where the connection is among those that receive when something has come.</summary>
    internal int WaitingIndex { get; set; }

    /// <summary>Whether the socket took less than there is to be sent.</summary>
    internal bool AwaitsRoomToSend => _output.AwaitsRoom;

    internal RedisServer Server => _server;

    internal bool IsClosed => Volatile.Read(ref _closed);

    internal static string Describe(IPEndPoint endPoint)
    {
        IPAddress address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:{endPoint.Port}" : $"{address}:{endPoint.Port}";
    }

    /// <summary>
    /// Begins to receive. With several loops a receive asks for no bytes until one of them had to wait: then it is known which
    /// loop this one is on. Until then everything runs on the one that accepted it.
    /// </summary>
    internal void Start()
    {
        _loop = _server.OnlyLoop;
        _acceptedOn = SocketLoop.Current;
        _loop?.Watch(SocketDescriptor, this);
        ReceiveLoop();
    }

    /// <summary>Adds bytes to what is sent; the caller holds the execution lock.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (_output.Append(bytes))
            FlushLater();
    }

    /// <summary>Adds what a buffer holds to what is sent; the caller holds the execution lock.</summary>
    internal void Append(OutputBuffer replies)
    {
        if (_output.Append(replies))
            FlushLater();
    }

    /// <summary>Adds a push, whose first byte is <paramref name="type"/>; the caller holds the execution lock.</summary>
    internal void Append(byte type, in Push push)
    {
        if (_output.Append(type, push))
            FlushLater();
    }

    /// <summary>Sends what was appended; called outside the execution lock.</summary>
    internal void Flush() => _output.Flush();

    /// <summary>Has <paramref name="work"/> run on the connection's loop soon. May be called on any thread.</summary>
    internal void Post(ILoopWork work) => (_loop ?? _acceptedOn!).Post(work);

    /// <summary>Has the input that waited, because the client was blocked or paused, executed by its loop.</summary>
    internal void ResumeInput()
    {
        // Another loop may be about to put the rest of a batch aside as input, so only its own thread can say that there is none.
        SocketLoop loop = _loop ?? _acceptedOn!;
        if (_input != null || SocketLoop.Current != loop)
            loop.Post(this);
    }

    /// <summary>Ends the connection at once; the caller holds the execution lock and has dropped the client.</summary>
    internal void Abort()
    {
        if (Interlocked.Exchange(ref _closed, true))
            return;
        // A receive that is under way completes with an error, perhaps on another thread and at once, and cleans up. Without
        // one the loop does: it may be using the buffers now.
        bool receivePending = _receivePending;
        ShutDown();
        Socket.Dispose();
        // At once: memory that lingers would have further clients or keys evicted. With several loops, any of them may be sending.
        _output.Abandon(onSendingThread: _server.OnlyLoop is { } only && only == SocketLoop.Current);
        if (receivePending)
            return;
        if ((_loop ?? SocketLoop.Current) is { } loop)
            loop.Post(this);
        else
            FreeBuffers();
    }

    // A socket that is disposed of while something is under way is reset, which takes away from the peer what was sent before.
    private void ShutDown()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }
    }

    /// <summary>Sends what the socket takes without waiting; false if the connection is over.</summary>
    internal bool TrySend(ReadOnlySpan<byte> bytes, out int sent, out SocketError error)
    {
        try
        {
            error = StreamSocket.Send(_handle, bytes, out sent);
        }
        catch (ObjectDisposedException)
        {
            // CLIENT KILL on another thread won the race.
            sent = 0;
            error = SocketError.OperationAborted;
        }
        return error is SocketError.Success or SocketError.WouldBlock;
    }

    internal bool TrySendAsync(SocketAsyncEventArgs operation, out bool pending)
    {
        try
        {
            pending = Socket.SendAsync(operation);
            return true;
        }
        catch (ObjectDisposedException)
        {
            // Another thread closed the connection in between; the operation's error stays that of an aborted send.
            operation.SocketError = SocketError.OperationAborted;
            pending = false;
            return false;
        }
    }

    internal void OnSendFailed() => CloseClient();

    internal void OnOutputDrained()
    {
        if (Client.CloseAfterReply)
            CloseClient();
        else if (Client.ReadPausedByOutput)
            ResumeAfterDrain();
        Client.Replica?.Transfer?.Continue();
    }

    void ILoopWork.Run(SocketLoop loop)
    {
        if (_loop == null)
            RunWhileUnbound();
        else
            RunHere();
    }

    // The receive that is under way may end on any loop, which must not go on with the connection meanwhile.
    private void RunWhileUnbound()
    {
        lock (_receive)
        {
            if (_loop == null)
            {
                RunHere();
                return;
            }
        }
        _loop.Post(this);
    }

    private void BindToThisLoop()
    {
        lock (_receive)
            _loop = SocketLoop.Current;
    }

    private void RunHere()
    {
        if (_closed)
        {
            FreeBuffers();
            return;
        }
        if (_input != null && !RunOwnInput())
            return;
        if (!_receivePending && !IsWaiting)
            ReceiveLoop();
    }

    // A connection that does not know its loop yet is sent to by the one that runs.
    private void FlushLater() => _server.Executor.FlushLater(this, _loop ?? SocketLoop.Current!);

    /// <summary>Receives what has come while the connection waited; false when nothing had. It goes on waiting if it can.</summary>
    internal bool ReceiveWaiting()
    {
        if (Client.ReadPausedByOutput)
        {
            StopWaiting();
            return true;
        }
        PrepareReceive();
        Memory<byte> buffer = _receive.MemoryBuffer;
        if (!TryReceive(buffer.Span, out int bytes, out SocketError error) || error == SocketError.WouldBlock)
            return false;
        bool goesOn = OnReceived(bytes, error);
        // A receive that did not fill its buffer has emptied the socket, but for the end.
        if (goesOn && bytes < buffer.Length && !HasEnd)
            return true;
        StopWaiting();
        if (goesOn)
            ReceiveLoop();
        return true;
    }

    /// <summary>Receives in the ordinary way instead of waiting.</summary>
    internal void ReceiveUnasked()
    {
        StopWaiting();
        if (!_closed)
            ReceiveLoop();
    }

    private void StopWaiting()
    {
        if (!IsWaiting)
            return;
        IsWaiting = false;
        _loop!.StopsWaiting(this);
    }

    private void ResumeAfterDrain()
    {
        Client.ReadPausedByOutput = false;
        (_loop ?? _acceptedOn!).Post(this);
    }

    private void ReceiveLoop()
    {
        for (int batches = 0; ; batches++)
        {
            if (Client.ReadPausedByOutput)
                return;
            if (batches == MaxConsecutiveBatches && _loop != null)
            {
                _loop.Post(this);
                return;
            }
            PrepareReceive();
            _receivePending = true;
            if (_closed || !TryReceiveAsync(out bool pending))
            {
                _receivePending = false;
                FreeBuffers();
                return;
            }
            if (pending)
                return;
            if (!OnReceived(_receive.BytesTransferred, _receive.SocketError) || BeginsToWait())
                return;
        }
    }

    private bool BeginsToWait()
    {
        if (_receive.BytesTransferred < _receive.MemoryBuffer.Length && _loop != null && !HasEnd)
            IsWaiting = _loop.HasWait(this);
        return IsWaiting;
    }

    private bool TryReceive(Span<byte> buffer, out int bytes, out SocketError error)
    {
        try
        {
            error = StreamSocket.Receive(_handle, buffer, out bytes);
            return true;
        }
        catch (ObjectDisposedException)
        {
            // CLIENT KILL on another thread won the race.
            bytes = 0;
            error = SocketError.OperationAborted;
            return false;
        }
    }

    private bool TryReceiveAsync(out bool pending)
    {
        try
        {
            pending = Socket.ReceiveAsync(_receive);
            return true;
        }
        catch (ObjectDisposedException)
        {
            // CLIENT KILL on another thread won the race.
            pending = false;
            return false;
        }
    }

    private void PrepareReceive()
    {
        if (_loop == null && !_dataWaits)
        {
            _receive.SetBuffer(Memory<byte>.Empty);
        }
        else if (_parser is { AwaitedBulkLength: >= LargeArgumentBytes })
        {
            if (_largeArgument == null)
                BeginLargeArgument();
            ReserveRest(_largeArgument!, LargeArgumentSize - _largeArgument!.Length);
            _receive.SetBuffer(_largeArgument.Memory);
        }
        else if (_input != null)
        {
            long needed = _parser == null ? 0 : _parser.BytesNeeded - (_input.Length - _parser.Position);
            ReserveRest(_input, Math.Max(needed, MinReceiveBytes));
            _receive.SetBuffer(_input.Memory);
        }
        else
        {
            _receive.SetBuffer(_loop!.ReceiveMemory);
        }
        _dataWaits = false;
    }

    // Grows with what has really arrived, so that an announced length alone reserves nothing; once a third of it is there, to the
    // length itself, which it then need not be copied to again.
    private static void ReserveRest(InputBuffer buffer, long rest)
    {
        if (buffer.Room >= Math.Min(rest, MinReceiveBytes))
            return;
        long grown = Math.Max(buffer.Length, MinReceiveBytes);
        buffer.Reserve((nint)(rest <= 2 * grown ? rest : grown));
    }

    /// <summary>Bytes of the block for the argument that the parser waits for: header, argument, CR and LF.</summary>
    private long LargeArgumentSize => ArgumentVector.BlockHeaderBytes + _parser!.BytesNeeded;

    private void BeginLargeArgument()
    {
        nint have = _input!.Length - _parser!.Position;
        _largeArgument = new InputBuffer(ArgumentVector.BlockHeaderBytes + have);
        _largeArgument.Advance(ArgumentVector.BlockHeaderBytes);
        _largeArgument.Append(new ReadOnlySpan<byte>(_input.Start + _parser.Position, (int)have));
        _input.Truncate(_parser.Position);
        _input.Shrink(MinReceiveBytes);
    }

    private bool OnLargeArgumentReceived(InputBuffer argument, int bytes)
    {
        argument.Advance(bytes);
        if (argument.Length < LargeArgumentSize)
            return AdmitsInput();
        _largeArgument = null;
        _parser!.Supply(argument.Detach());
        return RunOwnInput();
    }

    /// <summary>Whether what was received and not used yet is within the limits; otherwise the connection is closed.</summary>
    private bool AdmitsInput()
    {
        if (InputBytes > _server.Config.ClientQueryBufferLimit)
        {
            _server.OnQueryBufferLimit(Client);
            CloseClient();
            return false;
        }
        return _server.Executor.Admits(Client);
    }

    private void OnReceiveCompleted()
    {
        if (_loop == null && _receive.SocketError == SocketError.Success)
            BindToThisLoop();
        if (OnReceived(_receive.BytesTransferred, _receive.SocketError) && !BeginsToWait())
            ReceiveLoop();
    }

    private bool OnReceived(int bytes, SocketError error)
    {
        _receivePending = false;
        if (_closed)
        {
            FreeBuffers();
            return false;
        }
        if (error != SocketError.Success)
        {
            CloseClient();
            return false;
        }
        if (_receive.MemoryBuffer.Length == 0)
        {
            // The data was there at once, on the accepting thread: whose shared buffer may be used is not known yet.
            if (_loop == null)
            {
                _input ??= new InputBuffer(MinReceiveBytes);
                _dataWaits = true;
            }
            return true;
        }
        if (bytes == 0)
        {
            CloseClient();
            return false;
        }
        _server.Stats.AddInput(bytes);
        if (_input == null)
            return RunSharedInput(bytes);
        if (_largeArgument != null)
            return OnLargeArgumentReceived(_largeArgument, bytes);
        _input.Advance(bytes);
        return AdmitsInput() && RunOwnInput();
    }

    private bool RunSharedInput(int length)
    {
        SocketLoop loop = _loop!;
        RequestParser parser = loop.Parser;
        parser.Rewind();
        byte* bytes = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(loop.ReceiveMemory.Span));
        _sharedInputBytes = length;
        bool more = RunBatches(parser, bytes, length);
        if (_closed)
        {
            // The loop's next connection must not go on with the request that this one left half parsed.
            parser.Return(0);
            return more;
        }
        _sharedInputBytes = 0;
        nint kept = length - parser.RequestStart;
        if (kept > 0)
        {
            _input = new InputBuffer(Math.Max(kept, MinReceiveBytes));
            _input.Append(new ReadOnlySpan<byte>(bytes + parser.RequestStart, (int)kept));
            parser.DropPrefix(parser.RequestStart);
            _parser = parser;
            loop.Parser = new RequestParser();
        }
        return more;
    }

    private bool RunOwnInput()
    {
        _parser ??= new RequestParser();
        InputBuffer input = _input!;
        bool more = RunBatches(_parser, input.Start, input.Length);
        if (_closed)
            return more;
        nint used = _parser.RequestStart;
        // What a client sent while it was blocked runs beside a receive, which then still has the buffer.
        if (used == input.Length && _loop != null && !_receivePending)
        {
            input.Free();
            _input = null;
            _parser = null;
        }
        else if (used > 0)
        {
            input.DropPrefix(used);
            _parser.DropPrefix(used);
        }
        return more;
    }

    /// <summary>Executes what the buffer holds; false when the connection is closed or must not be read for now.</summary>
    private bool RunBatches(RequestParser parser, byte* bytes, nint length)
    {
        // A connection that has no loop yet was accepted on some loop's thread and runs there.
        SocketLoop loop = _loop ?? SocketLoop.Current!;
        BatchEnd end;
        do
        {
            end = _server.Executor.RunBatch(Client, parser, bytes, length, loop, _output);
            if (_closed)
                return false;
            if (Client.CloseAfterReply)
                return CloseWhenSent();
        }
        while (end == BatchEnd.ReplyBufferFull && !Client.ReadPausedByOutput);
        return !Client.ReadPausedByOutput;
    }

    private bool CloseWhenSent()
    {
        if (_output.PendingBytes == 0)
            CloseClient();
        else
            Client.ReadPausedByOutput = true;
        return false;
    }

    private void CloseClient()
    {
        _server.Lock.Enter();
        _server.FreeClient(Client);
        _server.Lock.Exit();
        _server.Executor.FlushPending();
    }

    private void FreeBuffers()
    {
        StopWaiting();
        _loop?.Forget(this);
        Interlocked.Exchange(ref _input, null)?.Free();
        Interlocked.Exchange(ref _largeArgument, null)?.Free();
        Interlocked.Exchange(ref _parser, null)?.Release();
        _output.Free();
        _receive.Dispose();
    }

    private sealed class ReceiveOperation(Connection connection) : SocketAsyncEventArgs(true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            try
            {
                connection.OnReceiveCompleted();
            }
            catch (Exception error) when (CrashReport.Observe(error))
            {
                throw;
            }
        }
    }
}
