using RedisAot.TestSupport;

using Xunit;

namespace RedisAot.ParityTests;

/// <summary>Which files of an append-only file are kept and which are deleted, and what the manifest says of them.</summary>
public sealed class AofFilesTests : IDisposable
{
    private const int SettlesMs = 100; // files are deleted in the background

    private readonly List<string> _places = [];

    public void Dispose()
    {
        foreach (string place in _places)
            Directory.Delete(place, recursive: true);
    }

    [ParityTheory]
    [InlineData("--appendonly", "yes")]
    [InlineData("--appendonly", "yes", "--aof-disable-auto-gc", "yes")]
    [InlineData("--appendonly", "no")]
    public void HistoryAndWhatACrashHasLeft(params string[] arguments) => Assert.Equal(
        string.Join('\n', States(ServerBinary.Official!, arguments)), string.Join('\n', States(ServerBinary.UnderTest, arguments)));

    private List<string> States(ServerBinary binary, string[] arguments)
    {
        string place = ServerProcess.NewDirectory();
        _places.Add(place);
        string folder = Path.Combine(place, "appendonlydir");
        Directory.CreateDirectory(folder);
        foreach (string name in (string[])["a.2.base.aof", "a.2.incr.aof"])
            File.WriteAllBytes(Path.Combine(folder, name), RespConnection.Encode("INCR", "n"));
        foreach (string name in (string[])["a.1.base.aof", "a.1.incr.aof", "a.3.incr.aof", "temp-a.incr", "temp-a.manifest"])
            File.WriteAllText(Path.Combine(folder, name), "");
        File.WriteAllText(Path.Combine(place, "temp-rewriteaof-bg-1.aof"), "");
        File.WriteAllText(Path.Combine(folder, "a.manifest"), """
            file a.2.base.aof seq 2 type b
            file a.1.incr.aof seq 1 type h
            file a.1.base.aof seq 1 type h
            file a.gone.incr.aof seq 9 type h
            file a.2.incr.aof seq 2 type i

            """.TrimEnd() + "\n");
        List<string> states = [];
        for (int start = 0; start < 2; start++)
        {
            int port = ServerProcess.FreePort();
            using ServerProcess server = ServerProcess.Run(
                binary, place, port,
                [
                    "--port", $"{port}", "--bind", "127.0.0.1", "--dir", place, "--save", "", "--aof-use-rdb-preamble", "no",
                    "--appendfilename", "a", .. arguments,
                ]);
            Assert.True(server.WaitUntilReady(), server.Log);
            using RespConnection redis = server.Connect();
            Note("start", redis);
            foreach (string line in (string[])[
                "INCR n", "BGREWRITEAOF", "INCR n", "BGREWRITEAOF", "CONFIG SET aof-disable-auto-gc no", "BGREWRITEAOF", "CONFIG SET appendonly no",
                "BGREWRITEAOF", "CONFIG SET appendonly yes"])
            {
                states.Add($"{line}: {redis.CallLine(line)}");
                Note(line, redis);
            }
            Assert.Equal(0, server.Stop());
        }
        return states;

        void Note(string step, RespConnection redis)
        {
            string information;
            do
            {
                Thread.Sleep(SettlesMs);
                information = redis.Call("INFO", "persistence").Text;
            }
            while (!information.Contains("aof_rewrite_in_progress:0", StringComparison.Ordinal)
                || !information.Contains("aof_rewrite_scheduled:0", StringComparison.Ordinal));
            foreach (string path in Directory.GetFiles(place, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                states.Add($"{step}: {Path.GetRelativePath(place, path)}, {new FileInfo(path).Length} bytes");
            states.AddRange(File.ReadAllLines(Path.Combine(folder, "a.manifest")).Select(entry => $"{step}: {entry}"));
        }
    }
}
