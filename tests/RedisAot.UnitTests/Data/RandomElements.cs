using System.Text;

namespace RedisAot.UnitTests.Data;

/// <summary>Elements that visit every encoding: integers of all widths, texts close to integers, strings around the length limits.</summary>
internal static class RandomElements
{
    public static byte[] Next(Random random)
    {
        switch (random.Next(10))
        {
            case < 4:
                long value = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
                return Encoding.ASCII.GetBytes(value.ToString());
            case 4:
                long edge = 1L << random.Next(64);
                return Encoding.ASCII.GetBytes((edge + random.Next(-1, 2)).ToString());
            case 5:
                return Encoding.ASCII.GetBytes("0" + random.Next(100));
            case 6:
                return Bytes(random, random.Next(60, 70));
            case 7 when random.Next(20) == 0:
                return Bytes(random, random.Next(2) == 0 ? random.Next(4090, 4100) : random.Next(16370, 16390));
            case 7:
                return Bytes(random, random.Next(120, 135));
            default:
                return Bytes(random, random.Next(20));
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
