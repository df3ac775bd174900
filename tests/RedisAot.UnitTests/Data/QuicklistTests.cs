using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class QuicklistTests
{
    [Theory]
    [InlineData(1, -2, 0)]
    [InlineData(2, -1, 1)]
    [InlineData(3, -1, 2)]
    [InlineData(4, 3, 0)]
    [InlineData(5, 3, 1)]
    [InlineData(6, 16, 3)]
    [InlineData(7, 0, 1)]
    [InlineData(8, 128, 2)]
    [InlineData(9, -5, 0)]
    public void BehavesAsAList(int seed, int fill, int depth)
    {
        long before = NativeHeap.UsedBytes;
        try
        {
            for (int variant = 0; variant < 2; variant++)
            {
                // In the second round most elements are large enough for nodes of their own.
                Quicklist.PackedThreshold = variant == 0 ? Quicklist.DefaultPackedThreshold : 15;
                RandomChanges(new Random(seed + variant * 1000), fill, depth, $"seed {seed} variant {variant}");
            }
        }
        finally
        {
            Quicklist.PackedThreshold = Quicklist.DefaultPackedThreshold;
        }
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static void RandomChanges(Random random, int fill, int depth, string context)
    {
        Quicklist* list = Quicklist.Create(fill, depth);
        var model = new List<byte[]>();
        // It ends with a list that has grown, so that there is something to copy.
        for (int step = 0; step < 3500; step++)
        {
            if (step / 700 % 2 == 0)
                Grow(random, list, model);
            else
                ChangeOrShrink(random, list, model);
            if (step % 25 == 0)
                AssertSame(model, list, $"{context} step {step}");
        }
        Quicklist* copy = list->Duplicate();
        AssertSame(model, copy, context);
        Quicklist.Free(list);
        AssertSame(model, copy, context);
        for (int step = 0; step < 100; step++)
            ChangeOrShrink(random, copy, model);
        AssertSame(model, copy, $"{context} copy");
        while (!Quicklist.FreeSome(copy, 3))
            continue;
    }

    private static byte[] Element(Random random)
    {
        byte[] element = RandomElements.Next(random);
        // Mostly compressible, and small enough for nodes of several elements.
        return element.Length > 300 && random.Next(4) > 0 ? element[..50] : random.Next(3) == 0 ? new byte[random.Next(60)] : element;
    }

    private static void Grow(Random random, Quicklist* list, List<byte[]> model)
    {
        byte[] element = Element(random);
        switch (random.Next(5))
        {
            case 0:
                list->PushHead(element);
                model.Insert(0, element);
                break;
            case 1:
                list->PushTail(element);
                model.Add(element);
                break;
            default:
                if (model.Count == 0)
                    break;
                int at = random.Next(model.Count);
                using (var cursor = new QuicklistCursor(list, at - (random.Next(2) == 0 ? model.Count : 0), random.Next(2) == 0))
                {
                    Assert.True(cursor.MoveNext());
                    if (random.Next(2) == 0)
                    {
                        cursor.InsertBefore(element);
                        model.Insert(at, element);
                    }
                    else
                    {
                        cursor.InsertAfter(element);
                        model.Insert(at + 1, element);
                    }
                    Assert.False(cursor.MoveNext());
                }
                break;
        }
    }

    private static void ChangeOrShrink(Random random, Quicklist* list, List<byte[]> model)
    {
        Assert.Equal(0, list->RemoveRange(model.Count, 1));
        if (model.Count == 0)
            return;
        byte[] element = Element(random);
        int at = random.Next(model.Count);
        switch (random.Next(6))
        {
            case 0:
                list->RemoveFirst();
                model.RemoveAt(0);
                break;
            case 1:
                list->RemoveLast();
                model.RemoveAt(model.Count - 1);
                break;
            case 2:
                int count = Math.Min(random.Next(10), model.Count - at);
                Assert.Equal(count, list->RemoveRange(random.Next(2) == 0 ? at : at - model.Count, count));
                model.RemoveRange(at, count);
                break;
            case 3:
                bool head = random.Next(2) == 0;
                if (head)
                    list->PushHead(element);
                else
                    list->PushTail(element);
                model.Insert(head ? 0 : model.Count, element);
                Assert.True(Same(list->First, model[0]) && Same(list->Last, model[^1]));
                break;
            case 4:
                using (var cursor = new QuicklistCursor(list, at))
                {
                    Assert.True(cursor.MoveNext());
                    cursor.Replace(element);
                    model[at] = element;
                }
                break;
            case 5:
                RemoveSome(random, list, model, at);
                break;
        }
    }

    private static void RemoveSome(Random random, Quicklist* list, List<byte[]> model, int at)
    {
        bool forward = random.Next(2) == 0;
        using var cursor = new QuicklistCursor(list, at, forward);
        for (int left = random.Next(30); left > 0 && cursor.MoveNext(); left--)
        {
            Assert.True(Same(cursor.Current, model[at]));
            if (random.Next(2) == 0)
            {
                cursor.Remove();
                model.RemoveAt(at);
                at -= forward ? 0 : 1;
            }
            else
            {
                at += forward ? 1 : -1;
            }
        }
        Assert.Equal(at >= 0 && at < model.Count, cursor.MoveNext());
    }

    private static bool Same(ListpackValue value, byte[] element) =>
        value.AsBytes(stackalloc byte[DecimalInteger.MaxLength]).SequenceEqual(element);

    private static void AssertSame(List<byte[]> model, Quicklist* list, string context)
    {
        Assert.Equal(model.Count, list->Count);
        AssertNodes(list, context);
        int at = 0;
        using (var cursor = new QuicklistCursor(list, 0))
        {
            for (; cursor.MoveNext(); at++)
                Assert.True(Same(cursor.Current, model[at]), $"{context} at {at} of {model.Count}");
        }
        Assert.Equal(model.Count, at);
        using (var cursor = new QuicklistCursor(list, -1, forward: false))
        {
            while (cursor.MoveNext())
                Assert.True(Same(cursor.Current, model[--at]), $"{context} at {at} of {model.Count}");
        }
        Assert.Equal(0, at);
        AssertNodes(list, context);
    }

    private static void AssertNodes(Quicklist* list, string context)
    {
        int index = 0;
        long count = 0;
        for (QuicklistNode* node = list->Head; node != null; node = node->Next, index++)
        {
            count += node->Count;
            Assert.True(node->Count > 0);
            bool inner = list->CompressDepth > 0 && index >= list->CompressDepth && index < list->NodeCount - list->CompressDepth;
            if (node->IsCompressed)
                Assert.True(inner, context);
            else if (inner)
                Assert.True(node->Size < 48 || Lzf.Compress(node->Bytes, new byte[node->Size - 9]) == 0, $"{context}: inner node not compressed");
            if (!node->IsCompressed && !node->IsPlain)
            {
                Assert.True(Listpack.Validate(node->Bytes), context);
                fixed (byte* lp = node->Bytes)
                    Assert.Equal(node->Count, Listpack.Count(lp));
            }
        }
        Assert.Equal(list->NodeCount, index);
        Assert.Equal(list->Count, count);
    }

    [Theory]
    [InlineData(-1, 4096)]
    [InlineData(-2, 8192)]
    [InlineData(-5, 65536)]
    public void SizeClassesFillNodesAsOfficialDoes(int fill, int limit)
    {
        Quicklist* list = Quicklist.Create(fill, 0);
        for (int i = 0; i < 20_000; i++)
            list->PushTail("0123456789"u8);
        // The text, 8 bytes of overhead reckoned, and what is there must fit; an entry of "0123456789" takes 12.
        Assert.Equal((uint)((limit - 18 - 7) / 12 + 1) * 12 + 7, list->Head->Size);
        Quicklist.Free(list);
    }

    [Fact]
    public void CountsLimitNodesToo()
    {
        Quicklist* list = Quicklist.Create(5, 0);
        for (int i = 0; i < 12; i++)
            list->PushHead("x"u8);
        Assert.Equal(3, list->NodeCount);
        Assert.Equal(2, list->Head->Count);
        Quicklist.Free(list);
    }

    [Fact]
    public void TakesOverListpacksOfAnySize()
    {
        byte* lp = Listpack.Create(140_000);
        for (int i = 0; i < 70_000; i++)
            Listpack.Append(ref lp, i % 100);
        Quicklist* list = Quicklist.Create(-2, 0);
        list->AppendListpack(lp);
        byte* small = Listpack.Create();
        Listpack.Append(ref small, "a"u8);
        Listpack.Append(ref small, "b"u8);
        list->AppendListpack(small);
        list->AppendPlain("plain"u8);
        Assert.Equal(70_003, list->Count);
        Assert.True(list->Tail->IsPlain);
        Assert.Equal("b"u8, list->Tail->Previous->ValueAt(list->Tail->Previous->LastElement).Bytes);
        using (var cursor = new QuicklistCursor(list, 66_050))
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(50, cursor.Current.Integer);
        }
        Quicklist.Free(list);
    }

    [Fact]
    public void AMillionShortElementsTakeTwelveBytesAndAHalfEach()
    {
        long before = NativeHeap.UsedBytes;
        foreach (bool head in new[] { false, true })
        {
            Quicklist* list = Quicklist.Create(-2, 0);
            for (int i = 0; i < 1_000_000; i++)
            {
                if (head)
                    list->PushHead(Encoding.ASCII.GetBytes($"e{i:D9}"));
                else
                    list->PushTail(Encoding.ASCII.GetBytes($"e{i:D9}"));
            }
            Assert.InRange((NativeHeap.UsedBytes - before) / 1e6, 12, 12.5);
            Quicklist.Free(list);
        }
        Assert.Equal(before, NativeHeap.UsedBytes);
    }
}
