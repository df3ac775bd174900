using System.Diagnostics;
using RedisAot.Memory;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Persistence;

/// <summary>Strings in RDB data.</summary>
internal static unsafe class StringCodec
{
    public static void Write(RdbWriter writer, KeyEntry entry)
    {
        if (entry.Encoding == ValueEncoding.Int)
            writer.WriteString(entry.Integer);
        else
            writer.WriteString(StringValue.Read(entry, default));
    }

    /// <summary>Begins to write a string that lies in a block of its own.</summary>
    public static ValueWalk Begin(RdbWriter writer, KeyEntry entry)
    {
        writer.BeginString(StringValue.Block(entry.External).Length);
        return new StringWalk(writer, entry.External);
    }

    /// <summary>A string as it is.</summary>
    private sealed class StringWalk(RdbWriter writer, byte* block) : ValueWalk(writer)
    {
        private const int PieceBytes = 64 * 1024;

        private int _written;

        public override bool Continue(long endTicks)
        {
            ReadOnlySpan<byte> bytes = StringValue.Block(block);
            while (_written < bytes.Length)
            {
                int length = Math.Min(bytes.Length - _written, PieceBytes);
                Writer.WritePiece(bytes.Slice(_written, length));
                _written += length;
                if (Stopwatch.GetTimestamp() >= endTicks)
                    break;
            }
            if (_written < bytes.Length)
                return false;
            Writer.EndString();
            return true;
        }
    }

    /// <summary>An entry that is not in a database yet, with the string that follows.</summary>
    public static KeyEntry Read(RdbReader reader, ReadOnlySpan<byte> key, bool expirySlot)
    {
        RdbStringHeader header = reader.ReadStringHeader();
        if (header.Form == RdbStringForm.Integer)
            return Integer(key, expirySlot, header.Integer);
        if (header.Length > KeyEntry.MaxEmbeddedBytes)
            return ReadExternal(reader, header, key, expirySlot);
        if (header.Form == RdbStringForm.Raw)
            return Of(reader.Take(header.Length), key, expirySlot);
        Span<byte> text = stackalloc byte[header.Length];
        reader.ReadString(header, text);
        return Of(text, key, expirySlot);
    }

    private static KeyEntry Of(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key, bool expirySlot)
    {
        if (text.Length is > 0 and <= NumberText.MaxInt64Length && NumberText.TryParseLong(text, out long value))
            return Integer(key, expirySlot, value);
        ValueEncoding encoding = text.Length <= StringValue.MaxEmbStrBytes ? ValueEncoding.EmbStr : ValueEncoding.Raw;
        KeyEntry entry = KeyEntry.Create(key, DataType.String, encoding, expirySlot, valueSlot: false, text.Length);
        text.CopyTo(entry.Embedded);
        return entry;
    }

    private static KeyEntry Integer(ReadOnlySpan<byte> key, bool expirySlot, long value)
    {
        KeyEntry entry = KeyEntry.Create(key, DataType.String, ValueEncoding.Int, expirySlot, valueSlot: true, 0);
        entry.Integer = value;
        return entry;
    }

    private static KeyEntry ReadExternal(RdbReader reader, in RdbStringHeader header, ReadOnlySpan<byte> key, bool expirySlot)
    {
        byte* block = StringValue.AllocateBlock(header.Length);
        try
        {
            reader.ReadString(header, StringValue.Block(block));
        }
        catch
        {
            NativeHeap.Free(block);
            throw;
        }
        KeyEntry entry = KeyEntry.Create(key, DataType.String, ValueEncoding.Raw, expirySlot, valueSlot: true, 0);
        entry.External = block;
        return entry;
    }
}
