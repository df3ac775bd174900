using System.Text;
using System.Text.RegularExpressions;
using RedisAot.Resp;
using RedisAot.Server;
using RedisAot.Server.Clients;
using RedisAot.Server.Configuration;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;
using Xunit;

namespace RedisAot.UnitTests.Server;

/// <summary>
/// What commands tell others: keyspace events, and what they leave to the append-only file and to replicas. Expectations were
/// recorded from the official server 7.0.15.
/// </summary>
public sealed partial class EffectsTests
{
    [Theory]
    [InlineData("", "SET k v", "0:new k; 0:set k", "SET k v")]
    [InlineData("", "SET k v EX 100", "0:new k; 0:set k; 0:expire k", "SET k v PXAT <ms>")]
    [InlineData("", "SET k v PXAT 99999999999999", "0:new k; 0:set k; 0:expire k", "SET k v PXAT 99999999999999")]
    [InlineData("", "SET k 5 GET", "0:keymiss k; 0:new k; 0:set k", "SET k 5")]
    [InlineData("", "SET k 5 XX", "", "")]
    [InlineData("", "SET k 5 NX KEEPTTL GET", "0:keymiss k; 0:new k; 0:set k", "SET k 5 NX KEEPTTL")]
    [InlineData("SET k 1 EX 100", "SET k 5 XX GET KEEPTTL", "0:set k", "SET k 5 XX KEEPTTL")]
    [InlineData("", "SETEX k 10 v", "0:new k; 0:set k; 0:expire k", "SET k v PXAT <ms>")]
    [InlineData("", "PSETEX k 10000 v", "0:new k; 0:set k; 0:expire k", "SET k v PXAT <ms>")]
    [InlineData("", "SETNX k v", "0:new k; 0:set k", "SETNX k v")]
    [InlineData("SET k x", "SETNX k v", "", "")]
    [InlineData("SET k x", "GETSET k v", "0:set k", "SET k v")]
    [InlineData("SET k x", "GETDEL k", "0:del k", "DEL k")]
    [InlineData("SET k x", "GETEX k EX 100", "0:expire k", "PEXPIREAT k <ms>")]
    [InlineData("SET k x", "GETEX k PXAT 1", "0:del k", "DEL k")]
    [InlineData("SET k x EX 100", "GETEX k PERSIST", "0:persist k", "PERSIST k")]
    [InlineData("SET k x", "GETEX k PERSIST", "", "")]
    [InlineData("SET k x", "GETEX k", "", "")]
    [InlineData("", "MSET a 1 b 2", "0:new a; 0:set a; 0:new b; 0:set b", "MSET a 1 b 2")]
    [InlineData("", "MSETNX a 1 b 2", "0:new a; 0:set a; 0:new b; 0:set b", "MSETNX a 1 b 2")]
    [InlineData("", "APPEND k v", "0:new k; 0:append k", "APPEND k v")]
    [InlineData("SET k x", "APPEND k v", "0:append k", "APPEND k v")]
    [InlineData("", "SETRANGE k 2 v", "0:new k; 0:setrange k", "SETRANGE k 2 v")]
    [InlineData("SET k x", "SETRANGE k 0 ~", "", "")]
    [InlineData("", "INCR k", "0:new k; 0:incrby k", "INCR k")]
    [InlineData("SET k 7", "DECRBY k 5", "0:incrby k", "DECRBY k 5")]
    [InlineData("SET k 1 EX 100", "INCRBYFLOAT k 1.5", "0:incrbyfloat k", "SET k 2.5 KEEPTTL")]
    [InlineData("SET k x", "EXPIRE k 100", "0:expire k", "PEXPIREAT k <ms>")]
    [InlineData("SET k x", "EXPIRE k 100 NX", "0:expire k", "PEXPIREAT k <ms> NX")]
    [InlineData("SET k x", "PEXPIRE k 100000", "0:expire k", "PEXPIREAT k <ms>")]
    [InlineData("SET k x", "EXPIREAT k 99999999999", "0:expire k", "PEXPIREAT k 99999999999000")]
    [InlineData("SET k x", "PEXPIREAT k 99999999999999", "0:expire k", "PEXPIREAT k 99999999999999")]
    [InlineData("SET k x", "EXPIRE k -1", "0:del k", "DEL k")]
    [InlineData("SET k x", "PEXPIREAT k 1", "0:del k", "DEL k")]
    [InlineData("", "EXPIRE k 10", "", "")]
    [InlineData("SET k x EX 100", "PERSIST k", "0:persist k", "PERSIST k")]
    [InlineData("SET k x", "PERSIST k", "", "")]
    [InlineData("MSET a 1 b 2", "DEL a b c", "0:del a; 0:del b", "DEL a b c")]
    [InlineData("MSET a 1 b 2", "UNLINK a b c", "0:del a; 0:del b", "UNLINK a b c")]
    [InlineData("SET a 1", "RENAME a b", "0:new b; 0:rename_from a; 0:rename_to b", "RENAME a b")]
    [InlineData("MSET a 1 b 2", "RENAME a b", "0:new b; 0:rename_from a; 0:rename_to b", "RENAME a b")]
    [InlineData("SET a 1", "RENAME a a", "", "")]
    [InlineData("SET a 1", "RENAMENX a b", "0:new b; 0:rename_from a; 0:rename_to b", "RENAMENX a b")]
    [InlineData("MSET a 1 b 2", "RENAMENX a b", "", "")]
    [InlineData("SET a 1 EX 100", "MOVE a 1", "1:new a; 0:move_from a; 1:move_to a", "MOVE a 1")]
    [InlineData("SET a 1 EX 100", "COPY a b", "0:new b; 0:copy_to b", "COPY a b")]
    [InlineData("MSET a 1 b 2", "COPY a b REPLACE", "0:new b; 0:copy_to b", "COPY a b REPLACE")]
    [InlineData("SET a 1", "COPY a b DB 1", "1:new b; 1:copy_to b", "COPY a b DB 1")]
    [InlineData("", "FLUSHDB", "", "FLUSHDB")]
    [InlineData("SET a 1", "FLUSHALL", "", "FLUSHALL")]
    [InlineData("SET a 1", "SWAPDB 0 1", "", "SWAPDB 0 1")]
    [InlineData("", "SWAPDB 0 0", "", "SWAPDB 0 0")]
    [InlineData("SET a 1", "TOUCH a", "", "")]
    [InlineData("SET k x PXAT 1", "GET k", "0:expired k; 0:keymiss k", "DEL k")]
    [InlineData("SET k x PXAT 1", "SET k y", "0:expired k; 0:new k; 0:set k", "MULTI; DEL k; SET k y; EXEC")]
    [InlineData("SET k x PXAT 1", "SET k y KEEPTTL", "0:expired k; 0:new k; 0:set k", "MULTI; DEL k; SET k y KEEPTTL; EXEC")]
    [InlineData("SET k x PXAT 1", "DEL k", "0:expired k", "DEL k")]
    [InlineData("SET k 5 PXAT 1", "INCR k", "0:expired k; 0:new k; 0:incrby k", "MULTI; DEL k; INCR k; EXEC")]
    [InlineData("SET k x PXAT 1", "EXISTS k", "0:expired k; 0:keymiss k", "DEL k")]
    [InlineData("SET k x PXAT 1", "RENAME k j", "0:expired k", "DEL k")]
    [InlineData("", "GET nokey", "0:keymiss nokey", "")]
    [InlineData("", "TTL nokey", "0:keymiss nokey", "")]
    [InlineData("", "OBJECT ENCODING nokey", "", "")]
    [InlineData("SET k x PXAT 1", "KEYS *", "", "")]
    [InlineData("SET k x PXAT 1", "SCAN 0", "0:expired k", "DEL k")]
    [InlineData("SET k x PXAT 1", "RANDOMKEY", "0:expired k", "DEL k")]
    [InlineData("MSET a 1 j 1", "COPY a b", "0:new b; 0:copy_to b", "COPY a b")]
    [InlineData("", "GETSET k v", "0:keymiss k; 0:new k; 0:set k", "SET k v")]
    [InlineData("MSETEX 2 a 1 b 2 PXAT 1", "SCAN 0 MATCH none", "", "")]
    [InlineData("MSETEX 2 a 1 b 2 PXAT 1", "MGET a b", "0:expired a; 0:keymiss a; 0:expired b; 0:keymiss b", "MULTI; DEL a; DEL b; EXEC")]
    public void EventsAndPropagationAreOfficial(string setup, string command, string events, string propagated)
    {
        Session session = new();
        if (setup.Length > 0)
            session.Run(setup);
        session.StartRecording();
        session.Run(command);
        Assert.Equal(events, string.Join("; ", session.Events));
        Assert.Equal(propagated, string.Join("; ", session.Propagated));
    }

    [Theory]
    [InlineData("SET k x", "SET k y IFEQ x", "0:set k", "SET k y")]
    [InlineData("SET k x", "SET k y IFNE x", "", "")]
    [InlineData("SET k x", "DELEX k IFEQ x", "0:del k", "DEL k")]
    [InlineData("SET k x", "DELIFEQ k y", "", "")]
    [InlineData("", "MSETEX 2 a 1 b 2 EX 100 NX", "0:new a; 0:set a; 0:expire a; 0:new b; 0:set b; 0:expire b", "MSETEX 2 a 1 b 2 NX PXAT <ms>")]
    [InlineData("SET k 1 EX 100", "INCREX k BYINT 2", "0:incrby k", "SET k 3 KEEPTTL")]
    [InlineData("SET k 1 EX 100", "INCREX k PERSIST", "0:incrby k; 0:persist k", "SET k 2")]
    [InlineData("SET k 1", "INCREX k BYFLOAT 0.5 EX 100", "0:incrbyfloat k; 0:expire k", "SET k 1.5 PXAT <ms>")]
    [InlineData("SET k 1", "INCREX k EXAT 1", "0:del k", "DEL k")]
    [InlineData("SET k 1", "INCREX k UBOUND 1", "", "")]
    [InlineData("HSET h a 1 b 2", "HEXPIRE h 100 FIELDS 3 a x b", "0:hexpire h", "HPEXPIREAT h <ms> FIELDS 2 a b")]
    [InlineData("HSET h a 1", "HPEXPIREAT h 9999999999999 NX FIELDS 1 a", "0:hexpire h", "HPEXPIREAT h 9999999999999 NX FIELDS 1 a")]
    [InlineData("HSET h a 1 b 2", "HPEXPIREAT h 1 FIELDS 1 a", "0:hdel h", "HDEL h a")]
    [InlineData("HSET h a 1 b 2", "HPEXPIRE h 0 FIELDS 2 a b", "0:hdel h; 0:del h", "MULTI; HDEL h a; HDEL h b; EXEC")]
    [InlineData("HSET h a 1", "HEXPIRE h 100 XX FIELDS 1 a", "", "")]
    [InlineData("HSETEX h EX 100 FIELDS 1 a 1", "HPERSIST h FIELDS 1 a", "0:hpersist h", "HPERSIST h FIELDS 1 a")]
    [InlineData("HSET h a 1", "HGETEX h EX 100 FIELDS 2 a b", "0:hexpire h", "HPEXPIREAT h <ms> FIELDS 2 a b")]
    [InlineData("HSET h a 1", "HGETEX h FIELDS 1 a", "", "")]
    [InlineData("HSET h a 1", "HGETEX h PERSIST FIELDS 1 a", "", "")]
    [InlineData("HSETEX h EX 100 FIELDS 1 a 1", "HGETEX h PERSIST FIELDS 1 a", "0:hpersist h", "HPERSIST h FIELDS 1 a")]
    [InlineData("HSET h a 1", "HGETEX h PXAT 1 FIELDS 1 a", "0:hdel h; 0:del h", "HDEL h a")]
    [InlineData("", "HSETEX h FNX EX 100 FIELDS 1 a 1", "0:new h; 0:hset h; 0:hexpire h", "HSETEX h FNX PXAT <ms> FIELDS 1 a 1")]
    [InlineData("HSET h a 1", "HSETEX h FXX KEEPTTL FIELDS 1 a 2", "0:hset h", "HSETEX h FXX KEEPTTL FIELDS 1 a 2")]
    [InlineData("HSET h a 1", "HSETEX h FNX FIELDS 1 a 2", "", "")]
    [InlineData("HSET h b 1", "HSETEX h PXAT 1 FIELDS 1 a 2", "0:hset h; 0:hdel h", "HDEL h a")]
    [InlineData("HSET h a 1 b 2", "HGETDEL h FIELDS 2 a x", "0:hdel h", "HDEL h a x")]
    [InlineData("HSET h a 1", "HGETDEL h FIELDS 1 a", "0:hdel h; 0:del h", "HDEL h a")]
    [InlineData("HSETEX h EX 100 FIELDS 1 a 1", "HINCRBYFLOAT h a 0.5", "0:hincrbyfloat h", "HSETEX h KEEPTTL FIELDS 1 a 1.5")]
    public void NewerCommandsToo(string setup, string command, string events, string propagated) =>
        EventsAndPropagationAreOfficial(setup, command, events, propagated);

    [Fact]
    public void ExpiredKeysThatScanMeetsGoOneByOne()
    {
        Session session = new();
        session.Run("MSETEX 2 a 1 b 2 PXAT 1");
        session.StartRecording();
        session.Run("SCAN 0");
        Assert.Equal(["DEL a", "DEL b"], session.Propagated.Order());
    }

    [Theory]
    [InlineData("HGET h a", "0:hexpired h", "HDEL h a")]
    [InlineData("HMGET h a b c", "0:hexpired h", "MULTI; HDEL h a; HDEL h b; EXEC")]
    [InlineData("HGETDEL h FIELDS 2 a c", "0:hexpired h; 0:hdel h", "MULTI; HDEL h a; HDEL h a c; EXEC")]
    [InlineData("HINCRBY h a 2", "0:hexpired h; 0:hincrby h", "MULTI; HDEL h a; HINCRBY h a 2; EXEC")]
    [InlineData("HSETNX h a 2", "0:hexpired h; 0:hset h", "MULTI; HDEL h a; HSETNX h a 2; EXEC")]
    [InlineData("HRANDFIELD h", "0:hexpired h", "MULTI; HDEL h a; HDEL h b; EXEC")]
    [InlineData("HGETALL h", "", "")]
    [InlineData("HTTL h FIELDS 1 a", "", "")]
    public void ExpiredFieldsThatACommandComesUponAreDeleted(string command, string events, string propagated)
    {
        Session session = new();
        session.Run("HSETEX h PX 1 FIELDS 1 a 1");
        session.Run("HSETEX h PX 2 FIELDS 1 b 2");
        session.Run("HSET h c 3");
        Thread.Sleep(10);
        session.Run("PING"); // the clock moves on with commands
        session.StartRecording();
        session.Run(command);
        Assert.Equal(events, string.Join("; ", session.Events));
        Assert.Equal(propagated, string.Join("; ", session.Propagated));
    }

    /// <summary>A client of a server that is not on the network.</summary>
    private sealed partial class Session : IPropagationSink
    {
        private readonly RedisServer _server = new(new ServerConfig());
        private readonly Client _client;

        public Session() => _client = new Client(_server, null);

        public bool TakesMessages { get; init; }

        public List<string> Events { get; } = [];

        public List<string> Propagated { get; } = [];

        public void Run(string command) =>
            _server.Executor.ExecuteLate(
                _client, ArgumentVector.Of([.. command.Split(' ').Select(word => word == "~" ? [] : Encoding.ASCII.GetBytes(word))]));

        public void StartRecording()
        {
            _server.KeyspaceEvents.Enabled = KeyspaceEventClass.All | KeyspaceEventClass.New | KeyspaceEventClass.KeyMiss;
            _server.KeyspaceEvents.Listener = (_, name, key, database) =>
                Events.Add($"{database}:{Encoding.ASCII.GetString(name)} {Encoding.ASCII.GetString(key)}");
            _server.Context.Effects.AddSink(this);
        }

        public void Feed(int database, ArgumentVector arguments)
        {
            List<string> words = [];
            for (int i = 0; i < arguments.Count; i++)
                words.Add(Encoding.ASCII.GetString(arguments[i]));
            Propagated.Add(TimeNearNow().Replace(string.Join(' ', words), "<ms>"));
        }

        [GeneratedRegex("\\b1[0-9]{12}\\b")]
        private static partial Regex TimeNearNow();
    }
}
