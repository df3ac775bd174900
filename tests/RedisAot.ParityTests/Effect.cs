using System.Globalization;
using System.Text;

using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>What a command left behind: a command for the append-only file and replicas, or a keyspace event.</summary>
internal sealed record Effect(bool IsEvent, int Database, IReadOnlyList<byte[]> Words)
{
    /// <summary>Points in time (Unix ms, 13 digits) may lie this far apart: they were taken by two servers.</summary>
    private const long MaxTimeDifferenceMs = 3000;

    private const long FirstTime = 1_000_000_000_000;

    /// <summary>Whether two servers did the same, as far as a step's normalization asks.</summary>
    public static bool AreSame(Normalization normalization, List<Effect> left, List<Effect> right) =>
        normalization switch
        {
            Normalization.Ignored => true,
            Normalization.Type => left.Select(effect => effect.Shape).SequenceEqual(right.Select(effect => effect.Shape)),
            Normalization.Unordered => AreSame(Sorted(left), Sorted(right)),
            _ => AreSame(left, right),
        };

    public override string ToString() => $"{Database}: {string.Join(' ', Words.Select(word => RespText.Escape(word)))}";

    private string Shape => $"{IsEvent} {Database} {RespText.Escape(Words[0])} {Words.Count}";

    private static bool AreSame(List<Effect> left, List<Effect> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => AreSame(pair.First, pair.Second));

    private static bool AreSame(Effect left, Effect right) =>
        left.IsEvent == right.IsEvent && left.Database == right.Database && left.Words.Count == right.Words.Count
        && left.Words.Zip(right.Words).All(pair => AreSame(pair.First, pair.Second));

    private static bool AreSame(byte[] left, byte[] right) =>
        left.AsSpan().SequenceEqual(right)
        || (Time(left) is { } a && Time(right) is { } b && Math.Abs(a - b) <= MaxTimeDifferenceMs);

    private static long? Time(byte[] word) =>
        long.TryParse(Encoding.ASCII.GetString(word), NumberStyles.None, CultureInfo.InvariantCulture, out long time) && time >= FirstTime ? time : null;

    /// <summary>The effects in any order, and the arguments of each but its name too.</summary>
    private static List<Effect> Sorted(List<Effect> effects) =>
        [.. effects.Select(effect => effect with { Words = [effect.Words[0], .. effect.Words.Skip(1).OrderBy(word => RespText.Escape(word), StringComparer.Ordinal)] })
            .OrderBy(effect => effect.ToString(), StringComparer.Ordinal)];
}
