namespace RedisAot.Server.Persistence;

/// <summary>Versions of the RDB format. Redis counts 1, 2, 3, ...; Valkey has taken numbers from 80 on.</summary>
public static class RdbVersion
{
    /// <summary>What is written unless the data need a later one: that of 7.0, which every later server reads.</summary>
    public const int Default = 10;

    /// <summary>What hashes whose fields expire need: that of Redis 7.4 to 8.2.</summary>
    public const int FieldExpiry = 12;

    /// <summary>What streams with released entries need, and the latest of Redis that is known here: that of 8.8.</summary>
    public const int ReleasedEntries = 14;

    /// <summary>The latest of Redis that is known here.</summary>
    public const int LatestRedis = ReleasedEntries;

    /// <summary>Valkey's first, of Valkey 9.0; type numbers from 22 on mean other things in it.</summary>
    public const int Valkey = 80;

    /// <summary>Whether a file or payload of this version can be read.</summary>
    public static bool IsKnown(int version) => version is >= 1 and <= LatestRedis or Valkey;
}
