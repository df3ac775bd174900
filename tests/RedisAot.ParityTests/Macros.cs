using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>
/// Expands {repeat:x:100}, {each:k:3}, {pairs:k:3}, {places:7:100}, {random:7:0:90}, {now+10}, {nowms-5}, {saved:name} and {cursor} in arguments. Text
/// is taken as Latin-1 meanwhile, so that every byte survives.
/// </summary>
internal static partial class Macros
{
    /// <summary>Splits a line into arguments and expands them. The clock is read by the caller: both servers get the same.</summary>
    public static List<Argument> Expand(string line, DateTimeOffset now, IReadOnlyDictionary<string, string> saved)
    {
        var arguments = new List<Argument>();
        foreach (byte[] bytes in RespText.Split(line))
        {
            if (!bytes.AsSpan().Contains((byte)'{'))
                arguments.Add(bytes);
            else
                ExpandArgument(Encoding.Latin1.GetString(bytes), now, saved, arguments);
        }
        return arguments;
    }

    private static void ExpandArgument(
        string text, DateTimeOffset now, IReadOnlyDictionary<string, string> saved, List<Argument> arguments)
    {
        Match several = Several().Match(text);
        if (several.Success)
        {
            int count = Number(several.Groups["count"].Value);
            string prefix = several.Groups["prefix"].Value;
            for (int i = 1; i <= count; i++)
            {
                arguments.Add(Encoding.Latin1.GetBytes(prefix + i));
                if (several.Groups["kind"].Value == "pairs")
                    arguments.Add(Encoding.Latin1.GetBytes("value" + i));
            }
            return;
        }
        Match places = Places().Match(text);
        if (places.Success)
        {
            AddPlaces(places, arguments);
            return;
        }
        text = RandomNumber().Replace(text, match =>
            Coordinate(new Random(Number(match.Groups["seed"].Value)), Number(match.Groups["min"].Value), Number(match.Groups["max"].Value)));
        text = Repeat().Replace(text, match => new StringBuilder()
            .Insert(0, match.Groups["text"].Value, Number(match.Groups["count"].Value)).ToString());
        text = Now().Replace(text, match => NowText(match, now));
        text = Saved().Replace(text, match => saved.TryGetValue(match.Groups["name"].Value, out string? value) ? value : "unsaved");
        arguments.Add(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>Longitudes, latitudes and names; the same ones for the same seed.</summary>
    private static void AddPlaces(Match match, List<Argument> arguments)
    {
        const double maxLatitude = 85;
        int seed = Number(match.Groups["seed"].Value);
        Random random = new(seed);
        bool near = match.Groups["longitude"].Success;
        (double west, double east, double south, double north) = (-180, 180, -maxLatitude, maxLatitude);
        if (near)
        {
            (int longitude, int latitude) = (Number(match.Groups["longitude"].Value), Number(match.Groups["latitude"].Value));
            (west, east, south, north) = (longitude - 1, longitude + 1, latitude - 1, latitude + 1);
        }
        for (int i = 1; i <= Number(match.Groups["count"].Value); i++)
        {
            arguments.Add(Encoding.Latin1.GetBytes(Coordinate(random, west, east)));
            arguments.Add(Encoding.Latin1.GetBytes(Coordinate(random, south, north)));
            arguments.Add(Encoding.Latin1.GetBytes($"p{seed}.{i}"));
        }
    }

    private static string Coordinate(Random random, double min, double max) =>
        (min + random.NextDouble() * (max - min)).ToString("F9", CultureInfo.InvariantCulture);

    private static string NowText(Match match, DateTimeOffset now)
    {
        long time = match.Groups["unit"].Value == "ms" ? now.ToUnixTimeMilliseconds() : now.ToUnixTimeSeconds();
        return (time + Number(match.Groups["delta"].Value)).ToString(CultureInfo.InvariantCulture);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\{(?<kind>each|pairs):(?<prefix>[^{}]*):(?<count>\d+)\}$", RegexOptions.Singleline)]
    private static partial Regex Several();

    [GeneratedRegex(@"^\{places:(?<seed>\d+):(?<count>\d+)(:(?<longitude>-?\d+):(?<latitude>-?\d+))?\}$")]
    private static partial Regex Places();

    [GeneratedRegex(@"\{random:(?<seed>\d+):(?<min>-?\d+):(?<max>-?\d+)\}")]
    private static partial Regex RandomNumber();

    [GeneratedRegex(@"\{repeat:(?<text>[^{}]+?):(?<count>\d+)\}", RegexOptions.Singleline)]
    private static partial Regex Repeat();

    [GeneratedRegex(@"\{now(?<unit>ms)?(?<delta>[+-]\d+)\}")]
    private static partial Regex Now();

    [GeneratedRegex(@"\{(?:saved:)?(?<name>cursor|(?<=saved:)\w+)\}")]
    private static partial Regex Saved();
}
