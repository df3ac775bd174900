using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using RedisAot.Resp;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Networking;

/// <summary>Something that a loop runs on its own thread.</summary>
internal interface ILoopWork
{
    /// <summary>Called once for each time the work was posted.</summary>
    void Run(SocketLoop loop);
}

/// <summary>
/// What belongs to one socket thread of the runtime. Completions run inline on that thread, one at a time, so all its
/// connections share one receive buffer and one reply buffer, and an idle connection owns neither.
/// </summary>
internal sealed class SocketLoop
{
    /// <summary>Size of the shared receive buffer: what one receive, and so one batch of commands, can bring.</summary>
    public const int ReceiveBufferBytes = 64 * 1024;

    /// <summary>A reply buffer that has grown above this shrinks back to it after the batch.</summary>
    public const int ReplyBufferKeptBytes = 256 * 1024;

    // How long connections are flushed until other sockets have their turn, in µs. The requests that come meanwhile may have
    // more for those that still wait, which then take one send instead of two.
    private const long FlushMicroseconds = 500;
    private const int FlushesBetweenLooksAtTheClock = 8;

    private readonly ConcurrentQueue<ILoopWork> _posted = new();
    private readonly ConcurrentQueue<Connection> _toFlush = new();
    private bool _flushing;
    private BusyConnections? _busy;
    private readonly CommitRounds _commits;
    private readonly WakePair _wake;
    private readonly SocketAsyncEventArgs _wakeReceive = new(true);
    private readonly byte[] _wakeBytes = GC.AllocateUninitializedArray<byte>(64, pinned: true);

    [ThreadStatic]
    private static SocketLoop? t_current;

    private SocketLoop(int index)
    {
        Index = index;
        _wake = WakePair.Create();
        _commits = new CommitRounds(_wake);
        ReceiveMemory = GC.AllocateUninitializedArray<byte>(ReceiveBufferBytes, pinned: true);
    }

    /// <summary>The loop of the calling thread; null on a thread that is not a socket thread.</summary>
    public static SocketLoop? Current => t_current;

    /// <summary>Number of the loop, from 0.</summary>
    public int Index { get; }

    /// <summary>The receive buffer that all connections of the loop share; pinned.</summary>
    public Memory<byte> ReceiveMemory { get; }

    /// <summary>Where replies are written while a batch of one of the loop's connections runs.</summary>
    public OutputBuffer ReplyBuffer { get; private set; } = new(SocketLoop.ReceiveBufferBytes);

    /// <summary>Parses requests that lie in the shared receive buffer; a connection takes it along with half a request.</summary>
    public RequestParser Parser { get; set; } = new();

    /// <summary>
    /// Starts <paramref name="count"/> loops, as many as the runtime was told to have socket threads. The runtime deals
    /// sockets out to its threads in turn, so one wake-up socket each binds a loop to every thread.
    /// </summary>
    public static SocketLoop[] StartAll(int count)
    {
        SocketLoop[] loops = new SocketLoop[count];
        using CountdownEvent bound = new(count);
        for (int i = 0; i < count; i++)
        {
            loops[i] = new SocketLoop(i);
            loops[i].BindToThread(bound);
        }
        bound.Wait();
        // Of several loops, only the runtime knows which one a socket belongs to before something has come to it.
        if (count == 1)
            loops[0]._busy = new BusyConnections(loops[0], loops[0]._wake);
        return loops;
    }

    /// <summary>Has <paramref name="work"/> run on the loop's thread soon. May be called on any thread.</summary>
    public void Post(ILoopWork work)
    {
        _posted.Enqueue(work);
        _wake.Signal();
    }

    /// <summary>Wakes the loop, for what was queued on another thread.</summary>
    public void Wake() => _wake.Signal();

    /// <summary>Notes that a connection of this loop has something to send. May be called on any thread.</summary>
    public void QueueFlush(Connection connection) => _toFlush.Enqueue(connection);

    /// <summary>Has some of the connections that have something to send do so, on the loop's own thread; the rest follows soon.</summary>
    public void FlushSome()
    {
        // A send that fails closes its connection, which leads here again.
        if (_flushing || _toFlush.IsEmpty)
            return;
        _flushing = true;
        long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency * FlushMicroseconds / 1_000_000;
        for (int count = 1; _toFlush.TryDequeue(out Connection? connection); count++)
        {
            connection.Flush();
            if (count % FlushesBetweenLooksAtTheClock == 0 && Stopwatch.GetTimestamp() >= end)
                break;
        }
        _flushing = false;
        if (!_toFlush.IsEmpty)
            _wake.Signal();
    }

    /// <summary>
    /// Has a connection whose socket has just been emptied receive when something has come; false when it is to receive at
    /// once. Called on the loop's thread.
    /// </summary>
    public bool HasWait(Connection connection) => _busy != null && _busy.Takes(connection);

    /// <summary>Lets go of a connection that waits. Called on the loop's thread.</summary>
    public void StopsWaiting(Connection connection) => _busy!.Remove(connection);

    /// <summary>
    /// Notes from now on when something comes to a connection's socket, or to another one of the loop. Called on the loop's thread.
    /// </summary>
    public void Watch(int descriptor, Connection? connection) => _busy?.Watch(descriptor, connection);

    /// <summary>Lets go of a connection that has been closed and does not wait. May be called on any thread.</summary>
    public void Forget(Connection connection) => _busy?.Forget(connection);

    /// <summary>Called when every socket that was ready has been served: writes and sends what waited for that.</summary>
    public void EndRound()
    {
        _commits.End();
        FlushSome();
    }

    /// <summary>
    /// Whether replies to commands that have yet to be written to the append-only file wait for the end of the round, and leave
    /// with <see cref="QueueFlush"/>; see <see cref="CommitRounds"/>. Called on the loop's thread.
    /// </summary>
    public bool HoldsUncommitted(bool waitsForDisk) => _commits.Holds(waitsForDisk, comesToAnEnd: _busy is { IsRunning: true });

    /// <summary>Hands the reply buffer, with the replies in it, to the caller and goes on with a fresh one.</summary>
    public OutputBuffer DetachReplyBuffer()
    {
        OutputBuffer detached = ReplyBuffer;
        ReplyBuffer = new OutputBuffer(ReceiveBufferBytes);
        return detached;
    }

    private void BindToThread(CountdownEvent bound)
    {
        _wakeReceive.SetBuffer(_wakeBytes);
        _wakeReceive.Completed += (_, _) =>
        {
            if (t_current == null)
            {
                t_current = this;
                bound.Signal();
            }
            try
            {
                OnAwake();
            }
            catch (Exception error) when (CrashReport.Observe(error))
            {
                throw;
            }
        };
        if (!_wake.Receiving.ReceiveAsync(_wakeReceive))
            throw new InvalidOperationException("A wake-up socket had data before anything was sent to it.");
        _wake.Signal();
    }

    private void OnAwake()
    {
        // Listens again before it works, so that work that posts itself again comes up in the next round of events, after
        // the sockets that have become ready meanwhile.
        do
        {
            if (_wakeReceive.SocketError != SocketError.Success || _wakeReceive.BytesTransferred == 0)
                throw new IOException($"The wake-up socket of loop {Index} failed: {_wakeReceive.SocketError}.");
            _wake.Acknowledge();
        }
        while (!_wake.Receiving.ReceiveAsync(_wakeReceive));
        RunPosted();
        EndRound();
        _busy?.Run();
    }

    // Only what was there on entry, for the same reason.
    private void RunPosted()
    {
        for (int left = _posted.Count; left > 0 && _posted.TryDequeue(out ILoopWork? work); left--)
            work.Run(this);
    }
}
