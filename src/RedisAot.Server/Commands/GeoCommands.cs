using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// Places on the earth as members of sorted sets, whose scores they are. See
/// https://redis.io/docs/latest/commands/?group=geo. <see cref="GeoSearchCommands"/> look for them.
/// </summary>
internal static unsafe class GeoCommands
{
    private const int DistanceDecimals = 4;
    private const int MaxScoresOnStack = 64;

    private static void GeoAdd(CommandContext c)
    {
        SortedSetAdd options = SortedSetAdd.None;
        bool countChanges = false;
        int first = 2;
        for (; first < c.ArgCount; first++)
        {
            if (c.ArgIs(first, "nx"u8))
                options |= SortedSetAdd.Missing;
            else if (c.ArgIs(first, "xx"u8))
                options |= SortedSetAdd.Existing;
            else if (c.ArgIs(first, "ch"u8))
                countChanges = true;
            else
                break;
        }
        int count = (c.ArgCount - first) / 3;
        if (count == 0 || (c.ArgCount - first) % 3 != 0 || options == (SortedSetAdd.Missing | SortedSetAdd.Existing))
        {
            c.SyntaxError();
            return;
        }
        Span<double> scores = count <= MaxScoresOnStack ? stackalloc double[count] : new double[count];
        for (int i = 0; i < count; i++)
        {
            if (!TryGetPoint(c, first + i * 3, out GeoPoint point))
                return;
            scores[i] = point.Score;
        }
        long dirtyBefore = c.Dirty;
        SortedSetCommands.Add(c, options, countChanges, first + 2, 3, scores);
        if (c.Dirty != dirtyBefore)
            Rewrite.AsZAdd(c, first, 3, scores);
    }

    private static void GeoDist(CommandContext c)
    {
        double unit = 1;
        if (c.ArgCount > 5)
        {
            c.SyntaxError();
            return;
        }
        if (c.ArgCount == 5 && !TryGetUnit(c, 4, out unit))
            return;
        if (!c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        if (!entry.IsNull && TryGetPoint(entry, c[2], out GeoPoint from) && TryGetPoint(entry, c[3], out GeoPoint to))
            ReplyDistance(c, from.DistanceTo(to) / unit);
        else
            c.Reply.Null();
    }

    private static void GeoHash(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        Span<byte> text = stackalloc byte[GeoCell.TextBytes];
        c.Reply.ArrayHeader(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (entry.IsNull || !TryGetPoint(entry, c[i], out GeoPoint point))
            {
                c.Reply.Null();
                continue;
            }
            GeoCell.WriteText(point, text);
            c.Reply.Bulk(text);
        }
    }

    private static void GeoPos(CommandContext c)
    {
        if (!c.TryLookupRead(c[1], DataType.SortedSet, out KeyEntry entry))
            return;
        c.Reply.ArrayHeader(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (entry.IsNull || !TryGetPoint(entry, c[i], out GeoPoint point))
                c.Reply.NullArray();
            else
                ReplyPoint(c, point);
        }
    }

    /// <summary>The place of a member; false when there is none of that name.</summary>
    internal static bool TryGetPoint(KeyEntry entry, ReadOnlySpan<byte> name, out GeoPoint point)
    {
        bool found = SortedSetValue.TryGetScore(entry, name, out double score);
        point = found ? GeoPoint.FromScore(score) : default;
        return found;
    }

    /// <summary>The place whose longitude and latitude are the arguments from <paramref name="index"/> on; false when the error was replied.</summary>
    internal static bool TryGetPoint(CommandContext c, int index, out GeoPoint point)
    {
        point = default;
        ReadOnlySpan<byte> error = "ERR value is not a valid float"u8;
        if (!TryGetDouble(c, index, out double longitude, error) || !TryGetDouble(c, index + 1, out double latitude, error))
            return false;
        point = new GeoPoint(longitude, latitude);
        if (point.IsValid)
            return true;
        c.Reply.Error($"ERR invalid longitude,latitude pair {Text(longitude)},{Text(latitude)}");
        return false;
    }

    /// <summary>A number, or <paramref name="error"/> as reply.</summary>
    internal static bool TryGetDouble(CommandContext c, int index, out double value, ReadOnlySpan<byte> error)
    {
        if (NumberText.TryParseDouble(c[index], out value))
            return true;
        c.Reply.Error(error);
        return false;
    }

    /// <summary>The metres in a unit of length; false when the error was replied.</summary>
    internal static bool TryGetUnit(CommandContext c, int index, out double metres)
    {
        metres = c.ArgIs(index, "m"u8) ? 1 : c.ArgIs(index, "km"u8) ? 1000 : c.ArgIs(index, "ft"u8) ? 0.3048 : c.ArgIs(index, "mi"u8) ? 1609.34 : 0;
        if (metres > 0)
            return true;
        c.Reply.Error("ERR unsupported unit provided. please use M, KM, FT, MI"u8);
        return false;
    }

    internal static void ReplyDistance(CommandContext c, double distance)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxDoubleLength];
        c.Reply.Bulk(text[..NumberText.FormatFixed(distance, DistanceDecimals, text)]);
    }

    internal static void ReplyPoint(CommandContext c, in GeoPoint point)
    {
        c.Reply.ArrayHeader(2);
        ReplyCoordinate(c, point.Longitude);
        ReplyCoordinate(c, point.Latitude);
    }

    private static void ReplyCoordinate(CommandContext c, double degrees)
    {
        // Degrees have at most three digits before the point, and 17 behind it.
        Span<byte> text = stackalloc byte[NumberText.MaxDoubleLength];
        c.Reply.DoubleText(text[..LongDouble.FromDouble(degrees).Format(text)]);
    }

    // As C's %f.
    private static string Text(double value) =>
        double.IsInfinity(value) ? value > 0 ? "inf" : "-inf" : value.ToString("F6", System.Globalization.CultureInfo.InvariantCulture);

    internal static void Register(CommandTable table)
    {
        table.Add(new("geoadd", -5, &GeoAdd)
        {
            Group = CommandGroup.Geo, Since = "3.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Geo,
            Summary = "Add one or more geospatial items in the geospatial index represented using a sorted set",
            Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
            History = [("6.2.0", "Added the `CH`, `NX` and `XX` options.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = """
                key#0 [condition('NX' | 'XX')@6.2.0] ['CH' change:pure-token@6.2.0]
                longitude_latitude_member{longitude:double latitude:double member}...
                """,
        });

        table.Add(new("geodist", -4, &GeoDist)
        {
            Group = CommandGroup.Geo, Since = "3.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Geo,
            Summary = "Returns the distance between two members of a geospatial index",
            Complexity = "O(log(N))",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 member1 member2 [unit('M' | 'KM' | 'FT' | 'MI')]",
        });

        table.Add(new("geohash", -2, &GeoHash)
        {
            Group = CommandGroup.Geo, Since = "3.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Geo,
            Summary = "Returns members of a geospatial index as standard geohash strings",
            Complexity = "O(log(N)) for each member requested, where N is the number of elements in the sorted set.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 member...",
        });

        table.Add(new("geopos", -2, &GeoPos)
        {
            Group = CommandGroup.Geo, Since = "3.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Geo,
            Summary = "Returns longitude and latitude of members of a geospatial index",
            Complexity = "O(N) where N is the number of members requested.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 member...",
        });
    }
}
