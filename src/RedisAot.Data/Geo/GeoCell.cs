namespace RedisAot.Data;

/// <summary>
/// A cell of the grid that divides the world into 2^step columns and as many rows. Its number interleaves the bits of
/// both (a geohash), so that the cells within a bigger one have numbers that follow each other.
/// </summary>
public readonly record struct GeoCell
{
    /// <summary>The finest grid, whose numbers are scores: 26 bits of each coordinate.</summary>
    public const int MaxStep = 26;

    /// <summary>Length of <see cref="WriteText"/>.</summary>
    public const int TextBytes = 11;

    private const double TextMaxLatitude = 90;
    private const int TextBits = 5;

    private readonly uint _column;
    private readonly uint _row;
    private readonly int _step;

    private GeoCell(uint column, uint row, int step)
    {
        _column = column;
        _row = row;
        _step = step;
    }

    /// <summary>The lowest score of a place in the cell.</summary>
    public double FirstScore => Number << 2 * (MaxStep - _step);

    /// <summary>The lowest score above those of all places in the cell.</summary>
    public double EndScore => Number + 1 << 2 * (MaxStep - _step);

    /// <summary>The degrees that the cell covers.</summary>
    public GeoBounds Bounds => new(
        Coordinate(_column, GeoPoint.MaxLongitude), Coordinate(_row, GeoPoint.MaxLatitude),
        Coordinate(_column + 1, GeoPoint.MaxLongitude), Coordinate(_row + 1, GeoPoint.MaxLatitude));

    /// <summary>The middle of the cell.</summary>
    public GeoPoint Center
    {
        get
        {
            GeoBounds bounds = Bounds;
            return new GeoPoint(
                Math.Clamp((bounds.West + bounds.East) / 2, -GeoPoint.MaxLongitude, GeoPoint.MaxLongitude),
                Math.Clamp((bounds.South + bounds.North) / 2, -GeoPoint.MaxLatitude, GeoPoint.MaxLatitude));
        }
    }

    private ulong Number => Spread(_row) | Spread(_column) << 1;

    /// <summary>The cell of a place.</summary>
    public static GeoCell At(in GeoPoint point, int step) => At(point, step, GeoPoint.MaxLatitude);

    /// <summary>The cell of that number.</summary>
    public static GeoCell FromNumber(ulong number, int step) => new(Gather(number >> 1), Gather(number), step);

    /// <summary>The cell so many columns to the east and rows to the north; the grid goes on at its other side.</summary>
    public GeoCell Neighbor(int east, int north)
    {
        uint mask = (1u << _step) - 1;
        return new GeoCell(
            east == 0 ? _column : (uint)(_column + east) & mask,
            north == 0 ? _row : (uint)(_row + north) & mask,
            _step);
    }

    /// <summary>
    /// Writes the usual text of a geohash: <see cref="TextBytes"/> base-32 digits, of which the last is always 0. It counts
    /// latitudes up to the poles.
    /// </summary>
    public static void WriteText(in GeoPoint point, Span<byte> destination)
    {
        ulong number = At(point, MaxStep, TextMaxLatitude).Number;
        int shift = 2 * MaxStep;
        for (int i = 0; i < TextBytes - 1; i++)
        {
            shift -= TextBits;
            destination[i] = "0123456789bcdefghjkmnpqrstuvwxyz"u8[(int)(number >> shift) & (1 << TextBits) - 1];
        }
        destination[TextBytes - 1] = (byte)'0';
    }

    private static GeoCell At(in GeoPoint point, int step, double maxLatitude) => new(
        Index(point.Longitude, GeoPoint.MaxLongitude, step), Index(point.Latitude, maxLatitude, step), step);

    private static uint Index(double degrees, double max, int step) => (uint)((degrees + max) / (max + max) * (1UL << step));

    private double Coordinate(uint index, double max) => -max + index * 1.0 / (1UL << _step) * (max + max);

    /// <summary>Puts a zero before each bit.</summary>
    private static ulong Spread(uint bits)
    {
        ulong spread = bits;
        spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
        spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
        spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f;
        spread = (spread | spread << 2) & 0x3333_3333_3333_3333;
        return (spread | spread << 1) & 0x5555_5555_5555_5555;
    }

    /// <summary>The reverse of <see cref="Spread"/>: every second bit.</summary>
    private static uint Gather(ulong spread)
    {
        spread &= 0x5555_5555_5555_5555;
        spread = (spread | spread >> 1) & 0x3333_3333_3333_3333;
        spread = (spread | spread >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
        spread = (spread | spread >> 4) & 0x00ff_00ff_00ff_00ff;
        spread = (spread | spread >> 8) & 0x0000_ffff_0000_ffff;
        return (uint)(spread | spread >> 16);
    }
}
