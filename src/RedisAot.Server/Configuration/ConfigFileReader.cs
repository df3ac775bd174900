using System.Text;
using RedisAot.Server.Process;

namespace RedisAot.Server.Configuration;

/// <summary>Reads configuration files and the text that command line options stand for.</summary>
public sealed class ConfigFileReader
{
    /// <summary>Files that include each other for ever are stopped here.</summary>
    private const int MaxIncludeDepth = 64;

    private readonly ServerConfig _config;
    private int _depth;

    /// <param name="config">What the directives are stored in.</param>
    public ConfigFileReader(ServerConfig config) => _config = config;

    /// <summary>Checks and performs a <c>rename-command</c>; answers what is wrong, or null.</summary>
    public Func<byte[], byte[], string?>? RenameCommand { get; set; }

    /// <summary>Checks a <c>user</c> line (word by word, with the word <c>user</c>); answers what is wrong, or null.</summary>
    public Func<byte[][], string?>? DeclareUser { get; set; }

    /// <summary>Reads a file, standard input and options, in this order; the last mention of a directive counts.</summary>
    /// <param name="path">A file, or null.</param>
    /// <param name="standardInput">What came from standard input.</param>
    /// <param name="options">Further lines.</param>
    /// <exception cref="ConfigFileException">Something is wrong with it.</exception>
    public void Load(string? path, ReadOnlySpan<byte> standardInput, ReadOnlySpan<byte> options)
    {
        byte[] content = path == null ? [] : ReadFiles(path);
        LoadText([.. content, .. standardInput, (byte)'\n', .. options]);
    }

    /// <summary>Reads lines.</summary>
    /// <exception cref="ConfigFileException">Something is wrong with them.</exception>
    public void LoadText(ReadOnlySpan<byte> text)
    {
        _config.IsReadingFile = true;
        try
        {
            int number = 0;
            foreach (Range range in text.Split((byte)'\n'))
            {
                number++;
                ReadOnlySpan<byte> line = text[range].Trim(" \t\r\n"u8);
                if (line.Length == 0 || line[0] == '#') continue;
                if (ReadLine(line) is { } error) throw ConfigFileException.InLine(number, Encoding.Latin1.GetString(line), error);
            }
        }
        finally
        {
            _config.IsReadingFile = _depth > 0;
        }
        CheckWhole();
    }

    private string? ReadLine(ReadOnlySpan<byte> line)
    {
        byte[][]? words = ArgumentSplitter.Split(line);
        if (words == null) return "Unbalanced quotes in configuration line";
        if (words.Length == 0) return null;
        if (DirectiveTable.Find(words[0]) is { } name) return SetDirective(name.Directive, words);
        if (words.Length == 2 && DirectiveTable.IsIgnored(words[0])) return null;
        return ReadFileOnlyDirective(words);
    }

    private string? SetDirective(Directive directive, byte[][] words)
    {
        byte[][] arguments = words[1..];
        if (!directive.IsMultiArg && arguments.Length != 1) return "wrong number of arguments";

        // So that one argument can hold them all, as in --save "900 1".
        if (directive.IsMultiArg && arguments.Length == 1 && arguments[0].Length > 0)
        {
            byte[][]? split = ArgumentSplitter.Split(arguments[0]);
            if (split == null) return "Unbalanced quotes in configuration line";
            arguments = split;
        }

        directive.Set(_config, arguments, out string? error);
        return error;
    }

    private string? ReadFileOnlyDirective(byte[][] words)
    {
        byte[] name = words[0];
        int count = words.Length;
        if (AsciiText.EqualsIgnoreCase(name, "include"u8) && count == 2) return Include(Encoding.UTF8.GetString(words[1]));
        if (AsciiText.EqualsIgnoreCase(name, "rename-command"u8) && count == 3)
        {
            _config.RenamedCommands.Add((words[1], words[2]));
            return RenameCommand?.Invoke(words[1], words[2]);
        }

        if (AsciiText.EqualsIgnoreCase(name, "user"u8) && count >= 2)
        {
            _config.UserDeclarations.Add(words);
            return DeclareUser?.Invoke(words);
        }

        if (AsciiText.EqualsIgnoreCase(name, "loadmodule"u8) && count >= 2)
        {
            _config.LoadModules.Add(words[1..]);
            return null;
        }

        if (name.Contains((byte)'.'))
            return count < 2 ? "Module config specified without value" : "Module configs are not supported: there are no modules";
        if (AsciiText.EqualsIgnoreCase(name, "sentinel"u8)) return count > 1 ? "sentinel directive while not in sentinel mode" : null;
        return "Bad directive or wrong number of arguments";
    }

    private string? Include(string path)
    {
        if (_depth == MaxIncludeDepth) return "Too many nested include directives";
        _depth++;
        try
        {
            LoadText(ReadFiles(path));
        }
        finally
        {
            _depth--;
        }
        return null;
    }

    private void CheckWhole()
    {
        if (_config.LogFile.Length > 0 && ServerLog.CheckFile(_config.LogFile) is { } reason)
            throw ConfigFileException.OfWhole("Can't open the log file: " + reason);
        if (_config.ClusterEnabled && _config.ReplicaOfHost != null)
            throw ConfigFileException.OfWhole("replicaof directive not allowed in cluster mode");
        _config.ClampHz();
    }

    /// <summary>The content of a file, or of all files that match a pattern; no match is no error, a file that cannot be read is.</summary>
    private static byte[] ReadFiles(string path)
    {
        if (path.AsSpan().IndexOfAny('*', '?', '[') < 0) return ReadFile(path);
        var content = new MemoryStream();
        foreach (string match in LibC.Glob(path)) content.Write(ReadFile(match));
        return content.ToArray();
    }

    private static byte[] ReadFile(string path)
    {
        if (LibC.ReadFile(path, out string? error) is { } content)
        {
            // What is read next must not go on with the last line.
            return content.Length > 0 && content[^1] != '\n' ? [.. content, (byte)'\n'] : content;
        }
        throw ConfigFileException.Unreadable(path, error!);
    }
}
