using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>The files of tests/RedisAot.ParityTests/corpus.</summary>
internal static class Corpus
{
    private const string ListsFile = "_lists.txt";

    private static string Folder => RepositoryRoot.Combine("tests", "RedisAot.ParityTests");

    public static Explanations Explanations => Explanations.Load(Path.Combine(Folder, "explained-differences.txt"));

    /// <summary>Names of the files that redis-aot has to pass: all but those in pending.txt.</summary>
    public static IEnumerable<string> ExpectedFiles => AllFiles.Except(PendingFiles);

    public static IEnumerable<string> AllFiles =>
        Directory.GetFiles(Path.Combine(Folder, "corpus"), "*.txt")
            .Select(path => Path.GetFileName(path)!).Where(name => name != ListsFile).Order(StringComparer.Ordinal);

    public static List<Block> Load(string name)
    {
        var lists = new Dictionary<string, string[]>();
        CorpusParser.Parse(ListsFile, Read(ListsFile), lists);
        return CorpusParser.Parse(name, Read(name), lists);
    }

    /// <summary>Files whose commands a later issue brings; a line is a file's name and that issue.</summary>
    private static IEnumerable<string> PendingFiles =>
        File.ReadLines(Path.Combine(Folder, "pending.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ')[0]);

    private static string Read(string name) => File.ReadAllText(Path.Combine(Folder, "corpus", name));
}
