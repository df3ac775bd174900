using System.Buffers.Binary;
using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>What a parser was doing when it came upon a fault.</summary>
internal enum RdbStep
{
    Start,
    ReadType,
    ReadExpire,
    ReadKey,
    ReadValue,
    CheckSum,
    ReadLength,
    ReadAux,
    ReadModuleAux,
    ReadFunctions,
}

/// <summary>Walks through an RDB file or stream; what becomes of the parts is for derived classes.</summary>
internal abstract class RdbParser(RdbReader reader)
{
    private const int HeaderBytes = 9;

    /// <summary>Versions from this one on end with a checksum.</summary>
    private const int FirstVersionWithChecksum = 5;

    private byte[] _key = new byte[256];

    /// <summary>What is being done.</summary>
    public RdbStep Step { get; protected set; }

    /// <summary>The data.</summary>
    protected RdbReader Reader => reader;

    /// <summary>Time of expiry, Unix ms, of the key that follows, or <see cref="KeyEntry.NoExpiry"/>.</summary>
    protected long ExpireAtMs { get; private set; } = KeyEntry.NoExpiry;

    /// <summary>Seconds since the last access to the key that follows; -1: not said.</summary>
    protected long IdleSeconds { get; private set; } = -1;

    /// <summary>Access counter of the key that follows; -1: not said.</summary>
    protected long Frequency { get; private set; } = -1;

    /// <summary>Parses everything.</summary>
    /// <exception cref="RdbException">The data cannot be read.</exception>
    protected void Parse()
    {
        ReadHeader();
        while (true)
        {
            Step = RdbStep.ReadType;
            byte type = reader.ReadByte();
            if (type == (byte)RdbOpcode.End)
                break;
            if (type >= (byte)RdbOpcode.SlotInfo)
                ReadOpcode((RdbOpcode)type);
            else
                ReadKey((RdbType)type);
        }
        if (reader.Version < FirstVersionWithChecksum)
            return;
        Step = RdbStep.CheckSum;
        ulong computed = reader.Checksum;
        OnChecksum(BinaryPrimitives.ReadUInt64LittleEndian(reader.Take(sizeof(ulong))), computed);
    }

    /// <summary>The keys that follow belong to another database.</summary>
    protected abstract void OnDatabase(ulong number);

    /// <summary>The database that follows has so many keys, so many of them with a time of expiry: an advice.</summary>
    protected virtual void OnSizes(ulong keys, ulong expiring)
    {
    }

    /// <summary>The file says something about itself.</summary>
    protected abstract void OnAux(string name, ReadOnlySpan<byte> value);

    /// <summary>What a module wants kept follows.</summary>
    protected abstract void OnModuleAux(string module);

    /// <summary>A library of functions follows.</summary>
    protected abstract void OnFunction(RdbOpcode opcode);

    /// <summary>A key and a value of this type, which may be none that there is, follow.</summary>
    protected virtual void OnType(RdbType type)
    {
    }

    /// <summary>A value follows.</summary>
    protected abstract void OnKey(RdbType type, ReadOnlySpan<byte> key);

    /// <summary>The end has been reached.</summary>
    /// <param name="stated">The checksum at the end; 0: none was computed.</param>
    /// <param name="computed">What it should be.</param>
    protected abstract void OnChecksum(ulong stated, ulong computed);

    /// <summary>"REDIS" and four digits, or Valkey's "VALKEY" and three.</summary>
    private void ReadHeader()
    {
        ReadOnlySpan<byte> header = reader.Take(HeaderBytes);
        bool isValkey = header.StartsWith("VALKEY"u8);
        if (!isValkey && !header.StartsWith("REDIS"u8))
            throw RdbException.Corrupt("Wrong signature trying to load DB from file");
        if (!NumberText.TryParseLong(header[(isValkey ? 6 : 5)..].TrimStart((byte)'0'), out long version)
            || !RdbVersion.IsKnown((int)version) || isValkey != version >= RdbVersion.Valkey)
            throw new RdbException(RdbError.Unsupported, $"Can't handle RDB format version {version}");
        reader.Version = (int)version;
    }

    private void ReadOpcode(RdbOpcode opcode)
    {
        switch (opcode)
        {
            case RdbOpcode.ExpireTime:
                Step = RdbStep.ReadExpire;
                ExpireAtMs = reader.ReadSeconds() * 1000L;
                break;
            case RdbOpcode.ExpireTimeMs:
                Step = RdbStep.ReadExpire;
                ExpireAtMs = reader.ReadMilliseconds();
                break;
            case RdbOpcode.Frequency:
                Frequency = reader.ReadByte();
                break;
            case RdbOpcode.Idle:
                IdleSeconds = (long)Math.Min(reader.ReadLength(), long.MaxValue);
                break;
            case RdbOpcode.SelectDb:
                Step = RdbStep.ReadLength;
                OnDatabase(reader.ReadLength());
                break;
            case RdbOpcode.ResizeDb:
                Step = RdbStep.ReadLength;
                OnSizes(reader.ReadLength(), reader.ReadLength());
                break;
            case RdbOpcode.SlotInfo:
                SkipLengths(3);
                break;
            case RdbOpcode.Aux:
                Step = RdbStep.ReadAux;
                string name = Encoding.UTF8.GetString(reader.ReadString());
                OnAux(name, reader.ReadString());
                break;
            case RdbOpcode.ModuleAux:
                Step = RdbStep.ReadModuleAux;
                OnModuleAux(ModuleName(reader.ReadLength()));
                break;
            default:
                Step = RdbStep.ReadFunctions;
                OnFunction(opcode);
                break;
        }
    }

    private void SkipLengths(int count)
    {
        Step = RdbStep.ReadLength;
        for (int i = 0; i < count; i++)
            reader.ReadLength();
    }

    private void ReadKey(RdbType type)
    {
        OnType(type);
        Step = RdbStep.ReadKey;
        ReadOnlySpan<byte> key = KeepKey(reader.ReadString());
        Step = RdbStep.ReadValue;
        OnKey(type, key);
        ExpireAtMs = KeyEntry.NoExpiry;
        IdleSeconds = Frequency = -1;
    }

    // The value is read through the same window.
    private ReadOnlySpan<byte> KeepKey(ReadOnlySpan<byte> key)
    {
        if (key.Length > _key.Length)
            _key = new byte[Math.Max(key.Length, 2 * _key.Length)];
        key.CopyTo(_key);
        return _key.AsSpan(0, key.Length);
    }

    /// <summary>The name in a module's number: nine characters of six bits each, above ten bits of a version.</summary>
    private static string ModuleName(ulong number) => string.Create(9, number, static (name, id) =>
    {
        const string characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        id >>= 10;
        for (int i = name.Length - 1; i >= 0; i--, id >>= 6)
            name[i] = characters[(int)(id & 63)];
    });
}
