using System.Globalization;
using System.Text;
using RedisAot.Memory;
using RedisAot.Server;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class DatabaseTests
{
    private const int Keys = 60;

    private readonly RedisServer _server = new(new ServerConfig());
    private readonly Dictionary<string, (byte[] Value, long ExpireAtMs)> _model = [];

    private Database Db => _server.Databases[0];

    [Fact]
    public void StringsAndTimesOfExpiryAgreeWithAModel()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        long usedBefore = NativeHeap.UsedBytes;
        for (int step = 0; step < 60_000; step++)
        {
            string key = KeyName(random.Next(Keys));
            Change(random, key);
            Check(key, seed, step);
        }
        for (int i = 0; i < Keys; i++)
            Check(KeyName(i), seed, -1);
        Assert.Equal(_model.Count, Db.Count);
        Assert.Equal(_model.Values.Count(entry => entry.ExpireAtMs != KeyEntry.NoExpiry), Db.ExpiringCount);

        Db.Clear();
        while (_server.LazyFree.HasWork)
            _server.LazyFree.RunStep();
        Assert.True(usedBefore == NativeHeap.UsedBytes, $"seed {seed}: {NativeHeap.UsedBytes - usedBefore} bytes were not given back");
    }

    // Short, at the border of the entry's length byte, and long keys.
    private static string KeyName(int number)
    {
        int length = number % 3 == 0 ? 3 : number % 3 == 1 ? 254 + number % 2 : 700;
        return number.ToString(CultureInfo.InvariantCulture).PadLeft(length, 'k');
    }

    private void Change(Random random, string name)
    {
        byte[] key = Encoding.ASCII.GetBytes(name);
        bool exists = _model.TryGetValue(name, out (byte[] Value, long ExpireAtMs) old);
        switch (random.Next(8))
        {
            case 0 or 1:
                byte[] value = RandomValue(random);
                long expireAt = random.Next(3) switch { 0 => KeyEntry.NoExpiry, 1 => Database.KeepExpiry, _ => RandomTime(random) };
                Db.SetString(key, value, expireAt);
                _model[name] = (value, expireAt != Database.KeepExpiry ? expireAt : exists ? old.ExpireAtMs : KeyEntry.NoExpiry);
                break;
            case 2:
                Resize(random, name, key, exists ? old : ([], KeyEntry.NoExpiry));
                break;
            case 3 when exists:
                long time = RandomTime(random);
                Db.SetExpiry(key, time);
                _model[name] = (old.Value, time);
                break;
            case 4 when exists:
                Assert.Equal(old.ExpireAtMs != KeyEntry.NoExpiry, Db.ClearExpiry(Db.Peek(key)));
                _model[name] = (old.Value, KeyEntry.NoExpiry);
                break;
            case 5:
                Assert.Equal(exists, Db.Delete(key));
                _model.Remove(name);
                break;
            case 6 or 7 when exists:
                Transfer(random, name, key, old);
                break;
        }
    }

    private void Resize(Random random, string name, byte[] key, (byte[] Value, long ExpireAtMs) old)
    {
        int length = random.Next(4) == 0 ? random.Next(4000) : Math.Max(0, old.Value.Length + random.Next(-20, 40));
        Span<byte> bytes = Db.ResizeString(key, length);
        byte[] expected = new byte[length];
        old.Value.AsSpan(0, Math.Min(old.Value.Length, length)).CopyTo(expected);
        Assert.True(bytes.SequenceEqual(expected));
        if (length > 0)
            bytes[^1] = expected[^1] = (byte)random.Next(256);
        _model[name] = (expected, old.ExpireAtMs);
    }

    private void Transfer(Random random, string name, byte[] key, (byte[] Value, long ExpireAtMs) old)
    {
        string target = KeyName(random.Next(Keys));
        if (_model.ContainsKey(target))
            return;
        byte[] targetKey = Encoding.ASCII.GetBytes(target);
        if (random.Next(2) == 0)
        {
            Db.AddCopy(targetKey, Db.Peek(key));
        }
        else
        {
            Db.Attach(targetKey, Db.Detach(key));
            _model.Remove(name);
        }
        _model[target] = old;
        Check(target, 0, -1);
    }

    private void Check(string name, int seed, int step)
    {
        KeyEntry entry = Db.Peek(Encoding.ASCII.GetBytes(name));
        bool expected = _model.TryGetValue(name, out (byte[] Value, long ExpireAtMs) model);
        Assert.True(expected == !entry.IsNull, $"seed {seed}, step {step}: {name}");
        if (!expected)
            return;
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        Assert.True(StringValue.Read(entry, scratch).SequenceEqual(model.Value), $"seed {seed}, step {step}: value of {name}");
        Assert.True(entry.ExpireAtMs == model.ExpireAtMs, $"seed {seed}, step {step}: time of {name}");
    }

    private static byte[] RandomValue(Random random)
    {
        if (random.Next(4) == 0)
            return Encoding.ASCII.GetBytes(random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture));
        byte[] value = new byte[random.Next(5) switch { 0 => 0, 1 => random.Next(50), 2 => random.Next(1000, 1050), 3 => random.Next(5000), _ => 64 }];
        random.NextBytes(value);
        return value;
    }

    private static long RandomTime(Random random) =>
        DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 60_000 + random.NextInt64(1L << random.Next(1, 40));
}
