using System.Text;
using RedisAot.Data;
using RedisAot.Server;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class FieldExpiryTests
{
    private const int Keys = 40;
    private const int Fields = 12;

    /// <summary>The time goes in steps of this many ms and fields expire in between, so that it does not matter how exact the wheel is.</summary>
    private const int Step = 100;

    /// <summary>Hashes come, go, move between keys and databases and lose fields, while the time goes on.</summary>
    [Theory]
    [InlineData(512)]
    [InlineData(4)]
    public void FieldsExpireInTimeWhereverTheirHashWent(int maxListpackEntries)
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        RedisServer server = new(new ServerConfig());
        server.Config.HashMaxListpackEntries = maxListpackEntries;
        Database[] databases = [server.Databases[0], server.Databases[1]];
        Dictionary<string, Dictionary<string, long>>[] models = [[], []];
        long now = server.Clock.NowMs / Step * Step;
        for (int step = 0; step < 40_000; step++)
        {
            int number = random.Next(2);
            Change(random, server, databases, models, number, now);
            if (step % 20 == 0)
                now += Step * (random.Next(100) == 0 ? random.Next(100_000) : random.Next(3));
            if (step % 10 != 0)
                continue;
            for (int i = 0; i < 2; i++)
            {
                while (databases[i].NeedsWheelRenewal)
                    databases[i].RenewWheelStep();
                while (databases[i].ExpireSome(now + ExpiryWheel.ResolutionMs, long.MaxValue))
                {
                }
                Expire(models[i], now);
                Compare(models[i], databases[i], seed);
            }
        }
        Assert.True(server.Stats.ExpiredFields > 1000, $"seed {seed}");
    }

    private static void Change(
        Random random, RedisServer server, Database[] databases, Dictionary<string, Dictionary<string, long>>[] models, int number, long now)
    {
        Database database = databases[number];
        Dictionary<string, Dictionary<string, long>> model = models[number];
        string name = $"key:{random.Next(Keys)}", other = $"key:{random.Next(Keys)}", field = $"field:{random.Next(Fields)}";
        byte[] key = Encoding.ASCII.GetBytes(name), otherKey = Encoding.ASCII.GetBytes(other), fieldBytes = Encoding.ASCII.GetBytes(field);
        KeyEntry entry = database.Peek(key);
        bool there = model.TryGetValue(name, out Dictionary<string, long>? fields);
        switch (random.Next(12))
        {
            case < 4:
                if (!there)
                {
                    entry = HashValue.Create(database, key, 0);
                    model[name] = fields = [];
                }
                HashValue.Set(entry, fieldBytes, "value"u8, server.Config);
                database.FieldTimesChanged(entry);
                fields![field] = HashField.NoExpiry;
                break;
            case < 8 when there && fields!.ContainsKey(field):
                long time = random.Next(6) == 0 ? HashField.NoExpiry : now + (Step / 2) + (Step * random.Next(random.Next(3) == 0 ? 50_000 : 20));
                HashValue.PrepareForTimes(entry);
                HashValue.SetExpiry(entry, fieldBytes, time);
                database.FieldTimesChanged(entry);
                fields[field] = time;
                break;
            case 8 when there && fields!.Remove(field):
                HashValue.Remove(entry, fieldBytes);
                if (database.DeleteIfEmpty(entry))
                    model.Remove(name);
                break;
            case 9 when there && name != other:
                database.Delete(otherKey);
                database.Attach(otherKey, database.Detach(key));
                model.Remove(name);
                model[other] = fields!;
                break;
            case 10 when there:
                databases[1 - number].Delete(otherKey);
                databases[1 - number].AddCopy(otherKey, entry);
                models[1 - number][other] = new Dictionary<string, long>(fields!);
                break;
            case 11 when random.Next(20) == 0:
                Database.Swap(databases[0], databases[1]);
                (models[0], models[1]) = (models[1], models[0]);
                break;
            case 11 when random.Next(4) == 0:
                database.SetText(key, "no hash any more"u8);
                database.Delete(key);
                model.Remove(name);
                break;
        }
    }

    private static void Expire(Dictionary<string, Dictionary<string, long>> model, long now)
    {
        foreach ((string name, Dictionary<string, long> fields) in model)
        {
            foreach ((string field, long time) in fields)
            {
                if (time != HashField.NoExpiry && time < now)
                    fields.Remove(field);
            }
            if (fields.Count == 0)
                model.Remove(name);
        }
    }

    private static void Compare(Dictionary<string, Dictionary<string, long>> model, Database database, int seed)
    {
        Assert.True(database.Count == model.Count, $"seed {seed}: {database.Count} keys, not {model.Count}");
        foreach ((string name, Dictionary<string, long> fields) in model)
        {
            KeyEntry entry = database.Peek(Encoding.ASCII.GetBytes(name));
            Assert.True(HashValue.Count(entry) == fields.Count, $"seed {seed}: {name} has {HashValue.Count(entry)} fields, not {fields.Count}");
            foreach (HashFieldView field in HashValue.Fields(entry))
                Assert.True(fields[Encoding.ASCII.GetString(field.Name.Bytes)] == field.ExpireAtMs, $"seed {seed}: {name}");
        }
        long expiring = model.Values.Count(fields => fields.Values.Any(time => time != HashField.NoExpiry));
        Assert.True(database.ExpiringHashCount == expiring, $"seed {seed}: {database.ExpiringHashCount} expiring, not {expiring}");
    }
}
