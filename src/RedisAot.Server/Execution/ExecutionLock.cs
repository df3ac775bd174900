namespace RedisAot.Server.Execution;

/// <summary>
/// The one lock under which commands run. Free, it costs one interlocked operation; contended, it is handed directly to
/// the thread that waits longest, so that a loop under full load cannot starve the others. Not reentrant.
/// </summary>
public sealed class ExecutionLock
{
    private const int Free = 0;
    private const int Held = 1;
    private const int HeldAndWanted = 2;

    private readonly object _gate = new();
    private readonly Queue<Waiter> _waiters = new();
    private int _state;

    /// <summary>Takes the lock, waiting for it if need be.</summary>
    public void Enter()
    {
        if (Interlocked.CompareExchange(ref _state, Held, Free) != Free)
            EnterSlowly();
    }

    /// <summary>Gives the lock to the thread that waits longest, or frees it.</summary>
    public void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Free, Held) != Held)
            ExitSlowly();
    }

    private void EnterSlowly()
    {
        Waiter waiter = new();
        lock (_gate)
        {
            // From here on the holder's Exit comes through the gate, where it finds the waiter.
            if (Interlocked.Exchange(ref _state, HeldAndWanted) == Free)
                return;
            _waiters.Enqueue(waiter);
        }
        waiter.Wait();
    }

    private void ExitSlowly()
    {
        Waiter? next;
        lock (_gate)
        {
            if (!_waiters.TryDequeue(out next))
                Volatile.Write(ref _state, Free);
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
