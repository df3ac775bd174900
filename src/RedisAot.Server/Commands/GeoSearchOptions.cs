using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Which of the commands that search is read.</summary>
[Flags]
internal enum GeoSearchForm
{
    /// <summary>GEOSEARCH: the area stands among the options.</summary>
    None = 0,

    /// <summary>GEOSEARCHSTORE: like it, after the key in which the result is stored.</summary>
    Store = 1,

    /// <summary>GEORADIUS: longitude, latitude, radius and unit come first.</summary>
    RadiusOfPoint = 2,

    /// <summary>GEORADIUSBYMEMBER: member, radius and unit come first.</summary>
    RadiusOfMember = 4,

    /// <summary>The one that also writes: STORE and STOREDIST name a key.</summary>
    MayStore = 8,
}

/// <summary>The order of the places found.</summary>
internal enum GeoOrder
{
    /// <summary>As they were found.</summary>
    None,

    /// <summary>The nearest first.</summary>
    Ascending,

    /// <summary>The farthest first.</summary>
    Descending,
}

/// <summary>What GEOSEARCH, GEORADIUS and their variants are asked for.</summary>
internal ref struct GeoSearchOptions
{
    private readonly CommandContext _c;
    private readonly GeoSearchForm _form;
    private readonly KeyEntry _entry;
    private GeoPoint _center;
    private GeoPoint[]? _vertices;
    private double _width;
    private double _height;
    private bool _hasMember;
    private bool _hasPoint;
    private bool _isCircle;
    private bool _isBox;

    private GeoSearchOptions(CommandContext c, GeoSearchForm form, KeyEntry entry)
    {
        _c = c;
        _form = form;
        _entry = entry;
        Unit = 1;
        StoreKey = form == GeoSearchForm.Store ? 1 : 0;
    }

    /// <summary>Whether it is one of the GEORADIUS commands.</summary>
    public readonly bool IsRadius => (_form & (GeoSearchForm.RadiusOfPoint | GeoSearchForm.RadiusOfMember)) != 0;

    /// <summary>The metres in the unit of distances.</summary>
    public double Unit { get; private set; }

    public bool WithDistance { get; private set; }

    public bool WithHash { get; private set; }

    public bool WithCoordinates { get; private set; }

    /// <summary>At most so many places; <see cref="long.MaxValue"/> for all.</summary>
    public long Count { get; private set; } = long.MaxValue;

    /// <summary>Whether any places will do, not the nearest ones.</summary>
    public bool Any { get; private set; }

    public GeoOrder Order { get; private set; }

    /// <summary>The argument that names the key for the result; 0: the result is replied.</summary>
    public int StoreKey { get; private set; }

    /// <summary>Whether distances are stored in place of scores.</summary>
    public bool StoreDistance { get; private set; }

    /// <summary>Reads the arguments; <paramref name="entry"/> is the set to search or null. False when the error was replied.</summary>
    public static bool TryRead(CommandContext c, GeoSearchForm form, KeyEntry entry, out GeoSearchOptions options)
    {
        options = new GeoSearchOptions(c, form, entry);
        int next = 2;
        if (form == GeoSearchForm.Store)
            next = 3;
        else if (options.IsRadius && !options.TryReadCircle(ref next))
            return false;
        while (next < c.ArgCount)
        {
            if (!options.TryReadOption(ref next))
                return false;
        }
        return options.Check();
    }

    /// <summary>The area to search; not before all was read.</summary>
    public readonly GeoArea Area() =>
        _vertices != null ? GeoArea.Polygon(_vertices)
        : _isBox ? GeoArea.Box(_center, _width * Unit, _height * Unit)
        : GeoArea.Circle(_center, _width * Unit);

    // Without a set there are no members whose places could be told, so a member's circle is not looked at.
    private bool TryReadCircle(ref int next)
    {
        bool ofPoint = (_form & GeoSearchForm.RadiusOfPoint) != 0;
        int at = next;
        next += ofPoint ? 4 : 3;
        if (!ofPoint && _entry.IsNull)
            return true;
        return (ofPoint ? GeoCommands.TryGetPoint(_c, at, out _center) : TryGetMember(at)) && TryGetRadius(next - 2);
    }

    private bool TryReadOption(ref int next)
    {
        int at = next++;
        int left = _c.ArgCount - next;
        if (_c.ArgIs(at, "withdist"u8))
            return WithDistance = true;
        if (_c.ArgIs(at, "withhash"u8))
            return WithHash = true;
        if (_c.ArgIs(at, "withcoord"u8))
            return WithCoordinates = true;
        if (_c.ArgIs(at, "any"u8))
            return Any = true;
        if (_c.ArgIs(at, "asc"u8) || _c.ArgIs(at, "desc"u8))
        {
            Order = _c.ArgIs(at, "asc"u8) ? GeoOrder.Ascending : GeoOrder.Descending;
            return true;
        }
        if (_c.ArgIs(at, "count"u8) && left >= 1)
            return TryGetCount(next++);
        return IsRadius ? TryReadStore(at, ref next) : TryReadSearch(at, left, ref next);
    }

    private bool TryReadStore(int at, ref int next)
    {
        bool distance = _c.ArgIs(at, "storedist"u8);
        if ((_form & GeoSearchForm.MayStore) == 0 || next == _c.ArgCount || !(distance || _c.ArgIs(at, "store"u8)))
            return SyntaxError();
        StoreKey = next++;
        StoreDistance = distance;
        return true;
    }

    private bool TryReadSearch(int at, int left, ref int next)
    {
        if (_form == GeoSearchForm.Store && _c.ArgIs(at, "storedist"u8))
            return StoreDistance = true;
        int first = next;
        if (_c.ArgIs(at, "frommember"u8) && left >= 1 && !_hasPoint && _vertices == null)
        {
            next += 1;
            _hasMember = true;
            return _entry.IsNull || TryGetMember(first);
        }
        if (_c.ArgIs(at, "fromlonlat"u8) && left >= 2 && !_hasMember && _vertices == null)
        {
            next += 2;
            _hasPoint = true;
            return GeoCommands.TryGetPoint(_c, first, out _center);
        }
        if (_c.ArgIs(at, "byradius"u8) && left >= 2 && !_isBox && _vertices == null)
        {
            next += 2;
            _isCircle = true;
            return TryGetRadius(first);
        }
        if (_c.ArgIs(at, "bybox"u8) && left >= 3 && !_isCircle && _vertices == null)
        {
            next += 3;
            _isBox = true;
            return TryGetBox(first);
        }
        if (_c.ArgIs(at, "bypolygon"u8) && left >= 2 && !_isCircle && !_isBox && !_hasMember && !_hasPoint)
            return TryGetPolygon(ref next);
        return SyntaxError();
    }

    private readonly bool SyntaxError()
    {
        _c.SyntaxError();
        return false;
    }

    private readonly bool Fail(string error)
    {
        _c.Reply.Error(error);
        return false;
    }

    private bool TryGetMember(int index) =>
        GeoCommands.TryGetPoint(_entry, _c[index], out _center) || Fail("ERR could not decode requested zset member");

    private bool TryGetRadius(int index)
    {
        if (!GeoCommands.TryGetDouble(_c, index, out _width, "ERR need numeric radius"u8))
            return false;
        if (_width < 0)
            return Fail("ERR radius cannot be negative");
        return TryGetUnit(index + 1);
    }

    private bool TryGetBox(int index)
    {
        if (!GeoCommands.TryGetDouble(_c, index, out _width, "ERR need numeric width"u8)
            || !GeoCommands.TryGetDouble(_c, index + 1, out _height, "ERR need numeric height"u8))
        {
            return false;
        }
        if (_width < 0 || _height < 0)
            return Fail("ERR height or width cannot be negative");
        return TryGetUnit(index + 2);
    }

    private bool TryGetUnit(int index)
    {
        bool known = GeoCommands.TryGetUnit(_c, index, out double unit);
        Unit = unit;
        return known;
    }

    private bool TryGetCount(int index)
    {
        if (!_c.TryGetLong(index, out long count))
            return false;
        if (count <= 0)
            return Fail("ERR COUNT must be > 0");
        Count = count;
        return true;
    }

    private bool TryGetPolygon(ref int next)
    {
        const int fewest = 3;
        if (!_c.TryGetLong(next, out long count, "ERR invalid number of vertices"u8))
            return false;
        if (count < fewest || count > (_c.ArgCount - next - 1) / 2)
            return Fail("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
        next++;
        _vertices = new GeoPoint[count];
        foreach (ref GeoPoint vertex in _vertices.AsSpan())
        {
            if (!GeoCommands.TryGetPoint(_c, next, out vertex))
                return false;
            next += 2;
        }
        Unit = 1;
        return true;
    }

    /// <summary>Whether the options go together and none is missing.</summary>
    private bool Check()
    {
        if (StoreKey > 0 && (WithDistance || WithHash || WithCoordinates))
            return Fail($"ERR {(IsRadius ? "STORE option in GEORADIUS" : "GEOSEARCHSTORE")} is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        if (!IsRadius && !_hasMember && !_hasPoint && _vertices == null)
            return FailWithName("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for "u8);
        if (!IsRadius && !_isCircle && !_isBox && _vertices == null)
            return FailWithName("ERR exactly one of BYRADIUS and BYBOX can be specified for "u8);
        if (Any && Count == long.MaxValue)
            return Fail("ERR the ANY argument requires COUNT argument");
        // Without an order, the first ones are the nearest ones.
        if (Count != long.MaxValue && Order == GeoOrder.None && !Any)
            Order = GeoOrder.Ascending;
        return true;
    }

    private readonly bool FailWithName(ReadOnlySpan<byte> error)
    {
        _c.Reply.Error([.. error, .. _c[0]]);
        return false;
    }
}
