using System.Diagnostics;
using RedisAot.Data;

namespace RedisAot.Server.Persistence;

/// <summary>
/// A stream that is written: its nodes, then group after group with the entries that wait to be acknowledged, then those of each
/// consumer. Each node and each such entry is a piece.
/// </summary>
internal sealed unsafe class StreamWalk : ValueWalk
{
    // What official writes where producers that repeat themselves were never seen.
    private const ulong DefaultProducerSeconds = 100;
    private const ulong DefaultProducerEntries = 100;

    private readonly RdbType _type;
    private readonly StreamData* _stream;

    // What is being written: the map of nodes, of a group's entries or of a consumer's, and how far that has come.
    private IdMap* _map;
    private IdPlace _place;
    private int _group = -1;
    private int _consumer = -1;

    public StreamWalk(RdbWriter writer, RdbType type, StreamData* stream)
        : base(writer)
    {
        _type = type;
        _stream = stream;
        BeginMap(&stream->Nodes);
    }

    public override bool Continue(long endTicks)
    {
        do
        {
            if (_place.IsNone ? !BeginNext() : !WriteItem())
                return true;
        }
        while (Stopwatch.GetTimestamp() < endTicks);
        return false;
    }

    private StreamGroup* Group => (StreamGroup*)_stream->Groups[_group];

    private void BeginMap(IdMap* map)
    {
        Writer.WriteLength((ulong)map->Count);
        _map = map;
        _place = map->First;
    }

    private bool WriteItem()
    {
        Span<byte> id = stackalloc byte[StreamId.Bytes];
        _map->IdAt(_place).Write(id);
        byte* value = _map->ValueAt(_place);
        if (_group < 0)
        {
            Writer.WriteString(id);
            Writer.WriteString(Listpack.AsBytes(value));
        }
        else
        {
            Writer.WriteRaw(id);
            if (_consumer < 0)
            {
                Writer.WriteMilliseconds(((PendingEntry*)value)->DeliveredMs);
                Writer.WriteLength((ulong)((PendingEntry*)value)->Deliveries);
            }
        }
        _place = _map->Next(_place);
        return true;
    }

    /// <summary>A map is written: begins with what follows it; false when that was the last.</summary>
    private bool BeginNext()
    {
        if (_group < 0)
        {
            WriteCounts();
            return BeginGroup();
        }
        if (_consumer < 0)
            Writer.WriteLength((ulong)Group->Consumers.Count);
        if (++_consumer < Group->Consumers.Count)
        {
            BeginConsumer((StreamConsumer*)Group->Consumers[_consumer]);
            return true;
        }
        if (_type == RdbType.StreamListpacks5)
            WriteReleased();
        return BeginGroup();
    }

    private void WriteCounts()
    {
        Writer.WriteLength((ulong)_stream->Length);
        WriteId(_stream->LastId);
        WriteId(_stream->FirstId);
        WriteId(_stream->MaxDeletedId);
        Writer.WriteLength((ulong)_stream->EntriesAdded);
        Writer.WriteLength((ulong)_stream->Groups.Count);
    }

    private bool BeginGroup()
    {
        _consumer = -1;
        if (++_group == _stream->Groups.Count)
        {
            WriteProducers();
            return false;
        }
        Writer.WriteString(Group->Name);
        WriteId(Group->LastId);
        Writer.WriteLength((ulong)Group->EntriesRead);
        BeginMap(&Group->Pending);
        return true;
    }

    private void BeginConsumer(StreamConsumer* consumer)
    {
        Writer.WriteString(consumer->Name);
        Writer.WriteMilliseconds(consumer->SeenMs);
        // When it was last given something: not told apart here, nor by 7.0.
        if (_type == RdbType.StreamListpacks5)
            Writer.WriteMilliseconds(consumer->SeenMs);
        BeginMap(&consumer->Pending);
    }

    private void WriteReleased()
    {
        Span<byte> binaryId = stackalloc byte[StreamId.Bytes];
        List<StreamId> released = Group->ListReleased();
        Writer.WriteLength((ulong)released.Count);
        foreach (StreamId id in released)
        {
            id.Write(binaryId);
            Writer.WriteRaw(binaryId);
        }
    }

    private void WriteProducers()
    {
        if (_type != RdbType.StreamListpacks5)
            return;
        Writer.WriteLength(DefaultProducerSeconds);
        Writer.WriteLength(DefaultProducerEntries);
        // No producers, and no entries of theirs, be they new or repeated.
        for (int i = 0; i < 3; i++)
            Writer.WriteLength(0);
    }

    private void WriteId(StreamId id)
    {
        Writer.WriteLength(id.Ms);
        Writer.WriteLength(id.Sequence);
    }
}
