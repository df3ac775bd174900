using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ParityTests;

/// <summary>
/// What COMMAND INFO and COMMAND DOCS say about every command and subcommand that both servers have. Subcommands are
/// compared one by one, since either server may have some that the other lacks and neither promises an order.
/// </summary>
public sealed class CommandTableParityTests
{
    private const int InfoElements = 10;

    [ParityTheory]
    [InlineData(2)]
    [InlineData(3)]
    public void RowsAreThoseOfTheOfficialServer(int protocol)
    {
        ServerBinary.UnderTest.MustExist();
        using var servers = new ServerPair(ServerBinary.Official!, ServerBinary.UnderTest, []);
        using var official = Connect(servers.Official, protocol);
        using var underTest = Connect(servers.UnderTest, protocol);
        var expected = Rows(official);
        var found = Rows(underTest);

        var differences = new List<string>();
        foreach (var (name, row) in found)
        {
            if (expected.TryGetValue(name, out var officialRow))
            {
                Compare($"COMMAND INFO {name}", officialRow.Info, row.Info);
                Compare($"COMMAND DOCS {name}", officialRow.Docs, row.Docs);
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ:\n{string.Join('\n', differences)}");

        void Compare(string command, string expectedText, string text)
        {
            if (text != expectedText && Corpus.Explanations.Find($"command table | RESP{protocol} | {command}") is null)
                differences.Add($"{command}\n  official  {expectedText}\n  redis-aot {text}");
        }
    }

    private static RespConnection Connect(ServerProcess server, int protocol) =>
        protocol == 3 ? server.Connect3() : server.Connect();

    private static Dictionary<string, Row> Rows(RespConnection connection)
    {
        var infos = new Dictionary<string, string>();
        var docs = new Dictionary<string, string>();
        foreach (var info in connection.Call("COMMAND").Items)
            AddInfo(infos, info);
        AddDocs(docs, connection.Call("COMMAND", "DOCS"));
        return infos.ToDictionary(pair => pair.Key, pair => new Row(pair.Value, docs[pair.Key]));
    }

    /// <summary>Adds a command without its subcommands, and then these.</summary>
    private static void AddInfo(Dictionary<string, string> infos, Reply info)
    {
        Assert.Equal(InfoElements, info.Items.Count);
        var subcommands = info[InfoElements - 1];
        infos.Add(info[0].Text, string.Join(' ', info.Items.Take(InfoElements - 1)) + $" {subcommands.Type}");
        foreach (var subcommand in subcommands.Items)
            AddInfo(infos, subcommand);
    }

    /// <summary>Adds the commands of a map, each without its subcommands, and then these.</summary>
    private static void AddDocs(Dictionary<string, string> docs, Reply map)
    {
        for (var i = 0; i < map.Items.Count; i += 2)
        {
            var (doc, text) = (map[i + 1], $"{map.Type}{map[i + 1].Type}");
            for (var field = 0; field < doc.Items.Count; field += 2)
            {
                text += $" {doc[field]}";
                if (doc[field].Text == "subcommands")
                    AddDocs(docs, doc[field + 1]);
                else
                    text += $" {doc[field + 1]}";
            }

            docs.Add(map[i].Text, text);
        }
    }

    private sealed record Row(string Info, string Docs);
}
