namespace RedisAot.Memory;

/// <summary>What all <see cref="NativeBuffer"/>s together occupy.</summary>
public static class NativeBuffers
{
    private static long s_usedBytes;

    /// <summary>Exact sum of the memory of the live buffers, in bytes.</summary>
    public static long UsedBytes => Volatile.Read(ref s_usedBytes);

    internal static void Add(long bytes)
    {
        if (bytes != 0)
            Interlocked.Add(ref s_usedBytes, bytes);
    }
}
