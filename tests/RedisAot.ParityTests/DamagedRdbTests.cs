using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using RedisAot.TestSupport;

using Xunit;
using Xunit.Abstractions;

namespace RedisAot.ParityTests;

/// <summary>RDB files whose end is missing or that are damaged: both checkers judge, and report, alike.</summary>
public sealed partial class DamagedRdbTests(ITestOutputHelper output) : IDisposable
{
    private const int HeaderBytes = 9, ChecksumBytes = 8;
    private const int BytesBetweenCuts = 3;

    private readonly string _place = ServerProcess.NewDirectory();

    private string FilePath => Path.Combine(_place, "dump.rdb");

    public void Dispose() => Directory.Delete(_place, recursive: true);

    [ParityTheory]
    [InlineData("")]
    [InlineData("hash-max-listpack-entries 0 zset-max-listpack-entries 0 set-max-intset-entries 0 rdbchecksum no")]
    public void WholeFilesAreReportedAlike(string config)
    {
        byte[] file = WholeFile(config);
        byte[] wrongSum = [.. file], unsigned = [.. file], future = [.. file], more = [.. file, 1, 2, 3];
        wrongSum[^1] ^= 1;
        unsigned[0] = (byte)'X';
        Encoding.ASCII.GetBytes("0999").CopyTo(future, 5);
        foreach (byte[] content in (byte[][])[file, wrongSum, unsigned, future, more, []])
            Assert.Equal(Check("redis-check-rdb", [], content), Check(ServerBinary.UnderTest.Path, ["--check-rdb"], content));
    }

    [ParityTheory]
    [InlineData("")]
    [InlineData("hash-max-listpack-entries 0 zset-max-listpack-entries 0 set-max-intset-entries 0")]
    public void TornFilesAreJudgedAlike(string config)
    {
        byte[] whole = WholeFile(config);
        List<string> differences = [];
        for (int length = whole.Length - 1; length > 0; length -= BytesBetweenCuts)
            Compare(whole[..length], $"cut at {length} of {whole.Length}", comparesText: true, differences);
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    [ParityTheory]
    [InlineData(150)]
    public void DamagedFilesAreJudgedAlike(int files)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        byte[] whole = WholeFile("");
        List<string> differences = [];
        for (int i = 0; i < files; i++)
        {
            byte[] file = [.. whole];
            file[random.Next(HeaderBytes, file.Length - ChecksumBytes)] ^= (byte)(1 << random.Next(8));
            BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan()[^ChecksumBytes..], 0); // no checksum, so that the data are looked at
            Compare(file, $"seed {seed}, file {i}: {Convert.ToHexString(file)}", comparesText: false, differences);
        }
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    private void Compare(byte[] file, string what, bool comparesText, List<string> differences)
    {
        string official = Check("redis-check-rdb", [], file), ours = Check(ServerBinary.UnderTest.Path, ["--check-rdb"], file);
        // Where the fault is within a value, the texts are each server's own, but for what they say of the place.
        bool isAlike = comparesText && !official.Contains(OwnText, StringComparison.Ordinal)
            ? Varying().Replace(official, "") == Varying().Replace(ours, "")
            : Judgement().Match(official).Value == Judgement().Match(ours).Value;
        // What official does not see and would take into its data: streams and collections that are inconsistent in themselves.
        bool isStricter = official.EndsWith("exit code 0", StringComparison.Ordinal) && ours.Contains("While doing: read-object-value", StringComparison.Ordinal);
        if (!isAlike && !isStricter)
            differences.Add($"{what}\nofficial\n{official}\nredis-aot\n{ours}");
    }

    private const string OwnText = "Internal error in RDB reading";

    // A value of each type.
    private byte[] WholeFile(string config)
    {
        string[] options = config.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < options.Length; i += 2)
            options[i] = "--" + options[i];
        using ServerProcess server = ServerProcess.Start(ServerBinary.Official!, ["--dir", _place, "--save", "", .. options]);
        using RespConnection redis = server.Connect();
        foreach (string line in (string[])[
            "SET a 1", "SET b hello", $"SET long {new string('x', 70)}", "SET e v PXAT 33000000000000", "RPUSH l a b 3", "SADD s a b", "SADD i 1 2 3",
            "ZADD z 1 a 2.5 b", "HSET h f v g 12", "XADD st 1-1 f v", "XGROUP CREATE st g 0", "XREADGROUP GROUP g c STREAMS st >", "SELECT 3", "SET x y", "SAVE"])
            redis.CallLine(line);
        return File.ReadAllBytes(FilePath);
    }

    // Its output and its exit code.
    private string Check(string binary, string[] options, byte[] content)
    {
        File.WriteAllBytes(FilePath, content);
        using Process check = Process.Start(new ProcessStartInfo(binary, [.. options, FilePath]) { RedirectStandardOutput = true })!;
        string text = check.StandardOutput.ReadToEnd();
        check.WaitForExit();
        return $"{text}exit code {check.ExitCode}";
    }

    // Where the fault is: official notices that a length goes beyond the end a few bytes later. What type 19 is called: it has no name for it.
    [GeneratedRegex(@"(?<=DETECTED ---\n)\[offset \d+\]|(?<=type 19 )\(.*\)")]
    private static partial Regex Varying();

    [GeneratedRegex("exit code .*$")]
    private static partial Regex Judgement();
}
