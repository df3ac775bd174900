using System.Globalization;
using System.Text;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>
/// Checks an append-only file without a server, and cuts a damaged tail off, as redis-check-aof does, with its output.
/// See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/.
/// </summary>
internal sealed class AofChecker
{
    private const int Sane = 0, Damaged = 1;
    private const int MaxLineBytes = 1024;
    private const int MaxHeaderBytes = 127;

    private readonly TextWriter _output;
    private readonly TextReader _input;
    private bool _fixes;
    private long _toTimestamp; // Unix seconds; 0: the whole file
    private long _line = 1;
    private long _readFrom; // where in the file the last number, argument or annotation begins
    private string _error = "";

    private AofChecker(TextReader input, TextWriter output) => (_input, _output) = (input, output);

    /// <summary>What became of one file.</summary>
    private enum Outcome
    {
        Valid,
        Empty,
        Truncated,
        TimestampTruncated,
    }

    /// <summary>The check cannot go on; the message says why.</summary>
    private sealed class FatalException(string message) : Exception(message);

    /// <summary>Runs the checker for a command line without the program's name; answers the exit status.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="input">Where the user confirms that a file is cut.</param>
    /// <param name="output">Takes the report.</param>
    public static int Run(ReadOnlySpan<string> arguments, TextReader input, TextWriter output)
    {
        AofChecker checker = new(input, output);
        switch (arguments)
        {
            case ["-v" or "--version"]:
                output.WriteLine($"redis-check-aof {ServerVersion.Official}");
                return Sane;
            case [_]:
                break;
            case ["--fix", _]:
                checker._fixes = true;
                break;
            case ["--truncate-to-timestamp", string timestamp, _]:
                if (!long.TryParse(timestamp, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out checker._toTimestamp))
                {
                    output.WriteLine("Invalid timestamp, aborting...");
                    return Damaged;
                }
                break;
            default:
                output.WriteLine("Usage: redis-check-aof [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>");
                return Damaged;
        }
        return checker.Check(arguments[^1]);
    }

    private int Check(string path)
    {
        try
        {
            if (IsManifest(path))
                CheckParts(path);
            else
                CheckOldStyle(path);
            return Sane;
        }
        catch (FatalException e)
        {
            _output.WriteLine(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _output.WriteLine($"Cannot open file {path}: {e.Message}");
        }
        return Damaged;
    }

    private static bool IsManifest(string path)
    {
        using FileStream file = File.OpenRead(path);
        while (ReadLine(file, MaxLineBytes) is { } line)
        {
            if (line.StartsWith("file", StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    private static bool IsRdb(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] head = new byte["REDIS0000".Length - 1];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.AsSpan().StartsWith("REDIS"u8);
    }

    private void CheckOldStyle(string path)
    {
        _output.WriteLine("Start checking Old-Style AOF");
        Outcome outcome = CheckFile(path, path, isLast: true, IsRdb(path));
        Report("AOF", path, outcome);
    }

    private void CheckParts(string path)
    {
        _output.WriteLine("Start checking Multi Part AOF");
        if (AofManifest.Load(path) is not { } manifest)
            throw new FatalException("The manifest is damaged.");
        string directory = Path.GetDirectoryName(path)!;
        if (manifest.Base is { } first)
        {
            string file = Path.Combine(directory, first.Name);
            bool isRdb = IsRdb(file);
            _output.WriteLine($"Start to check BASE AOF ({(isRdb ? "RDB" : "RESP")} format).");
            Report("BASE AOF", first.Name, CheckFile(first.Name, file, manifest.Increments.Count == 0, isRdb));
        }
        if (manifest.Increments.Count > 0)
            _output.WriteLine("Start to check INCR files.");
        for (int i = 0; i < manifest.Increments.Count; i++)
        {
            string name = manifest.Increments[i].Name;
            Outcome outcome = CheckFile(name, Path.Combine(directory, name), i == manifest.Increments.Count - 1, hasRdb: false);
            Report("INCR AOF", name, outcome);
        }
        _output.WriteLine("All AOF files and manifest are valid");
    }

    private void Report(string kind, string name, Outcome outcome)
    {
        string bare = kind[(kind.LastIndexOf(' ') + 1)..];
        _output.WriteLine(outcome switch
        {
            Outcome.Valid => $"{kind} {name} is valid",
            Outcome.Empty => $"{kind} {name} is empty",
            Outcome.Truncated => $"Successfully truncated {bare} {name}",
            _ => $"Successfully truncated {bare} {name} to timestamp {_toTimestamp}",
        });
    }

    private Outcome CheckFile(string name, string path, bool isLast, bool hasRdb)
    {
        using FileStream file = Open(path);
        long size = file.Length;
        if (size == 0)
            return Outcome.Empty;
        if (hasRdb)
            CheckRdb(path, file);
        bool isInMulti = false;
        long valid = file.Position;
        _error = "";
        for (int first; ; )
        {
            if (!isInMulti)
                valid = file.Position;
            first = file.ReadByte();
            if (first < 0)
                break;
            file.Position--;
            if (first == '#')
            {
                if (CutsAtAnnotation(file, path, isLast))
                    return Outcome.TimestampTruncated;
            }
            else if (first != '*')
            {
                _output.WriteLine($"AOF {name} format error");
                break;
            }
            else if (!TryReadCommand(file, path, ref isInMulti))
            {
                break;
            }
        }
        if (isInMulti && _error.Length == 0 && file.Position == size)
            SetError("Reached EOF before reading EXEC for MULTI");
        if (_error.Length > 0)
            _output.WriteLine(_error);
        return Conclude(file, name, size, valid, isLast);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FatalException($"Cannot open file {path}: {e.Message}, aborting...");
        }
    }

    private void CheckRdb(string path, FileStream file)
    {
        if (RdbChecker.Check(path, _output, out long length) != Sane)
            throw new FatalException("RDB preamble of AOF file is not sane, aborting.");
        _output.WriteLine("RDB preamble is OK, proceeding with AOF tail...");
        file.Position = length;
    }

    private Outcome Conclude(FileStream file, string name, long size, long valid, bool isLast)
    {
        long rest = size - valid;
        if (rest == 0 && _toTimestamp != 0)
        {
            _output.WriteLine($"Truncate nothing in AOF {name} to timestamp {_toTimestamp}");
            return Outcome.Valid;
        }
        _output.WriteLine($"AOF analyzed: filename={name}, size={size}, ok_up_to={valid}, ok_up_to_line={_line}, diff={rest}");
        if (rest == 0)
            return Outcome.Valid;
        if (!_fixes)
            throw new FatalException($"AOF {name} is not valid. Use the --fix option to try fixing it.");
        if (!isLast)
            throw new FatalException($"Failed to truncate AOF {name} because it is not the last file");
        _output.WriteLine($"This will shrink the AOF {name} from {size} bytes, with {rest} bytes, to {valid} bytes");
        _output.Write("Continue? [y/N]: ");
        if (_input.ReadLine() is not [('y' or 'Y'), ..])
            throw new FatalException("Aborting...");
        file.SetLength(valid);
        return Outcome.Truncated;
    }

    // True when the file has been cut before what is later than asked for.
    private bool CutsAtAnnotation(FileStream file, string path, bool isLast)
    {
        const string mark = "#TS:";
        long begin = _readFrom = file.Position;
        string line = ReadLine(file, MaxLineBytes)!;
        if (_toTimestamp == 0 || !line.StartsWith(mark, StringComparison.Ordinal))
            return false;
        if (!line.EndsWith('\r') || !long.TryParse(line.AsSpan(mark.Length).TrimEnd('\r'), CultureInfo.InvariantCulture, out long seconds))
            throw new FatalException("Invalid timestamp annotation");
        if (seconds <= _toTimestamp)
            return false;
        if (begin == 0)
            throw new FatalException($"AOF {path} has nothing before timestamp {_toTimestamp}, aborting...");
        if (!isLast)
        {
            throw new FatalException(
                $"Failed to truncate AOF {path} to timestamp {_toTimestamp} to offset {begin} because it is not the last file.\n" +
                "If you insist, please delete all files after this file according to the manifest file and delete the corresponding " +
                "records in manifest file manually. Then re-run redis-check-aof.");
        }
        file.SetLength(begin);
        return true;
    }

    private bool TryReadCommand(FileStream file, string path, ref bool isInMulti)
    {
        if (!TryReadNumber(file, '*', out long count))
            return false;
        for (long i = 0; i < count; i++)
        {
            // Only a name is looked at, and no name is long.
            if (!TryReadArgument(file, i == 0, out string name))
                return false;
            if (name.Equals("multi", StringComparison.OrdinalIgnoreCase))
            {
                if (isInMulti)
                    return SetError($"Unexpected MULTI in AOF {path}");
                isInMulti = true;
            }
            else if (name.Equals("exec", StringComparison.OrdinalIgnoreCase))
            {
                if (!isInMulti)
                    return SetError($"Unexpected EXEC in AOF {path}");
                isInMulti = false;
            }
        }
        return true;
    }

    private bool TryReadArgument(FileStream file, bool isName, out string name)
    {
        const int longestName = 5;
        name = "";
        if (!TryReadNumber(file, '$', out long length))
            return false;
        if (length is < 0 or > long.MaxValue - 2)
            return SetError($"Expected to read string of {length} bytes, which is not in the suitable range");
        long begin = _readFrom = file.Position;
        if (file.Length - begin < length + 2)
            return SetError($"Expected to read {length + 2} bytes, got {file.Length - begin} bytes");
        if (isName && length <= longestName)
        {
            Span<byte> bytes = stackalloc byte[(int)length];
            file.ReadExactly(bytes);
            name = Encoding.Latin1.GetString(bytes);
        }
        file.Position = begin + length;
        return TryReadNewline(file.ReadByte(), file.ReadByte());
    }

    private bool TryReadNumber(FileStream file, char prefix, out long number)
    {
        number = 0;
        _readFrom = file.Position;
        if (ReadLine(file, MaxHeaderBytes, keepsEnd: true) is not { } line)
            return false;
        if (line[0] != prefix)
            return SetError($"Expected prefix '{prefix}', got: '{line[0]}'");
        int end = 1;
        while (end < line.Length && (char.IsAsciiDigit(line[end]) || (end == 1 && line[end] == '-')))
            end++;
        _ = long.TryParse(line.AsSpan(1, end - 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
        return TryReadNewline(end < line.Length ? line[end] : 0, end + 1 < line.Length ? line[end + 1] : 0);
    }

    private bool TryReadNewline(int first, int second)
    {
        if (first != '\r' || second != '\n')
            return SetError($"Expected \\r\\n, got: {Shown(first)}{Shown(second)}");
        _line++;
        return true;
    }

    // Official shows a byte as the signed number that it is in C; nothing is shown as zero.
    private static string Shown(int value) => ((int)(sbyte)Math.Max(value, 0)).ToString("x2", CultureInfo.InvariantCulture);

    private bool SetError(string text)
    {
        _error = $"0x{_readFrom.ToString("x", CultureInfo.InvariantCulture),16}: {text}";
        return false;
    }

    // A line, at most so many bytes of it; null at the end of the file.
    private static string? ReadLine(FileStream file, int maxBytes, bool keepsEnd = false)
    {
        StringBuilder line = new();
        while (line.Length < maxBytes)
        {
            int value = file.ReadByte();
            if (value < 0)
                break;
            if (value != '\n' || keepsEnd)
                line.Append((char)value);
            if (value == '\n')
                return line.ToString();
        }
        return line.Length > 0 ? line.ToString() : null;
    }
}
