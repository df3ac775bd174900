namespace RedisAot.Server.Acl;

/// <summary>Where a request was denied.</summary>
internal enum DenialContext
{
    /// <summary>On its own.</summary>
    TopLevel,

    /// <summary>In a transaction.</summary>
    Multi,

    /// <summary>In a script.</summary>
    Lua,
}

/// <summary>What was denied of late, newest first (ACL LOG). Denials that resemble each other are counted in one entry.</summary>
internal sealed class AclLog
{
    // Official looks for an entry to count in among so many of the newest, if it is at most so old.
    private const int ComparedEntries = 10;
    private const long MaxGroupingMs = 60_000;

    private readonly LinkedList<Entry> _entries = [];

    /// <summary>The entries, newest first.</summary>
    public IReadOnlyCollection<Entry> Entries => _entries;

    /// <summary>Notes a denial; the log keeps at most <paramref name="maxLength"/> entries.</summary>
    public void Add(Entry entry, long maxLength)
    {
        if (FindLike(entry) is { } node)
        {
            _entries.Remove(node);
            entry.Count = node.Value.Count + 1;
        }
        _entries.AddFirst(entry);
        while (_entries.Count > maxLength)
            _entries.RemoveLast();
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _entries.Clear();

    private LinkedListNode<Entry>? FindLike(Entry entry)
    {
        LinkedListNode<Entry>? node = _entries.First;
        for (int i = 0; i < ComparedEntries && node != null; i++, node = node.Next)
        {
            if (node.Value.Resembles(entry))
                return node;
        }
        return null;
    }

    /// <summary>One kind of denial.</summary>
    /// <param name="Reason">What was lacking.</param>
    /// <param name="Context">Where.</param>
    /// <param name="Object">The command, key or channel.</param>
    /// <param name="UserName">Who was denied.</param>
    /// <param name="UnixMs">When it happened last, Unix ms.</param>
    /// <param name="ClientInfo">The client, as in CLIENT LIST.</param>
    internal sealed record Entry(
        DenialReason Reason, DenialContext Context, byte[] Object, byte[] UserName, long UnixMs, string ClientInfo)
    {
        /// <summary>How often it happened.</summary>
        public long Count { get; set; } = 1;

        /// <summary>Whether another denial counts as the same.</summary>
        public bool Resembles(Entry other) =>
            Reason == other.Reason && Context == other.Context && Math.Abs(UnixMs - other.UnixMs) <= MaxGroupingMs
                && Object.AsSpan().SequenceEqual(other.Object) && UserName.AsSpan().SequenceEqual(other.UserName);
    }
}
