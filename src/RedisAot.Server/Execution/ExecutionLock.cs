namespace RedisAot.Server.Execution;

/// <summary>
/// The one lock under which commands run. It is handed directly to the thread that waits longest, so that a loop under
/// full load, which takes and releases it without a pause, cannot starve the others. Not reentrant.
/// </summary>
public sealed class ExecutionLock
{
    private readonly object _gate = new();
    private readonly Queue<Waiter> _waiters = new();
    private bool _held;
    private Thread? _owner;

    /// <summary>Whether the calling thread holds the lock.</summary>
    public bool IsHeldByCurrentThread => _owner == Thread.CurrentThread;

    /// <summary>Takes the lock, waiting for it if need be.</summary>
    public void Enter()
    {
        Waiter? waiter = null;
        lock (_gate)
        {
            if (_held)
            {
                waiter = new Waiter();
                _waiters.Enqueue(waiter);
            }
            _held = true;
        }
        waiter?.Wait();
        _owner = Thread.CurrentThread;
    }

    /// <summary>Gives the lock to the thread that waits longest, or frees it.</summary>
    public void Exit()
    {
        _owner = null;
        Waiter? next = null;
        lock (_gate)
        {
            if (!_waiters.TryDequeue(out next))
                _held = false;
        }
        next?.Release();
    }

    private sealed class Waiter
    {
        private bool _granted;

        public void Wait()
        {
            lock (this)
            {
                while (!_granted)
                    Monitor.Wait(this);
            }
        }

        public void Release()
        {
            lock (this)
            {
                _granted = true;
                Monitor.Pulse(this);
            }
        }
    }
}
