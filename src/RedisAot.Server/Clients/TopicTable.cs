using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Clients;

/// <summary>Topics by name. A topic exists as long as a client belongs to it. Used under the execution lock only.</summary>
public sealed unsafe class TopicTable
{
    private HashTable<Topic> _topics;
    private FastRandom _random = new((ulong)Random.Shared.NextInt64());

    /// <summary>Number of topics.</summary>
    public long Count => _topics.Count;

    /// <summary>Number of clients over all topics.</summary>
    public long ClientCount { get; private set; }

    /// <summary>The topic of that name, or none.</summary>
    public Topic Find(ReadOnlySpan<byte> name)
    {
        Slot slot = _topics.Find(name, Hashing.Hash(name));
        return slot.IsNone ? default : new Topic(slot.Entry);
    }

    /// <summary>Adds a client to a topic, which is made if need be; whether the client was not there yet.</summary>
    public bool Add(ReadOnlySpan<byte> name, ulong hash, long client, out Topic topic)
    {
        Slot slot = _topics.Find(name, hash);
        if (slot.IsNone)
        {
            topic = Topic.Create(name);
            _topics.Insert(hash, topic.Address);
        }
        else
        {
            topic = new Topic(slot.Entry);
        }
        if (!topic.Clients.Add(client))
            return false;
        ClientCount++;
        return true;
    }

    /// <summary>Removes a client, which is there, from a topic; without clients the topic is freed.</summary>
    public void Remove(Topic topic, ulong hash, long client)
    {
        topic.Clients.Remove(client);
        ClientCount--;
        if (topic.Clients.Count == 0)
            Free(topic, hash);
    }

    /// <summary>Removes a topic with all its clients.</summary>
    public void Remove(Topic topic)
    {
        ClientCount -= topic.Clients.Count;
        Free(topic, Hashing.Hash(topic.Name));
    }

    /// <summary>A topic drawn at random; none when there is none.</summary>
    public Topic AnyTopic() => new(_topics.Random(ref _random));

    /// <summary>Removes all topics, which are freed in slices.</summary>
    public void Clear(LazyFree lazyFree)
    {
        if (_topics.BucketCount > 0)
            lazyFree.Add(new Batch(_topics), _topics.Count);
        _topics = default;
        ClientCount = 0;
    }

    /// <summary>All topics, in no particular order, for a foreach over their addresses; nothing may be added meanwhile.</summary>
    public HashTable<Topic>.Enumerator GetEnumerator() => _topics.GetEnumerator();

    private void Free(Topic topic, ulong hash)
    {
        _topics.Remove(_topics.Find(topic.Name, hash), hash);
        topic.Free();
    }

    private sealed class Batch(HashTable<Topic> topics) : LazyBatch
    {
        private HashTable<Topic> _topics = topics;

        public override long FreeSome(int budget, out bool done)
        {
            long before = _topics.Count;
            Freer freer = default;
            done = _topics.FreeSlice(budget, ref freer);
            return before - _topics.Count;
        }
    }

    private readonly struct Freer : IEntryFreer
    {
        public void Free(byte* entry) => new Topic(entry).Free();
    }
}
