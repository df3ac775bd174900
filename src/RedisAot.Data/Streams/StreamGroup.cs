using RedisAot.Memory;

namespace RedisAot.Data;

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

    // The same by age, once somebody has asked for the oldest: most groups do without.
    private IdMap _byAge;
    private bool _isAgeKept;
    private ulong _changes;

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
            Drop((PendingEntry*)Pending.Remove(consumer->Pending.IdAt(place)));
        Consumers.TryFind(consumer->Name, out int index);
        Consumers.RemoveAt(index);
        StreamConsumer.Free(consumer);
        return count;
    }

    /// <summary>The pending entry of an ID, or null.</summary>
    public readonly PendingEntry* Find(StreamId id) => (PendingEntry*)Pending.Find(id);

    /// <summary>Adds a pending entry that nobody has; null when there is one of that ID.</summary>
    public PendingEntry* TryAdd(StreamId id, long deliveredMs, long deliveries)
    {
        PendingEntry* pending = PendingEntry.Create(id, deliveries);
        if (!Pending.TryAdd(id, (byte*)pending))
        {
            NativeHeap.Free((byte*)pending);
            return null;
        }
        pending->DeliveredMs = deliveredMs;
        pending->Change = ++_changes;
        if (_isAgeKept)
            _byAge.TryAdd(pending->Age, (byte*)pending);
        return pending;
    }

    /// <summary>Notes that a consumer was given an entry for the first time; if another has it, it changes hands.</summary>
    public PendingEntry* Deliver(StreamId id, StreamConsumer* consumer, long nowMs)
    {
        PendingEntry* pending = TryAdd(id, nowMs, 1);
        if (pending == null)
        {
            pending = Find(id);
            SetDelivered(pending, nowMs);
            pending->Deliveries = 1;
        }
        Give(pending, consumer);
        return pending;
    }

    /// <summary>Hands a pending entry over to a consumer.</summary>
    public static void Give(PendingEntry* pending, StreamConsumer* consumer)
    {
        if (pending->Consumer == consumer)
            return;
        if (pending->Consumer != null)
            pending->Consumer->Pending.Remove(pending->Id);
        if (consumer != null)
            consumer->Pending.TryAdd(pending->Id, (byte*)pending);
        pending->Consumer = consumer;
    }

    /// <summary>Takes a pending entry from its consumer, so that it is older than all that were not released before it.</summary>
    public void Release(PendingEntry* pending)
    {
        Give(pending, null);
        SetDelivered(pending, 0);
    }

    /// <summary>Sets when an entry was last given, Unix ms.</summary>
    public void SetDelivered(PendingEntry* pending, long deliveredMs)
    {
        if (_isAgeKept)
            _byAge.Remove(pending->Age);
        pending->DeliveredMs = deliveredMs;
        pending->Change = ++_changes;
        if (_isAgeKept)
            _byAge.TryAdd(pending->Age, (byte*)pending);
    }

    /// <summary>The pending entry whose delivery is longest ago, or null. From the first call on their order is kept up.</summary>
    public PendingEntry* FindOldest()
    {
        if (!_isAgeKept)
            KeepAge();
        return _byAge.Count == 0 ? null : (PendingEntry*)_byAge.ValueAt(_byAge.First);
    }

    /// <summary>Number of pending entries that were released.</summary>
    public readonly long CountReleased()
    {
        long count = Pending.Count;
        for (int i = 0; i < Consumers.Count; i++)
            count -= ((StreamConsumer*)Consumers[i])->Pending.Count;
        return count;
    }

    /// <summary>The pending entries that were released, in the order in which that happened.</summary>
    public readonly List<StreamId> ListReleased()
    {
        List<(ulong Change, StreamId Id)> released = [];
        for (IdPlace place = Pending.First; !place.IsNone; place = Pending.Next(place))
        {
            var pending = (PendingEntry*)Pending.ValueAt(place);
            if (pending->Consumer == null)
                released.Add((pending->Change, pending->Id));
        }
        released.Sort();
        return released.ConvertAll(entry => entry.Id);
    }

    /// <summary>Forgets a pending entry; false when there is none.</summary>
    public bool Forget(StreamId id)
    {
        var pending = (PendingEntry*)Pending.Remove(id);
        if (pending == null)
            return false;
        Give(pending, null);
        Drop(pending);
        return true;
    }

    private void Drop(PendingEntry* pending)
    {
        if (_isAgeKept)
            _byAge.Remove(pending->Age);
        NativeHeap.Free((byte*)pending);
    }

    private void KeepAge()
    {
        _isAgeKept = true;
        for (IdPlace place = Pending.First; !place.IsNone; place = Pending.Next(place))
        {
            var pending = (PendingEntry*)Pending.ValueAt(place);
            _byAge.TryAdd(pending->Age, (byte*)pending);
        }
    }

    /// <summary>Native bytes of the order by age; of many, reckoned from <paramref name="samples"/>.</summary>
    public readonly long AgeBytes(long samples) => _byAge.MemoryBytes(samples);

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
            PendingEntry* own = copy->TryAdd(pending->Id, pending->DeliveredMs, pending->Deliveries);
            own->Change = pending->Change;
            if (pending->Consumer != null)
                Give(own, copy->FindConsumer(pending->Consumer->Name));
        }
        copy->_changes = group->_changes;
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
        group->_byAge.Clear();
        NativeHeap.Free(group->_name);
        NativeHeap.Free((byte*)group);
        return true;
    }
}
