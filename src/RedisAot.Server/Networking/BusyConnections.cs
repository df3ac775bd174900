namespace RedisAot.Server.Networking;

/// <summary>
/// Serves the connections whose requests come one close after the other. Received from at once, a socket that has just been
/// emptied has nothing yet, so that every request would cost a receive in vain, and an event of the runtime's besides. Instead
/// the connection waits here, and while any do the loop looks at a set of its own for what has come to its sockets. What
/// concerns another one than those that wait (a listener, a wake-up, a connection that has been idle) is left to the runtime,
/// which knows of it too. After a time without any request all that wait receive in the ordinary way. To begin takes a
/// wake-up, so that is done only while enough requests come that way; now and then it is tried. Used on the loop's thread only.
/// </summary>
internal sealed class BusyConnections
{
    /// <summary>Connections that can wait: all of them receive when a time without requests begins.</summary>
    private const int MaxWaiting = 1024;

    /// <summary>Requests that outweigh the wake-up.</summary>
    private const int WorthwhileRequests = 8;

    /// <summary>
    /// How many requests a trial may fall short by, and how many may be saved up against worse times. At first most of what comes
    /// is for connections that do not wait yet.
    /// </summary>
    private const int MaxCredit = 100;

    /// <summary>How many receives go by between two trials.</summary>
    private const int TrialInterval = 2000;

    /// <summary>How long nothing comes before the runtime takes over.</summary>
    private const int IdleMs = 100;

    private readonly SocketLoop _loop;
    private readonly WakePair _wake;
    private readonly int _wakeDescriptor;
    private readonly ReadySet _ready = new();
    private readonly List<Connection> _waiting = [];
    private Connection?[] _byDescriptor = new Connection?[64];
    private bool _knowsAll = true;
    private int _found;
    private int _next;
    private int _untilTrial;
    private int _credit = MaxCredit;

    public BusyConnections(SocketLoop loop, WakePair wake)
    {
        _loop = loop;
        _wake = wake;
        _wakeDescriptor = (int)wake.Receiving.Handle;
        Watch(_wakeDescriptor, null);
    }

    /// <summary>Whether the loop is serving connections from here now, and so comes to the end of a round without being woken.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Notes when something comes to a socket, of a connection or, if that is null, another one.</summary>
    public void Watch(int descriptor, Connection? connection)
    {
        // What comes to a socket that is not in the set would have to wait for those that are.
        _knowsAll &= _ready.TryAdd(descriptor);
        if (descriptor >= _byDescriptor.Length)
            Array.Resize(ref _byDescriptor, Math.Max(descriptor + 1, _byDescriptor.Length * 2));
        _byDescriptor[descriptor] = connection;
    }

    /// <summary>Lets go of a connection that has been closed and does not wait. May be called on any thread.</summary>
    public void Forget(Connection connection)
    {
        // The next connection may have its descriptor already.
        Interlocked.CompareExchange(ref _byDescriptor[connection.SocketDescriptor], null, connection);
    }

    /// <summary>Has a connection whose socket has just been emptied receive when something has come; false when it is to receive at once.</summary>
    public bool Takes(Connection connection)
    {
        if (_untilTrial > 0)
        {
            _untilTrial--;
            return false;
        }
        if (_waiting.Count == MaxWaiting || !_knowsAll)
            return false;
        if (_waiting.Count == 0 && !IsRunning)
            _wake.Signal();
        connection.WaitingIndex = _waiting.Count;
        _waiting.Add(connection);
        return true;
    }

    /// <summary>Called when the loop has been woken: serves the connections that wait until something else is to be done.</summary>
    public void Run()
    {
        if (_waiting.Count == 0)
            return;
        IsRunning = true;
        int requests = 0;
        bool othersAreReady = false;
        bool isIdle = false;
        while (!othersAreReady && !isIdle && _waiting.Count > 0)
        {
            if (_next == _found)
            {
                _found = _ready.Wait(IdleMs);
                _next = 0;
                isIdle = _found == 0;
            }
            // In the order in which they came: those behind one that is the runtime's to serve have their turn after it.
            while (_next < _found && !othersAreReady)
                othersAreReady = !TryServe(_next++, ref requests);
            _loop.EndRound();
        }
        IsRunning = false;
        if (isIdle)
            ReceiveAll();
        if (_waiting.Count > 0)
            _wake.Signal();
        _credit = Math.Min(_credit + requests - WorthwhileRequests, MaxCredit);
        if (_credit > 0)
            return;
        _credit = MaxCredit;
        _untilTrial = TrialInterval;
    }

    /// <summary>Lets go of a connection that waits.</summary>
    public void Remove(Connection connection)
    {
        Connection last = _waiting[^1];
        _waiting[connection.WaitingIndex] = last;
        last.WaitingIndex = connection.WaitingIndex;
        _waiting.RemoveAt(_waiting.Count - 1);
    }

    /// <summary>Serves one of the sockets that have changed; false when it is the runtime's to do.</summary>
    private bool TryServe(int index, ref int requests)
    {
        int descriptor = _ready.DescriptorAt(index);
        Connection? connection = _byDescriptor[descriptor];
        // That the runtime has served the wake-up already is not noted in the set.
        if (connection == null)
            return descriptor == _wakeDescriptor && !_wake.IsSignalled;
        // It is not told twice, and no receive but that of the end finds out.
        if (_ready.IsLastAt(index))
            connection.HasEnd = true;
        bool isWaiting = connection.IsWaiting;
        if (isWaiting && connection.ReceiveWaiting())
            requests++;
        return isWaiting && !(connection.AwaitsRoomToSend && _ready.IsWritableAt(index));
    }

    private void ReceiveAll()
    {
        for (int left = _waiting.Count; left > 0 && _waiting.Count > 0; left--)
            _waiting[^1].ReceiveUnasked();
    }
}
