using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Acl;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;
using Xunit;

namespace RedisAot.UnitTests.Server;

/// <summary>Rules of users: written and read again they mean the same, and they allow what a plain model of them allows.</summary>
public sealed class AclRulesTests
{
    private static readonly CommandTable Commands = NewTable();
    private static readonly string[] Fixed =
    [
        "on", "off", "nopass", "resetpass", ">secret", ">other", "<secret", "allkeys", "resetkeys", "~a*", "%R~r*", "%W~w*", "%RW~r*",
        "allchannels", "resetchannels", "&news*", "&x", "+select|0", "+select|1", "-select", "clearselectors", "sanitize-payload",
        "skip-sanitize-payload", "(~s* +get)", "(allkeys &c +@read -@slow)", "db=0", "db=3,1,3", "alldbs", "resetdbs",
        "(db=2 +get)", "(resetdbs)", "(-@all +config|get)", "+@all", "-@all",
    ];

    [Fact]
    public void DescribedRulesLeadToAnEqualUser()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            Random random = new(seed);
            User user = NewUser();
            for (int i = random.Next(1, 25); i > 0; i--)
                user.Apply(Encoding.Latin1.GetBytes(RandomRule(random)));
            string described = user.Describe();
            Assert.True(RuleList.TryMerge(Array.ConvertAll(described.Split(' '), Encoding.Latin1.GetBytes), out List<byte[]> rules, out _));
            User again = NewUser();
            Assert.Null(RuleList.Apply(again, rules));
            Assert.True(described == again.Describe(), $"seed {seed}: {described} became {again.Describe()}");
        }
    }

    [Fact]
    public void AllowsWhatAModelOfTheRulesAllows()
    {
        List<KeyReference> scratch = [];
        for (int seed = 1; seed <= 300; seed++)
        {
            Random random = new(seed);
            User user = NewUser();
            Dictionary<string, bool> allowed = [];
            bool all = false, read = false, write = false;
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                switch (random.Next(5))
                {
                    case 0:
                        all = random.Next(2) == 0;
                        allowed.Clear();
                        Apply(user, all ? "+@all" : "-@all");
                        break;
                    case 1:
                        Apply(user, "%R~k");
                        read = true;
                        break;
                    case 2:
                        Apply(user, "%W~k");
                        write = true;
                        break;
                    default:
                        string name = random.Next(2) == 0 ? "get" : "set";
                        allowed[name] = random.Next(2) == 0;
                        Apply(user, (allowed[name] ? "+" : "-") + name);
                        break;
                }
            }
            DenialReason get = Check(user, scratch, "get", "k");
            DenialReason set = Check(user, scratch, "set", "k", "v");
            Assert.True(get == Expected("get", read), $"seed {seed}: get {get}");
            Assert.True(set == Expected("set", write), $"seed {seed}: set {set}");
            Assert.NotEqual(DenialReason.None, Check(user, scratch, "get", "other"));
            for (int i = 0; i < 20; i++)
            {
                user.Apply(Encoding.Latin1.GetBytes(RandomRule(random)));
                foreach (string request in (string[])["get k", "set s v", "mget a r", "ping", "publish news x", "select 1", "dbsize", "xread streams a 0"])
                    Check(user, scratch, request.Split(' '));
            }

            DenialReason Expected(string name, bool mayUseKey) =>
                !allowed.GetValueOrDefault(name, all) ? DenialReason.Command : mayUseKey ? DenialReason.None : DenialReason.Key;
        }
    }

    [Fact]
    public void DatabasesAreCheckedBetweenCommandAndKey()
    {
        List<KeyReference> scratch = [];
        User user = NewUser();
        foreach (string rule in (string[])["+@all", "-mget", "~k", "db=0,2"])
            Apply(user, rule);
        Assert.Equal(DenialReason.None, Check(user, 2, scratch, "get", "k"));
        Assert.Equal(DenialReason.Database, Check(user, 1, scratch, "get", "k"));
        Assert.Equal(DenialReason.Database, Check(user, 1, scratch, "get", "other"));
        Assert.Equal(DenialReason.Command, Check(user, 1, scratch, "mget", "k"));
        Assert.Equal(DenialReason.Key, Check(user, 2, scratch, "get", "other"));
        foreach (string request in (string[])["ping", "select 0", "select 99", "select x", "swapdb 0 2", "info"])
            Assert.Equal(DenialReason.None, Check(user, 1, scratch, request.Split(' ')));
        foreach (string request in (string[])["flushall", "flushdb", "dbsize", "select 1", "swapdb 2 3", "swapdb 3 2", "move k 0"])
            Assert.Equal(DenialReason.Database, Check(user, 1, scratch, request.Split(' ')));
        foreach (string request in (string[])["flushdb", "dbsize", "move k 0", "copy k k db 2", "copy k k", "copy k k db x"])
            Assert.Equal(DenialReason.None, Check(user, 0, scratch, request.Split(' ')));
        foreach (string request in (string[])["flushall", "move k 1", "copy k k db 3", "copy k k replace db 3"])
            Assert.Equal(DenialReason.Database, Check(user, 0, scratch, request.Split(' ')));
        // What another selector would refuse for its command is the reason that is told.
        Apply(user, "(db=1 +ping ~k)");
        Assert.Equal(DenialReason.Command, Check(user, 1, scratch, "get", "k"));
        Apply(user, "(db=1 +get ~k)");
        Assert.Equal(DenialReason.None, Check(user, 1, scratch, "get", "k"));
    }

    [Theory]
    [InlineData("db=")]
    [InlineData("db=0,")]
    [InlineData("db=,0")]
    [InlineData("db=0,,1")]
    [InlineData("db=a")]
    public void ListsOfDatabasesAreCheckedAsAWhole(string rule) => Assert.Equal(RuleError.Syntax, NewUser().Apply(Encoding.ASCII.GetBytes(rule)));

    [Theory]
    [InlineData("db=-1")]
    [InlineData("db=16")]
    [InlineData("db=0,99999999999")]
    public void DatabasesMustExist(string rule) => Assert.Equal(RuleError.DatabaseOutOfRange, NewUser().Apply(Encoding.ASCII.GetBytes(rule)));

    [Theory]
    [InlineData("", "")]
    [InlineData("a b", "a|b")]
    [InlineData("(a b) c", "(a b)|c")]
    [InlineData("( a b ) (c)", "( a b )|(c)")]
    [InlineData("(a b", null)]
    public void WordsOfASelectorAreJoined(string words, string? expected)
    {
        byte[][] split = words.Length == 0 ? [] : Array.ConvertAll(words.Split(' '), Encoding.Latin1.GetBytes);
        bool merged = RuleList.TryMerge(split, out List<byte[]> rules, out _);
        Assert.Equal(expected, merged ? string.Join('|', rules.ConvertAll(RuleList.Text)) : null);
    }

    [Fact]
    public void LogCountsDenialsThatResembleEachOther()
    {
        AclLog log = new();
        log.Add(NewEntry("a", 0), maxLength: 2);
        log.Add(NewEntry("b", 1), maxLength: 2);
        log.Add(NewEntry("a", 60_000), maxLength: 2);
        Assert.Equal([2, 1], log.Entries.Select(entry => entry.Count));
        log.Add(NewEntry("b", 60_002), maxLength: 2);
        Assert.Equal([1, 2], log.Entries.Select(entry => entry.Count));
    }

    private static AclLog.Entry NewEntry(string what, long unixMs) =>
        new(DenialReason.Key, DenialContext.TopLevel, Encoding.ASCII.GetBytes(what), [], unixMs, "");

    private static void Apply(User user, string rule) => Assert.Equal(RuleError.None, user.Apply(Encoding.ASCII.GetBytes(rule)));

    private static DenialReason Check(User user, List<KeyReference> scratch, params string[] request) => Check(user, 0, scratch, request);

    private static DenialReason Check(User user, int database, List<KeyReference> scratch, params string[] request)
    {
        ArgumentVector arguments = ArgumentVector.Of(Array.ConvertAll(request, Encoding.ASCII.GetBytes));
        CommandRow row = Commands.Find(arguments)!;
        DenialReason reason = user.Check(row, arguments, skip: 0, database, scratch).Reason;
        Assert.True(reason == DenialReason.None || !user.AllowsPlainly(row, arguments), $"{row.FullName} is refused for its {reason}");
        arguments.FreeOwned();
        return reason;
    }

    private static string RandomRule(Random random) => random.Next(4) switch
    {
        0 => Sign(random) + "@" + AclCategoryNames.All[random.Next(AclCategoryNames.All.Length)],
        1 => Sign(random) + Commands.ById[random.Next(Commands.ById.Count)].FullName,
        _ => Fixed[random.Next(Fixed.Length)],
    };

    private static string Sign(Random random) => random.Next(2) == 0 ? "+" : "-";

    private static User NewUser() => new("u"u8.ToArray(), Commands, new ServerConfig());

    private static CommandTable NewTable()
    {
        CommandTable table = new();
        CommandFamilies.Register(table);
        return table;
    }
}
