using System.Text;

namespace RedisAot.Bench;

/// <summary>Sets of members of 16 bytes.</summary>
public static class Sets
{
    private const int Batch = 500;

    /// <summary>Adds mem:000000000000 and so on, from <paramref name="first"/> on, <paramref name="count"/> members.</summary>
    public static void Fill(RespClient client, string key, int count, int first = 0)
    {
        var command = new StringBuilder();
        for (int from = first; from < first + count; from += Batch)
        {
            command.Clear().Append("SADD ").Append(key);
            for (int i = from; i < Math.Min(first + count, from + Batch); i++)
                command.Append($" mem:{i:d12}");
            client.Call(command.ToString());
        }
    }

    /// <summary>"big" with enough members to pop from all the time, "a" and "b" with a thousand each of which they share half.</summary>
    public static void FillAll(RespClient client)
    {
        Fill(client, "big", 2_500_000);
        Fill(client, "a", 1000);
        Fill(client, "b", 1000, first: 500);
    }
}
