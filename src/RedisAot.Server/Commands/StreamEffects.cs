using RedisAot.Data;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// What is propagated of commands that give entries to consumers: their results, in commands that can be repeated. To be called
/// only when somebody listens.
/// </summary>
internal static unsafe class StreamEffects
{
    /// <summary>That a consumer has an entry now.</summary>
    public static void Claimed(
        CommandContext c, ReadOnlySpan<byte> key, StreamGroup* group, byte[] id, PendingEntry* pending)
    {
        if (!c.Effects.IsPropagating)
            return;
        c.Effects.Also(
            c.Db.Id, "XCLAIM"u8.ToArray(), key.ToArray(), group->Name.ToArray(), pending->ConsumerName.ToArray(), Rewrite.Number(0), id,
            "TIME"u8.ToArray(), Rewrite.Number(pending->DeliveredMs), "RETRYCOUNT"u8.ToArray(), Rewrite.Number(pending->Deliveries),
            "FORCE"u8.ToArray(), "JUSTID"u8.ToArray(), "LASTID"u8.ToArray(), group->LastId.ToBytes());
    }

    /// <summary>How far a group has read, where no claim says so.</summary>
    public static void GroupRead(CommandContext c, ReadOnlySpan<byte> key, StreamGroup* group)
    {
        if (!c.Effects.IsPropagating)
            return;
        c.Effects.Also(
            c.Db.Id, "XGROUP"u8.ToArray(), "SETID"u8.ToArray(), key.ToArray(), group->Name.ToArray(), group->LastId.ToBytes(),
            "ENTRIESREAD"u8.ToArray(), Rewrite.Number(group->EntriesRead));
    }

    /// <summary>That a consumer came into being which was not given anything to acknowledge.</summary>
    public static void ConsumerCreated(CommandContext c, ReadOnlySpan<byte> key, StreamGroup* group, StreamConsumer* consumer)
    {
        if (!c.Effects.IsPropagating)
            return;
        c.Effects.Also(
            c.Db.Id, "XGROUP"u8.ToArray(), "CREATECONSUMER"u8.ToArray(), key.ToArray(), group->Name.ToArray(), consumer->Name.ToArray());
    }

    /// <summary>The consumer of a name, made if need be, with what follows from that; it has been heard of now.</summary>
    public static StreamConsumer* FindOrCreateConsumer(
        CommandContext c, ReadOnlySpan<byte> key, StreamGroup* group, ReadOnlySpan<byte> name, out bool isNew)
    {
        StreamConsumer* consumer = group->FindConsumer(name);
        isNew = consumer == null;
        if (isNew)
        {
            consumer = group->AddConsumer(name, c.NowMs);
            c.Dirty++;
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Stream, "xgroup-createconsumer"u8, key);
        }
        consumer->SeenMs = c.NowMs;
        return consumer;
    }
}
