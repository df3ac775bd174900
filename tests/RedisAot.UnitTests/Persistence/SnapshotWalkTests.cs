using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server;
using RedisAot.Server.Clients;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Persistence;
using Xunit;

namespace RedisAot.UnitTests.Persistence;

public sealed unsafe class SnapshotWalkTests
{
    private const int Databases = 3;

    private readonly RedisServer _server = NewServer();
    private int _seed;
    private Random _random = new();

    [Fact]
    public void WhatIsWrittenIsTheStateAtTheBeginning()
    {
        _seed = Environment.TickCount;
        _random = new Random(_seed);
        long before = NativeHeap.UsedBytes;
        for (int round = 0; round < 60; round++)
        {
            for (int i = _random.Next(400); i >= 0; i--)
                ChangeSomething();
            string digest = DigestOf(_server);
            Memory output = new();
            bool compress = _random.Next(2) == 0, framed = _random.Next(2) == 0;
            using RdbFrameReader frames = new(new RdbWriter(output, compress));
            RdbSaver saver = new(_server, new RdbWriter(framed ? frames : output, compress, framed), asBaseOfAof: false);
            saver.WriteHead();
            _server.Snapshots.Walk.Begin(saver);
            while (!_server.Snapshots.Walk.Continue(endTicks: 0))
            {
                for (int i = _random.Next(10); i > 0; i--)
                    ChangeSomething();
                if (round % 10 == 9 && _random.Next(20) == 0)
                    break;
            }
            // Every tenth walk is given up; the next one must not be misled by what it has left behind.
            if (_server.Snapshots.Walk.IsActive)
            {
                _server.Snapshots.Walk.Abandon();
                saver.Dispose();
                continue;
            }
            saver.WriteEnd();
            saver.Dispose();
            Assert.True(digest == LoadedDigest(output.Bytes), $"seed {_seed}, round {round}");
        }
        Empty(_server);
        Assert.True(before == NativeHeap.UsedBytes, $"seed {_seed}: {NativeHeap.UsedBytes - before} bytes lost");
    }

    private static RedisServer NewServer()
    {
        RedisServer server = new(new ServerConfig { Databases = Databases });
        server.Context.Client = new Client(server, connection: null);
        return server;
    }

    private void ChangeSomething()
    {
        Database db = _server.Databases[_random.Next(Databases)];
        byte[] key = Encoding.ASCII.GetBytes($"key{_random.Next(500)}");
        switch (_random.Next(200))
        {
            case 0:
                db.Clear();
                break;
            case 1:
                Database.Swap(db, _server.Databases[(db.Id + 1) % Databases]);
                break;
            case < 40:
                db.Delete(key);
                break;
            case < 70 when db.LookupWrite(key) is { IsNull: false }:
                db.SetExpiry(key, _server.Clock.NowMs + 1_000_000 + _random.Next(1000));
                break;
            case < 90 when db.LookupWrite(key) is { IsNull: false } entry:
                db.ClearExpiry(entry);
                break;
            case < 100 when db.Detach(key) is { IsNull: false } detached:
                byte[] other = Encoding.ASCII.GetBytes($"key{_random.Next(500)}");
                db.Delete(other);
                db.Attach(other, detached);
                break;
            case < 140:
                PushToList(db, key);
                break;
            case < 160:
                BigValues.Change(db, _server, _random);
                break;
            default:
                db.SetString(key, new byte[_random.Next(3) == 0 ? 1500 : _random.Next(60)], _random.Next(2) == 0 ? KeyEntry.NoExpiry : Database.KeepExpiry);
                break;
        }
    }

    private void PushToList(Database db, byte[] key)
    {
        KeyEntry entry = db.LookupWrite(key);
        if (entry.IsNull || entry.Type != DataType.List)
            entry = db.SetExternal(key, DataType.List, ValueEncoding.QuickList, (byte*)Quicklist.Create(-2, 0));
        ((Quicklist*)entry.External)->PushTail(Encoding.ASCII.GetBytes($"{_random.Next()}"));
    }

    private static string LoadedDigest(byte[] file)
    {
        RedisServer other = NewServer();
        fixed (byte* bytes = file)
        {
            using RdbReader reader = new(bytes, file.Length);
            new RdbLoader(other, reader, RdbLoadOptions.None).Load();
        }
        string digest = DigestOf(other);
        Empty(other);
        return digest;
    }

    private static string DigestOf(RedisServer server) => Convert.ToHexStringLower(DataDigest.OfAll(server));

    private static void Empty(RedisServer server)
    {
        while (!server.Snapshots.Walk.Continue(long.MaxValue))
        {
        }
        foreach (Database database in server.Databases)
            database.Clear();
        while (server.LazyFree.HasWork)
            server.LazyFree.RunStep();
    }

    private sealed class Memory : IRdbOutput
    {
        private readonly List<byte> _bytes = [];

        public byte[] Bytes => [.. _bytes];

        public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);
    }
}
