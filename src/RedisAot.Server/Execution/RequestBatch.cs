using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Commands;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Execution;

/// <summary>
/// A few requests of a pipeline, parsed before the first of them runs. Their keys' buckets, then their entries, are
/// fetched into the cache meanwhile: a look-up of a random key is two cache misses, and misses that overlap cost little
/// more than one. So is one of a member in a big collection.
/// </summary>
internal sealed unsafe class RequestBatch
{
    /// <summary>Enough to keep the memory busy, and few enough that the lines are still there when they are needed.</summary>
    public const int MaxRequests = 16;

    private readonly ArgumentVector[] _requests = new ArgumentVector[MaxRequests];
    private readonly nint[] _starts = new nint[MaxRequests + 1];
    private readonly CommandRow?[] _rows = new CommandRow?[MaxRequests];
    private readonly ulong[] _hashes = new ulong[MaxRequests];
    private readonly int[] _memberArguments = new int[MaxRequests];
    private readonly KeyEntry[] _collections = new KeyEntry[MaxRequests];

    public RequestBatch()
    {
        for (int i = 0; i < MaxRequests; i++)
            _requests[i] = new ArgumentVector();
    }

    /// <summary>Number of complete requests; some may have no arguments.</summary>
    public int Count { get; private set; }

    /// <summary>The arguments of a request.</summary>
    public ArgumentVector this[int index] => _requests[index];

    /// <summary>The command that a request calls, once <see cref="FindCommands"/> has looked for it; null: there is none.</summary>
    public CommandRow? RowOf(int index) => _rows[index];

    /// <summary>How many bytes a request took.</summary>
    public nint BytesOf(int index) => _starts[index + 1] - _starts[index];

    /// <summary>Parses up to <paramref name="most"/> requests; answers what the parser found last.</summary>
    public ParseResult Parse(RequestParser parser, byte* bytes, nint length, in ParserLimits limits, int most)
    {
        Count = 0;
        ParseResult result = ParseResult.Complete;
        while (Count < most)
        {
            _starts[Count] = parser.RequestStart;
            // A half-parsed request from the last receive is in a vector that the parser holds already.
            if (!parser.InsideRequest)
                parser.Arguments = _requests[Count];
            result = parser.Parse(bytes, length, limits);
            if (result != ParseResult.Complete)
                break;
            _requests[Count++] = parser.Arguments;
            if (parser.WasInline)
                break;
        }
        _starts[Count] = parser.RequestStart;
        // The parser keeps the vector of a request that is not complete; the batch needs another in its place.
        if (result != ParseResult.Complete && parser.InsideRequest)
            _requests[Count] = new ArgumentVector();
        return result;
    }

    /// <summary>Has the parser parse the requests from <paramref name="index"/> on once more, later.</summary>
    public void GiveBack(RequestParser parser, int index)
    {
        parser.Return(_starts[index]);
    }

    /// <summary>Looks the requests' commands up.</summary>
    public void FindCommands(CommandTable commands)
    {
        for (int i = 0; i < Count; i++)
            _rows[i] = _requests[i].Count > 0 ? commands.Find(_requests[i]) : null;
    }

    /// <summary>Brings the buckets and entries of the requests' first keys closer, and of the members that they name.</summary>
    public void Prefetch(ref HashTable<KeyEntry> keys)
    {
        int members = 0;
        for (int i = 0; i < Count; i++)
        {
            ArgumentVector request = _requests[i];
            _hashes[i] = 0;
            if (request.Count < 2 || _rows[i] is not { LegacyKeys.First: 1 } row)
                continue;
            _hashes[i] = Hashing.Hash(request[1]);
            _memberArguments[i] = row.MemberArgument;
            members |= row.MemberArgument;
        }
        ReadOnlySpan<ulong> hashes = _hashes.AsSpan(0, Count);
        keys.PrefetchBuckets(hashes);
        keys.PrefetchEntries(hashes);
        if (members != 0)
            PrefetchMembers(ref keys);
    }

    private void PrefetchMembers(ref HashTable<KeyEntry> keys)
    {
        for (int i = 0; i < Count; i++)
        {
            ArgumentVector request = _requests[i];
            int member = _memberArguments[i];
            _collections[i] = default;
            if (_hashes[i] == 0 || member == 0 || member >= request.Count)
                continue;
            Slot slot = keys.Find(request[1], _hashes[i]);
            if (slot.IsNone || !ValueMemory.HasMemberTable(new KeyEntry(slot.Entry)))
                continue;
            _collections[i] = new KeyEntry(slot.Entry);
            _hashes[i] = Hashing.Hash(request[member]);
            ValueMemory.PrefetchBucket(_collections[i], _hashes[i]);
        }
        for (int i = 0; i < Count; i++)
        {
            if (!_collections[i].IsNull)
                ValueMemory.PrefetchMember(_collections[i], _hashes[i]);
        }
    }
}
