using System.Text;
using RedisAot.Memory;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>Checks an RDB file without a server, as redis-check-rdb does, with its output. See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/.</summary>
internal sealed unsafe class RdbChecker : RdbParser
{
    private const int Sane = 0, Damaged = 1;

    /// <summary>What follows an opcode of this kind in a module's data.</summary>
    private const ulong ModuleEnd = 0, ModuleSigned = 1, ModuleUnsigned = 2, ModuleFloat = 3, ModuleDouble = 4, ModuleString = 5;

    private readonly TextWriter _output;
    private readonly ServerConfig _config = new();
    private readonly long _nowMs = (long)(DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds;
    private string? _key;
    private int _type; // 0 also before the first, as official has it
    private long _keys;
    private long _expiring;
    private long _expired;

    private RdbChecker(RdbReader reader, TextWriter output)
        : base(reader) => _output = output;

    /// <summary>Runs the checker for a command line without the program's name; answers the exit status.</summary>
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        if (arguments.Length != 1)
        {
            Console.Error.WriteLine("Usage: redis-check-rdb <rdb-file-name>");
            return Damaged;
        }
        if (arguments[0] is "-v" or "--version")
        {
            output.WriteLine($"redis-check-rdb {ServerVersion.Official}");
            return Sane;
        }
        return Check(arguments[0], output, out _);
    }

    /// <summary>Checks a file; answers the exit status, and how far the RDB data go.</summary>
    public static int Check(string path, TextWriter output, out long length)
    {
        length = 0;
        output.WriteLine($"[offset 0] Checking RDB file {path}");
        using RdbFileInput? input = RdbFileInput.Open(path, out string? error);
        if (input == null)
        {
            output.WriteLine($"Cannot open file {path}: {error}");
            return Damaged;
        }
        using RdbReader reader = new(input, input.Length);
        int status = new RdbChecker(reader, output).Check();
        length = reader.Position;
        return status;
    }

    private int Check()
    {
        try
        {
            Parse();
        }
        catch (RdbException e)
        {
            // A length that goes beyond the end is one in a file that has been cut, most likely.
            ReportError(e.Error == RdbError.UnexpectedEnd ? "Unexpected EOF reading RDB file" : e.Message);
            return Damaged;
        }
        Report("\\o/ RDB looks OK! \\o/");
        ReportCounts();
        return Sane;
    }

    /// <inheritdoc/>
    protected override void OnDatabase(ulong number) => Report($"Selecting DB ID {number}");

    /// <inheritdoc/>
    protected override void OnAux(string name, ReadOnlySpan<byte> value) => Report($"AUX FIELD {name} = '{Encoding.UTF8.GetString(value)}'");

    /// <inheritdoc/>
    protected override void OnModuleAux(string module)
    {
        if (Reader.ReadLength() != ModuleUnsigned)
            throw RdbException.Corrupt("bad when_opcode");
        Reader.ReadLength();
        Report($"MODULE AUX for: {module}");
        SkipModuleData();
    }

    /// <inheritdoc/>
    protected override void OnFunction(RdbOpcode opcode)
    {
        if (opcode == RdbOpcode.Function)
        {
            Reader.ReadString();
            return;
        }
        // Name, engine, whether there is a description and it, code.
        Reader.ReadString();
        Reader.ReadString();
        if (Reader.ReadLength() != 0)
            Reader.ReadString();
        Reader.ReadString();
    }

    /// <inheritdoc/>
    protected override void OnType(RdbType type)
    {
        if (!Enum.IsDefined(type))
            throw RdbException.Corrupt($"Invalid object type: {(int)type}");
        _type = (int)type;
    }

    /// <inheritdoc/>
    protected override void OnKey(RdbType type, ReadOnlySpan<byte> key)
    {
        _key = Encoding.UTF8.GetString(key);
        _keys++;
        if (type == RdbType.Module2)
        {
            Reader.ReadLength();
            SkipModuleData();
        }
        else
        {
            KeyEntry entry = RdbValue.Read(Reader, type, key, expirySlot: false, _config);
            ValueMemory.FreeValue(entry);
            NativeHeap.Free(entry.Address);
        }
        if (ExpireAtMs != KeyEntry.NoExpiry)
            _expiring++;
        if (ExpireAtMs != KeyEntry.NoExpiry && ExpireAtMs < _nowMs)
            _expired++;
        _key = null;
        _type = -1;
    }

    /// <inheritdoc/>
    protected override void OnChecksum(ulong stated, ulong computed)
    {
        if (stated != 0 && stated != computed)
            throw RdbException.Corrupt("RDB CRC error");
        Report(stated == 0 ? "RDB file was saved with checksum disabled: no check performed." : "Checksum OK");
    }

    private void SkipModuleData()
    {
        for (ulong opcode = Reader.ReadLength(); opcode != ModuleEnd; opcode = Reader.ReadLength())
        {
            switch (opcode)
            {
                case ModuleSigned or ModuleUnsigned:
                    Reader.ReadLength();
                    break;
                case ModuleFloat:
                    Reader.Take(sizeof(float));
                    break;
                case ModuleDouble:
                    Reader.Take(sizeof(double));
                    break;
                case ModuleString:
                    Reader.ReadString();
                    break;
            }
        }
    }

    private void Report(string text) => _output.WriteLine($"[offset {Reader.Position}] {text}");

    private void ReportError(string text)
    {
        _output.WriteLine("--- RDB ERROR DETECTED ---");
        Report(text);
        _output.WriteLine($"[additional info] While doing: {NameOf(Step)}");
        if (_key != null)
            _output.WriteLine($"[additional info] Reading key '{_key}'");
        if (_type != -1)
            _output.WriteLine($"[additional info] Reading type {_type} ({NameOf((RdbType)_type)})");
        ReportCounts();
    }

    private void ReportCounts()
    {
        _output.WriteLine($"[info] {_keys} keys read");
        _output.WriteLine($"[info] {_expiring} expires");
        _output.WriteLine($"[info] {_expired} already expired");
    }

    private static string NameOf(RdbStep step) => step switch
    {
        RdbStep.Start => "start",
        RdbStep.ReadType => "read-type",
        RdbStep.ReadExpire => "read-expire",
        RdbStep.ReadKey => "read-key",
        RdbStep.ReadValue => "read-object-value",
        RdbStep.CheckSum => "check-sum",
        RdbStep.ReadLength => "read-len",
        RdbStep.ReadAux => "read-aux",
        RdbStep.ReadModuleAux => "read-module-aux",
        _ => "read-functions",
    };

    private static string NameOf(RdbType type) => type switch
    {
        RdbType.String => "string",
        RdbType.List => "list-linked",
        RdbType.Set => "set-hashtable",
        RdbType.SortedSet => "zset-v1",
        RdbType.Hash => "hash-hashtable",
        RdbType.SortedSet2 => "zset-v2",
        RdbType.Module or RdbType.Module2 => "module-value",
        RdbType.HashZipmap => "hash-zipmap",
        RdbType.ListZiplist => "list-ziplist",
        RdbType.SetIntset => "set-intset",
        RdbType.SortedSetZiplist => "zset-ziplist",
        RdbType.HashZiplist => "hash-ziplist",
        RdbType.ListQuicklist => "quicklist",
        RdbType.StreamListpacks => "stream",
        RdbType.HashListpack => "hash-listpack",
        RdbType.SortedSetListpack => "zset-listpack",
        RdbType.ListQuicklist2 => "quicklist-v2",
        RdbType.StreamListpacks2 => "stream-v2",
        RdbType.SetListpack => "set-listpack",
        RdbType.StreamListpacks3 => "stream-v3",
        RdbType.HashExpiringPreGa => "hash-hashtable-md-pre-release",
        RdbType.HashListpackExPreGa => "hash-listpack-md-pre-release",
        RdbType.HashExpiring => "hash-hashtable-md",
        RdbType.HashListpackEx => "hash-listpack-md",
        RdbType.StreamListpacks4 => "stream-v4",
        RdbType.StreamListpacks5 => "stream-v5",
        _ => "unknown",
    };
}
