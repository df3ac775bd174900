using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Streams in RDB data.</summary>
internal static unsafe class StreamCodec
{
    /// <summary>How a stream is written: only released entries need another form than that of 7.0.</summary>
    public static RdbType TypeOf(KeyEntry entry)
    {
        StreamData* stream = StreamValue.Of(entry);
        for (int i = 0; i < stream->Groups.Count; i++)
        {
            if (((StreamGroup*)stream->Groups[i])->CountReleased() > 0)
                return RdbType.StreamListpacks5;
        }
        return RdbType.StreamListpacks2;
    }

    public static void Write(RdbWriter writer, KeyEntry entry) => Begin(writer, entry).Continue(long.MaxValue);

    /// <summary>Begins to write a stream.</summary>
    public static ValueWalk Begin(RdbWriter writer, KeyEntry entry) => new StreamWalk(writer, TypeOf(entry), StreamValue.Of(entry));

    public static KeyEntry Read(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot)
    {
        StreamData* stream = StreamData.Create();
        try
        {
            ReadStream(reader, type, stream);
        }
        catch
        {
            StreamData.Free(stream);
            throw;
        }
        KeyEntry entry = KeyEntry.Create(key, DataType.Stream, ValueEncoding.Stream, expirySlot, valueSlot: true, 0);
        entry.External = (byte*)stream;
        return entry;
    }

    private static void ReadStream(RdbReader reader, RdbType type, StreamData* stream)
    {
        long live = ReadNodes(reader, stream, out StreamId lastEntry);
        stream->Length = (long)reader.ReadLength();
        stream->LastId = ReadId(reader);
        if (stream->Length != live)
            throw RdbException.Corrupt("Stream length inconsistent with rax entries");
        if (stream->LastId < lastEntry)
            throw RdbException.Corrupt("Stream last ID is less than that of an entry");
        if (type == RdbType.StreamListpacks)
        {
            stream->EntriesAdded = stream->Length;
            stream->UpdateFirstId();
        }
        else
        {
            stream->FirstId = ReadId(reader);
            stream->MaxDeletedId = ReadId(reader);
            stream->EntriesAdded = (long)reader.ReadLength();
        }
        for (long left = reader.ReadCount(); left > 0; left--)
            ReadGroup(reader, type, stream);
        if (type >= RdbType.StreamListpacks4)
            ReadProducers(reader);
    }

    private static void ReadProducers(RdbReader reader)
    {
        reader.ReadLength();
        reader.ReadLength();
        if (reader.ReadLength() > 0)
            throw new RdbException(RdbError.Unsupported, "The stream has producers that may repeat entries.");
        reader.ReadLength();
        reader.ReadLength();
    }

    /// <summary>Reads the nodes; returns the number of their entries that are not deleted.</summary>
    private static long ReadNodes(RdbReader reader, StreamData* stream, out StreamId last)
    {
        long live = 0;
        last = default;
        for (long left = reader.ReadCount(); left > 0; left--)
        {
            ReadOnlySpan<byte> binaryId = reader.ReadKeptString();
            if (binaryId.Length != StreamId.Bytes)
                throw RdbException.Corrupt("Stream node key entry is not the size of a stream ID");
            StreamId id = StreamId.Read(binaryId);
            byte* lp = RdbListpack.Read(reader, "Stream listpack");
            if (stream->TryAttachNode(id, lp, ref last, ref live))
                continue;
            NativeHeap.Free(lp);
            throw RdbException.Corrupt("Stream listpack integrity check failed.");
        }
        return live;
    }

    private static void ReadGroup(RdbReader reader, RdbType type, StreamData* stream)
    {
        ReadOnlySpan<byte> name = reader.ReadKeptString();
        StreamId lastId = ReadId(reader);
        long entriesRead = type == RdbType.StreamListpacks ? stream->EstimateReads(lastId) : (long)reader.ReadLength();
        StreamGroup* group = stream->AddGroup(name, lastId, entriesRead);
        if (group == null)
            throw RdbException.Corrupt("Duplicated consumer group name");
        for (long left = reader.ReadCount(); left > 0; left--)
        {
            StreamId id = StreamId.Read(reader.Take(StreamId.Bytes));
            long deliveredMs = reader.ReadMilliseconds();
            if (group->TryAdd(id, deliveredMs, (long)reader.ReadLength()) == null)
                throw RdbException.Corrupt("Duplicated global PEL entry loading stream consumer group");
        }
        long owned = 0;
        for (long left = reader.ReadCount(); left > 0; left--)
            owned += ReadConsumer(reader, type, group);
        if (type == RdbType.StreamListpacks5)
            owned += ReadReleased(reader, group);
        if (owned != group->Pending.Count)
            throw RdbException.Corrupt("Stream CG PEL entry without consumer");
    }

    /// <summary>Reads which entries nobody has; returns how many.</summary>
    private static long ReadReleased(RdbReader reader, StreamGroup* group)
    {
        long count = reader.ReadCount();
        HashSet<StreamId> seen = [];
        for (long left = count; left > 0; left--)
        {
            StreamId id = StreamId.Read(reader.Take(StreamId.Bytes));
            PendingEntry* pending = group->Find(id);
            if (pending == null || pending->Consumer != null || !seen.Add(id))
                throw RdbException.Corrupt("Released entry is not one of the group that nobody has");
            group->Release(pending);
        }
        return count;
    }

    /// <summary>Reads a consumer; returns the number of its pending entries.</summary>
    private static long ReadConsumer(RdbReader reader, RdbType type, StreamGroup* group)
    {
        ReadOnlySpan<byte> name = reader.ReadKeptString();
        StreamConsumer* consumer = group->AddConsumer(name, reader.ReadMilliseconds());
        if (consumer == null)
            throw RdbException.Corrupt("Duplicate stream consumer detected.");
        if (type >= RdbType.StreamListpacks3)
        {
            // When it was last given something: 7.0 does not tell that apart.
            reader.ReadMilliseconds();
        }
        for (long left = reader.ReadCount(); left > 0; left--)
        {
            StreamId id = StreamId.Read(reader.Take(StreamId.Bytes));
            PendingEntry* pending = group->Find(id);
            if (pending == null)
                throw RdbException.Corrupt("Consumer entry not found in group global PEL");
            if (pending->Consumer != null)
                throw RdbException.Corrupt("Stream consumer PEL entry already has a consumer assigned");
            StreamGroup.Give(pending, consumer);
        }
        return consumer->Pending.Count;
    }

    private static StreamId ReadId(RdbReader reader)
    {
        ulong ms = reader.ReadLength();
        return new StreamId(ms, reader.ReadLength());
    }
}
