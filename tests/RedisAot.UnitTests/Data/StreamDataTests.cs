using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class StreamDataTests
{
    /// <summary>A stream beside a list of its entries.</summary>
    private sealed class Pair(Random random)
    {
        public StreamData* Stream = StreamData.Create();
        public readonly SortedList<StreamId, string[]> Model = [];
        private long _added;

        public void Add()
        {
            StreamId last = Stream->LastId;
            var id = new StreamId(last.Ms + (ulong)random.Next(3), (ulong)random.Next(5) + (random.Next(2) == 0 ? last.Sequence : 0));
            if (id <= last)
                last.TryNext(out id);
            string[] fields = random.Next(4) > 0 ? ["name", "7", "text"] : [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Text())];
            string[] elements = [.. fields.SelectMany(field => (string[])[field, Text()])];
            Append(id, elements);
            Model.Add(id, elements);
            _added++;
        }

        private string Text() => random.Next(3) switch
        {
            0 => random.NextInt64(-100_000, 100_000).ToString(System.Globalization.CultureInfo.InvariantCulture),
            1 => "",
            _ => new string((char)random.Next('a', 'z'), random.Next(random.Next(4) == 0 ? 300 : 10)),
        };

        private void Append(StreamId id, string[] elements)
        {
            byte[][] texts = [.. elements.Select(Encoding.ASCII.GetBytes)];
            var values = new ListpackValue[texts.Length];
            byte* block = NativeHeap.Allocate((nuint)texts.Sum(text => text.Length) + 1);
            byte* at = block;
            for (int i = 0; i < values.Length; i++)
            {
                texts[i].CopyTo(new Span<byte>(at, texts[i].Length));
                values[i] = ListpackValue.Of(at, texts[i].Length);
                at += texts[i].Length;
            }
            Stream->Append(id, values, at - block, maxNodeBytes: 700, maxNodeEntries: 12);
            NativeHeap.Free(block);
        }

        public StreamId AnyId() => Model.Count > 0 && random.Next(4) > 0
            ? Model.Keys[random.Next(Model.Count)]
            : new StreamId((ulong)random.NextInt64((long)Stream->LastId.Ms + 2), (ulong)random.Next(20));

        public void Delete()
        {
            StreamId id = AnyId();
            Assert.Equal(Model.Remove(id), Stream->Delete(id));
            Stream->UpdateFirstId();
        }

        public void Trim()
        {
            StreamTrim trim = new()
            {
                Strategy = random.Next(2) == 0 ? TrimStrategy.MaxLength : TrimStrategy.MinId, IsApproximate = random.Next(2) == 0,
                MaxLength = random.Next(Model.Count + 5), MinId = AnyId(),
            };
            long deleted = Stream->Trim(trim);
            int wanted = trim.Strategy == TrimStrategy.MaxLength
                ? Math.Max(Model.Count - (int)trim.MaxLength, 0)
                : Model.Keys.Count(id => id < trim.MinId);
            Assert.InRange(deleted, trim.IsApproximate ? 0 : wanted, wanted);
            for (; deleted > 0; deleted--)
                Model.RemoveAt(0);
        }

        public void Check()
        {
            Assert.Equal(Model.Count, Stream->Length);
            Assert.Equal(_added, Stream->EntriesAdded);
            Assert.Equal(Model.Count > 0 ? Model.Keys[0] : default, Stream->FirstId);
            Assert.Equal(Model.Count > 0 ? Model.Keys[^1] : default, Stream->LastEntryId);
            StreamId start = AnyId(), end = AnyId();
            List<StreamId> wanted = [.. Model.Keys.Where(id => id >= start && id <= end)];
            Assert.Equal(wanted, Read(start, end, reverse: false));
            wanted.Reverse();
            Assert.Equal(wanted, Read(start, end, reverse: true));
            StreamId any = AnyId();
            Assert.Equal(Model.ContainsKey(any), Stream->Contains(any));
        }

        private List<StreamId> Read(StreamId start, StreamId end, bool reverse)
        {
            List<StreamId> ids = [];
            Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
            StreamCursor cursor = new(Stream, start, end, reverse);
            while (cursor.MoveNext())
            {
                ids.Add(cursor.Id);
                string[] elements = Model[cursor.Id];
                Assert.Equal(elements.Length / 2, cursor.FieldCount);
                // Not every reader reads all fields.
                for (int i = 0; i < random.Next(elements.Length / 2 + 1); i++)
                {
                    cursor.ReadField(out ListpackValue field, out ListpackValue value);
                    Assert.Equal(elements[2 * i], Encoding.ASCII.GetString(field.AsBytes(scratch)));
                    Assert.Equal(elements[2 * i + 1], Encoding.ASCII.GetString(value.AsBytes(scratch)));
                }
            }
            return ids;
        }

        public void Replace(StreamData* other)
        {
            StreamData.Free(Stream);
            Stream = other;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AgreesWithASortedList(int seed)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        Pair pair = new(random);
        for (int step = 0; step < 6000; step++)
        {
            switch (random.Next(100))
            {
                case < 75:
                    pair.Add();
                    break;
                case < 97:
                    pair.Delete();
                    break;
                case < 99:
                    pair.Trim();
                    break;
                default:
                    pair.Replace(StreamData.Duplicate(pair.Stream));
                    break;
            }
            if (step % 20 == 0)
                pair.Check();
        }
        // Whatever a stream may look like, its nodes pass as such again.
        StreamData* copy = StreamData.Create();
        StreamId last = default;
        long live = 0;
        for (IdPlace place = pair.Stream->Nodes.First; !place.IsNone; place = pair.Stream->Nodes.Next(place))
        {
            byte* node = Listpack.Duplicate(pair.Stream->Nodes.ValueAt(place));
            Assert.True(copy->TryAttachNode(pair.Stream->Nodes.IdAt(place), node, ref last, ref live));
        }
        Assert.Equal(pair.Stream->Length, live);
        StreamData.Free(copy);
        int budget = 1;
        while (!StreamData.FreeSome(pair.Stream, ref budget))
            budget = 1;
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void DamagedNodesAreRefusedOrHarmless(int seed)
    {
        var random = new Random(seed);
        Pair pair = new(random);
        while (pair.Stream->Nodes.Count < 3)
            pair.Add();
        byte* good = pair.Stream->Nodes.ValueAt(pair.Stream->Nodes.First);
        StreamId id = pair.Stream->Nodes.IdAt(pair.Stream->Nodes.First);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = Listpack.AsBytes(good).ToArray();
            for (int i = random.Next(3); i >= 0; i--)
                bytes[random.Next(6, bytes.Length - 1)] = (byte)random.Next(256);
            if (!Listpack.Validate(bytes))
                continue;
            StreamData* stream = StreamData.Create();
            byte* node = Listpack.FromBytes(bytes);
            StreamId last = default;
            long live = 0;
            if (stream->TryAttachNode(id, node, ref last, ref live))
            {
                stream->Length = live;
                stream->LastId = last;
                long seen = 0;
                for (StreamCursor cursor = new(stream, default, StreamId.Max, reverse: true); cursor.MoveNext(); seen++)
                    continue;
                Assert.Equal(live, seen);
                stream->Trim(new StreamTrim { Strategy = TrimStrategy.MaxLength, MaxLength = live / 2 });
                Assert.Equal(live / 2, stream->Length);
            }
            else
            {
                NativeHeap.Free(node);
                refused++;
            }
            StreamData.Free(stream);
        }
        Assert.True(refused > 100);
        StreamData.Free(pair.Stream);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void GroupsAgreeWithDictionaries(int seed)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        StreamData* stream = StreamData.Create();
        StreamGroup* group = stream->AddGroup("group"u8, default, 0);
        Assert.True(stream->AddGroup("group"u8, default, 0) == null);
        var owners = new SortedDictionary<StreamId, string>();
        for (int step = 0; step < 20_000; step++)
        {
            string name = $"consumer {random.Next(5)}";
            byte[] text = Encoding.ASCII.GetBytes(name);
            StreamConsumer* consumer = group->FindConsumer(text);
            if (consumer == null)
                consumer = group->AddConsumer(text, step);
            var id = new StreamId((ulong)random.Next(400), 0);
            switch (random.Next(1000))
            {
                case < 600:
                    group->Deliver(id, consumer, step);
                    owners[id] = name;
                    break;
                case < 997:
                    Assert.Equal(owners.Remove(id), group->Forget(id));
                    break;
                case < 999:
                    List<StreamId> owned = [.. owners.Where(pair => pair.Value == name).Select(pair => pair.Key)];
                    Assert.Equal(owned.Count, group->RemoveConsumer(consumer));
                    owned.ForEach(gone => owners.Remove(gone));
                    break;
                default:
                    StreamData* copy = StreamData.Duplicate(stream);
                    StreamData.Free(stream);
                    stream = copy;
                    group = stream->FindGroup("group"u8);
                    break;
            }
        }
        Assert.Equal(owners.Count, group->Pending.Count);
        foreach ((StreamId id, string name) in owners)
            Assert.Equal(name, Encoding.ASCII.GetString(group->Find(id)->ConsumerName));
        Assert.True(stream->RemoveGroup("group"u8));
        Assert.False(stream->RemoveGroup("group"u8));
        StreamData.Free(stream);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Theory]
    [InlineData(31, 0)]
    [InlineData(32, 3000)]
    public void PendingEntriesAreFoundByAge(int seed, int askedFrom)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        StreamData* stream = StreamData.Create();
        StreamGroup* group = stream->AddGroup("group"u8, default, 0);
        StreamConsumer* consumer = group->AddConsumer("consumer"u8, 0);
        // In the order of age: released ones, then by time; of the same time in the order of change.
        List<(long Ms, int Change, StreamId Id)> model = [];
        for (int step = 1; step < 10_000; step++)
        {
            var id = new StreamId((ulong)random.Next(200), 0);
            bool isKnown = model.RemoveAll(entry => entry.Id == id) > 0;
            long ms = random.Next(4) > 0 ? step / 10 + 1 : random.Next(1, step + 1);
            switch (random.Next(10))
            {
                case < 5:
                    group->Deliver(id, consumer, ms);
                    model.Add((ms, step, id));
                    break;
                case < 7 when isKnown:
                    StreamGroup.Give(group->Find(id), consumer);
                    group->SetDelivered(group->Find(id), ms);
                    model.Add((ms, step, id));
                    break;
                case < 8 when isKnown:
                    group->Release(group->Find(id));
                    model.Add((0, step, id));
                    break;
                default:
                    Assert.Equal(isKnown, group->Forget(id));
                    break;
            }
            if (step % 500 == 0)
            {
                StreamData* copy = StreamData.Duplicate(stream);
                StreamData.Free(stream);
                stream = copy;
                group = stream->FindGroup("group"u8);
                consumer = group->FindConsumer("consumer"u8);
            }
            if (step < askedFrom)
                continue;
            PendingEntry* oldest = group->FindOldest();
            Assert.Equal(model.Count == 0, oldest == null);
            if (oldest != null)
                Assert.Equal(model.Min().Id, oldest->Id);
        }
        List<StreamId> released = [.. model.Where(entry => entry.Ms == 0).Order().Select(entry => entry.Id)];
        Assert.Equal(released, group->ListReleased());
        Assert.Equal(released.Count, group->CountReleased());
        StreamData.Free(stream);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    [InlineData(43)]
    public void TrimmingMindsTheGroups(int seed)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        Pair pair = new(random);
        SortedSet<StreamId> model = [];
        for (int round = 0; round < 200; round++)
        {
            for (int i = random.Next(40); i >= 0; i--)
            {
                pair.Add();
                model.Add(pair.Stream->LastId);
            }
            StreamGroup* group = pair.Stream->FindGroup("group"u8);
            if (group == null)
                group = pair.Stream->AddGroup("group"u8, default, 0);
            StreamConsumer* consumer = group->FindConsumer("c"u8);
            if (consumer == null)
                consumer = group->AddConsumer("c"u8, 0);
            foreach (StreamId id in model.Where(id => id > pair.Stream->FindGroup("group"u8)->LastId && random.Next(5) > 0))
            {
                if (random.Next(3) == 0)
                    group->Deliver(id, consumer, round);
                group->LastId = id;
            }
            StreamTrim trim = new()
            {
                Strategy = random.Next(2) == 0 ? TrimStrategy.MaxLength : TrimStrategy.MinId,
                References = random.Next(2) == 0 ? ReferencePolicy.Acknowledged : ReferencePolicy.Delete,
                MaxLength = random.Next(model.Count + 3), MinId = model.ElementAtOrDefault(random.Next(model.Count)),
            };
            List<StreamId> gone = [.. model.Where(id => trim.Strategy == TrimStrategy.MaxLength || id < trim.MinId)
                .Where(id => trim.References == ReferencePolicy.Delete || !pair.Stream->IsReferenced(id))];
            if (trim.Strategy == TrimStrategy.MaxLength)
                gone = [.. gone.Take(Math.Max(model.Count - (int)trim.MaxLength, 0))];
            Assert.Equal(gone.Count, pair.Stream->Trim(trim));
            model.ExceptWith(gone);
            Assert.Equal(model.Count, pair.Stream->Length);
            Assert.Equal(model.Min, pair.Stream->FirstId);
            Assert.All(model, id => Assert.True(pair.Stream->Contains(id)));
            if (trim.References == ReferencePolicy.Delete)
                Assert.All(gone, id => Assert.True(pair.Stream->FindGroup("group"u8)->Find(id) == null));
        }
        StreamData.Free(pair.Stream);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }
}
