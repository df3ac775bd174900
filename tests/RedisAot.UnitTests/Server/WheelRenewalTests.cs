using System.Text;
using RedisAot.Server;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class WheelRenewalTests
{
    private const int Keys = 3000;

    [Fact]
    public void StaleRecordsAreDroppedAndEveryKeyStillExpires()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        RedisServer server = new(new ServerConfig());
        Database database = server.Databases[0];
        long now = server.Clock.NowMs;
        long latest = 0;
        int renewals = 0;
        bool renewing = false;
        for (int step = 0; step < 200_000; step++)
        {
            byte[] key = Encoding.ASCII.GetBytes($"key:{random.Next(Keys)}");
            switch (random.Next(8))
            {
                case 0:
                    database.SetText(key, "value"u8);
                    break;
                case 1 or 2 or 3:
                    long due = now + random.Next(60_000, 100_000_000);
                    latest = Math.Max(latest, due);
                    database.SetText(key, "value"u8, due);
                    break;
                case 4 when database.Peek(key) is { IsNull: false } entry:
                    database.ClearExpiry(entry);
                    break;
                default:
                    database.Delete(key);
                    break;
            }
            if (step % 16 != 0 || !database.NeedsWheelRenewal)
                continue;
            renewals += renewing ? 0 : 1;
            database.RenewWheelStep();
            renewing = database.NeedsWheelRenewal;
            Assert.True(database.Wheel.Count < 20_000, $"seed {seed}: {database.Wheel.Count} records of {database.ExpiringCount} keys");
        }
        Assert.True(renewals > 3, $"seed {seed}: {renewals} renewals");

        long lasting = database.Count - database.ExpiringCount;
        while (database.ExpireSome(latest + 1000, long.MaxValue))
        {
        }
        Assert.True(database.ExpiringCount == 0, $"seed {seed}: {database.ExpiringCount} keys outlived their time");
        Assert.True(database.Count == lasting, $"seed {seed}");
    }
}
