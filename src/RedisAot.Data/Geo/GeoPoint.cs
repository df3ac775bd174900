namespace RedisAot.Data;

/// <summary>
/// A place on the earth, in degrees. As the score of a sorted set it is the number of the smallest <see cref="GeoCell"/>
/// around it, 52 bits; read back it is the centre of that cell.
/// </summary>
public readonly record struct GeoPoint(double Longitude, double Latitude)
{
    /// <summary>The highest longitude; the lowest is its negative.</summary>
    public const double MaxLongitude = 180;

    /// <summary>The highest latitude, that of a square Mercator map; the lowest is its negative.</summary>
    public const double MaxLatitude = 85.05112878;

    /// <summary>Metres; the quadratic mean radius, which official computes with.</summary>
    public const double EarthRadius = 6372797.560856;

    internal const double RadiansPerDegree = Math.PI / 180;

    private const double TwoTo63 = 9223372036854775808.0;

    /// <summary>Whether official takes such a place.</summary>
    public bool IsValid => Math.Abs(Longitude) <= MaxLongitude && Math.Abs(Latitude) <= MaxLatitude;

    /// <summary>The score of this place.</summary>
    public double Score => GeoCell.At(this, GeoCell.MaxStep).FirstScore;

    /// <summary>The place that has a score, whatever number that is.</summary>
    public static GeoPoint FromScore(double score) => GeoCell.FromNumber(ToBits(score), GeoCell.MaxStep).Center;

    /// <summary>Distance in metres along a great circle (haversine).</summary>
    public double DistanceTo(in GeoPoint other)
    {
        double v = Math.Sin((other.Longitude * RadiansPerDegree - Longitude * RadiansPerDegree) / 2);
        if (v == 0)
            return LatitudeDistance(Latitude, other.Latitude);
        double latitude = Latitude * RadiansPerDegree, otherLatitude = other.Latitude * RadiansPerDegree;
        double u = Math.Sin((otherLatitude - latitude) / 2);
        double a = u * u + Math.Cos(latitude) * Math.Cos(otherLatitude) * v * v;
        return 2.0 * EarthRadius * Math.Asin(Math.Sqrt(a));
    }

    /// <summary>Distance in metres of two latitudes on one meridian.</summary>
    public static double LatitudeDistance(double from, double to) =>
        EarthRadius * Math.Abs(to * RadiansPerDegree - from * RadiansPerDegree);

    // As x86 converts, since a sorted set may hold any score and official decodes what comes out.
    private static ulong ToBits(double score)
    {
        if (score >= TwoTo63)
            return score < TwoTo63 * 2 ? (ulong)(long)(score - TwoTo63) | 1UL << 63 : 0;
        return score >= -TwoTo63 ? (ulong)(long)score : 1UL << 63;
    }
}
