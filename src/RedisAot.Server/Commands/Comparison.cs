using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>The conditions IFEQ, IFNE, IFDEQ and IFDNE.</summary>
internal static class Comparison
{
    /// <summary>
    /// Whether the condition holds for a string (or for a key that is missing); false when the comparand is no digest
    /// and the error was replied.
    /// </summary>
    public static bool TryTest(CommandContext c, KeyEntry entry, ValueCondition condition, int comparandIndex, out bool holds)
    {
        bool negated = condition is ValueCondition.NotEqual or ValueCondition.DigestNotEqual;
        holds = negated;
        if (entry.IsNull)
            return true;
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        ReadOnlySpan<byte> value = StringValue.Read(entry, scratch);
        ReadOnlySpan<byte> comparand = c[comparandIndex];
        holds = comparand.SequenceEqual(value) != negated;
        return true;
    }
}
