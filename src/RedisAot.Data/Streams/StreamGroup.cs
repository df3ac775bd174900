using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>An entry that a consumer was given and has not acknowledged.</summary>
public unsafe struct PendingEntry
{
    /// <summary>Who has it; null only while the entry is being made.</summary>
    public StreamConsumer* Consumer;

    /// <summary>When it was last given, Unix ms.</summary>
    public long DeliveredMs;

    /// <summary>How often it was given.</summary>
    public long Deliveries;

    /// <summary>An entry that nobody has yet.</summary>
    public static PendingEntry* Create(long deliveredMs, long deliveries)
    {
        var pending = (PendingEntry*)NativeHeap.Allocate((nuint)sizeof(PendingEntry));
        *pending = new PendingEntry { DeliveredMs = deliveredMs, Deliveries = deliveries };
        return pending;
    }
}

/// <summary>A consumer of a group.</summary>
public unsafe struct StreamConsumer
{
    private byte* _name;

    /// <summary>When it was last heard of, Unix ms.</summary>
    public long SeenMs;

    /// <summary>Its entries among those of the group.</summary>
    public IdMap Pending;

    /// <summary>Its name.</summary>
    public readonly ReadOnlySpan<byte> Name => NameTable.NameIn(_name);

    internal static StreamConsumer* Create(ReadOnlySpan<byte> name, long seenMs)
    {
        var consumer = (StreamConsumer*)NativeHeap.AllocateZeroed((nuint)sizeof(StreamConsumer));
        consumer->_name = NameTable.CreateName(name);
        consumer->SeenMs = seenMs;
        return consumer;
    }

    internal static void Free(StreamConsumer* consumer)
    {
        consumer->Pending.Clear();
        NativeHeap.Free(consumer->_name);
        NativeHeap.Free((byte*)consumer);
    }
}

/// <summary>A group of consumers, each entry being given to one of them.</summary>
public unsafe struct StreamGroup
{
    private byte* _name;

    /// <summary>The greatest ID that was given to a consumer.</summary>
    public StreamId LastId;

    /// <summary>How many entries of the stream the group has read, or <see cref="StreamData.UnknownReads"/>.</summary>
    public long EntriesRead;

    /// <summary>The entries that were given to a consumer and not acknowledged, as <see cref="PendingEntry"/>.</summary>
    public IdMap Pending;

    /// <summary>The consumers.</summary>
    public NameTable Consumers;

    /// <summary>The group's name.</summary>
    public readonly ReadOnlySpan<byte> Name => NameTable.NameIn(_name);

    internal static StreamGroup* Create(ReadOnlySpan<byte> name)
    {
        var group = (StreamGroup*)NativeHeap.AllocateZeroed((nuint)sizeof(StreamGroup));
        group->_name = NameTable.CreateName(name);
        return group;
    }

    /// <summary>The consumer of a name, or null.</summary>
    public readonly StreamConsumer* FindConsumer(ReadOnlySpan<byte> name) => (StreamConsumer*)Consumers.Find(name);

    /// <summary>Adds a consumer; null when there is one of that name.</summary>
    public StreamConsumer* AddConsumer(ReadOnlySpan<byte> name, long seenMs)
    {
        if (Consumers.TryFind(name, out int index))
            return null;
        StreamConsumer* consumer = StreamConsumer.Create(name, seenMs);
        Consumers.Insert(index, (byte*)consumer);
        return consumer;
    }

    /// <summary>Removes a consumer and the entries that it has; returns how many these were.</summary>
    public long RemoveConsumer(StreamConsumer* consumer)
    {
        long count = consumer->Pending.Count;
        for (IdPlace place = consumer->Pending.First; !place.IsNone; place = consumer->Pending.Next(place))
            NativeHeap.Free(Pending.Remove(consumer->Pending.IdAt(place)));
        Consumers.TryFind(consumer->Name, out int index);
        Consumers.RemoveAt(index);
        StreamConsumer.Free(consumer);
        return count;
    }

    /// <summary>The pending entry of an ID, or null.</summary>
    public readonly PendingEntry* Find(StreamId id) => (PendingEntry*)Pending.Find(id);

    /// <summary>Notes that a consumer was given an entry for the first time; if another has it, it changes hands.</summary>
    public PendingEntry* Deliver(StreamId id, StreamConsumer* consumer, long nowMs)
    {
        PendingEntry* pending = PendingEntry.Create(nowMs, 1);
        if (!Pending.TryAdd(id, (byte*)pending))
        {
            NativeHeap.Free((byte*)pending);
            pending = Find(id);
            pending->DeliveredMs = nowMs;
            pending->Deliveries = 1;
        }
        Give(id, pending, consumer);
        return pending;
    }

    /// <summary>Hands a pending entry over to a consumer.</summary>
    public static void Give(StreamId id, PendingEntry* pending, StreamConsumer* consumer)
    {
        if (pending->Consumer == consumer)
            return;
        if (pending->Consumer != null)
            pending->Consumer->Pending.Remove(id);
        consumer->Pending.TryAdd(id, (byte*)pending);
        pending->Consumer = consumer;
    }

    /// <summary>Forgets a pending entry; false when there is none.</summary>
    public bool Forget(StreamId id)
    {
        var pending = (PendingEntry*)Pending.Remove(id);
        if (pending == null)
            return false;
        pending->Consumer->Pending.Remove(id);
        NativeHeap.Free((byte*)pending);
        return true;
    }

    internal static StreamGroup* Duplicate(StreamGroup* group)
    {
        StreamGroup* copy = Create(group->Name);
        copy->LastId = group->LastId;
        copy->EntriesRead = group->EntriesRead;
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            copy->Consumers.Insert(i, (byte*)StreamConsumer.Create(consumer->Name, consumer->SeenMs));
        }
        for (IdPlace place = group->Pending.First; !place.IsNone; place = group->Pending.Next(place))
        {
            var pending = (PendingEntry*)group->Pending.ValueAt(place);
            PendingEntry* own = PendingEntry.Create(pending->DeliveredMs, pending->Deliveries);
            copy->Pending.TryAdd(group->Pending.IdAt(place), (byte*)own);
            Give(group->Pending.IdAt(place), own, copy->FindConsumer(pending->Consumer->Name));
        }
        return copy;
    }

    internal static void Free(StreamGroup* group)
    {
        int budget = int.MaxValue;
        while (!FreeSome(group, ref budget))
            budget = int.MaxValue;
    }

    internal static bool FreeSome(StreamGroup* group, ref int budget)
    {
        for (; group->Pending.Count > 0; budget--)
        {
            if (budget <= 0)
                return false;
            IdPlace last = group->Pending.Last;
            NativeHeap.Free(group->Pending.ValueAt(last));
            group->Pending.RemoveAt(last);
        }
        for (; group->Consumers.Count > 0; budget--)
        {
            if (budget <= 0)
                return false;
            int last = group->Consumers.Count - 1;
            StreamConsumer.Free((StreamConsumer*)group->Consumers[last]);
            group->Consumers.RemoveAt(last);
        }
        NativeHeap.Free(group->_name);
        NativeHeap.Free((byte*)group);
        return true;
    }
}
