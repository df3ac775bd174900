using System.Globalization;

namespace RedisAot.Bench;

/// <summary>One measured number of both servers, with what it is measured against.</summary>
/// <param name="Name">What was measured, with its unit.</param>
/// <param name="Ours">redis-aot's value.</param>
/// <param name="Official">The official server's value, or null where it has none.</param>
public sealed record Figure(string Name, double Ours, double? Official = null)
{
    /// <summary>The highest ratio of ours to official's that meets the target.</summary>
    public double? RatioAtMost { get; init; }

    /// <summary>The lowest ratio of ours to official's that meets the target.</summary>
    public double? RatioAtLeast { get; init; }

    /// <summary>The highest value of ours that meets the target.</summary>
    public double? AtMost { get; init; }

    private double? Ratio => Official is > 0 ? Ours / Official : null;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name,-28} {Text(Ours),12} {Text(Official),12} {Ratio,7:0.00}   {Target}");

    private string Target => this switch
    {
        { RatioAtMost: { } limit } => Verdict($"ratio <= {limit:0.00}", Ratio <= limit),
        { RatioAtLeast: { } limit } => Verdict($"ratio >= {limit:0.00}", Ratio >= limit),
        { AtMost: { } limit } => Verdict($"<= {Text(limit)}", Ours <= limit),
        _ => "",
    };

    private static string Verdict(FormattableString target, bool met) =>
        $"{FormattableString.Invariant(target)}{(met ? "" : "   not met")}";

    private static string Text(double? value) => value switch
    {
        null => "",
        >= 1000 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
