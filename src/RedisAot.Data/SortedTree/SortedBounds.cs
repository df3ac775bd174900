namespace RedisAot.Data;

/// <summary>A cut through the order of a <see cref="SortedTree"/>: some members lie before it, and all others, which follow them, after it.</summary>
public unsafe interface ISortedBound
{
    /// <summary>Whether the member, whose score is given, lies before the cut.</summary>
    bool IsAfter(double score, byte* member);

    /// <summary>The same of a member that is not a block of its own.</summary>
    bool IsAfter(double score, scoped ReadOnlySpan<byte> name);

    /// <summary>Members with a lower score lie before the cut and those with a higher one after it; NaN says nothing of scores.</summary>
    double Score { get; }
}

/// <summary>The cut before or after all members of a score.</summary>
public readonly unsafe struct ScoreBound(double score, bool afterEqual) : ISortedBound
{
    private readonly bool _afterEqual = afterEqual;

    /// <inheritdoc/>
    public double Score { get; } = score;

    /// <inheritdoc/>
    public bool IsAfter(double score, byte* member) => IsAfter(score, default(ReadOnlySpan<byte>));

    /// <inheritdoc/>
    public bool IsAfter(double score, scoped ReadOnlySpan<byte> name) => _afterEqual ? score <= Score : score < Score;
}

/// <summary>The cut before or after a name, where all members have the same score.</summary>
public readonly unsafe ref struct NameBound(ReadOnlySpan<byte> name, bool afterEqual) : ISortedBound
{
    private readonly ReadOnlySpan<byte> _name = name;
    private readonly int _limit = afterEqual ? 1 : 0;

    /// <inheritdoc/>
    public double Score => double.NaN;

    /// <inheritdoc/>
    public bool IsAfter(double score, byte* member) => IsAfter(score, SortedMember.NameOf(member));

    /// <inheritdoc/>
    public bool IsAfter(double score, scoped ReadOnlySpan<byte> name) => name.SequenceCompareTo(_name) < _limit;
}

/// <summary>The cut after a score and name.</summary>
public readonly unsafe ref struct MemberBound(double score, ReadOnlySpan<byte> name) : ISortedBound
{
    private readonly ReadOnlySpan<byte> _name = name;

    /// <inheritdoc/>
    public double Score { get; } = score;

    /// <inheritdoc/>
    public bool IsAfter(double score, byte* member) =>
        score < Score || score == Score && SortedMember.NameOf(member).SequenceCompareTo(_name) <= 0;

    /// <inheritdoc/>
    public bool IsAfter(double score, scoped ReadOnlySpan<byte> name) =>
        score < Score || score == Score && name.SequenceCompareTo(_name) <= 0;
}
