using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using RedisAot.TestSupport;

using Xunit;
using Xunit.Abstractions;

namespace RedisAot.ParityTests;

/// <summary>Append-only files whose end is missing or that are damaged: both servers start or refuse, and both checkers judge, alike.</summary>
public sealed partial class DamagedAofTests : IDisposable
{
    private const string FileName = "appendonly.aof.1.incr.aof";
    private const int BytesBetweenCuts = 11; // so that over several commands each part of one is met
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    private readonly string _place = ServerProcess.NewDirectory();
    private readonly ITestOutputHelper _output;

    public DamagedAofTests(ITestOutputHelper output) => _output = output;

    private string FilePath => Path.Combine(_place, "appendonlydir", FileName);

    private string ManifestPath => Path.Combine(_place, "appendonlydir", "appendonly.aof.manifest");

    public void Dispose() => Directory.Delete(_place, recursive: true);

    [ParityTheory]
    [InlineData("yes")]
    [InlineData("no")]
    public void TornFilesAreLoadedAlike(string loadsTruncated)
    {
        byte[] whole = WholeFile();
        List<string> differences = [];
        for (int length = whole.Length; length > 0; length -= BytesBetweenCuts)
        {
            (string official, string officialLog, long officialLeft) = Load(ServerBinary.Official!, whole[..length], loadsTruncated);
            (string ours, string ourLog, long ourLeft) = Load(ServerBinary.UnderTest, whole[..length], loadsTruncated);
            // Official leaves half an annotation, and a MULTI before half a command, and loses with the next load what it has appended to
            // them; redis-aot cuts them off and says so.
            bool isSame = official == ours && (ourLeft < officialLeft || (ourLeft == officialLeft && ourLog == officialLog));
            if (!isSame)
                differences.Add($"cut at {length} of {whole.Length}:\n{official}, {officialLeft} bytes\n{officialLog}\nredis-aot {ours}, {ourLeft} bytes\n{ourLog}");
        }
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    [ParityTheory]
    [InlineData(100)]
    public void DamagedFilesAreJudgedAlike(int files)
    {
        int seed = Environment.TickCount;
        _output.WriteLine($"seed {seed}");
        Random random = new(seed);
        byte[] whole = WholeFile();
        List<string> differences = [];
        for (int i = 0; i < files; i++)
        {
            byte[] file = Damage(random, whole);
            string[] options = random.Next(2) == 0 ? ["--fix"] : [];
            string official = Check("redis-check-aof", options, file);
            string ours = Check(ServerBinary.UnderTest.Path, ["--check-aof", .. options], file);
            if (official != ours)
                differences.Add($"seed {seed}, file {i}: {Convert.ToBase64String(file)}\nofficial\n{official}\nredis-aot\n{ours}");
        }
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    [ParityTheory]
    [InlineData("1699999999")]
    [InlineData("1700000000")]
    [InlineData("1700000001")]
    [InlineData("1")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("12x")]
    public void FilesAreCutAtATimeAlike(string timestamp)
    {
        byte[] whole = WholeFile(), damaged = [.. whole, .. "*1\r\n$"u8], wrong = [.. whole, .. "#TS:now\r\n"u8];
        byte[] begun = [.. "#TS:1700000000\r\n"u8, .. whole];
        List<string> differences = [];
        foreach (byte[] file in (byte[][])[whole, damaged, begun, wrong, []])
        {
            foreach (bool isLast in (bool[])[true, false])
            {
                string[] options = ["--truncate-to-timestamp", timestamp];
                string official = Check("redis-check-aof", options, file, isLast);
                string ours = Check(ServerBinary.UnderTest.Path, ["--check-aof", .. options], file, isLast);
                if (official != ours)
                    differences.Add($"official\n{official}\nredis-aot\n{ours}");
            }
        }
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    [ParityTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatWasWrittenLaterIsCutOff(bool byOfficial)
    {
        (ServerBinary writer, ServerBinary reader) = byOfficial
            ? (ServerBinary.Official!, ServerBinary.UnderTest)
            : (ServerBinary.UnderTest, ServerBinary.Official!);
        long time;
        using (ServerProcess server = Start(writer, "--aof-timestamp-enabled", "yes"))
        using (RespConnection redis = server.Connect())
        {
            redis.CallLine("SET before 1").IsOk();
            time = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            while (DateTimeOffset.UtcNow.ToUnixTimeSeconds() < time + 2)
                Thread.Sleep(50);
            redis.CallLine("SET after 2").IsOk();
            Assert.Equal(0, server.Stop());
        }
        (string checker, string[] options) = byOfficial ? (reader.Path, ["--check-aof"]) : ("redis-check-aof", (string[])[]);
        string report = RunChecker(checker, [.. options, "--truncate-to-timestamp", $"{time}"]);
        Assert.Contains($"Successfully truncated AOF {FileName} to timestamp {time}", report);
        using ServerProcess cut = Start(reader);
        using RespConnection client = cut.Connect();
        client.CallLine("KEYS *").Is("""[ "before" ]""");
    }

    private static byte[] WholeFile()
    {
        List<byte> file = [];
        foreach (string line in (string[])[
            "SELECT 0", "SET a 1", "#TS:1700000000", "RPUSH l a b c", "SELECT 3", "SET b 22 PXAT 33000000000000",
            "MULTI", "SET c 3", "INCR c", "EXEC", "#TS:1700000001", "XADD s 1-1 f v", "HSET h f v"])
            file.AddRange(line[0] == '#' ? Encoding.ASCII.GetBytes(line + "\r\n") : RespConnection.Encode([.. line.Split(' ').Select(word => (Argument)word)]));
        return [.. file];
    }

    // Seven bits a byte: official prints others in a way that is not text.
    private static byte[] Damage(Random random, byte[] whole)
    {
        byte[] file = [.. whole];
        for (int flips = random.Next(0, 5); flips > 0; flips--)
            file[random.Next(file.Length)] ^= (byte)(1 << random.Next(7));
        return random.Next(3) == 0 ? file[..random.Next(1, file.Length)] : file;
    }

    private void WriteFiles(byte[] content, bool isLast = true)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(ManifestPath, $"file {FileName} seq 1 type i\n" + (isLast ? "" : "file next.aof seq 2 type i\n"));
        File.WriteAllBytes(FilePath, content);
        File.WriteAllBytes(Path.Combine(Path.GetDirectoryName(FilePath)!, "next.aof"), "#TS:1700000002\r\n"u8);
    }

    // The data set, or how the server ended; what it logged of the file; what is left of it.
    private (string State, string Log, long Left) Load(ServerBinary binary, byte[] content, string loadsTruncated)
    {
        WriteFiles(content);
        using ServerProcess server = Start(binary, "--aof-load-truncated", loadsTruncated, "--enable-debug-command", "yes");
        string state;
        if (!server.HasExited)
        {
            using RespConnection redis = server.Connect();
            state = redis.Call("DEBUG", "DIGEST").Text;
        }
        else
        {
            state = $"exit code {server.WaitForExit(ExitLimit)}";
        }
        IEnumerable<string> log = server.Log.Split('\n').Where(line => AboutFiles().IsMatch(line)).Select(line => Varying().Replace(line, ""));
        return (state, string.Join('\n', log), new FileInfo(FilePath).Length);
    }

    // Returns when it is ready, or has ended.
    private ServerProcess Start(ServerBinary binary, params string[] arguments)
    {
        int port = ServerProcess.FreePort();
        ServerProcess server = ServerProcess.Run(
            binary, _place, port,
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", _place, "--save", "", "--appendonly", "yes", .. arguments]);
        server.WaitUntilReady();
        return server;
    }

    private string Check(string binary, string[] options, byte[] content, bool isLast = true)
    {
        WriteFiles(content, isLast);
        return RunChecker(binary, options);
    }

    // Its output, and what is left of the file.
    private string RunChecker(string binary, string[] options)
    {
        // The shell does not mind a checker that ends without having asked anything.
        using Process check = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "echo y | \"$@\"", "sh", binary, .. options, ManifestPath]) { RedirectStandardOutput = true })!;
        string output = check.StandardOutput.ReadToEnd();
        check.WaitForExit();
        return $"{UnsetByte().Replace(output, "got: 00")}\nexit code {check.ExitCode}, {new FileInfo(FilePath).Length} bytes";
    }

    [GeneratedRegex("AOF|append|MULTI|DB loaded|Bad file|Unexpected")]
    private static partial Regex AboutFiles();

    // The start of a log line, and how long something took.
    [GeneratedRegex(@"^\d+:[A-Z] .*?\.\d{3} (?=[.*#-] )|\d+\.\d{3} seconds")]
    private static partial Regex Varying();

    // Where a file ends in the place of two bytes, official shows what happens to be in its memory for the second.
    [GeneratedRegex("got: 00[0-9a-f]+")]
    private static partial Regex UnsetByte();
}
