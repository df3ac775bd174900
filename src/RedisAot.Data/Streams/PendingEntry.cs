using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>An entry that a group gave to a consumer and that is not acknowledged.</summary>
public unsafe struct PendingEntry
{
    /// <summary>The entry.</summary>
    public StreamId Id;

    /// <summary>Who has it; null when it was released, so that anybody may claim it.</summary>
    public StreamConsumer* Consumer;

    /// <summary>When it was last given, Unix ms; 0 once it was released. To be changed by <see cref="StreamGroup.SetDelivered"/>.</summary>
    public long DeliveredMs;

    /// <summary>How often it was given.</summary>
    public long Deliveries;

    /// <summary>Which change of the group set the time: of equal times the one that was set first is the older one.</summary>
    internal ulong Change;

    /// <summary>Its place among the others of the group by age.</summary>
    internal readonly StreamId Age => new((ulong)DeliveredMs, Change);

    /// <summary>The name of who has it; empty for nobody.</summary>
    public readonly ReadOnlySpan<byte> ConsumerName => Consumer == null ? default : Consumer->Name;

    /// <summary>Counts one more delivery; one that must not be delivered again counts as so often already that there is no more.</summary>
    public void CountDelivery()
    {
        if (Deliveries < long.MaxValue)
            Deliveries++;
    }

    internal static PendingEntry* Create(StreamId id, long deliveries)
    {
        var pending = (PendingEntry*)NativeHeap.Allocate((nuint)sizeof(PendingEntry));
        *pending = new PendingEntry { Id = id, Deliveries = deliveries };
        return pending;
    }
}
