using RedisAot.Data;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed class GeoTests
{
    private const int Seed = 4711;

    [Fact]
    public void PlacesComeBackFromTheirScores()
    {
        Random random = new(Seed);
        for (int i = 0; i < 10_000; i++)
        {
            GeoPoint point = AnyPoint(random, GeoPoint.MaxLatitude);
            GeoPoint decoded = GeoPoint.FromScore(point.Score);
            // A cell is 360 / 2^26 degrees wide, 0.6 m at the equator.
            Assert.True(point.DistanceTo(decoded) < 0.6, $"{point} became {decoded}, seed {Seed}");
            Assert.Equal(point.Score, decoded.Score);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1.5)]
    [InlineData(1e19)]
    [InlineData(4503599627370496)]
    public void EveryScoreIsSomePlace(double score) => Assert.True(GeoPoint.FromScore(score).IsValid);

    [Theory]
    [InlineData(13.361389, 38.115556, "sqc8b49rny0")]
    [InlineData(15.087269, 37.502669, "sqdtr74hyu0")]
    public void TextIsTheUsualGeohash(double longitude, double latitude, string text)
    {
        byte[] written = new byte[GeoCell.TextBytes];
        GeoCell.WriteText(GeoPoint.FromScore(new GeoPoint(longitude, latitude).Score), written);
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(written));
    }

    [Fact]
    public void NeighborsTouchAndTheGridGoesAround()
    {
        GeoCell cell = GeoCell.At(new GeoPoint(179.99, 10), 10);
        Assert.Equal(cell.Bounds.North, cell.Neighbor(0, 1).Bounds.South);
        Assert.Equal(-GeoPoint.MaxLongitude, cell.Neighbor(1, 0).Bounds.West);
        Assert.Equal(cell, cell.Neighbor(1, 1).Neighbor(-1, -1));
    }

    [Fact]
    public void CellsCoverTheAreaAndNothingIsFoundTwice()
    {
        Random random = new(Seed);
        GeoPoint[] points = [.. Enumerable.Range(0, 3000).Select(_ => GeoPoint.FromScore(AnyPoint(random, 60).Score))];
        for (int round = 0; round < 300; round++)
        {
            GeoPoint center = AnyPoint(random, 60);
            double size = Math.Pow(10, 3 + random.NextDouble() * 3);
            GeoPoint[] corners = [.. Enumerable.Range(0, 5).Select(_ => Near(random, center))];
            Check(GeoArea.Circle(center, size), points, $"circle of {size} m around {center}, seed {Seed} round {round}");
            Check(GeoArea.Box(center, size, size / 3), points, $"box of {size} m around {center}, seed {Seed} round {round}");
            Check(GeoArea.Polygon(corners), points, $"polygon near {center}, seed {Seed} round {round}");
        }
    }

    [Fact]
    public void APolygonIsWhatItsLineEncloses()
    {
        GeoArea triangle = GeoArea.Polygon([new(0, 0), new(10, 0), new(0, 10)]);
        Assert.True(triangle.Contains(new GeoPoint(2, 2), out double distance));
        Assert.Equal(triangle.Center.DistanceTo(new GeoPoint(2, 2)), distance);
        Assert.False(triangle.Contains(new GeoPoint(6, 6), out _));
        Assert.False(triangle.Contains(new GeoPoint(-1, 1), out _));
    }

    /// <summary>What looking through the cells finds is what looking at every place finds, but for areas across the 180th meridian.</summary>
    private static void Check(GeoArea area, GeoPoint[] points, string context)
    {
        Span<GeoCell> cells = stackalloc GeoCell[9];
        cells = cells[..area.Cover(cells)];
        foreach (GeoPoint point in points)
        {
            if (!area.Contains(point, out _) || Math.Abs(point.Longitude - area.Center.Longitude) > 180)
                continue;
            int found = 0;
            foreach (GeoCell cell in cells)
                found += point.Score >= cell.FirstScore && point.Score < cell.EndScore ? 1 : 0;
            Assert.True(found == 1, $"{point} was found {found} times: {context}");
        }
    }

    private static GeoPoint AnyPoint(Random random, double maxLatitude) =>
        new((random.NextDouble() - 0.5) * 2 * GeoPoint.MaxLongitude, (random.NextDouble() - 0.5) * 2 * maxLatitude);

    private static GeoPoint Near(Random random, GeoPoint center) => new(
        Math.Clamp(center.Longitude + (random.NextDouble() - 0.5) * 20, -GeoPoint.MaxLongitude, GeoPoint.MaxLongitude),
        center.Latitude + (random.NextDouble() - 0.5) * 20);
}
