namespace RedisAot.Data;

/// <summary>A cut through the order of a <see cref="SortedTree"/>: some members lie before it, and all others, which follow them, after it.</summary>
public unsafe interface ISortedBound
{
    /// <summary>Whether the member, whose score is given, lies before the cut.</summary>
    bool IsAfter(double score, byte* member);
}

/// <summary>The cut before or after all members of a score.</summary>
public readonly unsafe struct ScoreBound(double score, bool afterEqual) : ISortedBound
{
    private readonly double _score = score;
    private readonly bool _afterEqual = afterEqual;

    /// <inheritdoc/>
    public bool IsAfter(double score, byte* member) => _afterEqual ? score <= _score : score < _score;
}

/// <summary>The cut before or after a name, where all members have the same score.</summary>
public readonly unsafe ref struct NameBound(ReadOnlySpan<byte> name, bool afterEqual) : ISortedBound
{
    private readonly ReadOnlySpan<byte> _name = name;
    private readonly int _limit = afterEqual ? 1 : 0;

    /// <inheritdoc/>
    public bool IsAfter(double score, byte* member) => SortedMember.NameOf(member).SequenceCompareTo(_name) < _limit;
}

/// <summary>The cut after a score and name.</summary>
internal readonly unsafe ref struct MemberBound(double score, ReadOnlySpan<byte> name) : ISortedBound
{
    private readonly double _score = score;
    private readonly ReadOnlySpan<byte> _name = name;

    public bool IsAfter(double score, byte* member) =>
        score < _score || score == _score && SortedMember.NameOf(member).SequenceCompareTo(_name) <= 0;
}
