using System.Text;

namespace RedisAot.Server.Diagnostics;

/// <summary>The computer art of LOLWUT: a plotter drawing of 1968 (version 5) and a skyline at night (version 6).</summary>
internal static class Lolwut
{
    private const byte White = 3;

    private static readonly string[] GrayEscapes = ["0;30;40m", "0;90;100m", "0;37;47m", "0;97;107m"];

    /// <summary>
    /// Georg Nees' "Schotter": rows of squares that fall out of order the further down they are. All arguments are at least 1,
    /// columns up to 1000, squares up to 200.
    /// </summary>
    public static string Schotter(Random random, int columns, int squaresPerRow, int squaresPerColumn)
    {
        int width = columns * 2;
        int padding = width > 4 ? 2 : 0;
        float side = (float)(width - padding * 2) / squaresPerRow;
        Canvas canvas = new(width, (int)(side * squaresPerColumn + padding * 2), 0);
        for (int row = 0; row < squaresPerColumn; row++)
        {
            for (int column = 0; column < squaresPerRow; column++)
                DrawLooseSquare(canvas, random, column, row, side, padding, (double)row / squaresPerColumn);
        }
        return RenderBraille(canvas);
    }

    private static void DrawLooseSquare(Canvas canvas, Random random, int column, int row, float side, int padding, double looseness)
    {
        int x = (int)(column * side + side / 2 + padding);
        int y = (int)(row * side + side / 2 + padding);
        double angle = 0;
        if (row > 1)
        {
            angle = Deviation(random, looseness);
            x = (int)(x + Deviation(random, looseness) * side / 3);
            y = (int)(y + Deviation(random, looseness) * side / 3);
        }
        canvas.Square(x, y, side, angle, 1);
    }

    private static double Deviation(Random random, double size) => (random.NextDouble() * 2 - 1) * size;

    /// <summary>Two by four pixels make one Braille character.</summary>
    private static string RenderBraille(Canvas canvas)
    {
        StringBuilder text = new();
        for (int y = 0; y < canvas.Height; y += 4)
        {
            for (int x = 0; x < canvas.Width; x += 2)
            {
                int dots = canvas[x, y] | canvas[x, y + 1] << 1 | canvas[x, y + 2] << 2
                    | canvas[x + 1, y] << 3 | canvas[x + 1, y + 1] << 4 | canvas[x + 1, y + 2] << 5
                    | canvas[x, y + 3] << 6 | canvas[x + 1, y + 3] << 7;
                text.Append((char)(0x2800 + dots));
            }
            if (y != canvas.Height - 1)
                text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Skyscrapers in three shades of gray, those in front with lit windows. Both arguments are 1 to 1000.</summary>
    public static string Skyline(Random random, int columns, int rows)
    {
        Canvas canvas = new(columns, rows, White);
        for (byte shade = 2; shade >= 1; shade--)
        {
            for (int x = -10 + random.Next(8); x < columns; x += random.Next(8))
            {
                int width = 10 + random.Next(9);
                int height = rows / 2 + random.Next(rows) / (shade == 2 ? 2 : 3);
                DrawSkyscraper(canvas, x, width, height, shade, null);
                x += shade == 2 ? width / 2 : width + 1;
            }
        }
        for (int x = -10 + random.Next(8); x < columns; x += random.Next(8))
        {
            int width = 5 + random.Next(14);
            if (width % 4 != 0)
                width += width % 3;
            DrawSkyscraper(canvas, x, width, rows / 3 + random.Next(rows) / 2, 0, random);
            x += width + 5;
        }
        return RenderGrays(canvas);
    }

    private static void DrawSkyscraper(Canvas canvas, int left, int width, int height, byte color, Random? windowLights)
    {
        int ground = canvas.Height - 1, roof = ground - height + 1;
        for (int y = ground; y >= roof; y--)
        {
            for (int x = left; x < left + width; x++)
            {
                bool isEdge = x <= left + 1 || x >= left + width - 2;
                if (y == roof && isEdge)
                    continue;
                bool canHaveWindow = windowLights != null && !isEdge && y > roof + 1 && y < ground - 1;
                canvas[x, y] = canHaveWindow ? WindowColor(canvas, x, y, x - left - 1, y - roof - 1, color, windowLights!) : color;
            }
        }
    }

    /// <summary>Windows are two pixels wide, both of one colour, as pixels of a terminal are tall.</summary>
    private static byte WindowColor(Canvas canvas, int x, int y, int column, int row, byte wall, Random lights)
    {
        if (column / 2 % 2 == 0 || row % 2 == 0)
            return wall;
        return column % 2 != 0 ? canvas[x - 1, y] : (byte)(1 + lights.Next(2));
    }

    private static string RenderGrays(Canvas canvas)
    {
        StringBuilder text = new();
        for (int y = 0; y < canvas.Height; y++)
        {
            for (int x = 0; x < canvas.Width; x++)
                text.Append("\e[").Append(GrayEscapes[canvas[x, y]]).Append(" \e[0m");
            if (y != canvas.Height - 1)
                text.Append('\n');
        }
        return text.ToString();
    }
}
