using RedisAot.TestSupport;

using Xunit;
using Xunit.Abstractions;

namespace RedisAot.ParityTests;

/// <summary>A theory that is skipped where there is no official server to compare with.</summary>
public sealed class ParityTheoryAttribute : TheoryAttribute
{
    public ParityTheoryAttribute()
    {
        if (ServerBinary.Official is null)
            Skip = "The official redis-server is not installed (Debian package redis-server).";
    }
}

public sealed class ParityTests(ITestOutputHelper output)
{
    public static TheoryData<string> Files => [.. Corpus.ExpectedFiles];

    [ParityTheory]
    [MemberData(nameof(Files))]
    public void RepliesAreThoseOfTheOfficialServer(string file)
    {
        ServerBinary.UnderTest.MustExist();
        using var run = new ParityRun(ServerBinary.Official!, ServerBinary.UnderTest, Corpus.Explanations);
        run.Run(Corpus.Load(file));
        output.WriteLine($"{run.Compared} commands compared, {run.Differences.Count} differ, {run.Explained} explained");
        if (run.Differences.Count > 0)
            Assert.Fail($"{run.Differences.Count} of {run.Compared} replies differ:\n{string.Join('\n', run.Differences)}");
    }
}
