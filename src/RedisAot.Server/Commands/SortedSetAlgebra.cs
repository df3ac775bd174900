using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>How the scores that a member has in several inputs come to one.</summary>
internal enum ScoreAggregate
{
    Sum,
    Min,
    Max,

    /// <summary>The scores do not count; the weights are added up.</summary>
    Count,
}

/// <summary>Unions, intersections and differences of sorted sets and sets.</summary>
internal static class SortedSetAlgebra
{
    private static readonly Comparison<AlgebraInput> s_bySize = AlgebraInput.BySize;

    /// <summary>Adds the members of any input.</summary>
    public static void Union(ref SortedSetBuilder result, Span<AlgebraInput> inputs, ScoreAggregate aggregate)
    {
        inputs.Sort(s_bySize);
        foreach (ref AlgebraInput input in inputs)
        {
            if (input.Count == 0)
                continue;
            using AlgebraEnumerator members = input.GetEnumerator();
            while (members.MoveNext())
            {
                double score = Weighted(members.Score, input.Weight, aggregate);
                if (double.IsNaN(score))
                    score = 0;
                ref double total = ref result.AddOrFind(members.Name, score, out bool added);
                if (!added)
                    Aggregate(ref total, score, aggregate);
            }
        }
    }

    /// <summary>Adds the members that all inputs have.</summary>
    public static void Intersect(ref SortedSetBuilder result, Span<AlgebraInput> inputs, ScoreAggregate aggregate)
    {
        inputs.Sort(s_bySize);
        if (inputs[0].Count == 0)
            return;
        using AlgebraEnumerator members = inputs[0].GetEnumerator();
        while (members.MoveNext())
        {
            double score = Weighted(members.Score, inputs[0].Weight, aggregate);
            if (double.IsNaN(score))
                score = 0;
            if (IsInAll(members.Name, inputs[1..], ref score, aggregate))
                result.Add(members.Name, score);
        }
    }

    /// <summary>How many members all inputs have, but no more than a limit (0: any number).</summary>
    public static long CountIntersection(Span<AlgebraInput> inputs, long limit)
    {
        inputs.Sort(s_bySize);
        if (inputs[0].Count == 0)
            return 0;
        long count = 0;
        double score = 0;
        using AlgebraEnumerator members = inputs[0].GetEnumerator();
        while (members.MoveNext())
        {
            if (IsInAll(members.Name, inputs[1..], ref score, ScoreAggregate.Count) && ++count == limit)
                break;
        }
        return count;
    }

    /// <summary>Adds the members of the first input that no other has.</summary>
    public static void Subtract(ref SortedSetBuilder result, Span<AlgebraInput> inputs)
    {
        if (inputs[0].Count == 0)
            return;
        // In the biggest of the others a member is most likely to be found.
        inputs[1..].Sort(s_bySize);
        using AlgebraEnumerator members = inputs[0].GetEnumerator();
        while (members.MoveNext())
        {
            if (!IsInAny(members.Name, inputs[1..]))
                result.Add(members.Name, members.Score);
        }
    }

    private static bool IsInAll(ReadOnlySpan<byte> name, ReadOnlySpan<AlgebraInput> inputs, ref double score, ScoreAggregate aggregate)
    {
        ulong hash = Hashing.Hash(name);
        foreach (ref readonly AlgebraInput input in inputs)
        {
            if (!input.TryGetScore(name, hash, out double value))
                return false;
            Aggregate(ref score, Weighted(value, input.Weight, aggregate), aggregate);
        }
        return true;
    }

    private static bool IsInAny(ReadOnlySpan<byte> name, ReadOnlySpan<AlgebraInput> inputs)
    {
        ulong hash = Hashing.Hash(name);
        for (int i = inputs.Length - 1; i >= 0; i--)
        {
            if (inputs[i].TryGetScore(name, hash, out _))
                return true;
        }
        return false;
    }

    private static double Weighted(double score, double weight, ScoreAggregate aggregate) =>
        aggregate == ScoreAggregate.Count ? weight : score * weight;

    private static void Aggregate(ref double total, double score, ScoreAggregate aggregate)
    {
        switch (aggregate)
        {
            case ScoreAggregate.Min:
                if (score < total)
                    total = score;
                break;
            case ScoreAggregate.Max:
                if (score > total)
                    total = score;
                break;
            default:
                total += score;
                // Infinity and its opposite come to nothing.
                if (double.IsNaN(total))
                    total = 0;
                break;
        }
    }
}
