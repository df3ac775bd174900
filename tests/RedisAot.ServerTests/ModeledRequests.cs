using System.Text;

using RedisAot.TestSupport;

namespace RedisAot.ServerTests;

/// <summary>
/// Pseudo-random requests about a few keys that nobody else uses, each with the one right reply: commands that keep, copy,
/// change and drop values of the given sizes.
/// </summary>
public sealed class ModeledRequests(Random random, string prefix, int[] sizes)
{
    private const int Keys = 8;
    private const int MaxLength = 2_000_000;

    private readonly Dictionary<string, byte[]> _model = [];

    /// <summary>The next request with its reply.</summary>
    public (byte[] Request, byte[] Reply) Next()
    {
        string key = $"{prefix}{random.Next(Keys)}";
        byte[]? old = _model.GetValueOrDefault(key);
        switch (random.Next(12))
        {
            case 0 or 1:
                return Store(Value(), value => RespConnection.Encode("SET", key, value), _ => Ok);
            case 2:
                return Store(Value(), value => RespConnection.Encode("SET", key, value, "GET"), _ => Bulk(old));
            case 3:
                return Store(Value(), value => RespConnection.Encode("SET", key, value, "EX", 10_000), _ => Ok);
            case 4 when (old?.Length ?? 0) < MaxLength:
                byte[] tail = Value();
                return Store([.. old ?? [], .. tail], _ => RespConnection.Encode("APPEND", key, tail), value => Integer(value.Length));
            case 5:
                return Store(Value(), value => RespConnection.Encode("MSET", key, Value(), key, value), _ => Ok);
            case 6:
                byte[] echoed = Value();
                return (RespConnection.Encode("ECHO", echoed), Bulk(echoed));
            case 7:
                _model.Remove(key);
                return (RespConnection.Encode("GETDEL", key), Bulk(old));
            case 8:
                return (RespConnection.Encode("STRLEN", key), Integer(old?.Length ?? 0));
            case 9:
                return Count($"{prefix}counter");
            case 10:
                return ([.. "MULTI\r\n"u8, .. RespConnection.Encode("GET", key), .. "PING\r\nEXEC\r\n"u8],
                    [.. "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n"u8, .. Bulk(old), .. "+PONG\r\n"u8]);
            default:
                return (RespConnection.Encode("GET", key), Bulk(old));
        }

        (byte[], byte[]) Store(byte[] value, Func<byte[], byte[]> request, Func<byte[], byte[]> reply)
        {
            _model[key] = value;
            return (request(value), reply(value));
        }
    }

    private static byte[] Ok => "+OK\r\n"u8.ToArray();

    private (byte[] Request, byte[] Reply) Count(string key)
    {
        long sum = (_model.TryGetValue(key, out byte[]? text) ? long.Parse(text) : 0) + 7;
        _model[key] = Encoding.ASCII.GetBytes($"{sum}");
        return (RespConnection.Encode("INCRBY", key, 7), Integer(sum));
    }

    private byte[] Value()
    {
        byte[] value = new byte[sizes[random.Next(sizes.Length)]];
        random.NextBytes(value);
        return value;
    }

    private static byte[] Integer(long number) => Encoding.ASCII.GetBytes($":{number}\r\n");

    private static byte[] Bulk(byte[]? value) =>
        value == null ? "$-1\r\n"u8.ToArray() : [.. Encoding.ASCII.GetBytes($"${value.Length}\r\n"), .. value, .. "\r\n"u8];
}
