using System.Text;

namespace RedisAot.Bench;

/// <summary>Sorted sets of members of 16 bytes with random scores, the same ones every time.</summary>
public static class SortedSets
{
    private const int Batch = 100;

    /// <summary>Adds mem:000000000000 and so on, from <paramref name="first"/> on, <paramref name="count"/> members.</summary>
    public static void Fill(RespClient client, string key, int count, int first = 0)
    {
        var random = new Random(count);
        var command = new StringBuilder();
        for (int from = first; from < first + count; from += Batch)
        {
            command.Clear().Append("ZADD ").Append(key);
            for (int i = from; i < Math.Min(first + count, from + Batch); i++)
                command.Append($" {random.Next(1_000_000)} mem:{i:d12}");
            client.Call(command.ToString());
        }
    }

    /// <summary>The key "big" with a million members, "a" and "b" with a thousand each of which they share half.</summary>
    public static void FillAll(RespClient client)
    {
        Fill(client, "big", 1_000_000);
        Fill(client, "a", 1000);
        Fill(client, "b", 1000, first: 500);
    }
}
