using RedisAot.Data;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>What is made of several sets.</summary>
internal enum SetOperation
{
    Intersection,
    Union,

    /// <summary>The first set without the members of the others.</summary>
    Difference,
}

/// <summary>What is done with each member of a result.</summary>
internal interface IMemberVisitor
{
    /// <summary>Takes a member, whose bytes are good during the call; false when no more are wanted.</summary>
    bool Visit(ListpackValue member);
}

/// <summary>Intersections, unions and differences, straight on the sets as they are: members are compared, not copied.</summary>
internal static unsafe class SetAlgebra
{
    /// <summary>A union of more sets is collected in a set of its own, lest each member be looked for in all sets before its own.</summary>
    private const int MaxSetsToLookIn = 8;

    /// <summary>Has the members of the result visited, in no particular order. The sets are put into another order.</summary>
    /// <param name="operation">What is asked for.</param>
    /// <param name="sets">Sets that exist.</param>
    /// <param name="config">The thresholds of encodings.</param>
    /// <param name="visitor">Who takes the members.</param>
    /// <param name="dropsRepeated">Whether the visitor takes it that members of a union come more than once.</param>
    public static void Run<TVisitor>(
        SetOperation operation, Span<SetContents> sets, ServerConfig config, ref TVisitor visitor, bool dropsRepeated = false)
        where TVisitor : struct, IMemberVisitor
    {
        if (sets.IsEmpty)
            return;
        if (operation == SetOperation.Intersection)
            Intersect(sets, ref visitor);
        else if (operation == SetOperation.Difference)
            Subtract(sets, config, ref visitor);
        else if (dropsRepeated)
            VisitAll(sets, ref visitor);
        else
            Unite(sets, config, ref visitor);
    }

    /// <summary>An empty set in the encoding that official begins the result with, which shows in what it ends up in.</summary>
    public static SetContents CreateResult(SetOperation operation, ReadOnlySpan<SetContents> sets) =>
        operation == SetOperation.Difference && !sets.IsEmpty && sets[0].Encoding != ValueEncoding.IntSet && IsCheaperMerged(sets)
            ? SetContents.CreateForStrings()
            : SetContents.CreateForIntegers();

    /// <summary>About how many members the union has, from a HyperLogLog.</summary>
    public static long EstimateUnion(ReadOnlySpan<SetContents> sets)
    {
        Span<byte> buffer = stackalloc byte[HyperLogLog.DenseBytes];
        HyperLogLog.Empty.CopyTo(buffer);
        int length = HyperLogLog.Empty.Length;
        HyperLogLog.TryMakeDense(buffer, ref length);
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        foreach (SetContents set in sets)
        {
            foreach (ListpackValue member in set)
                HyperLogLog.Add(buffer, ref length, member.AsBytes(scratch), length);
        }
        HyperLogLog.TryCount(buffer, out long cardinality);
        return cardinality;
    }

    private static void Intersect<TVisitor>(Span<SetContents> sets, ref TVisitor visitor)
        where TVisitor : struct, IMemberVisitor
    {
        // The fewest members to look for, and first where they are found least likely.
        sets.Sort(static (x, y) => x.Count.CompareTo(y.Count));
        if (AreTablesWithHashes(sets))
        {
            IntersectTables(sets, ref visitor);
            return;
        }
        foreach (ListpackValue member in sets[0])
        {
            SetProbe probe = new(member);
            if (IsInAll(sets[1..], ref probe) && !visitor.Visit(member))
                return;
        }
    }

    private static bool AreTablesWithHashes(ReadOnlySpan<SetContents> sets)
    {
        foreach (ref readonly SetContents set in sets)
        {
            if (set.Encoding != ValueEncoding.HashTable || !set.Table->Members.HoldsHashes)
                return false;
        }
        return true;
    }

    /// <summary>Intersects tables of which the first need not be asked for the bytes of a member that others lack.</summary>
    private static void IntersectTables<TVisitor>(ReadOnlySpan<SetContents> sets, ref TVisitor visitor)
        where TVisitor : struct, IMemberVisitor
    {
        HashTable<SetMember>.Enumerator members = sets[0].Table->Members.GetEnumerator();
        for (bool more = true; more && members.MoveNext();)
        {
            int found = 1;
            while (found < sets.Length && sets[found].Table->Members.HasEqual(members.Current, members.HeldHash))
                found++;
            more = found < sets.Length || visitor.Visit(SetMember.ValueOf(members.Current));
        }
        members.Dispose();
    }

    private static void Unite<TVisitor>(Span<SetContents> sets, ServerConfig config, ref TVisitor visitor)
        where TVisitor : struct, IMemberVisitor
    {
        if (sets.Length > MaxSetsToLookIn)
        {
            SetContents all = Merge(sets, config);
            VisitAll([all], ref visitor);
            all.Free();
            return;
        }
        SortDescending(sets);
        for (int i = 0; i < sets.Length; i++)
        {
            foreach (ListpackValue member in sets[i])
            {
                SetProbe probe = new(member);
                if (!IsInAny(sets[..i], ref probe) && !visitor.Visit(member))
                    return;
            }
        }
    }

    private static void Subtract<TVisitor>(Span<SetContents> sets, ServerConfig config, ref TVisitor visitor)
        where TVisitor : struct, IMemberVisitor
    {
        SetContents first = sets[0];
        Span<SetContents> others = sets[1..];
        foreach (SetContents other in others)
        {
            if (other.Address == first.Address)
                return;
        }
        if (!IsCheaperMerged(sets))
        {
            SortDescending(others);
            VisitDifference(first, others, ref visitor);
            return;
        }
        SetContents merged = Merge(others, config);
        VisitDifference(first, [merged], ref visitor);
        merged.Free();
    }

    /// <summary>
    /// Whether the members to be subtracted had better be put into one set: official's estimate, between as many look-ups for
    /// each member of the first set as there are sets, and work for each member of any set.
    /// </summary>
    private static bool IsCheaperMerged(ReadOnlySpan<SetContents> sets)
    {
        long members = 0;
        foreach (SetContents set in sets)
            members += set.Count;
        return sets[0].Count * sets.Length / 2 > members;
    }

    private static void VisitDifference<TVisitor>(in SetContents first, ReadOnlySpan<SetContents> others, ref TVisitor visitor)
        where TVisitor : struct, IMemberVisitor
    {
        foreach (ListpackValue member in first)
        {
            SetProbe probe = new(member);
            if (!IsInAny(others, ref probe) && !visitor.Visit(member))
                return;
        }
    }

    private static void VisitAll<TVisitor>(ReadOnlySpan<SetContents> sets, ref TVisitor visitor)
        where TVisitor : struct, IMemberVisitor
    {
        foreach (SetContents set in sets)
        {
            foreach (ListpackValue member in set)
            {
                if (!visitor.Visit(member))
                    return;
            }
        }
    }

    private static SetContents Merge(ReadOnlySpan<SetContents> sets, ServerConfig config)
    {
        SetContents merged = SetContents.CreateForIntegers();
        foreach (SetContents set in sets)
        {
            foreach (ListpackValue member in set)
                merged.Add(member, config);
        }
        return merged;
    }

    private static void SortDescending(Span<SetContents> sets) => sets.Sort(static (x, y) => y.Count.CompareTo(x.Count));

    private static bool IsInAll(ReadOnlySpan<SetContents> sets, ref SetProbe probe)
    {
        foreach (ref readonly SetContents set in sets)
        {
            if (!set.Contains(ref probe))
                return false;
        }
        return true;
    }

    private static bool IsInAny(ReadOnlySpan<SetContents> sets, ref SetProbe probe)
    {
        foreach (ref readonly SetContents set in sets)
        {
            if (set.Contains(ref probe))
                return true;
        }
        return false;
    }
}
