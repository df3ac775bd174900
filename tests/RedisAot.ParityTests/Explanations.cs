using System.Text.RegularExpressions;

namespace RedisAot.ParityTests;

/// <summary>
/// The one list of differences that are allowed. A line is <c>pattern  ##  reason</c>; the pattern is a regular
/// expression matched against "file.txt | block title | command line".
/// </summary>
internal sealed class Explanations
{
    private readonly List<Entry> _entries = [];

    public static Explanations Load(string path)
    {
        var explanations = new Explanations();
        foreach (string line in File.ReadLines(path))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] parts = line.Split("  ##  ", 2);
            if (parts.Length != 2 || parts[1].Trim().Length == 0)
                throw new FormatException($"{path}: expected \"pattern  ##  reason\" in: {line}");
            explanations._entries.Add(new Entry(new Regex(parts[0].Trim()), parts[1].Trim()));
        }
        return explanations;
    }

    /// <summary>The reason why this difference is allowed, or null.</summary>
    public string? Find(string where)
    {
        Entry? entry = _entries.Find(entry => entry.Pattern.IsMatch(where));
        if (entry is null)
            return null;
        entry.Used = true;
        return entry.Reason;
    }

    /// <summary>Patterns that explained nothing: the difference is gone, or the pattern is wrong.</summary>
    public IEnumerable<string> Unused => _entries.Where(entry => !entry.Used).Select(entry => entry.Pattern.ToString());

    private sealed record Entry(Regex Pattern, string Reason)
    {
        public bool Used { get; set; }
    }
}
