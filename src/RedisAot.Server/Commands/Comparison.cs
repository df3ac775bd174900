using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>The conditions IFEQ, IFNE, IFDEQ and IFDNE, and the digests that the latter two compare.</summary>
internal static class Comparison
{
    /// <summary>Bytes of a digest as text.</summary>
    public const int DigestBytes = 16;

    /// <summary>
    /// Whether the condition holds for a string, or for a missing key; false when the comparand is no digest
    /// and the error was replied.
    /// </summary>
    public static bool TryTest(CommandContext c, KeyEntry entry, ValueCondition condition, int comparandIndex, out bool holds)
    {
        bool negated = condition is ValueCondition.NotEqual or ValueCondition.DigestNotEqual;
        holds = negated;
        if (entry.IsNull)
            return true;
        ReadOnlySpan<byte> comparand = c[comparandIndex];
        if (condition is ValueCondition.Equal or ValueCondition.NotEqual)
        {
            holds = IsEqual(entry, comparand) != negated;
            return true;
        }
        if (comparand.Length != DigestBytes)
        {
            c.Reply.Error("ERR must be exactly 16 hexadecimal characters"u8);
            return false;
        }
        Span<byte> digest = stackalloc byte[DigestBytes];
        FormatDigest(entry, digest);
        holds = System.Text.Ascii.EqualsIgnoreCase(digest, comparand) != negated;
        return true;
    }

    /// <summary>Whether a string has that value.</summary>
    public static bool IsEqual(KeyEntry entry, ReadOnlySpan<byte> value)
    {
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        return StringValue.Read(entry, scratch).SequenceEqual(value);
    }

    /// <summary>Writes the digest of a string: XXH3 as <see cref="DigestBytes"/> lower-case hexadecimal digits.</summary>
    public static void FormatDigest(KeyEntry entry, Span<byte> digest)
    {
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        ulong hash = XxHash3.Hash(StringValue.Read(entry, scratch));
        for (int i = DigestBytes - 1; i >= 0; i--, hash >>= 4)
            digest[i] = "0123456789abcdef"u8[(int)(hash & 15)];
    }
}
