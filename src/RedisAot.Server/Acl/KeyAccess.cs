using RedisAot.Server.Commands;
using RedisAot.Server.Text;

namespace RedisAot.Server.Acl;

/// <summary>What a key pattern allows to do with the keys that match it.</summary>
[Flags]
internal enum KeyAccess : byte
{
    /// <summary>Nothing; also what a command needs that only looks at a key's metadata.</summary>
    None = 0,

    /// <summary>Reading values (<c>%R~</c>).</summary>
    Read = 1,

    /// <summary>Changing values (<c>%W~</c>).</summary>
    Write = 2,

    /// <summary>Both (<c>~</c>, <c>%RW~</c>).</summary>
    Both = Read | Write,
}

/// <summary>A key pattern of a selector.</summary>
internal readonly record struct KeyPattern(byte[] Pattern, KeyAccess Access)
{
    // Most patterns are "prefix*", for which the general match is not needed. -1: this one is not.
    private readonly int _prefixLength = PrefixLength(Pattern);

    /// <summary>Whether a key matches.</summary>
    public bool IsMatch(ReadOnlySpan<byte> key) => _prefixLength >= 0
        ? !key.IsEmpty && key.StartsWith(Pattern.AsSpan(0, _prefixLength))
        : Glob.IsMatch(Pattern, key);

    private static int PrefixLength(ReadOnlySpan<byte> pattern) =>
        pattern is [.. var prefix, (byte)'*'] && !prefix.ContainsAny("*?[\\"u8) ? prefix.Length : -1;

    /// <summary>The access that a command needs to a key.</summary>
    public static KeyAccess NeededFor(KeyFlags flags)
    {
        KeyAccess needed = KeyAccess.None;
        if ((flags & KeyFlags.Access) != 0)
            needed |= KeyAccess.Read;
        if ((flags & (KeyFlags.Insert | KeyFlags.Delete | KeyFlags.Update)) != 0)
            needed |= KeyAccess.Write;
        return needed;
    }

    /// <summary>The pattern as a rule, one character a byte.</summary>
    public override string ToString()
    {
        string prefix = Access switch
        {
            KeyAccess.Read => "%R~",
            KeyAccess.Write => "%W~",
            _ => "~",
        };
        return prefix + System.Text.Encoding.Latin1.GetString(Pattern);
    }
}
