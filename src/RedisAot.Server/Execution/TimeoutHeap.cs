using System.Runtime.CompilerServices;

namespace RedisAot.Server.Execution;

/// <summary>Waits by when they are due, the earliest first. Any can be taken out, so that those that were served leave nothing behind.</summary>
internal sealed class TimeoutHeap
{
    private readonly List<KeyWait> _heap = [];

    /// <summary>Number of waits.</summary>
    public int Count => _heap.Count;

    /// <summary>The wait that is due first, of those the client that came first; null when there is none.</summary>
    public KeyWait? First => _heap.Count == 0 ? null : _heap[0];

    /// <summary>Adds a wait.</summary>
    public void Add(KeyWait wait)
    {
        _heap.Add(wait);
        Place(wait, _heap.Count - 1);
        Rise(wait.HeapIndex);
    }

    /// <summary>Takes a wait out, if it is in.</summary>
    public void Remove(KeyWait wait)
    {
        int hole = wait.HeapIndex;
        if (hole < 0)
            return;
        wait.HeapIndex = -1;
        KeyWait last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last == wait)
            return;
        Place(last, hole);
        Rise(hole);
        Sink(last.HeapIndex);
    }

    private void Rise(int index)
    {
        KeyWait wait = _heap[index];
        for (int parent; index > 0 && IsEarlier(wait, _heap[parent = (index - 1) / 2]); index = parent)
            Place(_heap[parent], index);
        Place(wait, index);
    }

    private void Sink(int index)
    {
        KeyWait wait = _heap[index];
        while (2 * index + 1 < _heap.Count)
        {
            int child = 2 * index + 1;
            if (child + 1 < _heap.Count && IsEarlier(_heap[child + 1], _heap[child]))
                child++;
            if (!IsEarlier(_heap[child], wait))
                break;
            Place(_heap[child], index);
            index = child;
        }
        Place(wait, index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Place(KeyWait wait, int index)
    {
        _heap[index] = wait;
        wait.HeapIndex = index;
    }

    private static bool IsEarlier(KeyWait a, KeyWait b) =>
        a.DueMs < b.DueMs || (a.DueMs == b.DueMs && a.Client.Id < b.Client.Id);
}
