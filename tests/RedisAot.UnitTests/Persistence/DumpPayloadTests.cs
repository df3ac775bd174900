using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Persistence;
using Xunit;

namespace RedisAot.UnitTests.Persistence;

public sealed unsafe class DumpPayloadTests
{
    private readonly ServerConfig _config = new();

    public static TheoryData<string> Official() => [.. OfficialPayloads.All.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Official))]
    public void ReadsWhatOfficialWrites(string name)
    {
        (_, string payload, string digest) = OfficialPayloads.All.Single(p => p.Name == name);
        using Loaded value = new(Convert.FromHexString(payload), ConfigFor(name));
        Assert.Equal(digest, value.Digest);
    }

    [Theory]
    [MemberData(nameof(Official))]
    public void WritesTheSameBytes(string name)
    {
        string payload = OfficialPayloads.All.Single(p => p.Name == name).Payload;
        using Loaded value = new(Convert.FromHexString(payload), ConfigFor(name));
        using RdbWriter writer = new(output: null, compress: name == "lzf");
        DumpPayload.Write(writer, value.Entry);
        if (name == "lzf")
            Assert.True(Written(writer).Length < 40);
        else if (name is "hash" or "set")
            Assert.Equal(payload.Length / 2, Written(writer).Length); // in the order of another hash function
        else
            Assert.Equal(payload, Convert.ToHexStringLower(Written(writer)));
    }

    [Fact]
    public void ListsOfOldVersions()
    {
        string[] expected = ["a", "1", "-300", "70000", "5000000000", new string('x', 70), new string('y', 20000), "-9000000", "100"];
        object[] elements = ["a", 1, -300, 70000, 5000000000L, new string('x', 70), new string('y', 20000), -9000000, 100];
        byte[] ziplist = RdbBytes.Ziplist(elements);
        RdbBytes plain = new RdbBytes().Byte((int)RdbType.List).Count(expected.Length);
        foreach (string element in expected)
            plain.String(element);
        AssertList(plain.ToPayload(version: 1), expected);
        AssertList(new RdbBytes().Byte((int)RdbType.ListZiplist).String(ziplist).ToPayload(version: 6), expected);
        AssertList(
            new RdbBytes().Byte((int)RdbType.ListQuicklist).Count(2).String(ziplist).String(ziplist).ToPayload(version: 9),
            [.. expected, .. expected]);
    }

    [Fact]
    public void SortedSetsOfOldVersions()
    {
        byte[] ziplist = RdbBytes.Ziplist("low", "-inf", "a", 1, "b", "2.5");
        using Loaded fromZiplist = new(new RdbBytes().Byte((int)RdbType.SortedSetZiplist).String(ziplist).ToPayload(), _config);
        RdbBytes texts = new RdbBytes().Byte((int)RdbType.SortedSet).Count(3);
        texts.String("b").String("2.5").String("low").Byte(255).String("a").String("1");
        using Loaded fromTexts = new(texts.ToPayload(version: 7), _config);
        Assert.Equal(ValueEncoding.ListPack, fromTexts.Entry.Encoding);
        Assert.Equal(fromZiplist.Digest, fromTexts.Digest);
    }

    [Fact]
    public void HashesOfOldAndNewVersions()
    {
        using Loaded expected = new(new RdbBytes().Byte((int)RdbType.Hash).Count(2).String("f").String("v").String("g").String("12").ToPayload(), _config);
        byte[] zipmap = RdbBytes.Zipmap("f", "v", "g", "12");
        using Loaded fromZipmap = new(new RdbBytes().Byte((int)RdbType.HashZipmap).String(zipmap).ToPayload(version: 2), _config);
        byte[] ziplist = RdbBytes.Ziplist("f", "v", "g", 12);
        using Loaded fromZiplist = new(new RdbBytes().Byte((int)RdbType.HashZiplist).String(ziplist).ToPayload(), _config);
        Assert.Equal(expected.Digest, fromZipmap.Digest);
        Assert.Equal(expected.Digest, fromZiplist.Digest);
        Assert.Equal(ValueEncoding.ListPack, fromZipmap.Entry.Encoding);

        zipmap = RdbBytes.Zipmap("f", new string('v', 300), "g", "12");
        using Loaded longValue = new(new RdbBytes().Byte((int)RdbType.HashZipmap).String(zipmap).ToPayload(version: 2), _config);
        Assert.Equal(ValueEncoding.HashTable, longValue.Entry.Encoding);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(1)]
    public void HashesWhoseFieldsExpire(int maxListpackEntries)
    {
        _config.HashMaxListpackEntries = maxListpackEntries;
        const long earliest = 33_000_000_000_000;
        RdbBytes fields = new RdbBytes().Byte((int)RdbType.HashExpiring).Int64(earliest).Count(3)
            .Count(0).String("a").String("1").Count(1).String("b").String("2").Count(500).String("c").String("3");
        byte[] listpack = [.. ListpackOf("b", "2", $"{earliest}", "c", "3", $"{earliest + 499}", "a", "1", "0")];
        RdbBytes flat = new RdbBytes().Byte((int)RdbType.HashListpackEx).Int64(earliest).String(listpack);
        RdbBytes valkey = new RdbBytes().Byte((int)RdbType.HashExpiringPreGa).Count(3)
            .String("a").String("1").Int64(-1).String("b").String("2").Int64(earliest).String("c").String("3").Int64(earliest + 499);
        RdbBytes preGa = new RdbBytes().Byte((int)RdbType.HashListpackExPreGa).String(listpack);
        foreach (byte[] payload in (byte[][])[fields.ToPayload(12), flat.ToPayload(12), valkey.ToPayload(80), preGa.ToPayload(12)])
        {
            using Loaded value = new(payload, _config);
            Assert.Equal(maxListpackEntries == 1 ? ValueEncoding.HashTable : ValueEncoding.ListPackEx, value.Entry.Encoding);
            Assert.Equal(earliest, HashValue.EarliestExpiryMs(value.Entry));
            Assert.True(HashValue.TryFind(value.Entry, "c"u8, out FieldValue c) && c.ExpireAtMs == earliest + 499);
            Assert.True(HashValue.TryFind(value.Entry, "a"u8, out FieldValue a) && a.ExpireAtMs == HashField.NoExpiry);
            using RdbWriter writer = new(output: null, compress: false);
            DumpPayload.Write(writer, value.Entry);
            Assert.Equal(12, Written(writer)[^10]);
            using Loaded again = new(Written(writer).ToArray(), _config);
            Assert.Equal(value.Digest, again.Digest);
            Assert.True(HashValue.TryFind(again.Entry, "c"u8, out c) && c.ExpireAtMs == earliest + 499);
        }
        for (int seed = 0; seed < 3000; seed++)
            TryDamaged(Damage(new Random(seed), seed % 2 == 0 ? fields.ToPayload(12) : flat.ToPayload(12)), _config, $"seed {seed}");
    }

    [Fact]
    public void TimesOutOfOrderAreRefused()
    {
        foreach (string[] triplets in (string[][])[["a", "1", "0", "b", "2", "5"], ["a", "1", "6", "b", "2", "5"], ["a", "1", "x"], ["a", "1", "-1"]])
        {
            byte[] payload = new RdbBytes().Byte((int)RdbType.HashListpackEx).Int64(5).String(ListpackOf(triplets)).ToPayload(12);
            Assert.Throws<RdbException>(() => new Loaded(payload, _config).Dispose());
        }
    }

    [Fact]
    public void SetsOfAllVersions()
    {
        using Loaded expected = new(new RdbBytes().Byte((int)RdbType.Set).Count(3).String("a").Byte(0xc0).Byte(5).String("b").ToPayload(), _config);
        using Loaded fromListpack = new(new RdbBytes().Byte((int)RdbType.SetListpack).String(ListpackOf("a", "5", "b")).ToPayload(11), _config);
        Assert.Equal(expected.Digest, fromListpack.Digest);
        _config.SetMaxIntSetEntries = 2;
        byte[] intset = [.. new RdbBytes().Int32(2).Int32(3).Int16(-4).Int16(7).Int16(300).ToArray()];
        using Loaded converted = new(new RdbBytes().Byte((int)RdbType.SetIntset).String(intset).ToPayload(), _config);
        Assert.Equal(ValueEncoding.HashTable, converted.Entry.Encoding);
        byte[] twice = new RdbBytes().Byte((int)RdbType.SetListpack).String(ListpackOf("a", "5", "a")).ToPayload(11);
        Assert.Throws<RdbException>(() => new Loaded(twice, _config).Dispose());
    }

    private static byte[] ListpackOf(params string[] elements)
    {
        byte* lp = Listpack.Create();
        foreach (string element in elements)
            Listpack.Append(ref lp, Encoding.ASCII.GetBytes(element));
        byte[] bytes = Listpack.AsBytes(lp).ToArray();
        NativeHeap.Free(lp);
        return bytes;
    }

    [Theory]
    [InlineData("two sorted members that are the same", RdbType.SortedSetZiplist, "a", 1, "a", 2)]
    [InlineData("a score that is no number", RdbType.SortedSetZiplist, "a", "x")]
    [InlineData("members out of order", RdbType.SortedSetZiplist, "a", 2, "b", 1)]
    [InlineData("a member without score", RdbType.SortedSetZiplist, "a", 2, "b")]
    [InlineData("no members", RdbType.SortedSetZiplist)]
    [InlineData("no elements", RdbType.ListZiplist)]
    public void RefusesZiplists(string what, RdbType type, params object[] elements)
    {
        long before = NativeHeap.UsedBytes;
        byte[] payload = new RdbBytes().Byte((int)type).String(RdbBytes.Ziplist(elements)).ToPayload();
        Assert.Throws<RdbException>(() => new Loaded(payload, _config).Dispose());
        Assert.True(before == NativeHeap.UsedBytes, what);
    }

    [Fact]
    public void HugeLengthsAreNotBelieved()
    {
        long before = NativeHeap.UsedBytes;
        foreach (RdbType type in Enum.GetValues<RdbType>())
        {
            byte[] bytes = new RdbBytes().Byte((int)type).Byte(0x81).Int64(0x7fffff).Raw("abc").ToPayload();
            Assert.Throws<RdbException>(() => new Loaded(bytes, _config).Dispose());
            bytes = new RdbBytes().Byte((int)type).Byte(0xc3).Count(5).Byte(0x80).Int32(0x7f7f7f7f).Raw("abcde").ToPayload();
            Assert.Throws<RdbException>(() => new Loaded(bytes, _config).Dispose());
        }
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void TrailerIsChecked()
    {
        byte[] payload = new RdbBytes().Byte(0).String("x").ToPayload(version: 10);
        Assert.True(DumpPayload.HasValidTrailer(payload, skipChecksum: false));
        Assert.False(DumpPayload.HasValidTrailer(payload.AsSpan(0, 9), skipChecksum: true));
        payload[^1]++;
        Assert.False(DumpPayload.HasValidTrailer(payload, skipChecksum: false));
        Assert.True(DumpPayload.HasValidTrailer(payload, skipChecksum: true));
        foreach (int version in (int[])[15, 79, 81, 999])
            Assert.False(DumpPayload.HasValidTrailer(new RdbBytes().Byte(0).String("x").ToPayload(version), skipChecksum: false));
    }

    [Theory]
    [MemberData(nameof(Official))]
    public void DamageIsRefusedOrHarmless(string name)
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] payload = Convert.FromHexString(OfficialPayloads.All.Single(p => p.Name == name).Payload);
        for (int round = 0; round < 3000; round++)
            TryDamaged(Damage(random, payload), ConfigFor(name), $"seed {seed}, round {round}");
    }

    [Fact]
    public void DamagedOldEncodingsAreRefusedOrHarmless()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[][] payloads =
        [
            new RdbBytes().Byte((int)RdbType.ListZiplist).String(RdbBytes.Ziplist("a", 5, new string('x', 300), -70, 1L << 40)).ToPayload(),
            new RdbBytes().Byte((int)RdbType.ListQuicklist).Count(2).String(RdbBytes.Ziplist(1, 2)).String(RdbBytes.Ziplist("z")).ToPayload(),
            new RdbBytes().Byte((int)RdbType.SortedSetZiplist).String(RdbBytes.Ziplist("a", 5, "b", "7.5", "c", 100000)).ToPayload(),
            new RdbBytes().Byte((int)RdbType.HashZiplist).String(RdbBytes.Ziplist("a", 5, "b", "7.5", "c", 100000)).ToPayload(),
            new RdbBytes().Byte((int)RdbType.HashZipmap).String(RdbBytes.Zipmap("a", "5", "b", new string('z', 300))).ToPayload(),
            new RdbBytes().Byte((int)RdbType.SetListpack).String(ListpackOf("a", "5", "b")).ToPayload(),
            new RdbBytes().Byte((int)RdbType.SortedSet).Count(2).String("b").String("2.5").String("a").Byte(254).ToPayload(),
            new RdbBytes().Byte((int)RdbType.List).Count(3).String("b").Byte(0xc0).Byte(9).String("c").ToPayload(),
        ];
        for (int round = 0; round < 20_000; round++)
            TryDamaged(Damage(random, payloads[round % payloads.Length]), _config, $"seed {seed}, round {round}");
    }

    /// <summary>Each encoding that official chose with a threshold is asked for with that threshold.</summary>
    private static ServerConfig ConfigFor(string name)
    {
        ServerConfig config = new();
        if (name == "zset2")
            config.ZsetMaxListpackEntries = 0;
        if (name == "hash")
            config.HashMaxListpackEntries = 0;
        return config;
    }

    private static byte[] Damage(Random random, byte[] payload)
    {
        byte[] bytes = payload[..^8];
        int changes = random.Next(1, 4);
        for (int i = 0; i < changes; i++)
        {
            int at = random.Next(bytes.Length - 2);
            bytes[at] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(bytes[at] ^ 1 << random.Next(8));
        }
        if (random.Next(4) == 0)
            bytes = [.. bytes.AsSpan(0, random.Next(1, bytes.Length - 2)), .. bytes.AsSpan(bytes.Length - 2)];
        return RdbBytes.WithChecksum(bytes);
    }

    // What gets through must be usable: the digest and the copy visit all of it.
    private static void TryDamaged(byte[] payload, ServerConfig config, string what)
    {
        long before = NativeHeap.UsedBytes;
        try
        {
            using Loaded value = new(payload, config);
            Assert.NotEmpty(value.Digest);
            using RdbWriter writer = new(output: null, compress: true);
            DumpPayload.Write(writer, value.Entry);
        }
        catch (RdbException)
        {
            // As it should be.
        }
        Assert.True(before == NativeHeap.UsedBytes, $"{what}: {NativeHeap.UsedBytes - before} bytes lost with {Convert.ToHexString(payload)}");
    }

    private void AssertList(byte[] payload, string[] expected)
    {
        using Loaded value = new(payload, _config);
        List<string> elements = [];
        byte[] scratch = new byte[DecimalInteger.MaxLength];
        QuicklistCursor cursor = new((Quicklist*)value.Entry.External, 0);
        while (cursor.MoveNext())
            elements.Add(Encoding.Latin1.GetString(cursor.Current.AsBytes(scratch)));
        cursor.Dispose();
        Assert.Equal(expected, elements);
    }

    /// <summary>The value of a payload, freed when disposed of.</summary>
    private static ReadOnlySpan<byte> Written(RdbWriter writer) => new(writer.Written, (int)writer.Position);

    private sealed class Loaded(byte[] payload, ServerConfig config) : IDisposable
    {
        public KeyEntry Entry { get; } = DumpPayload.Read(payload, "key"u8, expirySlot: false, config);

        public string Digest => Convert.ToHexStringLower(DataDigest.OfValue(Entry));

        public void Dispose()
        {
            ValueMemory.FreeValue(Entry);
            NativeHeap.Free(Entry.Address);
        }
    }
}
