using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A small hash as a listpack: pairs of field and value, or, once a field has been given a time to live, triplets of field,
/// value and time of expiry (Unix ms; 0: never) in the order of these times, those that never expire last.
/// </summary>
public static unsafe class FieldListpack
{
    /// <summary>Elements a field in a listpack without times.</summary>
    public const int Pair = 2;

    /// <summary>Elements a field in a listpack with times.</summary>
    public const int Triplet = 3;

    private const int NoExpiryBytes = 2;

    /// <summary>The same fields in a new listpack with times, none of which expires yet; the old one is freed.</summary>
    public static byte* WithTimes(byte* pairs)
    {
        int fields = Listpack.Count(pairs) / Pair;
        byte* lp = Listpack.Create(Listpack.TotalBytes(pairs) + (nuint)fields * NoExpiryBytes);
        for (byte* p = Listpack.First(pairs); p != null;)
        {
            byte* end = After(p, Pair);
            Listpack.AppendPart(ref lp, p, end, Pair);
            Listpack.Append(ref lp, HashField.NoExpiry);
            p = *end == ListpackEncoding.End ? null : end;
        }
        NativeHeap.Free(pairs);
        return lp;
    }

    /// <summary>The time of expiry of the field at <paramref name="field"/> of a listpack with times.</summary>
    public static long ExpiryOf(byte* field) => Listpack.Get(After(field, Triplet - 1)).Integer;

    /// <summary>When the first field expires, Unix ms; <see cref="long.MaxValue"/> when none does.</summary>
    public static long EarliestExpiryMs(byte* triplets)
    {
        byte* first = Listpack.First(triplets);
        long earliest = first == null ? HashField.NoExpiry : ExpiryOf(first);
        return earliest == HashField.NoExpiry ? long.MaxValue : earliest;
    }

    /// <summary>Sets a field's time of expiry and puts the field where that belongs: before others of the same time, as official does.</summary>
    public static void SetExpiry(ref byte* triplets, byte* field, long expireAtMs)
    {
        nint offset = (nint)(field - triplets);
        Listpack.Replace(ref triplets, After(field, Triplet - 1), expireAtMs);
        field = triplets + offset;
        byte* end = After(field, Triplet);
        byte* place = PlaceOf(triplets, field, expireAtMs);
        if (place > end)
            Rotate(field, end, place);
        else if (place < field)
            Rotate(place, field, end);
    }

    /// <summary>How many fields have a time before <paramref name="unixMs"/>.</summary>
    public static int CountExpiredBefore(byte* triplets, long unixMs)
    {
        int count = 0;
        for (byte* p = Listpack.First(triplets); p != null; p = Listpack.Next(After(p, Triplet - 1)), count++)
        {
            long expireAtMs = ExpiryOf(p);
            if (expireAtMs == HashField.NoExpiry || expireAtMs >= unixMs)
                break;
        }
        return count;
    }

    /// <summary>What comes behind so many elements.</summary>
    private static byte* After(byte* p, int elements)
    {
        for (; elements > 0; elements--)
            p += ListpackEncoding.EntrySize(p);
        return p;
    }

    /// <summary>Before which triplet, or the end, the one at <paramref name="moving"/> belongs.</summary>
    private static byte* PlaceOf(byte* triplets, byte* moving, long expireAtMs)
    {
        byte* end = Listpack.EndOf(triplets);
        if (expireAtMs == HashField.NoExpiry)
            return end;
        byte* p = Listpack.First(triplets);
        for (; p != end; p = After(p, Triplet))
        {
            long other = ExpiryOf(p);
            if (p != moving && (other == HashField.NoExpiry || other >= expireAtMs))
                break;
        }
        return p;
    }

    /// <summary>Exchanges two neighbouring ranges.</summary>
    private static void Rotate(byte* start, byte* middle, byte* end)
    {
        new Span<byte>(start, (int)(middle - start)).Reverse();
        new Span<byte>(middle, (int)(end - middle)).Reverse();
        new Span<byte>(start, (int)(end - start)).Reverse();
    }
}
