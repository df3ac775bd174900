using System.Globalization;

using RedisAot.TestSupport;

namespace RedisAot.ServerTests;

/// <summary>Single fields of INFO.</summary>
internal static class Information
{
    public static string Text(RespConnection redis, string section, string field)
    {
        string line = redis.Call("INFO", section).Text.Split("\r\n").FirstOrDefault(
            line => line.StartsWith(field + ":", StringComparison.Ordinal))
            ?? throw new KeyNotFoundException($"INFO {section} has no {field}.");
        return line[(field.Length + 1)..];
    }

    public static long Number(RespConnection redis, string section, string field) =>
        long.Parse(Text(redis, section, field), CultureInfo.InvariantCulture);
}
