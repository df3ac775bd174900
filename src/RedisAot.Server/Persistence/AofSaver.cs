using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Writes a whole data set as the commands that build it, those of the official append-only file.</summary>
internal sealed unsafe class AofSaver(RedisServer server, IRdbOutput output) : DataSetSaver(server)
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>So many elements go into one command (official's AOF_REWRITE_ITEMS_PER_CMD).</summary>
    private const int ElementsPerCommand = 64;

    private readonly ReplyWriter _writer = new() { Buffer = new OutputBuffer(BufferBytes) };
    private int _selected = -1;

    /// <inheritdoc/>
    public override void WriteHead()
    {
        if (Server.Config.AofTimestampEnabled)
            _writer.Raw(System.Text.Encoding.ASCII.GetBytes($"#TS:{Server.Clock.NowMs / 1000}\r\n"));
    }

    /// <summary>Nothing: commands have no place for it.</summary>
    public override void WriteSizes(int id, Database database)
    {
    }

    /// <inheritdoc/>
    public override void WriteEnd() => Flush();

    /// <inheritdoc/>
    public override void Dispose() => _writer.Buffer.Free();

    /// <inheritdoc/>
    protected override void WriteEntry(int databaseId, KeyEntry entry)
    {
        if (databaseId != _selected)
        {
            Begin("SELECT"u8, 2);
            _writer.BulkInteger(databaseId);
            _selected = databaseId;
        }
        switch (entry.Type)
        {
            case DataType.String:
                BeginOnKey("SET"u8, entry, 1);
                _writer.Bulk(StringValue.Read(entry, stackalloc byte[StringValue.ScratchBytes]));
                break;
            case DataType.List:
                WriteList(entry);
                break;
            case DataType.Set:
                WriteSet(entry);
                break;
            case DataType.SortedSet:
                WriteSortedSet(entry);
                break;
            case DataType.Hash:
                WriteHash(entry);
                break;
            case DataType.Stream:
                WriteStream(entry);
                break;
        }
        if (entry.HasExpiry)
        {
            BeginOnKey("PEXPIREAT"u8, entry, 1);
            _writer.BulkInteger(entry.ExpireAtMs);
        }
        FlushIfLarge();
    }

    private void WriteList(KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        long left = ListValue.Of(entry)->Count;
        QuicklistCursor cursor = new(ListValue.Of(entry), 0);
        for (long i = 0; cursor.MoveNext(); i++, left--)
        {
            BeginGroup("RPUSH"u8, entry, i, left, arguments: 1);
            _writer.Bulk(cursor.Current.AsBytes(scratch));
        }
        cursor.Dispose();
    }

    private void WriteSet(KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        SetContents members = new(entry);
        long i = 0, left = members.Count;
        foreach (ListpackValue member in members)
        {
            BeginGroup("SADD"u8, entry, i++, left--, arguments: 1);
            _writer.Bulk(member.AsBytes(scratch));
        }
    }

    private void WriteSortedSet(KeyEntry entry)
    {
        Span<byte> score = stackalloc byte[NumberText.MaxDoubleLength];
        long i = 0, left = SortedSetValue.Count(entry);
        for (SortedSetCursor cursor = new(entry, 0); cursor.IsValid; cursor.MoveNext())
        {
            BeginGroup("ZADD"u8, entry, i++, left--, arguments: 2);
            _writer.Bulk(score[..NumberText.Format(cursor.Score, score)]);
            _writer.Bulk(cursor.Name);
        }
    }

    private void WriteHash(KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        long i = 0, left = HashValue.Count(entry);
        bool expires = false;
        foreach (HashFieldView field in HashValue.Fields(entry))
        {
            BeginGroup("HMSET"u8, entry, i++, left--, arguments: 2);
            _writer.Bulk(field.Name.AsBytes(scratch));
            _writer.Bulk(field.Value.AsBytes(scratch));
            expires |= field.ExpireAtMs != HashField.NoExpiry;
        }
        if (!expires)
            return;
        foreach (HashFieldView field in HashValue.Fields(entry))
        {
            if (field.ExpireAtMs == HashField.NoExpiry)
                continue;
            BeginOnKey("HPEXPIREAT"u8, entry, 4);
            _writer.BulkInteger(field.ExpireAtMs);
            _writer.Bulk("FIELDS"u8);
            _writer.BulkInteger(1);
            _writer.Bulk(field.Name.AsBytes(scratch));
            FlushIfLarge();
        }
    }

    private void WriteStream(KeyEntry entry)
    {
        StreamData* stream = StreamValue.Of(entry);
        if (stream->Length == 0)
            WriteEmptyStream(entry);
        else
            WriteStreamEntries(entry, stream);
        BeginOnKey("XSETID"u8, entry, 5);
        WriteId(stream->LastId);
        _writer.Bulk("ENTRIESADDED"u8);
        _writer.BulkInteger(stream->EntriesAdded);
        _writer.Bulk("MAXDELETEDID"u8);
        WriteId(stream->MaxDeletedId);
        for (int i = 0; i < stream->Groups.Count; i++)
            WriteGroup(entry, (StreamGroup*)stream->Groups[i]);
    }

    // An entry is added, and trimmed away at once.
    private void WriteEmptyStream(KeyEntry entry)
    {
        BeginOnKey("XADD"u8, entry, 5);
        _writer.Bulk("MAXLEN"u8);
        _writer.BulkInteger(0);
        WriteId(new StreamId(0, 1));
        _writer.Bulk("x"u8);
        _writer.Bulk("y"u8);
    }

    private void WriteStreamEntries(KeyEntry entry, StreamData* stream)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        StreamCursor cursor = new(stream, default, StreamId.Max);
        while (cursor.MoveNext())
        {
            BeginOnKey("XADD"u8, entry, 1 + cursor.FieldCount * 2);
            WriteId(cursor.Id);
            for (long left = cursor.FieldCount; left > 0; left--)
            {
                cursor.ReadField(out ListpackValue field, out ListpackValue value);
                _writer.Bulk(field.AsBytes(scratch));
                _writer.Bulk(value.AsBytes(scratch));
            }
            FlushIfLarge();
        }
    }

    private void WriteGroup(KeyEntry entry, StreamGroup* group)
    {
        Begin("XGROUP"u8, 7);
        _writer.Bulk("CREATE"u8);
        _writer.Bulk(entry.Key);
        _writer.Bulk(group->Name);
        WriteId(group->LastId);
        _writer.Bulk("ENTRIESREAD"u8);
        _writer.BulkInteger(group->EntriesRead);
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            if (consumer->Pending.Count > 0)
                continue;
            Begin("XGROUP"u8, 5);
            _writer.Bulk("CREATECONSUMER"u8);
            _writer.Bulk(entry.Key);
            _writer.Bulk(group->Name);
            _writer.Bulk(consumer->Name);
        }
        for (IdPlace place = group->Pending.First; !place.IsNone; place = group->Pending.Next(place))
        {
            var pending = (PendingEntry*)group->Pending.ValueAt(place);
            if (pending->Consumer == null)
                WriteReleased(entry, group, group->Pending.IdAt(place), pending);
            else
                WriteClaim(entry, group, group->Pending.IdAt(place), pending);
            FlushIfLarge();
        }
    }

    private void WriteClaim(KeyEntry entry, StreamGroup* group, StreamId id, PendingEntry* pending)
    {
        BeginOnKey("XCLAIM"u8, entry, 10);
        _writer.Bulk(group->Name);
        _writer.Bulk(pending->ConsumerName);
        _writer.BulkInteger(0);
        WriteId(id);
        _writer.Bulk("TIME"u8);
        _writer.BulkInteger(pending->DeliveredMs);
        _writer.Bulk("RETRYCOUNT"u8);
        _writer.BulkInteger(pending->Deliveries);
        _writer.Bulk("JUSTID"u8);
        _writer.Bulk("FORCE"u8);
    }

    private void WriteReleased(KeyEntry entry, StreamGroup* group, StreamId id, PendingEntry* pending)
    {
        BeginOnKey("XNACK"u8, entry, 8);
        _writer.Bulk(group->Name);
        _writer.Bulk("SILENT"u8);
        _writer.Bulk("IDS"u8);
        _writer.BulkInteger(1);
        WriteId(id);
        _writer.Bulk("RETRYCOUNT"u8);
        _writer.BulkInteger(pending->Deliveries);
        _writer.Bulk("FORCE"u8);
    }

    private void WriteId(StreamId id) => _writer.Bulk(id.Format(stackalloc byte[StreamId.MaxTextLength]));

    private void Begin(ReadOnlySpan<byte> command, long count)
    {
        _writer.ArrayHeader(count);
        _writer.Bulk(command);
    }

    private void BeginOnKey(ReadOnlySpan<byte> command, KeyEntry entry, long arguments)
    {
        Begin(command, 2 + arguments);
        _writer.Bulk(entry.Key);
    }

    // Before each element: the next command begins with every 64th.
    private void BeginGroup(ReadOnlySpan<byte> command, KeyEntry entry, long index, long left, int arguments)
    {
        if (index % ElementsPerCommand != 0)
            return;
        FlushIfLarge();
        BeginOnKey(command, entry, Math.Min(left, ElementsPerCommand) * arguments);
    }

    private void FlushIfLarge()
    {
        if (_writer.Buffer.Length >= BufferBytes)
            Flush();
    }

    private void Flush()
    {
        while (_writer.Buffer.Unconsumed > 0)
        {
            ReadOnlySpan<byte> bytes = _writer.Buffer.UnconsumedSpan;
            output.Write(bytes);
            _writer.Buffer.Consume(bytes.Length);
        }
        _writer.Buffer.Reset(BufferBytes);
    }
}
