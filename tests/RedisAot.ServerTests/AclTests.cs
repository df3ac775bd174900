using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Users whose rules change while they are connected, and users in files.</summary>
public sealed class AclTests
{
    [Fact]
    public void ChangedAndDeletedUsersAreFeltAtOnce()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection admin = server.Connect(), ann = server.Connect(), ben = server.Connect();
        admin.Call("ACL", "SETUSER", "ann", "on", ">secret", "~a*", "+@all").IsOk();
        admin.Call("ACL", "SETUSER", "ben", "on", "nopass", "~b*", "&news*", "+@all").IsOk();
        ann.Call("AUTH", "ann", "wrong").IsErrorStarting("WRONGPASS");
        ann.Call("AUTH", "ann", "secret").IsOk();
        ben.Call("AUTH", "ben", "").IsOk();
        ann.Call("SET", "a1", "x").IsOk();
        ann.Call("GET", "b1").IsErrorStarting("NOPERM");

        admin.Call("ACL", "SETUSER", "ann", "-set", "resetkeys", "%R~*").IsOk();
        ann.Call("SET", "a1", "y").IsErrorStarting("NOPERM this user has no permissions to run the 'set' command");
        ann.Call("GET", "a1").IsText("x");
        ann.Call("APPEND", "a1", "y").IsErrorStarting("NOPERM");
        // Who is switched off stays, but cannot come again.
        admin.Call("ACL", "SETUSER", "ann", "off").IsOk();
        ann.Call("GET", "a1").IsText("x");
        ann.Call("AUTH", "ann", "secret").IsErrorStarting("WRONGPASS");

        // A subscription that is no longer allowed costs the connection; others of the user go on.
        using RespConnection listener = server.Connect();
        listener.Call("AUTH", "ben", "").IsOk();
        listener.Call("SUBSCRIBE", "news:1");
        admin.Call("ACL", "SETUSER", "ben", "resetchannels").IsOk();
        Assert.Empty(listener.ReadToEnd());
        ben.Call("SET", "b1", "x").IsOk();

        admin.Call("ACL", "DELUSER", "ann", "ben", "nobody").IsInteger(2);
        Assert.Empty(ann.ReadToEnd());
        Assert.Empty(ben.ReadToEnd());
        admin.Call("ACL", "USERS").Is("[ \"default\" ]");
        Assert.Equal(1, Information.Number(admin, "clients", "connected_clients"));
    }

    [Fact]
    public void RulesApplyWhenATransactionRuns()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection admin = server.Connect(), ann = server.Connect();
        admin.Call("ACL", "SETUSER", "ann", "on", "nopass", "~*", "+@all").IsOk();
        ann.Call("AUTH", "ann", "").IsOk();
        ann.Call("MULTI").IsOk();
        ann.Call("SET", "a", 1).Is("+QUEUED");
        ann.Call("GET", "a").Is("+QUEUED");
        admin.Call("ACL", "SETUSER", "ann", "-set").IsOk();
        Reply replies = ann.Call("EXEC");
        replies[0].IsErrorStarting("NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call.");
        replies[1].Is("nil");
        ann.Call("MULTI").IsOk();
        ann.Call("SET", "a", 1).IsErrorStarting("NOPERM");
        ann.Call("EXEC").IsErrorStarting("EXECABORT");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void TheLogCountsWhatResembles(int protocol)
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection admin = protocol == 3 ? server.Connect3() : server.Connect(), ann = server.Connect();
        admin.Call("ACL", "SETUSER", "ann", "on", "nopass", "~a*", "+@read", "+multi", "+exec").IsOk();
        ann.Call("AUTH", "ann", "").IsOk();
        for (int i = 0; i < 3; i++)
            ann.Call("GET", "b1").IsErrorStarting("NOPERM");
        ann.Call("SET", "a1", "x").IsErrorStarting("NOPERM");
        ann.Call("MULTI").IsOk();
        ann.Call("GET", "b1").IsErrorStarting("NOPERM");
        ann.Call("DISCARD").IsErrorStarting("NOPERM");
        ann.Call("AUTH", "ben", "x").Is("+QUEUED");
        ann.Call("EXEC").IsErrorStarting("EXECABORT");
        ann.Call("AUTH", "ben", "x").IsErrorStarting("WRONGPASS");

        Reply log = admin.Call("ACL", "LOG");
        (string, string, string, long)[] entries = [.. log.Items.Select(
            entry => (entry["reason"].Text, entry["context"].Text, entry["object"].Text, entry["count"].Integer))];
        Assert.Equal([("auth", "toplevel", "AUTH", 1), ("command", "multi", "discard", 1), ("key", "multi", "b1", 1), ("command", "toplevel", "set", 1), ("key", "toplevel", "b1", 3)], entries);
        Assert.Equal(["ben", "ann"], log.Items.Take(2).Select(entry => entry["username"].Text));
        Assert.Contains("user=ann", log[1]["client-info"].Text, StringComparison.Ordinal);
        Assert.Single(admin.Call("ACL", "LOG", 1).Items);
        admin.Call("ACL", "LOG", "RESET").IsOk();
        admin.Call("ACL", "LOG").Is("[ ]", protocol);
    }

    [Fact]
    public void UsersAreSavedAndLoadedAsAWhole()
    {
        using var place = new TemporaryPlace();
        string file = place.Write("users.acl", "user default on nopass ~* &* +@all\nuser ann on >secret ~a* +get (%R~b* +@read) \n");
        using (ServerProcess server = ServerProcess.Start("--aclfile", file))
        {
            using RespConnection admin = server.Connect(), ann = server.Connect();
            ann.Call("AUTH", "ann", "secret").IsOk();
            ann.Call("GET", "b1").Is("nil");
            admin.Call("ACL", "SETUSER", "ben", "on", "#" + new string('a', 64), "db=1,2", "+@all").IsOk();
            admin.Call("ACL", "SAVE").IsOk();
            string[] saved = File.ReadAllLines(file);
            Assert.Contains(saved, line => line.StartsWith($"user ben on #{new string('a', 64)} ", StringComparison.Ordinal)
                && line.Contains("db=1,2", StringComparison.Ordinal));

            // A file with one bad line changes nothing.
            File.WriteAllLines(file, [.. saved, "user cid on +nosuchcommand"]);
            admin.Call("ACL", "LOAD").IsErrorStarting("ERR");
            admin.Call("ACL", "USERS").Is("[ \"ann\" \"ben\" \"default\" ]");
            ann.Call("GET", "a1").Is("nil");

            // A good one replaces all, and those who came as somebody else than default leave.
            File.WriteAllLines(file, ["user default on nopass ~* &* +@all", "user cid on nopass ~c* +@all"]);
            admin.Call("ACL", "LOAD").IsOk();
            Assert.Empty(ann.ReadToEnd());
            admin.Call("ACL", "USERS").Is("[ \"cid\" \"default\" ]");
        }
        using ServerProcess again = ServerProcess.Start("--aclfile", file);
        using RespConnection redis = again.Connect();
        redis.Call("AUTH", "cid", "").IsOk();
        redis.Call("ACL", "WHOAMI").IsText("cid");
        redis.Call("GET", "d").IsErrorStarting("NOPERM");
    }

    [Fact]
    public void AKilledClientStillReadsWhatItWasSent()
    {
        using ServerProcess server = ServerProcess.Start();
        using RespConnection admin = server.Connect(), other = server.Connect();
        other.Send("SET", "k", "v");
        other.Send("ECHO", "last words");
        Eventually.True(
            () => admin.Call("CLIENT", "LIST").Text.Contains("cmd=echo", StringComparison.Ordinal), () => admin.Call("CLIENT", "LIST").Text);
        admin.Call("CLIENT", "KILL", "TYPE", "normal").IsInteger(1);
        Assert.Equal("+OK\r\n$10\r\nlast words\r\n", System.Text.Encoding.ASCII.GetString(other.ReadToEnd()));
    }
}
