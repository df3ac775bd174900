namespace RedisAot.Data;

/// <summary>An area on the earth: a circle, a box along meridians and parallels, or a polygon.</summary>
public readonly ref struct GeoArea
{
    private readonly Form _form;
    private readonly double _width;
    private readonly double _height;
    private readonly ReadOnlySpan<GeoPoint> _vertices;

    private GeoArea(Form form, GeoPoint center, double width, double height)
    {
        _form = form;
        _width = width;
        _height = height;
        Center = center;
    }

    private GeoArea(ReadOnlySpan<GeoPoint> vertices)
    {
        _form = Form.Polygon;
        _vertices = vertices;
        Center = Centroid(vertices);
    }

    private enum Form
    {
        Circle,
        Box,
        Polygon,
    }

    /// <summary>From where distances count; that of a polygon is the mean of its vertices in space.</summary>
    public GeoPoint Center { get; }

    /// <summary>All places at most so many metres away.</summary>
    public static GeoArea Circle(scoped in GeoPoint center, double radius) => new(Form.Circle, center, radius * 2, radius * 2);

    /// <summary>All places at most half of these metres away to either side, each measured along the parallel or meridian.</summary>
    public static GeoArea Box(scoped in GeoPoint center, double width, double height) => new(Form.Box, center, width, height);

    /// <summary>The inside of a closed line through three vertices or more.</summary>
    public static GeoArea Polygon(ReadOnlySpan<GeoPoint> vertices) => new(vertices);

    /// <summary>Whether a place lies in the area; if so, its distance from <see cref="Center"/> in metres.</summary>
    public bool Contains(in GeoPoint point, out double distance)
    {
        distance = 0;
        if (_form == Form.Box && !IsInBox(point) || _form == Form.Polygon && !IsInPolygon(point))
            return false;
        distance = Center.DistanceTo(point);
        // A distance that is no number, as places opposite each other may have, counts as within.
        return _form != Form.Circle || !(distance > _width / 2);
    }

    /// <summary>
    /// Writes the cells (at most nine: one and its neighbours) in which the places of the area lie, in the order in which
    /// official looks through them, and returns their number.
    /// </summary>
    public int Cover(Span<GeoCell> cells)
    {
        GeoBounds bounds = Bounds();
        int step = StepFor(bounds);
        GeoCell middle = GeoCell.At(Center, step);
        if (step > 1 && !NeighborsReach(middle, bounds))
            middle = GeoCell.At(Center, --step);

        GeoBounds inner = middle.Bounds;
        // In the coarsest grid the neighbours on both sides are one, so none is left out. Bounds of endless areas are no
        // numbers, and leave none out either.
        bool all = step < 2;
        bool south = all || !(inner.South < bounds.South), north = all || !(inner.North > bounds.North);
        bool west = all || !(inner.West < bounds.West), east = all || !(inner.East > bounds.East);
        int count = 0;
        cells[count++] = middle;
        Add(cells, ref count, middle, 0, 1, north);
        Add(cells, ref count, middle, 0, -1, south);
        Add(cells, ref count, middle, 1, 0, east);
        Add(cells, ref count, middle, -1, 0, west);
        Add(cells, ref count, middle, 1, 1, north && east);
        Add(cells, ref count, middle, -1, 1, north && west);
        Add(cells, ref count, middle, 1, -1, south && east);
        Add(cells, ref count, middle, -1, -1, south && west);
        return count;
    }

    private static void Add(Span<GeoCell> cells, ref int count, GeoCell middle, int east, int north, bool wanted)
    {
        GeoCell cell = middle.Neighbor(east, north);
        if (wanted && (count == 1 || cell != cells[count - 1]))
            cells[count++] = cell;
    }

    private static bool NeighborsReach(GeoCell middle, in GeoBounds bounds) =>
        !(middle.Neighbor(0, 1).Bounds.North < bounds.North) && !(middle.Neighbor(0, -1).Bounds.South > bounds.South)
        && !(middle.Neighbor(1, 0).Bounds.East < bounds.East) && !(middle.Neighbor(-1, 0).Bounds.West > bounds.West);

    /// <summary>The grid in which a cell and its neighbours mostly cover the area, official's estimate.</summary>
    private int StepFor(in GeoBounds bounds)
    {
        const double mercatorMax = 20037726.37;
        double radius = _form switch
        {
            Form.Circle => _width / 2,
            Form.Box => Math.Sqrt(_width / 2 * (_width / 2) + _height / 2 * (_height / 2)),
            _ => ReachOfCorners(bounds),
        };
        if (radius == 0)
            return GeoCell.MaxStep;
        int step = -1;
        for (; radius < mercatorMax; radius *= 2)
            step++;
        // Towards the poles the cells get narrower.
        double latitude = Math.Abs(Center.Latitude);
        step -= latitude > 80 ? 2 : latitude > 66 ? 1 : 0;
        return Math.Clamp(step, 1, GeoCell.MaxStep);
    }

    private double ReachOfCorners(in GeoBounds bounds) => Math.Max(
        Math.Max(Center.DistanceTo(new(bounds.West, bounds.North)), Center.DistanceTo(new(bounds.East, bounds.North))),
        Math.Max(Center.DistanceTo(new(bounds.West, bounds.South)), Center.DistanceTo(new(bounds.East, bounds.South))));

    private GeoBounds Bounds()
    {
        if (_form == Form.Polygon)
            return BoundsOf(_vertices);
        double latitudes = Degrees(_height / 2 / GeoPoint.EarthRadius);
        // The parallel farther from the equator is the shorter one, of which more degrees are covered.
        double parallel = Center.Latitude < 0 ? Center.Latitude - latitudes : Center.Latitude + latitudes;
        double longitudes = Degrees(_width / 2 / GeoPoint.EarthRadius / Math.Cos(parallel * GeoPoint.RadiansPerDegree));
        return new GeoBounds(
            Center.Longitude - longitudes, Center.Latitude - latitudes, Center.Longitude + longitudes, Center.Latitude + latitudes);
    }

    private static GeoBounds BoundsOf(ReadOnlySpan<GeoPoint> points)
    {
        GeoBounds bounds = new(GeoPoint.MaxLongitude, GeoPoint.MaxLatitude, -GeoPoint.MaxLongitude, -GeoPoint.MaxLatitude);
        foreach (GeoPoint point in points)
        {
            bounds = new GeoBounds(
                Math.Min(bounds.West, point.Longitude), Math.Min(bounds.South, point.Latitude),
                Math.Max(bounds.East, point.Longitude), Math.Max(bounds.North, point.Latitude));
        }
        return bounds;
    }

    private static GeoPoint Centroid(ReadOnlySpan<GeoPoint> points)
    {
        double x = 0, y = 0, z = 0;
        foreach (GeoPoint point in points)
        {
            double longitude = point.Longitude * GeoPoint.RadiansPerDegree, latitude = point.Latitude * GeoPoint.RadiansPerDegree;
            x += GeoPoint.EarthRadius * Math.Cos(latitude) * Math.Cos(longitude);
            y += GeoPoint.EarthRadius * Math.Cos(latitude) * Math.Sin(longitude);
            z += GeoPoint.EarthRadius * Math.Sin(latitude);
        }
        x /= points.Length;
        y /= points.Length;
        z /= points.Length;
        return new GeoPoint(Degrees(Math.Atan2(y, x)), Degrees(Math.Atan2(z, Math.Sqrt(x * x + y * y))));
    }

    private static double Degrees(double radians) => radians / GeoPoint.RadiansPerDegree;

    private bool IsInBox(in GeoPoint point) =>
        !(GeoPoint.LatitudeDistance(point.Latitude, Center.Latitude) > _height / 2)
        && !(point.DistanceTo(new GeoPoint(Center.Longitude, point.Latitude)) > _width / 2);

    /// <summary>Whether a ray from the place crosses the line an odd number of times.</summary>
    private bool IsInPolygon(in GeoPoint point)
    {
        bool inside = false;
        GeoPoint from = _vertices[^1];
        foreach (GeoPoint to in _vertices)
        {
            if (to.Latitude > point.Latitude != from.Latitude > point.Latitude
                && point.Longitude < (from.Longitude - to.Longitude) * (point.Latitude - to.Latitude) / (from.Latitude - to.Latitude) + to.Longitude)
            {
                inside = !inside;
            }
            from = to;
        }
        return inside;
    }
}
