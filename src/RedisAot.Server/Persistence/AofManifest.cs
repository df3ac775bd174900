using System.Globalization;
using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;
using RedisAot.Server.Text;

namespace RedisAot.Server.Persistence;

/// <summary>One line of the manifest.</summary>
/// <param name="Name">File name within the directory of the append-only file.</param>
/// <param name="Sequence">Its number, from 1.</param>
/// <param name="Type">'b' base, 'i' incremental, 'h' history: no longer needed.</param>
internal readonly record struct AofPart(string Name, long Sequence, char Type);

/// <summary>The list of the files that together are the append-only file, in the order in which they are loaded.</summary>
internal sealed class AofManifest
{
    private const int MaxLineBytes = 1024;
    private const int NewFileMode = 0b110_100_100;

    private long _lastIncrement;

    /// <summary>The base; null when there is none.</summary>
    public AofPart? Base { get; set; }

    /// <summary>What came after the base.</summary>
    public List<AofPart> Increments { get; } = [];

    /// <summary>Files that a rewrite has replaced and that are to be deleted.</summary>
    public List<AofPart> History { get; } = [];

    /// <summary>The number of the base to come.</summary>
    public long NextBaseSequence { get; private set; } = 1;

    /// <summary>Whether no file is listed.</summary>
    public bool IsEmpty => Base == null && Increments.Count == 0;

    /// <summary>A list of the same files, to be changed without this one.</summary>
    public AofManifest Copy()
    {
        AofManifest copy = new() { Base = Base, NextBaseSequence = NextBaseSequence, _lastIncrement = _lastIncrement };
        copy.Increments.AddRange(Increments);
        copy.History.AddRange(History);
        return copy;
    }

    /// <summary>The name of the base to come.</summary>
    public string NextBaseName(string fileName, bool asRdb) => $"{fileName}.{NextBaseSequence}.base.{(asRdb ? "rdb" : "aof")}";

    /// <summary>Takes a new base into the list, and what came before it out of the list.</summary>
    /// <param name="name">The base, from <see cref="NextBaseName"/>.</param>
    /// <param name="kept">How many of the last incremental files came after it.</param>
    public void Rebase(string name, int kept)
    {
        // The latest comes first, as official has it.
        if (Base is { } old)
            History.Insert(0, old with { Type = 'h' });
        int replaced = Math.Max(Increments.Count - kept, 0);
        foreach (AofPart part in Increments[..replaced])
            History.Insert(0, part with { Type = 'h' });
        Increments.RemoveRange(0, replaced);
        Base = new AofPart(name, NextBaseSequence++, 'b');
    }

    /// <summary>Adds an incremental file and answers its name.</summary>
    public string AddIncrement(string fileName)
    {
        AofPart part = new($"{fileName}.{++_lastIncrement}.incr.aof", _lastIncrement, 'i');
        Increments.Add(part);
        return part.Name;
    }

    /// <summary>Takes a file of an older version for the base.</summary>
    public void Adopt(string name) => Add(new AofPart(name, 1, 'b'));

    /// <summary>Writes the list to the disk in one step; answers the system's error text, or null.</summary>
    public string? TrySave(string directory, string name)
    {
        StringBuilder text = new();
        if (Base is { } part)
            Append(text, part);
        foreach (AofPart old in History)
            Append(text, old);
        foreach (AofPart increment in Increments)
            Append(text, increment);
        string temporaryPath = Path.Combine(directory, "temp-" + name); // so that what a crash has left goes with the next change
        return LibC.ReplaceFile(Path.Combine(directory, name), Encoding.UTF8.GetBytes(text.ToString()), NewFileMode, temporaryPath)
            ?? LibC.SynchronizeDirectory(directory);
    }

    /// <summary>Reads a manifest; null, the reason having been logged, when it is not one.</summary>
    public static AofManifest? Load(string path)
    {
        byte[]? content = LibC.ReadFile(path, out string? error);
        if (content == null)
        {
            ServerLog.Warning($"Fatal error: can't open the AOF manifest file {path} for reading: {error}");
            return null;
        }
        AofManifest manifest = new();
        string[] lines = Encoding.UTF8.GetString(content).Split('\n');
        if (content.Length == 0)
            return Refuse(0, null, "Found an empty AOF manifest");
        bool isTerminated = lines[^1].Length == 0;
        for (int i = 0; i < lines.Length - (isTerminated ? 1 : 0); i++)
        {
            if (lines[i].StartsWith('#'))
                continue;
            if (lines[i].Length >= MaxLineBytes || i == lines.Length - 1)
                return Refuse(i + 1, null, "The AOF manifest file contains too long line");
            string line = lines[i].Trim(' ', '\t', '\r');
            if (manifest.Read(line) is { } fault)
                return Refuse(i + 1, line.Length == 0 ? "" : line, fault);
        }
        return manifest;
    }

    private static void Append(StringBuilder text, AofPart part) =>
        text.Append(CultureInfo.InvariantCulture, $"file {Quote(part.Name)} seq {part.Sequence} type {part.Type}\n");

    // Names with blanks, quotes or control characters are written as they are in a configuration file.
    private static string Quote(string name)
    {
        foreach (char c in name)
        {
            if (c is <= ' ' or '"' or '\'' or '\\' or (char)0x7f)
                return Encoding.UTF8.GetString(ArgumentText.Quote(Encoding.UTF8.GetBytes(name)));
        }
        return name;
    }

    private string? Read(string line)
    {
        const string badFormat = "Invalid AOF manifest file format";
        byte[][]? words = ArgumentSplitter.Split(Encoding.UTF8.GetBytes(line));
        if (words == null || words.Length < 6 || words.Length % 2 != 0)
            return badFormat;
        string name = "";
        long sequence = 0;
        char type = '\0';
        for (int i = 0; i < words.Length; i += 2)
        {
            string value = Encoding.UTF8.GetString(words[i + 1]);
            switch (Encoding.UTF8.GetString(words[i]).ToLowerInvariant())
            {
                case "file":
                    name = value;
                    if (value.Contains('/') || value.Contains('\\'))
                        return "File can't be a path, just a filename";
                    break;
                case "seq":
                    _ = long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out sequence);
                    break;
                case "type":
                    type = value.Length > 0 ? value[0] : '\0';
                    break;
            }
        }
        return name.Length == 0 || sequence == 0 || type == '\0' ? badFormat : Add(new AofPart(name, sequence, type));
    }

    private string? Add(AofPart part)
    {
        switch (part.Type)
        {
            case 'b' when Base != null:
                return "Found duplicate base file information";
            case 'b':
                Base = part;
                NextBaseSequence = part.Sequence + 1;
                return null;
            case 'h':
                History.Add(part);
                return null;
            case 'i' when part.Sequence <= _lastIncrement:
                return "Found a non-monotonic sequence number";
            case 'i':
                Increments.Add(part);
                _lastIncrement = part.Sequence;
                return null;
            default:
                return "Unknown AOF file type";
        }
    }

    private static AofManifest? Refuse(int line, string? text, string reason)
    {
        ServerLog.Warning("\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        if (text != null)
        {
            ServerLog.Warning($"Reading the manifest file, at line {line}\n");
            ServerLog.Warning($">>> '{text}'\n");
        }
        ServerLog.Warning($"{reason}\n");
        return null;
    }
}
