using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Commands;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed unsafe class CommandTableTests
{
    [Theory]
    [InlineData("get", "get")]
    [InlineData("GeT", "get")]
    [InlineData("geT\0", null)]
    [InlineData("ge", null)]
    [InlineData("gets", null)]
    [InlineData("", null)]
    [InlineData("zrevrangebyscore", "zrevrangebyscore")]
    [InlineData("ZREVRANGEBYSCORE", "zrevrangebyscore")]
    [InlineData("zrevrangebyscorf", null)]
    [InlineData("zrevrangebyscor", null)]
    [InlineData("restore-asking", "restore-asking")]
    [InlineData("eval_ro", "eval_ro")]
    [InlineData("EVAL\u007fRO", null)]
    [InlineData("RESTORE\rASKING", null)]
    public void NamesAreFoundInAnyCase(string name, string? found) =>
        Assert.Equal(found, Table("get", "zrevrangebyscore", "restore-asking", "eval_ro").Find(Bytes(name))?.Name);

    [Fact]
    public void LookUpAgreesWithADictionary()
    {
        const int seed = 20261122;
        var random = new Random(seed);
        var model = new Dictionary<string, CommandRow>(StringComparer.OrdinalIgnoreCase);
        var declared = new HashSet<string>();
        var table = new CommandTable();
        for (var step = 0; step < 20_000; step++)
        {
            var name = RandomName(random);
            var row = table.Find(Bytes(name));
            Assert.True(row == model.GetValueOrDefault(name), $"seed {seed}, step {step}: {name}");
            if (row is null && declared.Count < 300 && declared.Add(name.ToLowerInvariant()))
            {
                row = Row(name.ToLowerInvariant());
                table.Add(row);
                model.Add(name, row);
            }
            else if (row is not null && random.Next(20) == 0)
            {
                var newName = random.Next(3) == 0 ? "" : RandomName(random) + "_renamed_" + step;
                Assert.Equal(RenameResult.Done, table.Rename(Bytes(name), Bytes(newName)));
                Assert.Same(row, table.FindDeclared(Bytes(row.Name)));
                model.Remove(name);
                if (newName != "")
                    model.Add(newName, row);
            }
        }
    }

    [Fact]
    public void SubcommandsHaveNamesAndIdsOfTheirOwn()
    {
        var table = new CommandTable();
        table.Add(Row("get"));
        table.Add(new("config", -2, null)
        {
            Group = CommandGroup.Server, Since = "2.0.0", Summary = "",
            Subcommands = [Row("get", CommandFlags.Admin), Row("set")],
        });
        table.Add(Row("ping"));

        Assert.Equal(["get", "config", "config|get", "config|set", "ping"], table.ById.Select(row => row.FullName));
        Assert.Equal([0, 1, 2, 3, 4], table.ById.Select(row => row.Id));
        Assert.Equal("config|get", Find(table, "CONFIG", "Get", "x")?.FullName);
        Assert.Equal("config", Find(table, "config")?.FullName);
        Assert.Equal("get", Find(table, "get", "set")?.FullName);
        Assert.Null(Find(table, "config", "nothing"));
        Assert.Equal("config|set", table.FindFullName("Config|SET"u8)?.FullName);
        Assert.Null(table.FindFullName("config|set|x"u8));
        Assert.Null(table.FindFullName("get|set"u8));
        Assert.Null(table.FindFullName("config|"u8));
        Assert.Null(table.FindFullName("|get"u8));

        Assert.Equal(RenameResult.Done, table.Rename("config"u8, "secret"u8));
        Assert.Equal("config|get", table.FindFullName("secret|get"u8)?.FullName);
        Assert.Equal("config|get", table.FindDeclaredFullName("config|get"u8)?.FullName);
        Assert.Null(table.Find("config"u8));
        Assert.Equal(RenameResult.NoSuchCommand, table.Rename("config"u8, "other"u8));
        Assert.Equal(RenameResult.NameTaken, table.Rename("secret"u8, "GET"u8));
    }

    [Fact]
    public void FlagsImplyCategories()
    {
        var table = new CommandTable();
        table.Add(Row("a", CommandFlags.Admin));
        table.Add(Row("b", CommandFlags.Write | CommandFlags.Fast));
        Assert.Equal(AclCategories.Admin | AclCategories.Dangerous | AclCategories.Slow, table.Find("a"u8)!.Categories);
        Assert.Equal(AclCategories.Write | AclCategories.Fast, table.Find("b"u8)!.Categories);
        Assert.Equal(AclCategories.Dangerous, AclCategoryNames.Parse("DANGEROUS"u8));
        Assert.Equal(AclCategories.None, AclCategoryNames.Parse("all"u8));
    }

    private static CommandRow? Find(CommandTable table, params string[] request)
    {
        var arguments = ArgumentVector.Of(Array.ConvertAll(request, Bytes));
        var row = table.Find(arguments);
        arguments.FreeOwned();
        return row;
    }

    private static CommandTable Table(params string[] names)
    {
        var table = new CommandTable();
        foreach (var name in names)
            table.Add(Row(name));
        return table;
    }

    private static CommandRow Row(string name, CommandFlags flags = CommandFlags.None) =>
        new(name, 1, null) { Group = CommandGroup.Generic, Since = "1.0.0", Summary = "", Flags = flags };

    /// <summary>Short names over few letters, so that many share their first eight bytes.</summary>
    private static string RandomName(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(i => i < 6 ? 'a' : "abAB_-"[random.Next(6)]));

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
