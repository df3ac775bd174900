using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Clients;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class ClientSetTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    [InlineData(2000)]
    public void HoldsWhatAModelHolds(int mostIds)
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        SortedSet<long> model = [];
        ClientSet set = default;
        for (int step = 0; step < 20_000; step++)
        {
            long id = random.Next(mostIds) + 1L;
            // Grows for a while, then shrinks, over and over.
            if (random.Next(4) == 0 ^ step / 3000 % 2 == 0)
                Assert.True(model.Add(id) == set.Add(id), $"Add, seed {seed}, step {step}");
            else
                Assert.True(model.Remove(id) == set.Remove(id), $"Remove, seed {seed}, step {step}");
            Assert.True(model.Count == set.Count && model.Contains(id) == set.Contains(id), $"seed {seed}, step {step}");
            if (step % 500 == 0)
                Assert.Equal(model, Enumerable.Range(0, set.Count).Select(i => set[i]));
        }
        set.Clear();
        Assert.Equal(0, set.Count);
    }

    [Fact]
    public void GivesItsMemoryBack()
    {
        long before = NativeHeap.UsedBytes;
        TopicTable topics = new();
        for (int i = 0; i < 1000; i++)
        {
            byte[] name = BitConverter.GetBytes(i);
            ulong hash = Hashing.Hash(name);
            for (long client = 1; client <= 1 + i % 50; client++)
                Assert.True(topics.Add(name, hash, client, out _));
            Assert.False(topics.Add(name, hash, 1, out _));
        }
        Assert.Equal(1000, topics.Count);
        Assert.Equal(Enumerable.Range(0, 1000).Sum(i => 1 + i % 50), topics.ClientCount);
        for (int i = 0; i < 500; i++)
        {
            byte[] name = BitConverter.GetBytes(i);
            Topic topic = topics.Find(name);
            for (long client = 1 + i % 50; client > 0; client--)
                topics.Remove(topic, Hashing.Hash(name), client);
            Assert.True(topics.Find(name).IsNull);
        }
        topics.Remove(topics.Find(BitConverter.GetBytes(777)));
        Assert.Equal(499, topics.Count);
        Assert.False(topics.AnyTopic().IsNull);
        LazyFree lazyFree = new();
        topics.Clear(lazyFree);
        Assert.Equal(0, topics.ClientCount);
        Assert.True(topics.AnyTopic().IsNull);
        Assert.Equal(499, lazyFree.PendingObjects);
        int steps = 0;
        for (; lazyFree.HasWork; steps++)
            lazyFree.RunStep();
        Assert.InRange(steps, 4, 499);
        Assert.Equal(499, lazyFree.FreedObjects);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }
}
