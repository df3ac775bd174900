namespace RedisAot.Server.Diagnostics;

/// <summary>What the server says it is.</summary>
public static class ServerVersion
{
    /// <summary>The newest official version whose core commands all work here; clients decide by it what they may use.</summary>
    public const string Official = "7.0.15";

    /// <summary>Our own version.</summary>
    public const string Own = "0.1.0";

    /// <summary>What <c>--version</c> prints.</summary>
    public const string Line = $"Redis server v={Official} sha=00000000:0 malloc=native bits=64 build=redis-aot-{Own}";
}
