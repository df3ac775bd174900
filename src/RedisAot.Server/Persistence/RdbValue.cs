using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>
/// Values as RDB data: the one codec behind DUMP and RESTORE, RDB files, the base of the append-only file and replication.
/// Each type has a codec of its own.
/// </summary>
internal static class RdbValue
{
    /// <summary>What is written in one piece, in some 100 µs: bytes of a string, elements of a table, nodes of a list or stream.</summary>
    private const int MaxBytesAtOnce = 64 * 1024, MaxElementsAtOnce = 512, MaxNodesAtOnce = 8;

    /// <summary>How the value of an entry is written.</summary>
    public static RdbType TypeOf(KeyEntry entry) => entry.Type switch
    {
        DataType.String => RdbType.String,
        DataType.List => RdbType.ListQuicklist2,
        DataType.SortedSet => SortedSetCodec.TypeOf(entry),
        DataType.Hash => HashCodec.TypeOf(entry),
        DataType.Set => SetCodec.TypeOf(entry),
        DataType.Stream => StreamCodec.TypeOf(entry),
        _ => throw new InvalidOperationException($"No RDB form of type {entry.Type} is known."),
    };

    /// <summary>The lowest version that can carry the value.</summary>
    public static int VersionOf(KeyEntry entry) => TypeOf(entry) switch
    {
        RdbType.HashExpiring or RdbType.HashListpackEx => RdbVersion.FieldExpiry,
        RdbType.StreamListpacks5 => RdbVersion.ReleasedEntries,
        _ => RdbVersion.Default,
    };

    /// <summary>Writes the value of an entry without its type.</summary>
    public static void Write(RdbWriter writer, KeyEntry entry)
    {
        switch (entry.Type)
        {
            case DataType.String:
                StringCodec.Write(writer, entry);
                break;
            case DataType.List:
                ListCodec.Write(writer, entry);
                break;
            case DataType.SortedSet:
                SortedSetCodec.Write(writer, entry);
                break;
            case DataType.Hash:
                HashCodec.Write(writer, entry);
                break;
            case DataType.Set:
                SetCodec.Write(writer, entry);
                break;
            case DataType.Stream:
                StreamCodec.Write(writer, entry);
                break;
            default:
                throw new InvalidOperationException($"No RDB form of type {entry.Type} is known.");
        }
    }

    /// <summary>Whether the value of an entry is more than should be written in one piece between commands.</summary>
    public static bool IsBig(KeyEntry entry) => entry.Encoding switch
    {
        ValueEncoding.Raw => entry.HasValueSlot && StringValue.Length(entry) > MaxBytesAtOnce,
        ValueEncoding.HashTable or ValueEncoding.SkipList => ValueMemory.FreeEffort(entry) > MaxElementsAtOnce,
        ValueEncoding.QuickList or ValueEncoding.Stream => ValueMemory.FreeEffort(entry) > MaxNodesAtOnce,
        _ => false,
    };

    /// <summary>Begins to write the value of an entry, one that <see cref="IsBig"/>, without its type.</summary>
    public static ValueWalk Begin(RdbWriter writer, KeyEntry entry) => entry.Type switch
    {
        DataType.String => StringCodec.Begin(writer, entry),
        DataType.List => ListCodec.Begin(writer, entry),
        DataType.SortedSet => SortedSetCodec.Begin(writer, entry),
        DataType.Hash => HashCodec.Begin(writer, entry),
        DataType.Set => SetCodec.Begin(writer, entry),
        DataType.Stream => StreamCodec.Begin(writer, entry),
        _ => throw new InvalidOperationException($"No big values of type {entry.Type} are known."),
    };

    /// <summary>The bytes that <see cref="Write"/> writes; it takes as long.</summary>
    public static long LengthOf(KeyEntry entry, bool compress)
    {
        using RdbWriter writer = new(new NoOutput(), compress);
        Write(writer, entry);
        return writer.Position;
    }

    /// <summary>
    /// Reads a value into an entry that is not in a database yet, in the encoding that the configuration asks for. Nothing
    /// that was damaged, by accident or by intent, gets through.
    /// </summary>
    /// <param name="reader">Stands at the value.</param>
    /// <param name="type">How it is written, as the data say.</param>
    /// <param name="key">The key; must not lie in the reader's window.</param>
    /// <param name="expirySlot">Whether the entry gets a place for a time of expiry.</param>
    /// <param name="config">The thresholds of the encodings.</param>
    /// <exception cref="RdbException">The value cannot be read; nothing is left of it.</exception>
    public static KeyEntry Read(RdbReader reader, RdbType type, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        switch (type)
        {
            case RdbType.String:
                return StringCodec.Read(reader, key, expirySlot);
            case RdbType.List or RdbType.ListZiplist or RdbType.ListQuicklist or RdbType.ListQuicklist2:
                return ListCodec.Read(reader, type, key, expirySlot, config);
            case RdbType.SortedSet or RdbType.SortedSet2 or RdbType.SortedSetZiplist or RdbType.SortedSetListpack:
                return SortedSetCodec.Read(reader, type, key, expirySlot, config);
            case RdbType.Set or RdbType.SetIntset or RdbType.SetListpack:
                return SetCodec.Read(reader, type, key, expirySlot, config);
            case RdbType.Hash or RdbType.HashZipmap or RdbType.HashZiplist or RdbType.HashListpack or RdbType.HashExpiringPreGa
                or RdbType.HashListpackExPreGa or RdbType.HashExpiring or RdbType.HashListpackEx:
                return HashCodec.Read(reader, type, key, expirySlot, config);
            case RdbType.Module or RdbType.Module2:
                throw new RdbException(RdbError.Unsupported, "The value needs a module that is not there.");
            case RdbType.StreamListpacks or RdbType.StreamListpacks2 or RdbType.StreamListpacks3 or RdbType.StreamListpacks4
                or RdbType.StreamListpacks5:
                return StreamCodec.Read(reader, type, key, expirySlot);
            default:
                throw RdbException.Corrupt($"Unknown RDB encoding type {(byte)type}");
        }
    }

    /// <summary>Where data go that are only counted.</summary>
    private sealed class NoOutput : IRdbOutput
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
