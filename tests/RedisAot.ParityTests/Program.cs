using RedisAot.ParityTests;
using RedisAot.TestSupport;

// Usage: RedisAot.ParityTests [file.txt ...]      without names: every file that is not pending; "all": those too
if (ServerBinary.Official is null)
{
    Console.WriteLine("parity: skipped, the official redis-server is not installed (Debian package redis-server)");
    return 0;
}
if (!File.Exists(ServerBinary.UnderTest.Path))
{
    Console.WriteLine($"parity: there is no {ServerBinary.UnderTest.Path}; run ./build.sh first");
    return 1;
}
IEnumerable<string> files = args is [] ? Corpus.ExpectedFiles : args is ["all"] ? Corpus.AllFiles : args.Select(name => Path.GetFileName(name));
Explanations explanations = Corpus.Explanations;
using var run = new ParityRun(ServerBinary.Official, ServerBinary.UnderTest, explanations);
foreach (string file in files)
{
    int before = run.Differences.Count;
    int comparedBefore = run.Compared;
    run.Run(Corpus.Load(file));
    foreach (Difference difference in run.Differences.Skip(before))
        Console.WriteLine(difference);
    Console.WriteLine($"{file}: {run.Compared - comparedBefore} compared, {run.Differences.Count - before} differ");
}
if (args is [])
    foreach (string pattern in explanations.Unused)
        Console.WriteLine($"explained-differences.txt: nothing differs any more at: {pattern}");
Console.WriteLine($"{run.Compared} commands compared, {run.Differences.Count} differ, {run.Explained} explained");
return run.Differences.Count == 0 ? 0 : 1;
