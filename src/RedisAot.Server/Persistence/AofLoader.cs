using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Networking;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>How the loading of a file of commands ended.</summary>
internal enum AofLoadResult
{
    /// <summary>Everything was loaded.</summary>
    Loaded,

    /// <summary>There was nothing in the file.</summary>
    Empty,

    /// <summary>The end was missing; the file has been cut behind its last whole command.</summary>
    Truncated,

    /// <summary>The server must not start; the reason has been logged.</summary>
    Failed,
}

/// <summary>Runs the commands of one file of the append-only file. Used under the execution lock.</summary>
/// <param name="server">Takes the data.</param>
/// <param name="directory">Where the file is.</param>
/// <param name="name">Its name.</param>
/// <param name="pauses">Whether others are let in now and then.</param>
internal sealed unsafe class AofLoader(RedisServer server, string directory, string name, bool pauses)
{
    private const int ReadBytes = 128 * 1024;
    private const int MaxAnnotationBytes = 1024;
    private const int CommandsBetweenPauses = 1024;
    private const CommandFlags ChangesData = CommandFlags.Write | CommandFlags.MayReplicate;

    private readonly string _path = Path.Combine(directory, name);
    private readonly RequestParser _parser = new();
    private readonly InputBuffer _input = new(ReadBytes);
    private int _descriptor = -1;
    private Client _client = null!;
    private long _dropped; // bytes of the file before those in the buffer
    private long _validUpTo;
    private long _validBeforeMulti;
    private bool _isAtEnd;

    /// <summary>How much of the file has been run.</summary>
    public long Position => _dropped + _parser.Position;

    /// <summary>Loads the file.</summary>
    public AofLoadResult Load()
    {
        _descriptor = LibC.OpenForReading(_path);
        if (_descriptor < 0)
        {
            ServerLog.Warning($"Fatal error: can't open the append log file {name} for reading: {LibC.LastError()}");
            return AofLoadResult.Failed;
        }
        try
        {
            return LoadOpened();
        }
        finally
        {
            LibC.Close(_descriptor);
            _input.Free();
        }
    }

    private AofLoadResult LoadOpened()
    {
        if (!TryReadMore())
            return AofLoadResult.Failed;
        if (_input.Length == 0)
            return AofLoadResult.Empty;
        if (new ReadOnlySpan<byte>(_input.Start, (int)_input.Length).StartsWith("REDIS"u8) && !TryLoadRdb())
            return AofLoadResult.Failed;
        _client = new Client(server, connection: null);
        AofLoadResult? result = null;
        while (result == null)
        {
            result = RunSome();
            if (result == null && !TryPause())
                return AofLoadResult.Failed;
        }
        return result.Value;
    }

    private bool TryLoadRdb()
    {
        bool isOldStyle = name == server.Config.AppendFileName;
        ServerLog.Notice(isOldStyle ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...");
        if (!server.Snapshots.TryLoadBase(_path, pauses, out long length) || !LibC.Seek(_descriptor, length))
        {
            ServerLog.Warning(isOldStyle
                ? $"Error reading the RDB preamble of the AOF file {name}, AOF loading aborted"
                : $"Error reading the RDB base file {name}, AOF loading aborted");
            return false;
        }
        if (isOldStyle)
            ServerLog.Notice("Reading the remaining AOF tail...");
        _input.Truncate(0);
        _isAtEnd = false;
        _dropped = _validUpTo = length;
        return true;
    }

    // Runs commands until others should be let in; then null.
    private AofLoadResult? RunSome()
    {
        int delay = server.Config.KeyLoadDelay;
        using (server.Executor.ActFor(_client, silent: true))
        {
            for (int count = 0; count < (delay > 0 ? 1 : CommandsBetweenPauses); count++)
            {
                AofLoadResult? result = RunNext();
                if (result != null)
                    return result;
            }
        }
        return null;
    }

    private AofLoadResult? RunNext()
    {
        while (true)
        {
            switch (Parse())
            {
                case ParseResult.Error:
                    ServerLog.Warning($"Bad file format reading the append only file {name}: make a backup of your AOF file, then use " +
                        "./redis-check-aof --fix <filename.manifest>");
                    return AofLoadResult.Failed;
                case ParseResult.Incomplete when _isAtEnd:
                    return Finish();
                case ParseResult.Incomplete:
                    if (!TryReadMore())
                        return AofLoadResult.Failed;
                    break;
                case ParseResult.Complete when _parser.Arguments.Count > 0:
                    return TryRun(_parser.Arguments) ? null : AofLoadResult.Failed;
            }
        }
    }

    // An annotation counts as a request without arguments.
    private ParseResult Parse()
    {
        if (_parser.InsideRequest || _parser.Position >= _input.Length)
            return ParseRequest();
        byte first = _input.Start[_parser.Position];
        if (first == '*')
            return ParseRequest();
        if (first != '#')
            return ParseResult.Error;
        int window = (int)Math.Min(_input.Length - _parser.Position, MaxAnnotationBytes);
        int end = new ReadOnlySpan<byte>(_input.Start + _parser.Position, window).IndexOf((byte)'\n');
        if (end < 0)
            return window == MaxAnnotationBytes ? ParseResult.Error : ParseResult.Incomplete;
        _parser.Return(_parser.Position + end + 1);
        _parser.Arguments.Clear();
        return ParseResult.Complete;
    }

    private ParseResult ParseRequest()
    {
        ParseResult result = _parser.Parse(_input.Start, _input.Length, new ParserLimits(int.MaxValue, AuthenticationRequired: false));
        return result == ParseResult.Complete && _parser.Arguments.Count == 0 ? ParseResult.Error : result;
    }

    // What the buffer has to hold grows with what was read, never with what a damaged length announces.
    private bool TryReadMore()
    {
        nint used = _parser.RequestStart;
        if (used > 0)
        {
            _input.DropPrefix(used);
            _parser.DropPrefix(used);
            _dropped += used;
        }
        if (_input.Room < ReadBytes)
            _input.Reserve(Math.Max(ReadBytes, _input.Length));
        int read = LibC.Read(_descriptor, _input.GetSpan());
        if (read < 0)
        {
            ServerLog.Warning($"Unrecoverable error reading the append only file {name}: {LibC.LastError()}");
            return false;
        }
        _input.Advance(read);
        _isAtEnd = read == 0;
        return true;
    }

    private bool TryRun(ArgumentVector arguments)
    {
        CommandRow? row = server.Commands.Find(arguments);
        if (row?.Handler == null || !row.AcceptsArgumentCount(arguments.Count))
        {
            ServerLog.Warning($"Unknown command '{Encoding.UTF8.GetString(arguments[0])}' reading the append only file {name}");
            return false;
        }
        if (row.FullName == "multi")
            _validBeforeMulti = _validUpTo;
        if (_client.InMulti && row.FullName != "exec")
            _client.Transaction!.Enqueue(server.Context, row, arguments);
        else if ((row.Flags & ChangesData) != 0 || row.Name is "select" or "multi" or "exec" or "discard")
            server.Executor.Replay(row, arguments, name);
        // What is not whole without its EXEC is valid once it has come.
        _validUpTo = Position;
        return true;
    }

    private AofLoadResult Finish()
    {
        if (_client.InMulti)
        {
            // Also when a command within it has no end: official leaves the MULTI then, and loses what comes behind it with the next load.
            _client.Transaction!.Close();
            if (server.Config.AofLoadTruncated || _parser.RequestStart == _input.Length)
                ServerLog.Warning($"Revert incomplete MULTI/EXEC transaction in AOF file {name}");
            _validUpTo = _validBeforeMulti;
            return CutTail();
        }
        if (_parser.RequestStart == _input.Length)
            return AofLoadResult.Loaded;
        return _input.Start[_parser.RequestStart] == '#' ? CutAnnotation() : CutTail();
    }

    // No command is lost with it. Official leaves it, and what is appended then belongs to its line.
    private AofLoadResult CutAnnotation()
    {
        long end = _dropped + _parser.RequestStart;
        ServerLog.Warning($"Truncating the AOF {name} at offset {end}, where an annotation of the time has no end");
        if (LibC.TruncateFile(_path, end) is not { } error)
            return AofLoadResult.Loaded;
        ServerLog.Warning($"Error truncating the AOF file {name}: {error}");
        return AofLoadResult.Failed;
    }

    private AofLoadResult CutTail()
    {
        if (server.Config.AofLoadTruncated)
        {
            ServerLog.Warning($"!!! Warning: short read while loading the AOF file {name}!!!");
            ServerLog.Warning($"!!! Truncating the AOF {name} at offset {_validUpTo} !!!");
            if (LibC.TruncateFile(_path, _validUpTo) is not { } error)
            {
                ServerLog.Warning($"AOF {name} loaded anyway because aof-load-truncated is enabled");
                return AofLoadResult.Truncated;
            }
            ServerLog.Warning($"Error truncating the AOF file {name}: {error}");
        }
        ServerLog.Warning($"Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, then use " +
            "./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes " +
            "and restart the server.");
        return AofLoadResult.Failed;
    }

    // False when the server is to end.
    private bool TryPause()
    {
        int delay = server.Config.KeyLoadDelay;
        if (!pauses)
            return true;
        server.Lock.Exit();
        bool ending = delay > 0 ? server.Exit.Task.Wait(TimeSpan.FromMicroseconds(delay)) : server.Exit.Task.IsCompleted;
        server.Lock.Enter();
        return !ending;
    }
}
