namespace RedisAot.Server.Tracking;

/// <summary>Byte strings in the order of their bytes, a shorter one before those that it begins.</summary>
internal sealed class ByteOrder : IComparer<byte[]>
{
    public static ByteOrder Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}
