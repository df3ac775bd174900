namespace RedisAot.Server.Keyspace;

/// <summary>A key that may be evicted.</summary>
/// <param name="Database">Where it is, or was.</param>
/// <param name="Hash">The hash of its name.</param>
/// <param name="Score">The higher, the sooner it should go.</param>
internal readonly record struct EvictionCandidate(Database Database, ulong Hash, ulong Score);

/// <summary>
/// The best candidates for eviction of all samples so far. That they are kept from one eviction to the next is what makes
/// a policy that samples few keys come close to one that knows them all.
/// </summary>
internal sealed class EvictionPool
{
    /// <summary>Candidates kept.</summary>
    public const int Capacity = 16;

    // In ascending order of their scores.
    private readonly EvictionCandidate[] _candidates = new EvictionCandidate[Capacity];

    /// <summary>Candidates in the pool.</summary>
    public int Count { get; private set; }

    /// <summary>Takes a candidate in, unless it is there already or the pool is full of better ones.</summary>
    public void Offer(in EvictionCandidate candidate)
    {
        bool full = Count == Capacity;
        if (full && candidate.Score <= _candidates[0].Score || Contains(candidate))
            return;
        int place = 0;
        while (place < Count && _candidates[place].Score < candidate.Score)
            place++;
        if (full)
            Array.Copy(_candidates, 1, _candidates, 0, --place);
        else
            Array.Copy(_candidates, place, _candidates, place + 1, Count++ - place);
        _candidates[place] = candidate;
    }

    /// <summary>Takes the candidate with the highest score out; false when there is none.</summary>
    public bool TryTakeBest(out EvictionCandidate best)
    {
        best = default;
        if (Count == 0)
            return false;
        best = _candidates[--Count];
        return true;
    }

    /// <summary>Forgets all candidates.</summary>
    public void Clear() => Count = 0;

    private bool Contains(in EvictionCandidate candidate)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_candidates[i].Hash == candidate.Hash && _candidates[i].Database == candidate.Database)
                return true;
        }
        return false;
    }
}
