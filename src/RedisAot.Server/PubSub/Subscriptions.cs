using RedisAot.Data;
using RedisAot.Server.Clients;

namespace RedisAot.Server.PubSub;

/// <summary>
/// What one client is subscribed to: references to the topics of the hub, which hold the names. Patterns keep their order,
/// which UNSUBSCRIBE without arguments shows.
/// </summary>
public sealed unsafe class Subscriptions
{
    private HashTable<Topic> _channels;
    private HashTable<Topic> _shardChannels;
    private readonly List<nint> _patterns = [];

    /// <summary>Number of channels.</summary>
    public int ChannelCount => (int)_channels.Count;

    /// <summary>Number of patterns.</summary>
    public int PatternCount => _patterns.Count;

    /// <summary>Number of shard channels.</summary>
    public int ShardCount => (int)_shardChannels.Count;

    /// <summary>Number of all of them.</summary>
    public int Count => ChannelCount + PatternCount + ShardCount;

    /// <summary>Bytes that they cost beside the topics.</summary>
    public long Bytes => _channels.BucketBytes + _shardChannels.BucketBytes + (long)_patterns.Capacity * sizeof(nint);

    /// <summary>The count that confirmations of a kind carry: channels and patterns count together.</summary>
    public int CountFor(SubscriptionKind kind) => kind == SubscriptionKind.Shard ? ShardCount : ChannelCount + PatternCount;

    /// <summary>The names of a kind.</summary>
    internal List<byte[]> NamesOf(SubscriptionKind kind)
    {
        if (kind == SubscriptionKind.Pattern)
            return _patterns.ConvertAll(address => new Topic((byte*)address).Name.ToArray());
        List<byte[]> names = [];
        foreach (byte* address in TableOf(kind))
            names.Add(new Topic(address).Name.ToArray());
        return names;
    }

    /// <summary>Adds a topic that is not there.</summary>
    internal void Add(SubscriptionKind kind, Topic topic, ulong hash)
    {
        if (kind == SubscriptionKind.Pattern)
            _patterns.Add((nint)topic.Address);
        else
            TableOf(kind).Insert(hash, topic.Address);
    }

    /// <summary>Removes a topic that is there.</summary>
    internal void Remove(SubscriptionKind kind, Topic topic, ulong hash)
    {
        if (kind == SubscriptionKind.Pattern)
            _patterns.Remove((nint)topic.Address);
        else
            TableOf(kind).Remove(topic.Name, hash);
    }

    /// <summary>Removes all of a kind and answers their addresses, of patterns in the order in which they came.</summary>
    internal nint[] TakeAll(SubscriptionKind kind)
    {
        nint[] topics;
        if (kind == SubscriptionKind.Pattern)
        {
            topics = [.. _patterns];
            _patterns.Clear();
            return topics;
        }
        ref HashTable<Topic> table = ref TableOf(kind);
        topics = new nint[table.Count];
        int count = 0;
        foreach (byte* topic in table)
            topics[count++] = (nint)topic;
        Free(ref table);
        return topics;
    }

    /// <summary>Gives the memory back when nothing is left.</summary>
    internal void Free()
    {
        Free(ref _channels);
        Free(ref _shardChannels);
    }

    private static void Free(ref HashTable<Topic> table)
    {
        NoFreer freer = default;
        table.FreeSlice(long.MaxValue, ref freer);
        table = default;
    }

    private ref HashTable<Topic> TableOf(SubscriptionKind kind)
    {
        if (kind == SubscriptionKind.Shard)
            return ref _shardChannels;
        return ref _channels;
    }

    // The topics belong to the hub.
    private readonly struct NoFreer : IEntryFreer
    {
        public void Free(byte* entry)
        {
        }
    }
}
