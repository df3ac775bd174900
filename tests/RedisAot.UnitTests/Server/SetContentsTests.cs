using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;
using RedisAot.UnitTests.Data;
using Xunit;

namespace RedisAot.UnitTests.Server;

/// <summary>Sets in all their encodings against a managed set, and the chances of random members.</summary>
public sealed unsafe class SetContentsTests
{
    private static readonly ServerConfig s_config = new() { SetMaxIntSetEntries = 512, SetMaxListpackEntries = 128, SetMaxListpackValue = 64 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void BehavesAsASet(int seed)
    {
        long before = NativeHeap.UsedBytes;
        Random random = new(seed);
        for (int round = 0; round < 40; round++)
        {
            ServerConfig config = RandomConfig(random);
            SetContents set = random.Next(2) == 0 ? SetContents.CreateForIntegers() : SetContents.CreateForStrings();
            HashSet<string> model = [];
            int span = random.Next(1, 400);
            bool integers = random.Next(3) == 0;
            for (int step = 0; step < 600; step++)
            {
                byte[] member = NextMember(random, span, integers && step < 400);
                string text = Encoding.Latin1.GetString(member);
                if (random.Next(step < 400 ? 4 : 2) > 0)
                    Assert.Equal(model.Add(text), set.Add(member, config));
                else
                    Assert.Equal(model.Remove(text), set.Remove(member));
                Assert.Equal(model.Count, set.Count);
                byte[] probe = NextMember(random, span, integers);
                Assert.True(model.Contains(Encoding.Latin1.GetString(probe)) == set.Contains(probe), $"seed {seed} round {round} step {step}");
            }
            Assert.Equal(model, Members(set));
            set.Free();
        }
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void ChangesItsEncodingWhereOfficialDoes()
    {
        SetContents set = SetContents.CreateForIntegers();
        for (int i = 0; i < 512; i++)
            set.Add(Number(i), s_config);
        Assert.Equal(ValueEncoding.IntSet, set.Encoding);
        set.Add(Number(512), s_config);
        Assert.Equal(ValueEncoding.HashTable, set.Encoding);
        set.Free();

        set = SetContents.CreateForIntegers();
        for (int i = 0; i < 127; i++)
            set.Add(Number(i), s_config);
        set.Add("x"u8, s_config);
        Assert.Equal(ValueEncoding.ListPack, set.Encoding);
        set.Add("y"u8, s_config);
        Assert.Equal(ValueEncoding.HashTable, set.Encoding);
        set.Free();

        set = SetContents.CreateForStrings();
        set.Add(new byte[64], s_config);
        Assert.Equal(ValueEncoding.ListPack, set.Encoding);
        set.Add(new byte[65], s_config);
        Assert.Equal(ValueEncoding.HashTable, set.Encoding);
        set.Free();
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(30, true)]
    [InlineData(100, true)]
    [InlineData(1000, true)]
    public void DrawsEachMemberEquallyOften(int count, bool asStrings)
    {
        SetContents set = SetContents.CreateForIntegers();
        for (int i = 0; i < count; i++)
            set.Add(asStrings ? Encoding.ASCII.GetBytes("m" + i) : Number(i), s_config);
        FastRandom random = new(42);
        Dictionary<string, int> drawn = [];
        const int drawsEach = 200;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        for (int i = 0; i < count * drawsEach; i++)
        {
            string member = Encoding.ASCII.GetString(set.Random(ref random).AsBytes(scratch));
            drawn[member] = drawn.GetValueOrDefault(member) + 1;
        }
        double chiSquare = drawn.Values.Sum(times => Math.Pow(times - drawsEach, 2) / drawsEach) + (count - drawn.Count) * drawsEach;
        // Five standard deviations above the mean of the distribution with count - 1 degrees of freedom.
        Assert.InRange(chiSquare, 0, count - 1 + 5 * Math.Sqrt(2 * (count - 1)));
        set.Free();
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void CopiesAndPiecewiseDestructionLeaveNothing(int seed)
    {
        long before = NativeHeap.UsedBytes;
        Random random = new(seed);
        for (int size = 1; size < 3000; size = size * 3 + random.Next(5))
        {
            SetContents set = SetContents.CreateForIntegers();
            for (int i = 0; i < size; i++)
                set.Add(NextMember(random, int.MaxValue, integersOnly: false), s_config);
            KeyEntry entry = KeyEntry.Create("key"u8, DataType.Set, set.Encoding, expirySlot: false, valueSlot: true, 0);
            set.StoreIn(entry);
            SetContents copy = new(entry.Encoding, SetValue.Duplicate(entry));
            Assert.Equal(Members(set), Members(copy));
            Assert.InRange(SetValue.Bytes(entry, 5), size, NativeHeap.UsedBytes);
            copy.Free();
            bool done = entry.Encoding != ValueEncoding.HashTable;
            if (done)
                SetValue.Free(entry);
            while (!done)
            {
                int budget = 64;
                done = SetValue.FreeSome(entry, ref budget);
            }
            NativeHeap.Free(entry.Address);
        }
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    private static ServerConfig RandomConfig(Random random) => new()
    {
        SetMaxIntSetEntries = random.Next(4) switch { 0 => 0, 1 => 10, 2 => 100, _ => 512 },
        SetMaxListpackEntries = random.Next(4) switch { 0 => 0, 1 => 10, 2 => 50, _ => 128 },
        SetMaxListpackValue = random.Next(4) switch { 0 => 0, 1 => 3, 2 => 20, _ => 64 },
    };

    private static byte[] NextMember(Random random, int span, bool integersOnly)
    {
        if (integersOnly || random.Next(3) == 0)
            return Number(random.Next(span) - span / 2);
        return random.Next(2) == 0 ? Encoding.ASCII.GetBytes("member:" + random.Next(span)) : RandomElements.Next(random);
    }

    private static byte[] Number(int value) => Encoding.ASCII.GetBytes(value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static HashSet<string> Members(in SetContents set)
    {
        HashSet<string> members = [];
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        foreach (ListpackValue member in set)
            Assert.True(members.Add(Encoding.Latin1.GetString(member.AsBytes(scratch))));
        return members;
    }
}
