using System.Buffers.Text;
using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>How the loading of a file of commands ended.</summary>
internal enum AofLoadResult
{
    /// <summary>Everything was loaded.</summary>
    Loaded,

    /// <summary>The end was missing; the file has been cut behind its last whole command.</summary>
    Truncated,

    /// <summary>The server must not start; the reason has been logged.</summary>
    Failed,
}

/// <summary>Runs the commands of one file of the append-only file. Used under the execution lock, which it leaves now and then.</summary>
internal sealed unsafe class AofLoader(RedisServer server, string directory, string name)
{
    private const int BufferBytes = 128 * 1024;
    private const int MaxLineBytes = 1024;
    private const int CommandsBetweenPauses = 1024;

    private readonly string _path = Path.Combine(directory, name);
    private readonly byte[] _line = new byte[MaxLineBytes];
    private BufferedStream _stream = null!;
    private Client _client = null!;
    private long _position;
    private long _validUpTo;
    private long _validBeforeMulti;

    /// <summary>The file is not what the format allows.</summary>
    private sealed class BadFormatException : Exception;

    /// <summary>Loads the file.</summary>
    public AofLoadResult Load()
    {
        try
        {
            using FileStream file = new(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if (StartsAsRdb(file) && !TryLoadRdb())
                return AofLoadResult.Failed;
            file.Position = _position = _validUpTo = _validBeforeMulti;
            _stream = new BufferedStream(file, BufferBytes);
            _client = new Client(server, connection: null);
            return RunCommands();
        }
        catch (BadFormatException)
        {
            ServerLog.Warning($"Bad file format reading the append only file {name}: make a backup of your AOF file, then use " +
                "./redis-check-aof --fix <filename.manifest>");
        }
        catch (EndOfStreamException)
        {
            return CutTail();
        }
        catch (OperationCanceledException)
        {
            // The server is to end.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ServerLog.Warning($"Fatal error: can't open the append log file {name} for reading: {e.Message}");
        }
        return AofLoadResult.Failed;
    }

    private static bool StartsAsRdb(FileStream file)
    {
        byte[] head = new byte["REDIS".Length];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.AsSpan().SequenceEqual("REDIS"u8);
    }

    private bool TryLoadRdb()
    {
        bool isOldStyle = name == server.Config.AppendFileName;
        ServerLog.Notice(isOldStyle ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...");
        if (!server.Snapshots.TryLoadBase(_path, out _validBeforeMulti))
        {
            ServerLog.Warning(isOldStyle
                ? $"Error reading the RDB preamble of the AOF file {name}, AOF loading aborted"
                : $"Error reading the RDB base file {name}, AOF loading aborted");
            return false;
        }
        if (isOldStyle)
            ServerLog.Notice("Reading the remaining AOF tail...");
        return true;
    }

    private AofLoadResult RunCommands()
    {
        for (int count = 1; TryReadLine(out ReadOnlySpan<byte> line); count++)
        {
            if (count % CommandsBetweenPauses == 0)
                Pause();
            if (line[0] == '#')
                continue;
            ArgumentVector arguments = ReadCommand(line);
            bool known = TryRun(arguments);
            arguments.FreeOwned();
            if (!known)
                return AofLoadResult.Failed;
            _validUpTo = _position;
        }
        if (!_client.InMulti)
            return AofLoadResult.Loaded;
        _client.Transaction!.Close();
        ServerLog.Warning($"Revert incomplete MULTI/EXEC transaction in AOF file {name}");
        _validUpTo = _validBeforeMulti;
        return CutTail();
    }

    private ArgumentVector ReadCommand(ReadOnlySpan<byte> header)
    {
        if (header[0] != '*' || !Utf8Parser.TryParse(header[1..], out int count, out _) || count < 1)
            throw new BadFormatException();
        List<byte[]> arguments = [];
        for (int i = 0; i < count; i++)
        {
            if (!TryReadLine(out ReadOnlySpan<byte> line))
                throw new EndOfStreamException();
            if (line[0] != '$' || !Utf8Parser.TryParse(line[1..], out int length, out _) || length < 0)
                throw new BadFormatException();
            // A damaged length must not take memory for what cannot follow.
            if (length > _stream.Length - _position)
                throw new EndOfStreamException();
            byte[] argument = new byte[length];
            _stream.ReadExactly(argument);
            _stream.ReadExactly(_line, 0, 2);
            _position += length + 2;
            arguments.Add(argument);
        }
        return ArgumentVector.Of([.. arguments]);
    }

    // A line ends with LF, or where the file ends: official takes a header without its end for a whole one.
    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        int length = 0;
        while (length < MaxLineBytes)
        {
            int value = _stream.ReadByte();
            if (value < 0)
                break;
            _line[length++] = (byte)value;
            if (value == '\n')
                break;
        }
        _position += length;
        line = _line.AsSpan(0, length);
        return length > 0;
    }

    private bool TryRun(ArgumentVector arguments)
    {
        CommandRow? row = server.Commands.Find(arguments);
        if (row?.Handler == null)
        {
            ServerLog.Warning($"Unknown command '{Encoding.UTF8.GetString(arguments[0])}' reading the append only file {name}");
            return false;
        }
        if (row.FullName == "multi")
            _validBeforeMulti = _validUpTo;
        using (server.Executor.ActFor(_client, silent: true))
        {
            if (_client.InMulti && row.FullName != "exec")
                _client.Transaction!.Enqueue(server.Context, row, arguments);
            else
                server.Executor.CallNested(row, arguments);
        }
        return true;
    }

    private AofLoadResult CutTail()
    {
        if (server.Config.AofLoadTruncated)
        {
            ServerLog.Warning($"!!! Warning: short read while loading the AOF file {name}!!!");
            ServerLog.Warning($"!!! Truncating the AOF {name} at offset {_validUpTo} !!!");
            try
            {
                using FileStream file = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.SetLength(_validUpTo);
                ServerLog.Warning($"AOF {name} loaded anyway because aof-load-truncated is enabled");
                return AofLoadResult.Truncated;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                ServerLog.Warning($"Error truncating the AOF file {name}: {e.Message}");
            }
        }
        ServerLog.Warning($"Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, then use " +
            "./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes " +
            "and restart the server.");
        return AofLoadResult.Failed;
    }

    private void Pause()
    {
        server.Lock.Exit();
        server.Lock.Enter();
        if (server.Exit.Task.IsCompleted)
            throw new OperationCanceledException();
    }
}
