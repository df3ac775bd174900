using System.Text;

namespace RedisAot.Bench;

/// <summary>Lists of elements of 10 bytes.</summary>
public static class Lists
{
    private const int Batch = 1000;

    /// <summary>A short list to read from, and a long one to pop from.</summary>
    public static void FillAll(RespClient client)
    {
        Fill(client, "short", 100);
        Fill(client, "long", 3_100_000);
    }

    /// <summary>Appends v000000000 and so on, <paramref name="count"/> elements.</summary>
    public static void Fill(RespClient client, string key, int count)
    {
        var text = new StringBuilder();
        for (int first = 0; first < count; first += Batch)
        {
            int end = Math.Min(count, first + Batch);
            text.Clear().Append($"*{end - first + 2}\r\n$5\r\nRPUSH\r\n${key.Length}\r\n{key}\r\n");
            for (int i = first; i < end; i++)
                text.Append($"$10\r\nv{i:d9}\r\n");
            client.Send(text.ToString());
            client.Receive();
        }
    }
}
