using System.Diagnostics;
using System.Text.RegularExpressions;
using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ParityTests;

/// <summary>What INFO tells of files, step by step: while one is written, after that, and while one is loaded.</summary>
public sealed partial class PersistenceInformationTests : IDisposable
{
    private const string StartAgain = "(start again)";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly List<string> _places = [];

    public void Dispose()
    {
        foreach (string place in _places)
            Directory.Delete(place, recursive: true);
    }

    [ParityTheory]
    [InlineData("no")]
    [InlineData("yes")]
    public void OfAnAppendOnlyFile(string atStart) => Compare(
        ["--appendonly", atStart],
        "SET a 1", "CONFIG SET appendonly yes", "INCR a", "BGREWRITEAOF", "APPEND a xyz", "BGREWRITEAOF", "BGREWRITEAOF", "SET b 2",
        "DEBUG LOADAOF", "SET c 3", "CONFIG SET appendonly no", "SET d 4", "BGREWRITEAOF", "CONFIG SET appendonly yes", "SET e 5",
        StartAgain, "SET f 6", "BGREWRITEAOF", "SET g 7", StartAgain, "DEBUG LOADAOF", "MULTI", "BGREWRITEAOF", "EXEC");

    [ParityTheory]
    [InlineData("no")]
    [InlineData("yes")]
    public void OfAnEmptyAppendOnlyFile(string preamble) => Compare(
        ["--appendonly", "yes", "--aof-use-rdb-preamble", preamble],
        StartAgain, "BGREWRITEAOF", StartAgain, "SET a 1", "FLUSHALL", "BGREWRITEAOF", StartAgain);

    [ParityTheory]
    [InlineData("no")]
    [InlineData("yes")]
    public void OfSaves(string appendOnly) => Compare(
        ["--appendonly", appendOnly],
        "SET a 1", "SET b 2", "BGSAVE", "INCR a", "SAVE", "INCR a", "BGSAVE SCHEDULE", "FLUSHALL", "MSET x 1 y 2", "DEBUG RELOAD", StartAgain,
        "SET z 3", "SAVE", "BGSAVE", "BGREWRITEAOF", "CONFIG RESETSTAT", "DEBUG RELOAD NOSAVE");

    [ParityTheory]
    [InlineData("no")]
    [InlineData("yes")]
    public void DuringASave(string appendOnly) => Compare(
        ["--appendonly", appendOnly],
        "DEBUG POPULATE 20 key 10", "CONFIG SET rdb-key-save-delay 1000000", "~BGSAVE", "~SET a 1", "~BGSAVE", "~BGREWRITEAOF",
        "~CONFIG SET appendonly yes", "~SET b 2", "~CONFIG SET rdb-key-save-delay 0", "FLUSHALL", "SET c 3");

    [ParityTheory]
    [InlineData("no")]
    [InlineData("yes")]
    public void DuringARewrite(string atStart) => Compare(
        ["--appendonly", atStart],
        "DEBUG POPULATE 20 key 10", "CONFIG SET rdb-key-save-delay 1000000", "~CONFIG SET appendonly yes", "~BGREWRITEAOF", "~SET a 1",
        "~BGSAVE", "~CONFIG SET rdb-key-save-delay 0", "~FLUSHALL", "CONFIG SET appendonly no", "SET b 2");

    [ParityTheory]
    [InlineData("--appendonly", "no")]
    [InlineData("--appendonly", "yes")]
    [InlineData("--appendonly", "yes", "--aof-use-rdb-preamble", "yes")]
    public void DuringLoading(params string[] arguments)
    {
        List<string>[] states =
        [
            .. ((ServerBinary[])[ServerBinary.Official!, ServerBinary.UnderTest]).Select(binary =>
            {
                string place = NewPlace();
                using (ServerProcess server = Start(binary, place, arguments))
                using (RespConnection redis = server.Connect())
                {
                    redis.CallLine("DEBUG POPULATE 4000 key 100");
                    redis.CallLine("BGREWRITEAOF");
                    WaitUntilIdle(redis);
                    Assert.Equal("OK", redis.CallLine("SAVE").Text);
                }
                using ServerProcess loading = Run(
                    binary, place, [.. arguments, "--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"]);
                Assert.True(loading.WaitForLog("Server initialized", Limit), loading.Log);
                using RespConnection client = loading.Connect();
                WaitUntil(client, fields => fields.Any(HasLoadedSome().IsMatch));
                return Fields(client).Select(field => InLoading().Replace(field, "$1:…")).ToList();
            }),
        ];
        Assert.Equal(states[0], states[1]);
    }

    private void Compare(string[] arguments, params string[] steps)
    {
        List<string> official = States(ServerBinary.Official!, arguments, steps);
        List<string> underTest = States(ServerBinary.UnderTest, arguments, steps);
        IEnumerable<(string First, string Second)> differing = official.Zip(underTest).Where(pair => pair.First != pair.Second);
        List<string> differences = [.. differing.Select(pair => $"{pair.First} but {pair.Second}")];
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(official.Count, underTest.Count);
    }

    private List<string> States(ServerBinary binary, string[] arguments, string[] steps)
    {
        List<string> states = [];
        string place = NewPlace();
        ServerProcess server = Start(binary, place, arguments);
        RespConnection redis = server.Connect();
        try
        {
            Note("(start)");
            foreach (string step in steps)
            {
                if (step == StartAgain)
                {
                    redis.Dispose();
                    server.Stop();
                    server.Dispose();
                    server = Start(binary, place, arguments);
                    redis = server.Connect();
                }
                else
                {
                    states.Add($"{step}: {redis.CallLine(step.TrimStart('~'))}");
                }
                Note(step);
            }
        }
        finally
        {
            redis.Dispose();
            server.Dispose();
        }
        return states;

        void Note(string step)
        {
            if (step[0] == '~')
                WaitUntil(redis, fields => Are(fields, "aof_buffer_length:0"));
            else
                WaitUntilIdle(redis);
            states.AddRange(Fields(redis).Select(field => $"{step}: {Varying().Replace(field, "$1:…")}"));
        }
    }

    private static ServerProcess Start(ServerBinary binary, string place, string[] arguments)
    {
        ServerProcess server = Run(binary, place, arguments);
        Assert.True(server.WaitUntilReady(), server.Log);
        return server;
    }

    private static ServerProcess Run(ServerBinary binary, string place, string[] arguments)
    {
        int port = ServerProcess.FreePort();
        return ServerProcess.Run(
            binary, place, port,
            [
                "--port", $"{port}", "--bind", "127.0.0.1", "--dir", place, "--save", "", "--enable-debug-command", "yes",
                "--auto-aof-rewrite-percentage", "0", "--aof-use-rdb-preamble", "no", .. arguments,
            ]);
    }

    private static void WaitUntilIdle(RespConnection redis) => WaitUntil(
        redis,
        fields => Are(fields, "aof_buffer_length:0", "aof_rewrite_in_progress:0", "rdb_bgsave_in_progress:0", "aof_rewrite_scheduled:0"));

    private static void WaitUntil(RespConnection redis, Func<string[], bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (Fields(redis) is var fields && !condition(fields))
        {
            Assert.True(clock.Elapsed < Limit, string.Join('\n', fields));
            Thread.Sleep(5);
        }
    }

    // Without an append-only file there are no figures about it.
    private static bool Are(string[] fields, params string[] wanted) => !wanted.Any(one => fields.Any(field => IsOther(field, one)));

    private static bool IsOther(string field, string wanted) =>
        field != wanted && field.StartsWith(wanted[..(wanted.IndexOf(':', StringComparison.Ordinal) + 1)], StringComparison.Ordinal);

    private static string[] Fields(RespConnection redis) =>
        redis.Call("INFO", "persistence").Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    private string NewPlace()
    {
        _places.Add(ServerProcess.NewDirectory());
        return _places[^1];
    }

    // Times, what a child process costs, and how far one is: neither server promises a figure.
    [GeneratedRegex("^(rdb_last_save_time|[a-z_]*cow[a-z_]*|current_fork_perc|current_save_keys_processed|aof_pending_bio_fsync" +
        "|[a-z_]*_time_sec(?=:[0-9])):.*")]
    private static partial Regex Varying();

    [GeneratedRegex("^loading_loaded_bytes:[1-9]")]
    private static partial Regex HasLoadedSome();

    [GeneratedRegex("^(rdb_last_save_time|rdb_changes_since_last_save|rdb_last_load_keys_loaded" +
        "|loading_(?:start_time|total_bytes|rdb_used_mem|loaded_bytes|loaded_perc|eta_seconds)):.*")]
    private static partial Regex InLoading();
}
