using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>Says whether two answers are the same, as far as a step's normalization asks.</summary>
internal static partial class Comparison
{
    public static bool AreSame(Step step, Answer official, Answer ours)
    {
        if (step.Normalization == Normalization.Ignored)
            return official.Failure == ours.Failure;
        if (official.Failure is not null || ours.Failure is not null)
            return official.Failure == ours.Failure;
        if (official.Raw.AsSpan().SequenceEqual(ours.Raw))
            return true;
        if (step.Normalization == Normalization.Exact)
            return false;
        Reply left = Reply.Parse(official.Raw);
        Reply right = Reply.Parse(ours.Raw);
        return step.Normalization switch
        {
            Normalization.Unordered => Sorted(left, 1) == Sorted(right, 1),
            Normalization.UnorderedPairs => Sorted(left, 2) == Sorted(right, 2),
            Normalization.Type => Shape(left) == Shape(right),
            Normalization.Near => AreNear(left, right, step.Tolerance),
            Normalization.Digits => Digits().Replace(Text(left), "#") == Digits().Replace(Text(right), "#"),
            Normalization.Addresses => Addresses().Replace(Text(left), "#") == Addresses().Replace(Text(right), "#"),
            Normalization.Lines => HasAllInOrder(LineNames(left), LineNames(right)),
            Normalization.Counts => Counts(left).SequenceEqual(Counts(right)),
            Normalization.Fields => HasAllInOrder(FieldNames(left), FieldNames(right)),
            Normalization.Names => left.Type == right.Type && HasAll(MapNames(left), MapNames(right)),
            Normalization.Subset => left.Type == right.Type && HasAll(left.Items.Select(item => Text(item)), right.Items.Select(item => Text(item))),
            _ => throw new InvalidOperationException($"No comparison for {step.Normalization}."),
        };
    }

    private static string Text(Reply reply) => Encoding.Latin1.GetString(reply.Raw);

    /// <summary>The reply with the elements of every aggregate sorted, in groups of <paramref name="group"/>.</summary>
    private static string Sorted(Reply reply, int group)
    {
        if (reply.Items.Count == 0)
            return Text(reply);
        int size = reply.Type == '%' ? 2 : group;
        IEnumerable<string> items = reply.Items.Select(item => Sorted(item, group)).Chunk(size).Select(chunk => string.Concat(chunk));
        return reply.Type + "[" + string.Join(' ', items.Order(StringComparer.Ordinal)) + "]";
    }

    /// <summary>The types of a reply and of all that it contains, and an error's text.</summary>
    private static string Shape(Reply reply) =>
        reply.IsError ? Text(reply)
        : reply.IsNull ? "null"
        : reply.Type + (reply.Items.Count == 0 ? "" : "[" + string.Concat(reply.Items.Select(item => Shape(item))) + "]");

    private static bool AreNear(Reply left, Reply right, long tolerance)
    {
        if (left.Type != right.Type || left.Items.Count != right.Items.Count)
            return false;
        if (left.Items.Count > 0)
            return left.Items.Zip(right.Items).All(pair => AreNear(pair.First, pair.Second, tolerance));
        return long.TryParse(left.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long a)
            && long.TryParse(right.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long b)
            ? Math.Abs(a - b) <= tolerance && a < 0 == b < 0
            : left.Raw.AsSpan().SequenceEqual(right.Raw);
    }

    /// <summary>INFO: the headings, and the names before the colons. Lines about commands come in any order.</summary>
    private static List<string> LineNames(Reply reply)
    {
        List<string> names = [.. reply.Text.Split("\r\n").Where(line => line.Length > 0).Select(line => line.Split(':')[0])];
        foreach (string prefix in (string[])["cmdstat_", "latency_percentiles_usec_"])
        {
            int first = names.FindIndex(name => name.StartsWith(prefix, StringComparison.Ordinal));
            if (first >= 0)
                names.Sort(first, names.Count(name => name.StartsWith(prefix, StringComparison.Ordinal)), StringComparer.Ordinal);
        }
        return names;
    }

    /// <summary>INFO commandstats: all but the times, in any order.</summary>
    private static IEnumerable<string> Counts(Reply reply) =>
        reply.Text.Split("\r\n").Select(line => Times().Replace(line, "")).Order(StringComparer.Ordinal);

    /// <summary>CLIENT LIST: the names before the equals signs, line by line.</summary>
    private static IEnumerable<string> FieldNames(Reply reply) =>
        reply.Text.Split('\n').SelectMany((line, index) => line.Split(' ').Select(field => $"{index} {field.Split('=')[0]}"));

    private static IEnumerable<string> MapNames(Reply reply) => reply.Items.Chunk(2).Select(pair => pair[0].Text);

    private static bool HasAll(IEnumerable<string> wanted, IEnumerable<string> present) => wanted.ToHashSet().IsSubsetOf(present);

    /// <summary>Newer versions add names, so ours may have more of them in between.</summary>
    private static bool HasAllInOrder(IEnumerable<string> wanted, IEnumerable<string> present)
    {
        using IEnumerator<string> next = present.GetEnumerator();
        return wanted.All(name =>
        {
            while (next.MoveNext())
                if (next.Current == name)
                    return true;
            return false;
        });
    }

    [GeneratedRegex(@"usec(_per_call)?=[0-9.]+,?")]
    private static partial Regex Times();

    [GeneratedRegex(@"0x[0-9a-f]+|lru(_seconds_idle)?:[0-9]+")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"0x[0-9a-f]+|[0-9a-f]{40}|[0-9]+(\.[0-9]+)?")]
    private static partial Regex Digits();
}
