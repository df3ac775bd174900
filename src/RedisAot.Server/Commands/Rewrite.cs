using System.Text;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// What is propagated in place of a command whose repetition would not do the same: relative times become points in
/// time, conditions and results become what was done. The forms are those of the official append-only file.
/// </summary>
internal static class Rewrite
{
    /// <summary>As SET with the time of expiry (Unix ms, or <see cref="KeyEntry.NoExpiry"/>, or <see cref="Database.KeepExpiry"/>).</summary>
    public static void AsSet(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expireAtMs)
    {
        if (!c.Effects.IsPropagating)
            return;
        if (expireAtMs == KeyEntry.NoExpiry)
            c.Effects.Replace("SET"u8.ToArray(), key.ToArray(), value.ToArray());
        else if (expireAtMs == Database.KeepExpiry)
            c.Effects.Replace("SET"u8.ToArray(), key.ToArray(), value.ToArray(), "KEEPTTL"u8.ToArray());
        else
            c.Effects.Replace("SET"u8.ToArray(), key.ToArray(), value.ToArray(), "PXAT"u8.ToArray(), Number(expireAtMs));
    }

    /// <summary>As HSET of one field; one that keeps its time of expiry takes an HSETEX, which 7.0 does not know.</summary>
    public static void AsHSet(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, bool keepExpiry)
    {
        if (!c.Effects.IsPropagating)
            return;
        if (keepExpiry)
            c.Effects.Replace("HSETEX"u8.ToArray(), key.ToArray(), "KEEPTTL"u8.ToArray(), "FIELDS"u8.ToArray(), Number(1), field.ToArray(), value.ToArray());
        else
            c.Effects.Replace("HSET"u8.ToArray(), key.ToArray(), field.ToArray(), value.ToArray());
    }

    /// <summary>As the same SET, but not asking for the old value.</summary>
    public static void WithoutGet(CommandContext c)
    {
        if (!c.Effects.IsPropagating)
            return;
        List<byte[]> arguments = [];
        for (int i = 0; i < c.ArgCount; i++)
        {
            if (i < 3 || !c.ArgIs(i, "get"u8))
                arguments.Add(c[i].ToArray());
        }
        c.Effects.Replace([.. arguments]);
    }

    /// <summary>As DEL, or as UNLINK when the configuration frees in the background.</summary>
    public static void AsDeletion(CommandContext c, ReadOnlySpan<byte> key, bool lazy)
    {
        if (c.Effects.IsPropagating)
            c.Effects.Replace(lazy ? "UNLINK"u8.ToArray() : "DEL"u8.ToArray(), key.ToArray());
    }

    /// <summary>As PEXPIREAT, with the arguments from <paramref name="firstOption"/> on behind it.</summary>
    public static void AsExpireAt(CommandContext c, ReadOnlySpan<byte> key, long unixMs, int firstOption)
    {
        if (!c.Effects.IsPropagating)
            return;
        List<byte[]> arguments = ["PEXPIREAT"u8.ToArray(), key.ToArray(), Number(unixMs)];
        for (int i = firstOption; i < c.ArgCount; i++)
            arguments.Add(c[i].ToArray());
        c.Effects.Replace([.. arguments]);
    }

    /// <summary>As the same RESTORE, the time of expiry (Unix ms) in argument <paramref name="index"/> being absolute.</summary>
    public static void WithAbsoluteTtl(CommandContext c, int index, long unixMs)
    {
        if (!c.Effects.IsPropagating)
            return;
        byte[][] arguments = new byte[c.ArgCount + 1][];
        for (int i = 0; i < c.ArgCount; i++)
            arguments[i] = i == index ? Number(unixMs) : c[i].ToArray();
        arguments[^1] = "ABSTTL"u8.ToArray();
        c.Effects.Replace(arguments);
    }

    /// <summary>As ZADD with the options before <paramref name="first"/>, and these scores of the members that end each of the groups of arguments from there on.</summary>
    public static void AsZAdd(CommandContext c, int first, int groupLength, ReadOnlySpan<double> scores)
    {
        if (!c.Effects.IsPropagating)
            return;
        List<byte[]> arguments = ["zadd"u8.ToArray()];
        for (int i = 1; i < first; i++)
            arguments.Add(c[i].ToArray());
        for (int i = 0; i < scores.Length; i++)
        {
            arguments.Add(Number((long)scores[i]));
            arguments.Add(c[first + (i + 1) * groupLength - 1].ToArray());
        }
        c.Effects.Replace([.. arguments]);
    }

    /// <summary>As PERSIST.</summary>
    public static void AsPersist(CommandContext c, ReadOnlySpan<byte> key)
    {
        if (c.Effects.IsPropagating)
            c.Effects.Replace("PERSIST"u8.ToArray(), key.ToArray());
    }

    /// <summary>A number as an argument.</summary>
    public static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
