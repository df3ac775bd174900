namespace RedisAot.Data;

/// <summary>The strings that <see cref="Bits.Combine"/> combines; each is asked for several times.</summary>
public interface IBitSource
{
    /// <summary>String <paramref name="index"/>; empty if there is none.</summary>
    ReadOnlySpan<byte> this[int index] { get; }
}
