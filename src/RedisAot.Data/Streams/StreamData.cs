using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A stream: nodes of entries in the order of their IDs, what official remembers of entries that are gone, and the groups of
/// consumers. See <see cref="StreamNode"/> for the nodes.
/// </summary>
public unsafe struct StreamData
{
    /// <summary>"Nobody knows how many entries were read".</summary>
    public const long UnknownReads = -1;

    /// <summary>What the fields and values of one entry may have together, in bytes: as much as fits into a listpack.</summary>
    public const long MaxEntryBytes = Listpack.MaxBytes;

    private const uint MaxExpectedNodeBytes = 4096;

    /// <summary>The nodes, by the ID of the first entry that each was made for.</summary>
    public IdMap Nodes;

    /// <summary>The groups.</summary>
    public NameTable Groups;

    /// <summary>Number of entries.</summary>
    public long Length;

    /// <summary>The ID of the first entry; 0-0 without entries.</summary>
    public StreamId FirstId;

    /// <summary>The greatest ID ever given.</summary>
    public StreamId LastId;

    /// <summary>The greatest ID that was deleted by XDEL; 0-0 when none was.</summary>
    public StreamId MaxDeletedId;

    /// <summary>Number of entries ever added.</summary>
    public long EntriesAdded;

    /// <summary>A stream without entries.</summary>
    public static StreamData* Create() => (StreamData*)NativeHeap.AllocateZeroed((nuint)sizeof(StreamData));

    /// <summary>The group of a name, or null.</summary>
    public readonly StreamGroup* FindGroup(ReadOnlySpan<byte> name) => (StreamGroup*)Groups.Find(name);

    /// <summary>Adds a group; null when there is one of that name.</summary>
    public StreamGroup* AddGroup(ReadOnlySpan<byte> name, StreamId lastId, long entriesRead)
    {
        if (Groups.TryFind(name, out int index))
            return null;
        StreamGroup* group = StreamGroup.Create(name);
        group->LastId = lastId;
        group->EntriesRead = entriesRead;
        Groups.Insert(index, (byte*)group);
        return group;
    }

    /// <summary>Removes a group with all that it holds; false when there is none of that name.</summary>
    public bool RemoveGroup(ReadOnlySpan<byte> name)
    {
        if (!Groups.TryFind(name, out int index))
            return false;
        StreamGroup.Free((StreamGroup*)Groups[index]);
        Groups.RemoveAt(index);
        return true;
    }

    /// <summary>Adds an entry whose ID is greater than <see cref="LastId"/>.</summary>
    /// <param name="id">The ID.</param>
    /// <param name="elements">Field, value, field, value …</param>
    /// <param name="textBytes">The length of all of them as text; at most <see cref="MaxEntryBytes"/>.</param>
    /// <param name="maxNodeBytes">stream-node-max-bytes; 0: no limit.</param>
    /// <param name="maxNodeEntries">stream-node-max-entries; 0: no limit.</param>
    public void Append(StreamId id, ReadOnlySpan<ListpackValue> elements, long textBytes, long maxNodeBytes, long maxNodeEntries)
    {
        IdPlace last = Nodes.Last;
        if (last.IsNone || IsFull(Nodes.ValueAt(last), textBytes, maxNodeBytes, maxNodeEntries))
        {
            uint capacity = 0;
            if (!last.IsNone)
            {
                Listpack.ShrinkToFit(ref Nodes.ValueAt(last));
                // The next node will be about as large.
                capacity = Math.Min(Listpack.TotalBytes(Nodes.ValueAt(last)), MaxExpectedNodeBytes);
            }
            Nodes.TryAdd(id, StreamNode.Create(elements, capacity));
        }
        else
        {
            StreamNode.Append(ref Nodes.ValueAt(last), Nodes.IdAt(last), id, elements);
        }
        Length++;
        EntriesAdded++;
        LastId = id;
        if (Length == 1)
            FirstId = id;
    }

    /// <summary>
    /// Adds a valid listpack that comes from elsewhere as the last node; false when it is not a node, or not one with this ID that
    /// comes after <paramref name="last"/>.
    /// </summary>
    /// <param name="id">The ID of the node.</param>
    /// <param name="lp">The listpack, which the stream owns from now on.</param>
    /// <param name="last">The ID of the last entry so far, which is brought up to date.</param>
    /// <param name="live">The number of entries so far, which is brought up to date.</param>
    public bool TryAttachNode(StreamId id, byte* lp, ref StreamId last, ref long live)
    {
        if (!StreamNode.Validate(lp, id, last, out StreamId lastOfNode) || !Nodes.TryAdd(id, lp))
            return false;
        last = lastOfNode;
        live += StreamNode.Live(lp);
        return true;
    }

    /// <summary>Whether there is an entry of that ID.</summary>
    public readonly bool Contains(StreamId id)
    {
        fixed (StreamData* self = &this)
            return new StreamCursor(self, id, id).MoveNext();
    }

    /// <summary>The greatest ID of an entry; 0-0 without entries.</summary>
    public readonly StreamId LastEntryId
    {
        get
        {
            fixed (StreamData* self = &this)
            {
                StreamCursor cursor = new(self, default, StreamId.Max, reverse: true);
                return cursor.MoveNext() ? cursor.Id : default;
            }
        }
    }

    /// <summary>The least ID of an entry, of those that are marked as deleted too if wanted; the greatest possible without any.</summary>
    public readonly StreamId FirstEntryId(bool withDeleted)
    {
        fixed (StreamData* self = &this)
        {
            StreamCursor cursor = new(self, default, StreamId.Max, withDeleted: withDeleted);
            return cursor.MoveNext() ? cursor.Id : StreamId.Max;
        }
    }

    /// <summary>Deletes an entry; false when there is none. <see cref="UpdateFirstId"/> is to follow.</summary>
    public bool Delete(StreamId id)
    {
        fixed (StreamData* self = &this)
        {
            StreamCursor cursor = new(self, id, id);
            if (!cursor.MoveNext())
                return false;
            ref byte* lp = ref Nodes.ValueAt(cursor.Node);
            if (StreamNode.Live(lp) == 1)
            {
                NativeHeap.Free(lp);
                Nodes.RemoveAt(cursor.Node);
            }
            else
            {
                StreamNode.Delete(ref lp, cursor.Flags);
            }
        }
        Length--;
        if (id > MaxDeletedId)
            MaxDeletedId = id;
        return true;
    }

    /// <summary>Notes which entry is the first, after some were deleted.</summary>
    public void UpdateFirstId() => FirstId = Length == 0 ? default : FirstEntryId(withDeleted: false);

    /// <summary>Deletes the oldest entries; returns how many.</summary>
    public long Trim(in StreamTrim trim)
    {
        long deleted = 0;
        IdPlace place = Nodes.First;
        while (!place.IsNone && !IsTrimmed(trim, Nodes.IdAt(place)))
        {
            StreamId id = Nodes.IdAt(place);
            ref byte* lp = ref Nodes.ValueAt(place);
            long live = StreamNode.Live(lp);
            if (trim.Limit > 0 && deleted + live > trim.Limit)
                break;
            bool whole = trim.Strategy == TrimStrategy.MaxLength ? Length - live >= trim.MaxLength : LastIdOf(lp, id) < trim.MinId;
            if (whole && ReleaseReferences(place, trim.References))
            {
                NativeHeap.Free(lp);
                Nodes.RemoveAt(place);
                Length -= live;
                deleted += live;
                place = Nodes.AtOrAfter(id);
                continue;
            }
            if (trim.IsApproximate)
                break;
            deleted += TrimNode(ref lp, id, trim);
            // Behind entries that somebody still needs there may be others that nobody does.
            if (trim.References != ReferencePolicy.Acknowledged)
                break;
            place = Nodes.Next(place);
        }
        if (deleted > 0 || Length == 0)
            UpdateFirstId();
        return deleted;
    }

    /// <summary>Whether a group has still to read an entry, or somebody to acknowledge it.</summary>
    public readonly bool IsReferenced(StreamId id)
    {
        for (int i = 0; i < Groups.Count; i++)
        {
            var group = (StreamGroup*)Groups[i];
            if (group->LastId < id || group->Find(id) != null)
                return true;
        }
        return false;
    }

    /// <summary>Forgets an entry in all groups.</summary>
    public readonly void ForgetReferences(StreamId id)
    {
        for (int i = 0; i < Groups.Count; i++)
            ((StreamGroup*)Groups[i])->Forget(id);
    }

    /// <summary>Whether entries from an ID on were deleted by XDEL, so that what was read cannot be counted by their number.</summary>
    public readonly bool HasGapsFrom(StreamId start) =>
        Length > 0 && !MaxDeletedId.IsZero && FirstId <= MaxDeletedId && start <= MaxDeletedId;

    /// <summary>The number of entries that were ever added up to an ID, where that can be told; else <see cref="UnknownReads"/>.</summary>
    public readonly long EstimateReads(StreamId id)
    {
        if (EntriesAdded == 0)
            return 0;
        if ((Length == 0 && id < LastId) || id == LastId)
            return EntriesAdded;
        if (id > LastId)
            return UnknownReads;
        if (!MaxDeletedId.IsZero && MaxDeletedId >= FirstId)
            return UnknownReads;
        if (id < FirstId)
            return EntriesAdded - Length;
        return id == FirstId ? EntriesAdded - Length + 1 : UnknownReads;
    }

    /// <summary>How many entries a group has still to be given; false when that cannot be told.</summary>
    public readonly bool TryGetLag(StreamGroup* group, out long lag)
    {
        long read = EntriesAdded == 0 ? 0
            : group->EntriesRead != UnknownReads && !HasGapsFrom(group->LastId) ? group->EntriesRead
            : EstimateReads(group->LastId);
        lag = EntriesAdded - read;
        return EntriesAdded == 0 || read != UnknownReads;
    }

    /// <summary>Notes that a group was given an entry that is newer than all before.</summary>
    public readonly void NoteRead(StreamGroup* group, StreamId id)
    {
        if (group->EntriesRead != UnknownReads && !HasGapsFrom(id))
            group->EntriesRead++;
        else if (EntriesAdded > 0)
            group->EntriesRead = EstimateReads(id);
        group->LastId = id;
    }

    /// <summary>A copy.</summary>
    public static StreamData* Duplicate(StreamData* stream)
    {
        StreamData* copy = Create();
        *copy = *stream;
        copy->Nodes = default;
        copy->Groups = default;
        for (IdPlace place = stream->Nodes.First; !place.IsNone; place = stream->Nodes.Next(place))
            copy->Nodes.TryAdd(stream->Nodes.IdAt(place), Listpack.Duplicate(stream->Nodes.ValueAt(place)));
        for (int i = 0; i < stream->Groups.Count; i++)
            copy->Groups.Insert(i, (byte*)StreamGroup.Duplicate((StreamGroup*)stream->Groups[i]));
        return copy;
    }

    /// <summary>Frees the stream.</summary>
    public static void Free(StreamData* stream)
    {
        int budget = int.MaxValue;
        while (!FreeSome(stream, ref budget))
            budget = int.MaxValue;
    }

    /// <summary>Frees about <paramref name="budget"/> allocations and takes them off it; true when the stream is gone.</summary>
    public static bool FreeSome(StreamData* stream, ref int budget)
    {
        for (; stream->Nodes.Count > 0; budget--)
        {
            if (budget <= 0)
                return false;
            IdPlace last = stream->Nodes.Last;
            NativeHeap.Free(stream->Nodes.ValueAt(last));
            stream->Nodes.RemoveAt(last);
        }
        while (stream->Groups.Count > 0)
        {
            int last = stream->Groups.Count - 1;
            if (!StreamGroup.FreeSome((StreamGroup*)stream->Groups[last], ref budget))
                return false;
            stream->Groups.RemoveAt(last);
        }
        NativeHeap.Free((byte*)stream);
        return true;
    }

    private static bool IsFull(byte* lp, long textBytes, long maxNodeBytes, long maxNodeEntries)
    {
        if (maxNodeBytes == 0 || maxNodeBytes > Listpack.MaxBytes)
            maxNodeBytes = Listpack.MaxBytes;
        return Listpack.TotalBytes(lp) + textBytes >= maxNodeBytes
            || (maxNodeEntries > 0 && StreamNode.Live(lp) + StreamNode.Deleted(lp) >= maxNodeEntries);
    }

    private readonly bool IsTrimmed(in StreamTrim trim, StreamId from) => trim.Strategy switch
    {
        TrimStrategy.MaxLength => Length <= trim.MaxLength,
        TrimStrategy.MinId => from >= trim.MinId,
        _ => true,
    };

    /// <summary>Does with the references to the entries of a node as wanted; false when they forbid that the node goes.</summary>
    private readonly bool ReleaseReferences(IdPlace node, ReferencePolicy policy)
    {
        if (policy == ReferencePolicy.Keep || Groups.Count == 0)
            return true;
        fixed (StreamData* self = &this)
        {
            StreamCursor cursor = new(self, Nodes.IdAt(node), StreamId.Max);
            while (cursor.MoveNext() && cursor.Node == node)
            {
                if (policy == ReferencePolicy.Delete)
                    ForgetReferences(cursor.Id);
                else if (IsReferenced(cursor.Id))
                    return false;
            }
        }
        return true;
    }

    private static StreamId LastIdOf(byte* lp, StreamId node)
    {
        byte* p = Listpack.Last(lp);
        for (long count = Listpack.Get(p).Integer; count > 0; count--)
            p = Listpack.Previous(lp, p);
        p = Listpack.Next(p);
        return node.Plus(Listpack.Get(p).Integer, Listpack.Get(Listpack.Next(p)).Integer);
    }

    /// <summary>Marks the first entries of a node as deleted; returns how many.</summary>
    private long TrimNode(ref byte* lp, StreamId node, in StreamTrim trim)
    {
        long deleted = 0;
        byte* p = StreamNode.MasterFields(lp, out long masterFields);
        p = Skip(p, masterFields + 1);
        while (p != null && (trim.Strategy == TrimStrategy.MinId || Length > trim.MaxLength))
        {
            byte* ms = Listpack.Next(p);
            byte* sequence = Listpack.Next(ms);
            StreamId id = node.Plus(Listpack.Get(ms).Integer, Listpack.Get(sequence).Integer);
            if (trim.Strategy == TrimStrategy.MinId && id >= trim.MinId)
                break;
            long flags = Listpack.Get(p).Integer;
            if ((flags & StreamNode.DeletedFlag) == 0 && (trim.References != ReferencePolicy.Acknowledged || !IsReferenced(id)))
            {
                // Another flag makes the element no longer, so that the block stays where it is.
                Listpack.Replace(ref lp, p, flags | StreamNode.DeletedFlag);
                if (trim.References == ReferencePolicy.Delete)
                    ForgetReferences(id);
                deleted++;
                Length--;
            }
            byte* next = Listpack.Next(sequence);
            p = (flags & StreamNode.SameFieldsFlag) != 0
                ? Skip(next, masterFields + 1)
                : Skip(Listpack.Next(next), 2 * Listpack.Get(next).Integer + 1);
        }
        StreamNode.AddToCounts(ref lp, deleted);
        return deleted;
    }

    private static byte* Skip(byte* p, long count)
    {
        for (; count > 0; count--)
            p = Listpack.Next(p);
        return p;
    }
}
