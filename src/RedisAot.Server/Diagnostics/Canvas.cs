namespace RedisAot.Server.Diagnostics;

/// <summary>A picture of small numbers to draw on; what lies outside is ignored.</summary>
internal sealed class Canvas
{
    private readonly byte[] _pixels;

    public Canvas(int width, int height, byte background)
    {
        Width = width;
        Height = height;
        _pixels = new byte[width * height];
        _pixels.AsSpan().Fill(background);
    }

    public int Width { get; }

    public int Height { get; }

    public byte this[int x, int y]
    {
        get => Contains(x, y) ? _pixels[x + y * Width] : (byte)0;
        set
        {
            if (Contains(x, y))
                _pixels[x + y * Width] = value;
        }
    }

    /// <summary>Draws a line by Bresenham's algorithm.</summary>
    public void Line(int x1, int y1, int x2, int y2, byte color)
    {
        int dx = Math.Abs(x2 - x1), dy = Math.Abs(y2 - y1);
        int stepX = x1 < x2 ? 1 : -1, stepY = y1 < y2 ? 1 : -1;
        int error = dx - dy;
        this[x1, y1] = color;
        while (x1 != x2 || y1 != y2)
        {
            int doubled = error * 2;
            if (doubled > -dy)
            {
                error -= dy;
                x1 += stepX;
            }
            if (doubled < dx)
            {
                error += dx;
                y1 += stepY;
            }
            this[x1, y1] = color;
        }
    }

    /// <summary>Draws a square around a centre, turned by an angle in radians.</summary>
    public void Square(int x, int y, double side, double angle, byte color)
    {
        double radius = Math.Round(side / Math.Sqrt(2), MidpointRounding.AwayFromZero);
        Span<(int X, int Y)> corners = stackalloc (int, int)[4];
        for (int i = 0; i < corners.Length; i++)
        {
            (double sin, double cos) = Math.SinCos(Math.PI / 4 + angle + i * Math.PI / 2);
            corners[i] = (Round(sin * radius + x), Round(cos * radius + y));
        }
        for (int i = 0; i < corners.Length; i++)
        {
            (int X, int Y) next = corners[(i + 1) % corners.Length];
            Line(corners[i].X, corners[i].Y, next.X, next.Y, color);
        }
    }

    private static int Round(double value) => (int)Math.Round(value, MidpointRounding.AwayFromZero);

    private bool Contains(int x, int y) => (uint)x < (uint)Width && (uint)y < (uint)Height;
}
