using System.Buffers.Binary;
using RedisAot.Data;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>What DUMP gives and RESTORE takes: type, value, RDB version (2 bytes, low byte first), checksum of all that (8).</summary>
internal static unsafe class DumpPayload
{
    private const int VersionBytes = sizeof(ushort), ChecksumBytes = sizeof(ulong);

    /// <summary>Writes the payload of a value into memory.</summary>
    public static void Write(RdbWriter writer, KeyEntry entry)
    {
        writer.Write(RdbValue.TypeOf(entry));
        RdbValue.Write(writer, entry);
        Span<byte> trailer = stackalloc byte[ChecksumBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(trailer, (ushort)RdbValue.VersionOf(entry));
        writer.WriteRaw(trailer[..VersionBytes]);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer, writer.Checksum);
        writer.WriteRaw(trailer);
    }

    /// <summary>Whether version and checksum are right.</summary>
    public static bool HasValidTrailer(ReadOnlySpan<byte> payload, bool skipChecksum)
    {
        if (payload.Length < VersionBytes + ChecksumBytes || !RdbVersion.IsKnown(Math.Max(1, VersionOf(payload))))
            return false;
        ReadOnlySpan<byte> summed = payload[..^ChecksumBytes];
        return skipChecksum || Crc64.Append(0, summed) == BinaryPrimitives.ReadUInt64LittleEndian(payload[^ChecksumBytes..]);
    }

    /// <summary>Reads the value of a payload whose trailer is right into an entry that is not in a database yet.</summary>
    /// <exception cref="RdbException">The value cannot be read; nothing is left of it.</exception>
    public static KeyEntry Read(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> key, bool expirySlot, ServerConfig config)
    {
        fixed (byte* bytes = payload)
        {
            using RdbReader reader = new(bytes, payload.Length - VersionBytes - ChecksumBytes);
            reader.Version = VersionOf(payload);
            return RdbValue.Read(reader, (RdbType)reader.ReadByte(), key, expirySlot, config);
        }
    }

    private static int VersionOf(ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt16LittleEndian(payload[^(VersionBytes + ChecksumBytes)..]);
}
