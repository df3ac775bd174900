using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Looking for the places (see <see cref="GeoCommands"/>) in an area: GEOSEARCH and its forerunner GEORADIUS.</summary>
internal static unsafe class GeoSearchCommands
{
    private static void GeoRadius(CommandContext c) => Search(c, GeoSearchForm.RadiusOfPoint | GeoSearchForm.MayStore);

    private static void GeoRadiusRo(CommandContext c) => Search(c, GeoSearchForm.RadiusOfPoint);

    private static void GeoRadiusByMember(CommandContext c) => Search(c, GeoSearchForm.RadiusOfMember | GeoSearchForm.MayStore);

    private static void GeoRadiusByMemberRo(CommandContext c) => Search(c, GeoSearchForm.RadiusOfMember);

    private static void GeoSearch(CommandContext c) => Search(c, GeoSearchForm.None);

    private static void GeoSearchStore(CommandContext c) => Search(c, GeoSearchForm.Store);

    private static void Search(CommandContext c, GeoSearchForm form)
    {
        int key = form == GeoSearchForm.Store ? 2 : 1;
        if (!c.TryLookupRead(c[key], DataType.SortedSet, out KeyEntry entry))
            return;
        if (!GeoSearchOptions.TryRead(c, form, entry, out GeoSearchOptions options))
            return;
        if (entry.IsNull)
        {
            ReplyNothing(c, options);
            return;
        }
        using GeoMatches matches = new();
        matches.Find(entry, options.Area(), options.Any ? options.Count : long.MaxValue);
        matches.Sort(options.Order);
        long count = Math.Min(matches.Count, options.Count);
        if (options.StoreKey == 0)
            Reply(c, entry, options, matches.Items[..(int)count]);
        else
            Store(c, entry, options, matches.Items[..(int)count]);
    }

    private static void Reply(CommandContext c, KeyEntry entry, in GeoSearchOptions options, ReadOnlySpan<GeoMatch> matches)
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        int details = (options.WithDistance ? 1 : 0) + (options.WithHash ? 1 : 0) + (options.WithCoordinates ? 1 : 0);
        c.Reply.ArrayHeader(matches.Length);
        foreach (GeoMatch match in matches)
        {
            if (details > 0)
                c.Reply.ArrayHeader(1 + details);
            c.Reply.Bulk(SortedSetValue.NameOf(entry, match.Member, scratch));
            if (options.WithDistance)
                GeoCommands.ReplyDistance(c, match.Distance / options.Unit);
            if (options.WithHash)
                c.Reply.Integer(ToInteger(match.Score));
            if (options.WithCoordinates)
                GeoCommands.ReplyPoint(c, GeoPoint.FromScore(match.Score));
        }
    }

    // A sorted set may hold any score; this is what the conversion gives on x86.
    private static long ToInteger(double score) => Math.Abs(score) < long.MaxValue ? (long)score : long.MinValue;

    private static void Store(CommandContext c, KeyEntry entry, in GeoSearchOptions options, ReadOnlySpan<GeoMatch> matches)
    {
        if (matches.IsEmpty)
        {
            ReplyNothing(c, options);
            return;
        }
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        ReadOnlySpan<byte> key = c[options.StoreKey];
        SortedSetBuilder builder = default;
        foreach (GeoMatch match in matches)
            builder.Add(SortedSetValue.NameOf(entry, match.Member, scratch), options.StoreDistance ? match.Distance / options.Unit : match.Score);
        builder.Sort();
        c.Db.LookupWrite(key);
        builder.Store(c.Db, key, c.Server.Config);
        builder.Dispose();
        c.SignalModified(key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.SortedSet, options.IsRadius ? "georadiusstore"u8 : "geosearchstore"u8, key);
        c.Dirty += matches.Length;
        c.Reply.Integer(matches.Length);
    }

    /// <summary>Replies that there is no such place; where one was to be stored, what was there goes.</summary>
    private static void ReplyNothing(CommandContext c, in GeoSearchOptions options)
    {
        if (options.StoreKey == 0)
        {
            c.Reply.ArrayHeader(0);
            return;
        }
        ReadOnlySpan<byte> key = c[options.StoreKey];
        if (c.Db.Delete(key))
        {
            c.SignalModified(key);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
            c.Dirty++;
        }
        c.Reply.Integer(0);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("georadius", -6, &GeoRadius)
        {
            Group = CommandGroup.Geo, Since = "3.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Geo,
            Summary = "Query a sorted set representing a geospatial index to fetch members matching a given maximum " +
                "distance from a point",
            Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area " +
                "delimited by center and radius and M is the number of items inside the index.",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
            History = [("6.2.0", "Added the `ANY` option for `COUNT`."), ("7.0.0", "Added support for uppercase unit names.")],
            Keys =
            [
                KeySpec.At(1, KeyFlags.RO | KeyFlags.Access),
                KeySpec.After("STORE", 6, KeyFlags.OW | KeyFlags.Update),
                KeySpec.After("STOREDIST", 6, KeyFlags.OW | KeyFlags.Update),
            ],
            Arguments = """
                key#0 longitude:double latitude:double radius:double unit('M' | 'KM' | 'FT' | 'MI') ['WITHCOORD'] ['WITHDIST']
                ['WITHHASH'] [count{'COUNT' count:integer ['ANY'@6.2.0]}] [order('ASC' | 'DESC')] ['STORE' key#1]
                ['STOREDIST' key#2]
                """,
        });

        table.Add(new("georadiusbymember", -5, &GeoRadiusByMember)
        {
            Group = CommandGroup.Geo, Since = "3.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Geo,
            Summary = "Query a sorted set representing a geospatial index to fetch members matching a given maximum " +
                "distance from a member",
            Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area " +
                "delimited by center and radius and M is the number of items inside the index.",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
            History = [("7.0.0", "Added support for uppercase unit names.")],
            Keys =
            [
                KeySpec.At(1, KeyFlags.RO | KeyFlags.Access),
                KeySpec.After("STORE", 5, KeyFlags.OW | KeyFlags.Update),
                KeySpec.After("STOREDIST", 5, KeyFlags.OW | KeyFlags.Update),
            ],
            Arguments = """
                key#0 member radius:double unit('M' | 'KM' | 'FT' | 'MI') ['WITHCOORD'] ['WITHDIST'] ['WITHHASH']
                [count{'COUNT' count:integer ['ANY']}] [order('ASC' | 'DESC')] ['STORE' key#1] ['STOREDIST' key#2]
                """,
        });

        table.Add(new("georadiusbymember_ro", -5, &GeoRadiusByMemberRo)
        {
            Group = CommandGroup.Geo, Since = "3.2.10", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Geo,
            Summary = "A read-only variant for GEORADIUSBYMEMBER",
            Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area " +
                "delimited by center and radius and M is the number of items inside the index.",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = """
                key#0 member radius:double unit('M' | 'KM' | 'FT' | 'MI') ['WITHCOORD'] ['WITHDIST'] ['WITHHASH']
                [count{'COUNT' count:integer ['ANY']}] [order('ASC' | 'DESC')]
                """,
        });

        table.Add(new("georadius_ro", -6, &GeoRadiusRo)
        {
            Group = CommandGroup.Geo, Since = "3.2.10", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Geo,
            Summary = "A read-only variant for GEORADIUS",
            Complexity = "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area " +
                "delimited by center and radius and M is the number of items inside the index.",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`GEOSEARCH` with the `BYRADIUS` argument",
            History = [("6.2.0", "Added the `ANY` option for `COUNT`.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = """
                key#0 longitude:double latitude:double radius:double unit('M' | 'KM' | 'FT' | 'MI') ['WITHCOORD'] ['WITHDIST']
                ['WITHHASH'] [count{'COUNT' count:integer ['ANY'@6.2.0]}] [order('ASC' | 'DESC')]
                """,
        });

        table.Add(new("geosearch", -7, &GeoSearch)
        {
            Group = CommandGroup.Geo, Since = "6.2.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Geo,
            Summary = "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle.",
            Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the " +
                "shape provided as the filter and M is the number of items inside the shape",
            History = [("7.0.0", "Added support for uppercase unit names."), ("9.0.0", "Added the `BYPOLYGON` option.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = """
                key#0 [from('FROMMEMBER' member | 'FROMLONLAT' longitude_latitude{longitude:double latitude:double})]
                by(circle{'BYRADIUS' radius:double unit('M' | 'KM' | 'FT' | 'MI')}
                  | box{'BYBOX' width:double height:double unit('M' | 'KM' | 'FT' | 'MI')}
                  | polygon{'BYPOLYGON' num-vertices:integer vertices{longitude:double latitude:double}...}@9.0.0)
                [order('ASC' | 'DESC')] [count{'COUNT' count:integer ['ANY']}] ['WITHCOORD'] ['WITHDIST'] ['WITHHASH']
                """,
        });

        table.Add(new("geosearchstore", -8, &GeoSearchStore)
        {
            Group = CommandGroup.Geo, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Geo,
            Summary = "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a " +
                "circle, and store the result in another key.",
            Complexity = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the " +
                "shape provided as the filter and M is the number of items inside the shape",
            History = [("7.0.0", "Added support for uppercase unit names."), ("9.0.0", "Added the `BYPOLYGON` option.")],
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, KeyFlags.RO | KeyFlags.Access)],
            Arguments = """
                destination#0 source#1
                [from('FROMMEMBER' member | 'FROMLONLAT' longitude_latitude{longitude:double latitude:double})]
                by(circle{'BYRADIUS' radius:double unit('M' | 'KM' | 'FT' | 'MI')}
                  | box{'BYBOX' width:double height:double unit('M' | 'KM' | 'FT' | 'MI')}
                  | polygon{'BYPOLYGON' num-vertices:integer vertices{longitude:double latitude:double}...}@9.0.0)
                [order('ASC' | 'DESC')] [count{'COUNT' count:integer ['ANY']}] ['STOREDIST']
                """,
        });
    }
}
