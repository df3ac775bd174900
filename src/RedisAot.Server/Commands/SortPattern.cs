using System.Buffers;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// The patterns of SORT's BY and GET: the first <c>*</c> stands for the element, what follows <c>-></c> is the field of a hash.
/// </summary>
internal static class SortPattern
{
    /// <summary>Bytes of scratch space that <see cref="TryLookup"/> takes.</summary>
    public const int ScratchBytes = StringValue.ScratchBytes;

    /// <summary>Whether the pattern depends on the element.</summary>
    public static bool HasWildcard(ReadOnlySpan<byte> pattern) => pattern.Contains((byte)'*');

    /// <summary>What the pattern names for an element, good until the next change; false when there is no such thing.</summary>
    public static bool TryLookup(
        CommandContext c, ReadOnlySpan<byte> pattern, scoped ReadOnlySpan<byte> element, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        int star = pattern.IndexOf((byte)'*');
        if (star < 0)
            return false;
        ReadOnlySpan<byte> tail = pattern[(star + 1)..];
        ReadOnlySpan<byte> field = default;
        int arrow = tail.IndexOf("->"u8);
        if (arrow >= 0 && arrow + 2 < tail.Length)
        {
            field = tail[(arrow + 2)..];
            tail = tail[..arrow];
        }
        KeyEntry entry = Lookup(c, pattern[..star], element, tail);
        if (entry.IsNull || entry.Type != (field.IsEmpty ? DataType.String : DataType.Hash))
            return false;
        if (field.IsEmpty)
        {
            value = StringValue.Read(entry, scratch);
            return true;
        }
        if (!HashValue.TryFind(entry, field, out FieldValue found) || found.IsExpired(c.NowMs))
            return false;
        value = found.Value.AsBytes(scratch);
        return true;
    }

    private static KeyEntry Lookup(CommandContext c, ReadOnlySpan<byte> head, ReadOnlySpan<byte> element, ReadOnlySpan<byte> tail)
    {
        int length = head.Length + element.Length + tail.Length;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        Span<byte> key = buffer.AsSpan(0, length);
        head.CopyTo(key);
        element.CopyTo(key[head.Length..]);
        tail.CopyTo(key[(head.Length + element.Length)..]);
        KeyEntry entry = c.Db.LookupRead(key);
        ArrayPool<byte>.Shared.Return(buffer);
        return entry;
    }
}
