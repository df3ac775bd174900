using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class FieldTableTests
{
    [Fact]
    public void BehavesLikeADictionaryOfValuesAndTimes()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        Dictionary<string, (string Value, long ExpireAtMs)> model = [];
        FieldTable* table = FieldTable.Create();
        for (int step = 0; step < 60_000; step++)
        {
            string name = NameOf(random);
            byte[] nameBytes = Encoding.Latin1.GetBytes(name);
            bool known = model.TryGetValue(name, out (string Value, long ExpireAtMs) old);
            switch (random.Next(8))
            {
                case < 3:
                    bool keep = random.Next(2) == 0;
                    string value = ValueOf(random);
                    Assert.True(table->Set(nameBytes, Encoding.Latin1.GetBytes(value), keep) != known, $"seed {seed}");
                    model[name] = (value, keep && known ? old.ExpireAtMs : HashField.NoExpiry);
                    break;
                case < 6 when known:
                    long time = random.Next(5) == 0 ? HashField.NoExpiry : random.Next(1, 1000);
                    table->SetExpiry(nameBytes, time);
                    model[name] = (old.Value, time);
                    break;
                case 6:
                    Assert.True(table->Remove(nameBytes) == model.Remove(name), $"seed {seed}");
                    break;
                case 7 when table->ExpiringCount > 0:
                    string first = Encoding.Latin1.GetString(table->Earliest.Name);
                    Assert.True(model[first].ExpireAtMs == table->EarliestExpiryMs, $"seed {seed}");
                    table->Remove(Encoding.Latin1.GetBytes(first));
                    model.Remove(first);
                    break;
            }
            if (step % 100 == 0)
                Compare(model, table, random, seed);
        }
        Compare(model, table, random, seed);
        FieldTable* copy = FieldTable.Duplicate(table);
        Compare(model, copy, random, seed);
        Free(table);
        Compare(model, copy, random, seed);
        Free(copy);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(255, 65535)]
    [InlineData(256, 0)]
    [InlineData(3, 65536)]
    [InlineData(100_000, 200_000)]
    public void LengthsOfAllSizesFit(int nameLength, int valueLength)
    {
        byte[] name = Enumerable.Range(0, nameLength).Select(i => (byte)i).ToArray();
        byte[] value = Enumerable.Range(0, valueLength).Select(i => (byte)(i * 7)).ToArray();
        FieldTable* table = FieldTable.Create();
        table->Set(name, "old"u8, keepExpiry: false);
        table->SetExpiry(name, 77);
        Assert.False(table->Set(name, value, keepExpiry: true));
        HashField field = table->Find(name);
        Assert.True(field.Name.SequenceEqual(name) && field.Value.SequenceEqual(value));
        Assert.Equal(77, field.ExpireAtMs);
        table->SetExpiry(name, HashField.NoExpiry);
        Assert.True(table->Find(name).Value.SequenceEqual(value));
        Assert.Equal(long.MaxValue, table->EarliestExpiryMs);
        Free(table);
    }

    private static string NameOf(Random random) => random.Next(30) == 0 ? new string('n', random.Next(250, 260)) : $"field:{random.Next(400)}";

    private static string ValueOf(Random random) => new((char)random.Next(256), random.Next(40) == 0 ? random.Next(65530, 65540) : random.Next(100));

    private static void Free(FieldTable* table)
    {
        int budget = 10;
        while (!FieldTable.FreeSome(table, ref budget))
            budget = 10;
    }

    private static void Compare(Dictionary<string, (string Value, long ExpireAtMs)> model, FieldTable* table, Random random, int seed)
    {
        Assert.True(table->Count == model.Count, $"seed {seed}");
        foreach ((string name, (string value, long expireAtMs)) in model)
        {
            HashField field = table->Find(Encoding.Latin1.GetBytes(name));
            Assert.False(field.IsNull, $"seed {seed}: {name} is missing");
            Assert.True(Encoding.Latin1.GetString(field.Value) == value && field.ExpireAtMs == expireAtMs, $"seed {seed}: {name}");
        }
        long[] times = model.Values.Select(field => field.ExpireAtMs).Where(time => time != HashField.NoExpiry).ToArray();
        Assert.True(table->ExpiringCount == times.Length, $"seed {seed}");
        Assert.True(table->EarliestExpiryMs == times.DefaultIfEmpty(long.MaxValue).Min(), $"seed {seed}");
        long now = random.Next(1000);
        Assert.True(table->CountExpiredBefore(now) == times.Count(time => time < now), $"seed {seed}");
    }
}
