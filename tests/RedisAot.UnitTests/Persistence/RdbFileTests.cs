using System.Text;
using RedisAot.Memory;
using RedisAot.Server;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Persistence;
using Xunit;

namespace RedisAot.UnitTests.Persistence;

public sealed class RdbFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("redis-aot-rdb-").FullName;
    private readonly RedisServer _server;

    public RdbFileTests() => _server = NewServer();

    public void Dispose()
    {
        Empty(_server);
        Directory.Delete(_directory, recursive: true);
    }

    private string FilePath => Path.Combine(_directory, "test.rdb");

    private RedisServer NewServer() => new(new ServerConfig { DbFileName = FilePath });

    [Fact]
    public void WhatIsSavedIsLoaded()
    {
        Random random = new(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] value = new byte[random.Next(i % 10 == 0 ? 3000 : 50)];
            random.NextBytes(value);
            long expireAt = i % 7 == 0 ? _server.Clock.NowMs + 100_000 + i : KeyEntry.NoExpiry;
            _server.Databases[i % 3].SetString(Encoding.ASCII.GetBytes($"key{i}"), i % 5 == 0 ? Encoding.ASCII.GetBytes($"{i}") : value, expireAt);
        }
        string digest = DigestOf(_server);
        Assert.True(_server.Snapshots.TrySave());
        Assert.Equal([FilePath], Directory.GetFiles(_directory)); // no temporary file is left
        RedisServer other = NewServer();
        Assert.True(other.Snapshots.TryLoadAtStart());
        Assert.Equal(digest, DigestOf(other));
        Assert.Equal(3000, other.Snapshots.LastLoadKeysLoaded);
        Assert.Equal(_server.Databases.Sum(d => d.ExpiringCount), other.Databases.Sum(d => d.ExpiringCount));
        Empty(other);
    }

    [Fact]
    public void WithoutFileTheServerStartsEmpty() => Assert.True(_server.Snapshots.TryLoadAtStart());

    [Theory]
    [InlineData("REDIS0001", true)]
    [InlineData("REDIS0004", true)]
    [InlineData("REDIS0012", true)]
    [InlineData("REDIS0014", true)]
    [InlineData("VALKEY080", true)]
    [InlineData("REDIS0000", false)]
    [InlineData("REDIS0015", false)]
    [InlineData("REDIS0080", false)]
    [InlineData("VALKEY012", false)]
    [InlineData("VALKEY081", false)]
    [InlineData("REDISabcd", false)]
    [InlineData("SOMETHING", false)]
    public void VersionsThatAreKnown(string header, bool known)
    {
        RdbBytes file = new RdbBytes().Raw(header).Byte(0).String("k").String("v").Byte((int)RdbOpcode.End);
        Assert.Equal(known, Load(header[^1] is '1' or '4' && header[^2] == '0' ? file.ToArray() : RdbBytes.WithChecksum(file.ToArray())));
        Assert.Equal(known ? 1 : 0, _server.Databases[0].Count);
    }

    [Fact]
    public void OpcodesBeforeAKey()
    {
        long soon = _server.Clock.NowMs / 1000 + 1000;
        RdbBytes file = Head().Byte((int)RdbOpcode.SelectDb).Count(2).Byte((int)RdbOpcode.ResizeDb).Count(3).Count(1)
            .Byte((int)RdbOpcode.SlotInfo).Count(7).Count(8).Count(9)
            .Byte((int)RdbOpcode.ExpireTime).Int32(soon).Byte((int)RdbOpcode.Frequency).Byte(7).Byte(0).String("seconds").String("v")
            .Byte((int)RdbOpcode.ExpireTimeMs).Int64(soon * 1000 + 5).Byte((int)RdbOpcode.Idle).Count(100).Byte(0).String("ms").String("v")
            .Byte((int)RdbOpcode.ExpireTimeMs).Int64(1000).Byte(0).String("past").String("v")
            .Byte(0).String("never").String("v");
        Assert.True(Load(End(file)));
        Database db = _server.Databases[2];
        Assert.Equal(soon * 1000, db.Peek("seconds"u8).ExpireAtMs);
        Assert.Equal(soon * 1000 + 5, db.Peek("ms"u8).ExpireAtMs);
        Assert.Equal(100, _server.AccessClock.IdleSeconds(db.Peek("ms"u8)));
        Assert.Equal(KeyEntry.NoExpiry, db.Peek("never"u8).ExpireAtMs);
        Assert.Equal(3, db.Count);
        Assert.Equal((3, 1), (_server.Snapshots.LastLoadKeysLoaded, _server.Snapshots.LastLoadKeysExpired));
    }

    [Fact]
    public void EmptyCollectionsArePassedOver()
    {
        RdbBytes file = Head();
        foreach (RdbType type in (RdbType[])[RdbType.List, RdbType.SortedSet2, RdbType.Hash, RdbType.ListQuicklist2])
            file.Byte((int)type).String($"empty {type}").Count(0);
        Assert.True(Load(End(file.Byte(0).String("k").String("v"))));
        Assert.Equal(1, _server.Databases[0].Count);
    }

    [Theory]
    [InlineData((int)RdbOpcode.ModuleAux)]
    [InlineData((int)RdbOpcode.FunctionPreGa)]
    [InlineData((int)RdbType.Module2)]
    [InlineData(8)]
    [InlineData(200)]
    public void WhatIsNotThereIsRefused(int type) => Assert.False(Load(End(Head().Byte(type).String("k").String("v").Count(0))));

    [Fact]
    public void KeysThatAreThereTwice()
    {
        byte[] file = End(Head().Byte(0).String("k").String("first").Byte(0).String("k").String("second"));
        Assert.False(Load(file));
        Assert.True(_server.Snapshots.TryReload(RdbLoadOptions.Merge, flush: false));
        Assert.True(StringValue.Read(_server.Databases[0].Peek("k"u8), default).SequenceEqual("second"u8));
    }

    [Fact]
    public void DatabasesThatAreNotThere() =>
        Assert.False(Load(End(Head().Byte((int)RdbOpcode.SelectDb).Count(16).Byte(0).String("k").String("v"))));

    [Fact]
    public void Checksums()
    {
        byte[] file = End(Head().Byte(0).String("k").String("v"));
        file[^1] ^= 1;
        Assert.False(Load(file));
        Empty(_server);
        file.AsSpan()[^8..].Clear();
        Assert.True(Load(file));
    }

    [Fact]
    public void FilesThatEndTooEarly()
    {
        byte[] file = End(Head().Byte((int)RdbOpcode.Aux).String("ctime").String("12").Byte(0).String("k").String(new string('v', 300))
            .Byte((int)RdbType.List).String("l").Count(2).String("a").Byte(0xc1).Int16(500));
        Assert.True(Load(file));
        for (int length = 0; length < file.Length; length++)
        {
            Empty(_server);
            Assert.False(Load(file[..length]), $"{length} of {file.Length} bytes");
        }
    }

    [Fact]
    public void DamagedFilesAreRefusedOrHarmless()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        RdbBytes composed = Head();
        foreach ((string name, string payload, _) in OfficialPayloads.All)
        {
            byte[] value = Convert.FromHexString(payload)[..^10];
            composed.Byte(value[0]).String(name).Raw(value.AsSpan(1));
        }
        byte[] file = End(composed);
        long before = NativeHeap.UsedBytes;
        for (int round = 0; round < 1000; round++)
        {
            byte[] damaged = [.. file];
            for (int i = random.Next(1, 4); i > 0; i--)
                damaged[random.Next(damaged.Length - 8)] ^= (byte)(1 << random.Next(8));
            Load(RdbBytes.WithChecksum(damaged.AsSpan(0, damaged.Length - 8)));
            Empty(_server);
            Assert.True(before == NativeHeap.UsedBytes, $"seed {seed}, round {round}: {NativeHeap.UsedBytes - before} bytes lost");
        }
    }

    [Fact]
    public unsafe void ReadsInPiecesOfAnySize()
    {
        Random random = new(3);
        string text = new([.. Enumerable.Range(0, 400_000).Select(i => (char)('a' + random.Next(26)))]);
        byte[] bytes = new RdbBytes().String(text).Int64(77).String(text[..1000]).Byte(0xc2).Int32(-5).ToArray();
        foreach (int piece in (int[])[1, 7, 1000, 1 << 20])
        {
            using RdbReader reader = new(new Pieces(bytes, piece), bytes.Length);
            Assert.Equal(text, Encoding.ASCII.GetString(reader.ReadString()));
            Assert.Equal(77, reader.ReadMilliseconds());
            Assert.Equal(text[..1000], Encoding.ASCII.GetString(reader.ReadString()));
            Assert.Equal("-5", Encoding.ASCII.GetString(reader.ReadString()));
            Assert.Equal(0, reader.Remaining);
            Assert.Equal(RedisAot.Data.Crc64.Append(0, bytes), reader.Checksum);
            Assert.Throws<RdbException>(() => reader.ReadByte());
        }
    }

    private static RdbBytes Head() => new RdbBytes().Raw("REDIS0011");

    private static byte[] End(RdbBytes file) => RdbBytes.WithChecksum(file.Byte((int)RdbOpcode.End).ToArray());

    private bool Load(byte[] file)
    {
        File.WriteAllBytes(FilePath, file);
        return _server.Snapshots.TryLoadAtStart();
    }

    private static string DigestOf(RedisServer server) => Convert.ToHexStringLower(DataDigest.OfAll(server));

    private static void Empty(RedisServer server)
    {
        foreach (Database database in server.Databases)
            database.Clear();
        while (server.LazyFree.HasWork)
            server.LazyFree.RunStep();
    }

    private sealed class Pieces(byte[] bytes, int piece) : IRdbInput
    {
        private int _at;

        public int Read(Span<byte> buffer)
        {
            int count = Math.Min(Math.Min(piece, buffer.Length), bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }
    }
}
