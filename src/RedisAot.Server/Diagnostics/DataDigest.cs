using System.Buffers.Binary;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Diagnostics;

/// <summary>
/// The digests of DEBUG DIGEST and DEBUG DIGEST-VALUE, equal to those that the official server computes for the same
/// data: a SHA-1 over a value's parts, the order of which counts where it counts in the value.
/// </summary>
public static unsafe class DataDigest
{
    /// <summary>Bytes of a digest.</summary>
    public const int Bytes = Sha1.Bytes;

    /// <summary>The digest of all databases.</summary>
    public static byte[] OfAll(RedisServer server)
    {
        byte[] total = new byte[Bytes];
        Span<byte> number = stackalloc byte[sizeof(uint)];
        byte[] ofKey = new byte[Bytes];
        foreach (Database database in server.Databases)
        {
            if (database.Count == 0)
                continue;
            BinaryPrimitives.WriteUInt32BigEndian(number, (uint)database.Id);
            Mix(total, number);
            foreach (byte* address in database.Keys)
            {
                KeyEntry entry = new(address);
                ofKey.AsSpan().Clear();
                Mix(ofKey, entry.Key);
                AddValue(ofKey, entry);
                Xor(total, ofKey);
            }
        }
        return total;
    }

    /// <summary>The digest of one value with its time of expiry; zeros for no value.</summary>
    public static byte[] OfValue(KeyEntry entry)
    {
        byte[] digest = new byte[Bytes];
        if (!entry.IsNull)
            AddValue(digest, entry);
        return digest;
    }

    /// <summary>Adds a part whose place among the parts does not count.</summary>
    public static void Xor(Span<byte> digest, ReadOnlySpan<byte> part)
    {
        Span<byte> hash = stackalloc byte[Bytes];
        Sha1.Hash(part, hash);
        for (int i = 0; i < Bytes; i++)
            digest[i] ^= hash[i];
    }

    /// <summary>Adds a part whose place among the parts counts.</summary>
    public static void Mix(Span<byte> digest, ReadOnlySpan<byte> part)
    {
        Xor(digest, part);
        Span<byte> hash = stackalloc byte[Bytes];
        Sha1.Hash(digest, hash);
        hash.CopyTo(digest);
    }

    private static void AddValue(Span<byte> digest, KeyEntry entry)
    {
        Span<byte> type = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(type, (uint)entry.Type);
        Mix(digest, type);
        switch (entry.Type)
        {
            case DataType.String:
                Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
                Mix(digest, StringValue.Read(entry, scratch));
                break;
            case DataType.List:
                ListValue.AddDigest(digest, entry);
                break;
            case DataType.Set:
                SetValue.AddDigest(digest, entry);
                break;
            case DataType.SortedSet:
                SortedSetValue.AddDigest(digest, entry);
                break;
            case DataType.Hash:
                HashValue.AddDigest(digest, entry);
                break;
            case DataType.Stream:
                StreamValue.AddDigest(digest, entry);
                break;
            default:
                throw new InvalidOperationException($"No digest of type {entry.Type} is known.");
        }
        if (entry.HasExpiry)
            Xor(digest, "!!expire!!"u8);
    }
}
