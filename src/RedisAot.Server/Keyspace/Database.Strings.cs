using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Resp;

namespace RedisAot.Server.Keyspace;

/// <content>String values: setting them, and resizing them in place.</content>
public sealed unsafe partial class Database
{
    /// <summary>
    /// Sets a string, whatever was there before. <paramref name="keepTtl"/> keeps the time of expiry, otherwise there
    /// is none. Integers are stored as such.
    /// </summary>
    public KeyEntry SetString(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool keepTtl = false) =>
        SetString(key, value, keepTtl ? KeepExpiry : KeyEntry.NoExpiry);

    /// <summary>
    /// Sets a string, whatever was there before, to expire at <paramref name="expireAtMs"/> (Unix ms,
    /// <see cref="KeyEntry.NoExpiry"/> or <see cref="KeepExpiry"/>). Integers are stored as such.
    /// </summary>
    public KeyEntry SetString(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expireAtMs)
    {
        if (value.Length <= NumberText.MaxInt64Length && value.Length > 0 && value[0] <= '9' && NumberText.TryParseLong(value, out long integer))
            return SetInteger(key, integer, expireAtMs);
        return SetText(key, value, expireAtMs);
    }

    /// <summary>Sets an integer, whatever was there before; <paramref name="expireAtMs"/> as in <see cref="SetString(ReadOnlySpan{byte}, ReadOnlySpan{byte}, long)"/>.</summary>
    public KeyEntry SetInteger(ReadOnlySpan<byte> key, long value, long expireAtMs = KeyEntry.NoExpiry)
    {
        KeyEntry entry = Prepare(key, DataType.String, ValueEncoding.Int, valueSlot: true, 0, expireAtMs);
        entry.Integer = value;
        return entry;
    }

    /// <summary>Gives an int-encoded string another value in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ChangeInteger(KeyEntry entry, long value) => entry.Integer = value;

    /// <summary>Sets a string that stays text even if it looks like an integer.</summary>
    public KeyEntry SetText(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expireAtMs = KeyEntry.NoExpiry)
    {
        ValueEncoding encoding = value.Length <= StringValue.MaxEmbStrBytes ? ValueEncoding.EmbStr : ValueEncoding.Raw;
        KeyEntry entry;
        if (value.Length <= KeyEntry.MaxEmbeddedBytes)
        {
            entry = Prepare(key, DataType.String, encoding, valueSlot: false, value.Length, expireAtMs);
            value.CopyTo(entry.Embedded);
            return entry;
        }
        byte* block = StringValue.AllocateBlock(value.Length);
        value.CopyTo(StringValue.Block(block));
        return SetBlock(key, block, expireAtMs);
    }

    /// <summary>
    /// Sets a string to an argument of the running command, in place of copying it where it lies in a block of its own. Nothing
    /// else in the same command may change the key.
    /// </summary>
    public KeyEntry SetArgument(ReadOnlySpan<byte> key, ArgumentVector arguments, int index, long expireAtMs = KeyEntry.NoExpiry) =>
        arguments.TryTakeBlock(index, out byte* block)
            ? SetBlock(key, StringValue.AdoptBlock(block, arguments[index].Length), expireAtMs)
            : SetString(key, arguments[index], expireAtMs);

    private KeyEntry SetBlock(ReadOnlySpan<byte> key, byte* block, long expireAtMs)
    {
        KeyEntry entry = Prepare(key, DataType.String, ValueEncoding.Raw, valueSlot: true, 0, expireAtMs);
        entry.External = block;
        return entry;
    }

    /// <summary>
    /// Makes a string <paramref name="length"/> bytes long and gives all of it for writing; new bytes are zero. The key
    /// keeps its time of expiry. The encoding becomes raw, as official does when it changes a string in place.
    /// </summary>
    public Span<byte> ResizeString(scoped ReadOnlySpan<byte> key, int length)
    {
        KeyEntry entry = Peek(key);
        if (!entry.IsNull)
            Preserve(entry);
        if (!entry.IsNull && entry.HasValueSlot && entry.Encoding != ValueEncoding.Int)
            return ResizeExternal(entry, length);
        Span<byte> scratch = stackalloc byte[KeyEntry.MaxEmbeddedBytes];
        scoped ReadOnlySpan<byte> old = entry.IsNull ? default : StringValue.Read(entry, scratch);
        if (!entry.IsNull && !entry.HasValueSlot && length <= KeyEntry.MaxEmbeddedBytes && FitsEmbedded(entry, length))
        {
            entry.SetKind(DataType.String, ValueEncoding.Raw);
            int grownFrom = old.Length;
            entry.SetEmbeddedLength(length);
            if (length > grownFrom)
                entry.Embedded[grownFrom..].Clear();
            return entry.Embedded;
        }
        old.CopyTo(scratch);
        return MoveString(key, scratch[..Math.Min(old.Length, length)], length);
    }

    private static bool FitsEmbedded(KeyEntry entry, int length) =>
        KeyEntry.SizeOf(entry.Key.Length, entry.HasExpirySlot, valueSlot: false, length) <= entry.EntryBytes;

    private static Span<byte> ResizeExternal(KeyEntry entry, int length)
    {
        int old = StringValue.Block(entry.External).Length;
        entry.External = StringValue.ResizeBlock(entry.External, length);
        entry.SetKind(DataType.String, ValueEncoding.Raw);
        Span<byte> bytes = StringValue.Block(entry.External);
        if (length > old)
            bytes[old..].Clear();
        return bytes;
    }

    private Span<byte> MoveString(scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> kept, int length)
    {
        Span<byte> bytes;
        if (length <= KeyEntry.MaxEmbeddedBytes)
        {
            bytes = Prepare(key, DataType.String, ValueEncoding.Raw, valueSlot: false, length, KeepExpiry).Embedded;
        }
        else
        {
            KeyEntry entry = SetExternal(key, DataType.String, ValueEncoding.Raw, StringValue.AllocateBlock(length), keepTtl: true);
            bytes = StringValue.Block(entry.External);
        }
        kept.CopyTo(bytes);
        bytes[kept.Length..].Clear();
        return bytes;
    }
}
