using System.Globalization;
using System.Text;

namespace RedisAot.Server.Diagnostics;

/// <summary>Draws a series of spikes as bars of text, with the age of each written downwards below it: LATENCY GRAPH.</summary>
internal static class LatencyGraph
{
    private const int Columns = 80;
    private const int BarRows = 4;
    private const string Levels = "_o#";

    public static string Draw(string eventName, LatencySeries series, long nowSeconds)
    {
        long[] values = new long[series.Count];
        string[] labels = new string[series.Count];
        for (int i = 0; i < series.Count; i++)
        {
            values[i] = series[i].Milliseconds;
            labels[i] = AgeOf(nowSeconds - series[i].UnixSeconds);
        }
        long max = values.Max(), min = values.Min();

        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{eventName} - high {max} ms, low {min} ms (all time high {series.AllTimeMax} ms)\n");
        text.Append('-', Columns).Append('\n');
        for (int from = 0; from < values.Length; from += Columns)
        {
            if (from != 0)
                text.Append('\n');
            int to = Math.Min(from + Columns, values.Length);
            DrawBars(text, values.AsSpan(from..to), min, max);
            text.Append(' ', to - from).Append('\n');
            DrawLabels(text, labels.AsSpan(from..to));
        }
        return text.ToString();
    }

    private static string AgeOf(long seconds) => seconds switch
    {
        < 60 => $"{seconds}s",
        < 3600 => $"{seconds / 60}m",
        < 24 * 3600 => $"{seconds / 3600}h",
        _ => $"{seconds / (24 * 3600)}d",
    };

    private static void DrawBars(StringBuilder text, ReadOnlySpan<long> values, long min, long max)
    {
        int steps = Levels.Length * BarRows;
        double range = max == min ? 1 : max - min;
        for (int row = BarRows - 1; row >= 0; row--)
        {
            foreach (long value in values)
            {
                int step = Math.Clamp((int)((value - min) * steps / range), 0, steps - 1);
                int level = step - row * Levels.Length;
                text.Append(level < 0 ? ' ' : level < Levels.Length ? Levels[level] : '|');
            }
            text.Append('\n');
        }
    }

    private static void DrawLabels(StringBuilder text, ReadOnlySpan<string> labels)
    {
        int rows = 0;
        foreach (string label in labels)
            rows = Math.Max(rows, label.Length);
        for (int row = 0; row < rows; row++)
        {
            foreach (string label in labels)
                text.Append(row < label.Length ? label[row] : ' ');
            text.Append('\n');
        }
    }
}
