using RedisAot.Resp;
using RedisAot.Server.Clients;

namespace RedisAot.Server.Tracking;

/// <summary>The clients that are told of all changes below one prefix, and the keys that changed since they were told last.</summary>
internal sealed class BroadcastPrefix
{
    private const int KeptBytes = 4096;
    private const int FirstCompaction = 1024;

    private readonly List<ChangedKey> _changes = [];
    private readonly OutputBuffer _keys = new(KeptBytes);
    private readonly Comparison<ChangedKey> _byKeyThenTime;
    private int _compactAt = FirstCompaction;

    public BroadcastPrefix() => _byKeyThenTime = Compare;

    /// <summary>Who is told.</summary>
    public List<Client> Clients { get; } = [];

    /// <summary>Whether something changed.</summary>
    public bool HasChanges => _changes.Count > 0;

    /// <summary>Notes that a key changed; <paramref name="clientId"/> is who did it, 0 for the server.</summary>
    public void Add(ReadOnlySpan<byte> key, long clientId)
    {
        _changes.Add(new ChangedKey((int)_keys.Length, key.Length, clientId));
        _keys.Append(key);
        // A long transaction may change the same keys over and over.
        if (_changes.Count < _compactAt)
            return;
        Compact();
        _compactAt = Math.Max(FirstCompaction, _changes.Count * 2);
    }

    /// <summary>Makes one change a key of them, in the order of the keys.</summary>
    public void Compact()
    {
        _changes.Sort(_byKeyThenTime);
        int kept = 0;
        for (int i = 0; i < _changes.Count; i++)
        {
            if (i + 1 < _changes.Count && KeyOf(_changes[i]).SequenceEqual(KeyOf(_changes[i + 1])))
                continue;
            _changes[kept++] = _changes[i];
        }
        _changes.RemoveRange(kept, _changes.Count - kept);
    }

    /// <summary>Writes the changed keys as an array, but for those that a client (0: none) changed itself; false when none is left.</summary>
    public bool TryWrite(ReplyWriter writer, long exceptClientId)
    {
        int count = 0;
        foreach (ChangedKey change in _changes)
            count += IsMeant(change, exceptClientId) ? 1 : 0;
        if (count == 0)
            return false;
        writer.ArrayHeader(count);
        foreach (ChangedKey change in _changes)
        {
            if (IsMeant(change, exceptClientId))
                writer.Bulk(KeyOf(change));
        }
        return true;
    }

    /// <summary>Forgets the changes.</summary>
    public void Clear()
    {
        _changes.Clear();
        _keys.Reset(KeptBytes);
        _compactAt = FirstCompaction;
    }

    /// <summary>Gives the memory back.</summary>
    public void Free() => _keys.Free();

    private static bool IsMeant(ChangedKey change, long exceptClientId) => exceptClientId == 0 || change.ClientId != exceptClientId;

    private ReadOnlySpan<byte> KeyOf(ChangedKey change) => _keys.WrittenFrom(change.Offset)[..change.Length];

    private int Compare(ChangedKey a, ChangedKey b)
    {
        int order = KeyOf(a).SequenceCompareTo(KeyOf(b));
        return order != 0 ? order : a.Offset.CompareTo(b.Offset);
    }

    private readonly record struct ChangedKey(int Offset, int Length, long ClientId);
}
