using System.Text;

namespace RedisAot.Bench;

/// <summary>Streams of entries with one field of one byte and a value of 10 bytes.</summary>
public static class Streams
{
    private const int Batch = 1000;

    /// <summary>A stream to read from, and one with a group that has read nothing yet.</summary>
    public static void FillAll(RespClient client)
    {
        Fill(client, "read", 1000);
        Fill(client, "unread", 1_300_000);
        client.Send("XGROUP CREATE unread g 0\r\n");
        client.Receive();
    }

    /// <summary>Adds <paramref name="count"/> entries.</summary>
    public static void Fill(RespClient client, string key, int count)
    {
        var text = new StringBuilder();
        for (int first = 0; first < count; first += Batch)
        {
            int end = Math.Min(count, first + Batch);
            text.Clear();
            for (int i = first; i < end; i++)
                text.Append($"XADD {key} * f v{i:d9}\r\n");
            client.Send(text.ToString());
            for (int i = first; i < end; i++)
                client.Receive();
        }
    }
}
