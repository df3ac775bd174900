namespace RedisAot.Data;

/// <summary>A small generator of pseudo-random numbers (SplitMix64), good enough to sample with; not for secrets.</summary>
public struct FastRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="bound"/> - 1; 0 when the bound is 0.</summary>
    public uint Next(uint bound) => (uint)((Next() >> 32) * bound >> 32);
}
