using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class EvictionPoolTests
{
    [Fact]
    public void KeepsTheBestOfAllThatWereOffered()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        EvictionPool pool = new();
        List<EvictionCandidate> model = [];
        for (int step = 0; step < 20_000; step++)
        {
            if (random.Next(4) != 0)
            {
                // Scores differ, so that the model knows which of two stays.
                EvictionCandidate offered = new(null!, (ulong)random.Next(60), (ulong)random.Next(1000) << 32 | (uint)step);
                pool.Offer(offered);
                if (!model.Exists(candidate => candidate.Hash == offered.Hash))
                    model.Add(offered);
                model.Sort((a, b) => a.Score.CompareTo(b.Score));
                if (model.Count > EvictionPool.Capacity)
                    model.RemoveAt(0);
            }
            else
            {
                Assert.Equal(model.Count > 0, pool.TryTakeBest(out EvictionCandidate best));
                if (model.Count == 0)
                    continue;
                Assert.True(model[^1] == best, $"seed {seed}, step {step}");
                model.RemoveAt(model.Count - 1);
            }
            Assert.True(model.Count == pool.Count, $"seed {seed}, step {step}");
        }
    }
}
