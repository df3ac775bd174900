using System.Text;

namespace RedisAot.Bench;

/// <summary>Keys of 16 bytes, as redis-benchmark makes them, with values of 64 bytes.</summary>
public static class Keys
{
    public const string Value = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private const int Batch = 500;

    /// <summary>Sets key:000000000000 and so on, <paramref name="count"/> keys, with the given options of SET.</summary>
    public static void Fill(RespClient client, int count, string prefix = "key:", string value = Value, string options = "")
    {
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string tail = string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"));
        var text = new StringBuilder();
        for (int first = 0; first < count; first += Batch)
        {
            int end = Math.Min(count, first + Batch);
            text.Clear();
            for (int i = first; i < end; i++)
                text.Append($"*{3 + words.Length}\r\n$3\r\nSET\r\n${prefix.Length + 12}\r\n{prefix}{i:d12}\r\n${value.Length}\r\n{value}\r\n{tail}");
            client.Send(text.ToString());
            for (int i = first; i < end; i++)
                client.Receive();
        }
    }
}
