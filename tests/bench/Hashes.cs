using System.Text;

namespace RedisAot.Bench;

/// <summary>Hashes to measure with.</summary>
public static class Hashes
{
    private const int Batch = 500;

    /// <summary>"big" with a million fields and one hash of 20 short ones.</summary>
    public static void FillAll(RespClient client)
    {
        FillBig(client, 1_000_000);
        FillSmall(client, "record:", hashes: 1, fields: 20);
    }

    /// <summary>Adds fields of 16 bytes with values of 64 to one hash.</summary>
    public static void FillBig(RespClient client, int fields, string key = "big") =>
        Send(client, fields, i => $"HSET {key} key:{i:d12} {Keys.Value}");

    /// <summary>Makes hashes with fields f0 and so on, whose values have 10 bytes, under names with 12 digits.</summary>
    public static void FillSmall(RespClient client, string prefix, int hashes, int fields)
    {
        string pairs = string.Concat(Enumerable.Range(0, fields).Select(field => $" f{field} v{field:d9}"));
        Send(client, hashes, i => $"HSET {prefix}{i:d12}{pairs}");
    }

    private static void Send(RespClient client, int count, Func<int, string> command)
    {
        var text = new StringBuilder();
        for (int first = 0; first < count; first += Batch)
        {
            int end = Math.Min(count, first + Batch);
            text.Clear();
            for (int i = first; i < end; i++)
                text.Append(command(i)).Append("\r\n");
            client.Send(text.ToString());
            for (int i = first; i < end; i++)
                client.Receive();
        }
    }
}
