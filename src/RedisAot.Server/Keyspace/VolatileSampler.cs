using RedisAot.Data;

namespace RedisAot.Server.Keyspace;

/// <summary>Draws keys that expire. There is no table of these alone: either the keys or the records of the wheel are sifted.</summary>
internal static unsafe class VolatileSampler
{
    /// <summary>Where at least one key in so many expires, sifting the keys is cheaper than looking up the wheel's records.</summary>
    private const int CheapShare = 4;

    /// <summary>Sampled in vain for each entry wanted, before every key is looked at.</summary>
    private const int MaxDrawsPerEntry = 32;

    /// <summary>
    /// About <paramref name="wanted"/> entries with a time of expiry from random places, perhaps some of them twice, but no more
    /// than <paramref name="capacity"/>; returns how many. Where some key expires, at least one is found.
    /// </summary>
    public static int Sample(Database database, ref FastRandom random, byte** entries, int wanted, int capacity)
    {
        if (database.ExpiringCount == 0)
            return 0;
        bool fromKeys = database.ExpiringCount * CheapShare >= database.Count || database.Wheel.Count >= database.Count;
        int found = fromKeys ? SampleKeys(database, ref random, entries, wanted, capacity) : SampleWheel(database, ref random, entries, wanted);
        return found > 0 ? found : Search(database, ref random, entries, wanted);
    }

    /// <summary>Like <see cref="Sample"/>, but of the keys that expire soonest, so far as the wheel still knows them.</summary>
    public static int SampleSoonest(Database database, ref FastRandom random, byte** entries, int wanted, int capacity)
    {
        int found = 0;
        for (int draws = 2 * wanted; draws > 0 && found < wanted && database.Wheel.TrySampleSoonest(random.Next(), out ulong hash); draws--)
            AddIfVolatile(database.Keys.FindByHash(hash), entries, ref found);
        return found < wanted ? found + Sample(database, ref random, entries + found, wanted - found, capacity - found) : found;
    }

    private static int SampleKeys(Database database, ref FastRandom random, byte** entries, int wanted, int capacity)
    {
        int found = 0;
        for (int draws = MaxDrawsPerEntry; draws > 0 && found < wanted; draws--)
        {
            byte** drawn = entries + found;
            int count = database.Keys.SampleBuckets(ref random, drawn, wanted - found, capacity - found);
            for (int i = 0; i < count; i++)
            {
                if (new KeyEntry(drawn[i]).HasExpiry)
                    entries[found++] = drawn[i];
            }
        }
        return found;
    }

    private static int SampleWheel(Database database, ref FastRandom random, byte** entries, int wanted)
    {
        int found = 0;
        for (int draws = MaxDrawsPerEntry * wanted; draws > 0 && found < wanted && database.Wheel.TrySample(random.Next(), out ulong hash); draws--)
            AddIfVolatile(database.Keys.FindByHash(hash), entries, ref found);
        return found;
    }

    /// <summary>Goes through the keys from a random place until one expires.</summary>
    private static int Search(Database database, ref FastRandom random, byte** entries, int wanted)
    {
        Collector collector = new(entries, wanted);
        bool wrapped = false;
        for (ulong cursor = random.Next(); collector.Found == 0;)
        {
            cursor = database.Keys.Scan(cursor, ref collector);
            if (cursor != 0)
                continue;
            if (wrapped)
                break;
            wrapped = true;
        }
        return collector.Found;
    }

    private static void AddIfVolatile(Slot slot, byte** entries, ref int found)
    {
        if (!slot.IsNone && new KeyEntry(slot.Entry).HasExpiry)
            entries[found++] = slot.Entry;
    }

    private struct Collector(byte** entries, int wanted) : ISlotVisitor
    {
        public int Found;

        public void Visit(Slot slot)
        {
            if (Found < wanted)
                AddIfVolatile(slot, entries, ref Found);
        }
    }
}
