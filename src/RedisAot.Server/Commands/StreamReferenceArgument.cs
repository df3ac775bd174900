using RedisAot.Data;

namespace RedisAot.Server.Commands;

/// <summary>The words KEEPREF, DELREF and ACKED of commands that delete entries of streams.</summary>
internal static class StreamReferenceArgument
{
    /// <summary>Whether argument <paramref name="index"/> is one of them, and which.</summary>
    public static bool TryParse(CommandContext c, int index, out ReferencePolicy policy)
    {
        policy = c.ArgIs(index, "delref"u8) ? ReferencePolicy.Delete
            : c.ArgIs(index, "acked"u8) ? ReferencePolicy.Acknowledged
            : ReferencePolicy.Keep;
        return policy != ReferencePolicy.Keep || c.ArgIs(index, "keepref"u8);
    }
}
