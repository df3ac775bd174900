using System.Buffers.Binary;
using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class ListpackTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void BehavesAsAList(int seed)
    {
        long before = NativeHeap.UsedBytes;
        var random = new Random(seed);
        byte* lp = Listpack.Create();
        var model = new List<byte[]>();
        for (int step = 0; step < 6000; step++)
        {
            Change(random, ref lp, model, growing: step / 500 % 2 == 0);
            if (step % 20 == 0)
                AssertSame(model, lp, $"seed {seed} step {step}");
            int at = random.Next(-3, model.Count + 3);
            byte* p = Listpack.Seek(lp, at < 0 ? at - model.Count : at);
            Assert.Equal(at >= 0 && at < model.Count, p != null);
            if (p != null)
                Assert.True(Listpack.ElementEquals(p, model[at]), $"seed {seed} step {step}");
        }
        NativeHeap.Free(lp);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static void Change(Random random, ref byte* lp, List<byte[]> model, bool growing)
    {
        byte[] element = RandomElements.Next(random);
        int at = random.Next(model.Count + 1);
        byte* p = Listpack.Seek(lp, at);
        bool isInteger = DecimalInteger.TryParse(element, out long integer);
        switch (random.Next(growing ? 6 : 9))
        {
            case 0:
                if (isInteger) Listpack.Append(ref lp, integer); else Listpack.Append(ref lp, element);
                model.Add(element);
                break;
            case 1:
                if (isInteger) Listpack.Prepend(ref lp, integer); else Listpack.Prepend(ref lp, element);
                model.Insert(0, element);
                break;
            case 2 when p != null:
                Assert.True(Listpack.ElementEquals(Listpack.InsertBefore(ref lp, p, element), element));
                model.Insert(at, element);
                break;
            case 3 when p != null:
                Assert.True(Listpack.ElementEquals(Listpack.InsertAfter(ref lp, p, element), element));
                model.Insert(at + 1, element);
                break;
            case 4 when p != null:
                Assert.True(Listpack.ElementEquals(Listpack.Replace(ref lp, p, element), element));
                model[at] = element;
                break;
            case 6 when p != null:
                byte* next = Listpack.Delete(ref lp, p);
                model.RemoveAt(at);
                Assert.True(at == model.Count ? next == null : Listpack.ElementEquals(next, model[at]));
                break;
            case 7:
                int count = random.Next(8);
                Listpack.DeleteRange(ref lp, random.Next(2) == 0 || at == model.Count ? at : at - model.Count, count);
                model.RemoveRange(at, Math.Min(count, model.Count - at));
                break;
            case 8:
                Listpack.ShrinkToFit(ref lp);
                break;
        }
    }

    private static void AssertSame(List<byte[]> model, byte* lp, string context)
    {
        Assert.True(Listpack.Validate(Listpack.AsBytes(lp)), context);
        Assert.Equal(model.Count, Listpack.Count(lp));
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        byte* p = Listpack.First(lp);
        byte* previous = null;
        foreach (byte[] element in model)
        {
            Assert.True(Listpack.Get(p).AsBytes(scratch).SequenceEqual(element), context);
            Assert.True(Listpack.Previous(lp, p) == previous, context);
            previous = p;
            p = Listpack.Next(p);
        }
        Assert.True(p == null && Listpack.Last(lp) == previous, context);
    }

    [Fact]
    public void FindLooksAtEverySoManyElements()
    {
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            var model = new List<byte[]>();
            byte* lp = Listpack.Create();
            for (int i = random.Next(40); i > 0; i--)
            {
                model.Add(RandomElements.Next(random));
                Listpack.Append(ref lp, model[^1]);
            }
            int skip = random.Next(3);
            byte[] needle = model.Count > 0 && random.Next(2) == 0 ? model[random.Next(model.Count)] : RandomElements.Next(random);
            int expected = -1;
            for (int i = 0; i < model.Count && expected < 0; i += skip + 1)
            {
                if (model[i].AsSpan().SequenceEqual(needle))
                    expected = i;
            }
            byte* found = Listpack.Find(Listpack.First(lp), needle, skip);
            Assert.True(found == (expected < 0 ? null : Listpack.Seek(lp, expected)));
            NativeHeap.Free(lp);
        }
    }

    [Fact]
    public void OfficialBytes()
    {
        byte* lp = Listpack.Create();
        Assert.Equal([7, 0, 0, 0, 0, 0, 255], Listpack.AsBytes(lp).ToArray());
        long[] integers = [0, 127, 128, -1, 4095, -4096, 4096, -32768, 32768, 8388607, 8388608, -2147483648, 2147483648];
        foreach (long integer in integers)
            Listpack.Append(ref lp, integer);
        Listpack.Append(ref lp, "ab"u8);
        Listpack.Append(ref lp, ""u8);
        byte[] expected =
        [
            82, 0, 0, 0, 15, 0, 0, 1, 127, 1, 0xc0, 0x80, 2, 0xdf, 0xff, 2, 0xcf, 0xff, 2, 0xd0, 0, 2, 0xf1, 0, 0x10, 3,
            0xf1, 0, 0x80, 3, 0xf2, 0, 0x80, 0, 4, 0xf2, 0xff, 0xff, 0x7f, 4, 0xf3, 0, 0, 0x80, 0, 5, 0xf3, 0, 0, 0, 0x80, 5,
            0xf4, 0, 0, 0, 0x80, 0, 0, 0, 0, 9, 0x82, (byte)'a', (byte)'b', 3, 0x80, 1, 255,
        ];
        expected[0] = (byte)expected.Length;
        Assert.Equal(expected, Listpack.AsBytes(lp).ToArray());
        NativeHeap.Free(lp);
    }

    [Theory]
    [InlineData(63, 1, 1)]
    [InlineData(64, 2, 1)]
    [InlineData(125, 2, 1)]
    [InlineData(126, 2, 2)]
    [InlineData(4095, 2, 2)]
    [InlineData(4096, 5, 2)]
    [InlineData(16377, 5, 2)]
    [InlineData(16378, 5, 3)]
    [InlineData(2097145, 5, 3)]
    [InlineData(2097146, 5, 4)]
    public void SizesOfLongStrings(int length, int prefix, int backLength)
    {
        byte* lp = Listpack.Create();
        Listpack.Append(ref lp, new byte[length]);
        Assert.Equal(7u + (uint)(prefix + length + backLength), Listpack.TotalBytes(lp));
        Assert.Equal(length, Listpack.Get(Listpack.Last(lp)).Bytes.Length);
        Assert.True(Listpack.Validate(Listpack.AsBytes(lp)));
        NativeHeap.Free(lp);
    }

    [Fact]
    public void From65535ElementsOnTheyAreCounted()
    {
        byte* lp = Listpack.Create(200_000);
        for (int i = 0; i < 65_534; i++)
            Listpack.Append(ref lp, 1);
        Assert.Equal(65_534, BinaryPrimitives.ReadUInt16LittleEndian(Listpack.AsBytes(lp)[4..]));
        var two = new[] { ListpackValue.OfInteger(1), ListpackValue.OfInteger(-5) };
        Listpack.Append(ref lp, two);
        Assert.Equal(65_535, BinaryPrimitives.ReadUInt16LittleEndian(Listpack.AsBytes(lp)[4..]));
        Assert.Equal(65_536, Listpack.Count(lp));
        Assert.True(Listpack.Validate(Listpack.AsBytes(lp)));
        Assert.Equal(-5, Listpack.Get(Listpack.Seek(lp, 65_535)).Integer);
        Assert.True(Listpack.Seek(lp, 65_536) == null && Listpack.Seek(lp, -65_537) == null);
        Listpack.DeleteRange(ref lp, -2, 2);
        Assert.Equal(65_535, BinaryPrimitives.ReadUInt16LittleEndian(Listpack.AsBytes(lp)[4..]));
        Assert.Equal(65_534, Listpack.Count(lp));
        Assert.Equal(65_534, BinaryPrimitives.ReadUInt16LittleEndian(Listpack.AsBytes(lp)[4..]));
        NativeHeap.Free(lp);
    }

    [Fact]
    public void AppendingAllKeepsTheOther()
    {
        byte* a = Listpack.Create();
        byte* b = Listpack.Create();
        Listpack.Append(ref a, "x"u8);
        Listpack.Append(ref b, 7);
        Listpack.AppendAll(ref a, b);
        Assert.Equal(2, Listpack.Count(a));
        Assert.Equal(7, Listpack.Get(Listpack.Last(a)).Integer);
        Assert.Equal(1, Listpack.Count(b));
        NativeHeap.Free(a);
        NativeHeap.Free(b);
    }

    [Fact]
    public void EveryPairIsPickedEquallyOften()
    {
        byte* lp = Listpack.Create();
        for (int i = 0; i < 10; i++)
        {
            Listpack.Append(ref lp, i);
            Listpack.Append(ref lp, -1);
        }
        var seen = new int[10];
        var random = new Random(11);
        var picked = new nint[3];
        for (int round = 0; round < 10_000; round++)
        {
            Assert.Equal(3, Listpack.PickDistinct(lp, 2, picked, random));
            foreach (nint p in picked)
                seen[Listpack.Get((byte*)p).Integer]++;
        }
        Assert.All(seen, n => Assert.InRange(n, 2750, 3250));
        Assert.Equal(10, Listpack.PickDistinct(lp, 2, new nint[20], random));
        NativeHeap.Free(lp);
    }

    /// <summary>Whatever passes validation can be walked both ways without leaving its bytes (a block of exactly that size).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ValidationHoldsOffHostileBytes(int seed)
    {
        var random = new Random(seed);
        int accepted = 0;
        for (int round = 0; round < 60_000; round++)
        {
            byte[] bytes = round % 3 == 0 ? Garbage(random) : Mutated(random);
            if (bytes.Length >= 4 && random.Next(10) > 0)
                BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
            if (!Listpack.Validate(bytes))
                continue;
            accepted++;
            fixed (byte* lp = bytes)
            {
                int forward = 0, backward = 0;
                for (byte* p = Listpack.First(lp); p != null; p = Listpack.Next(p), forward++)
                    Assert.True(p >= lp + 6 && p < lp + bytes.Length - 1 && Inside(Listpack.Get(p), lp, bytes.Length));
                for (byte* p = Listpack.Last(lp); p != null; p = Listpack.Previous(lp, p))
                    backward++;
                Assert.Equal(forward, backward);
                Assert.Equal(forward, Listpack.Count(lp));
            }
        }
        Assert.True(accepted > 1000);
    }

    private static bool Inside(ListpackValue value, byte* lp, int length)
    {
        if (value.IsInteger)
            return true;
        fixed (byte* start = value.Bytes)
            return start == null || start >= lp && start + value.Bytes.Length < lp + length;
    }

    private static byte[] Garbage(Random random)
    {
        var bytes = new byte[random.Next(30)];
        random.NextBytes(bytes);
        if (bytes.Length > 0)
            bytes[^1] = 255;
        return bytes;
    }

    private static byte[] Mutated(Random random)
    {
        byte* lp = Listpack.Create();
        for (int i = random.Next(5); i > 0; i--)
            Listpack.Append(ref lp, RandomElements.Next(random));
        byte[] bytes = Listpack.AsBytes(lp).ToArray();
        NativeHeap.Free(lp);
        for (int i = random.Next(4); i > 0; i--)
        {
            int at = random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(Math.Min(bytes.Length, 12));
            bytes[at] = (byte)(random.Next(2) == 0 ? random.Next(256) : 0xf0 + random.Next(16));
        }
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
