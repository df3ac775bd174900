using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Commands;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Keyspace;

/// <summary>Stream values: a <see cref="StreamData"/>, which stays when it has no entries any more.</summary>
internal static unsafe class StreamValue
{
    /// <summary>The stream of an entry.</summary>
    public static StreamData* Of(KeyEntry entry) => (StreamData*)entry.External;

    /// <summary>Puts a new stream under a key.</summary>
    public static KeyEntry Create(CommandContext c, ReadOnlySpan<byte> key) =>
        c.Db.SetExternal(key, DataType.Stream, ValueEncoding.Stream, (byte*)StreamData.Create());

    /// <summary>Frees the stream.</summary>
    public static void Free(KeyEntry entry) => StreamData.Free(Of(entry));

    /// <summary>See <see cref="ValueMemory.FreeSome"/>.</summary>
    public static bool FreeSome(KeyEntry entry, ref int budget) => StreamData.FreeSome(Of(entry), ref budget);

    /// <summary>A copy.</summary>
    public static byte* Duplicate(KeyEntry entry) => (byte*)StreamData.Duplicate(Of(entry));

    /// <summary>See <see cref="ValueMemory.FreeEffort"/>; as official, the first group stands for all.</summary>
    public static long FreeEffort(KeyEntry entry)
    {
        StreamData* stream = Of(entry);
        long nodes = stream->Nodes.Count;
        return stream->Groups.Count == 0 ? nodes : nodes + stream->Groups.Count * (1 + ((StreamGroup*)stream->Groups[0])->Pending.Count);
    }

    /// <summary>Native bytes of the stream; those of its nodes reckoned from the first <paramref name="samples"/> (0: all).</summary>
    public static long Bytes(KeyEntry entry, long samples)
    {
        StreamData* stream = Of(entry);
        if (samples == 0)
            samples = long.MaxValue;
        long bytes = (long)NativeHeap.UsableSize((byte*)stream) + stream->Nodes.MemoryBytes(samples) + NodeBytes(stream, samples);
        for (int i = 0; i < stream->Groups.Count; i++)
            bytes += GroupBytes((StreamGroup*)stream->Groups[i], samples);
        return bytes;
    }

    private static long NodeBytes(StreamData* stream, long samples)
    {
        ref IdMap nodes = ref stream->Nodes;
        long bytes = 0, looked = 0;
        for (IdPlace place = nodes.First; !place.IsNone && looked < samples; place = nodes.Next(place), looked++)
            bytes += (long)NativeHeap.UsableSize(nodes.ValueAt(place));
        if (nodes.Count <= looked)
            return bytes;
        // The last node is often not complete.
        return bytes / looked * (nodes.Count - 1) + (long)NativeHeap.UsableSize(nodes.ValueAt(nodes.Last));
    }

    private static long GroupBytes(StreamGroup* group, long samples)
    {
        long bytes = (long)NativeHeap.UsableSize((byte*)group) + group->Pending.MemoryBytes(samples)
            + group->AgeBytes(samples) + group->Pending.Count * sizeof(PendingEntry);
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            bytes += (long)NativeHeap.UsableSize((byte*)consumer) + consumer->Name.Length + consumer->Pending.MemoryBytes(samples);
        }
        return bytes;
    }

    /// <summary>Adds the entries to a digest, in their order; groups do not count.</summary>
    public static void AddDigest(Span<byte> digest, KeyEntry entry)
    {
        Span<byte> id = stackalloc byte[StreamId.MaxTextLength];
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        StreamCursor cursor = new(Of(entry), default, StreamId.Max);
        while (cursor.MoveNext())
        {
            DataDigest.Mix(digest, cursor.Id.Format(id, (byte)'.'));
            for (long left = cursor.FieldCount; left > 0; left--)
            {
                cursor.ReadField(out ListpackValue field, out ListpackValue value);
                DataDigest.Mix(digest, field.AsBytes(scratch));
                DataDigest.Mix(digest, value.AsBytes(scratch));
            }
        }
    }
}
