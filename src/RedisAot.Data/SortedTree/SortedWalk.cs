using System.Diagnostics;

namespace RedisAot.Data;

/// <summary>
/// Visits each member of a sorted set once, as it is when the walk begins, while the set goes on changing: from the greatest
/// down, but a member that is about to change before its turn is visited first.
/// </summary>
public sealed unsafe class SortedWalk : TableWatcher<SortedMember>
{
    /// <summary>How often the clock is read, in members.</summary>
    private const int MembersPerStep = 32;

    private readonly SortedMembers* _set;
    private readonly EntryAction _visit;

    /// <summary>Members not to be visited any more although their place says so: new ones, and those that were visited out of turn.</summary>
    private readonly HashSet<nint> _settled = [];

    // The place of the last member that had its turn: what is at or above it has been visited, or has come since.
    private double _score;
    private byte[] _name = [];
    private int _nameLength;
    private bool _isBegun;

    /// <summary>Begins.</summary>
    /// <param name="set">Not watched by anybody; stays where it is until <see cref="End"/>.</param>
    /// <param name="visit">Is given each member.</param>
    public SortedWalk(SortedMembers* set, EntryAction visit)
    {
        _set = set;
        _visit = visit;
        set->Table.Watch(this);
    }

    /// <summary>Goes on until <paramref name="endTicks"/>, by a few members at least; true when all have been visited.</summary>
    public bool Continue(long endTicks)
    {
        SortedTreeCursor cursor = new(_set->Tree, RankOfNext());
        while (cursor.IsValid)
        {
            byte* last = null;
            for (int left = MembersPerStep; left > 0 && cursor.IsValid; left--, cursor.MovePrevious())
            {
                last = cursor.Current;
                if (_settled.Count == 0 || !_settled.Contains((nint)last))
                    _visit(last);
            }
            if (Stopwatch.GetTimestamp() < endTicks && cursor.IsValid)
                continue;
            Remember(last);
            break;
        }
        return !cursor.IsValid;
    }

    /// <summary>Lets go of the set, be everything visited or not.</summary>
    public void End() => _set->Table.Watch(null);

    /// <inheritdoc/>
    public override void BeforeChange(ulong hash, byte* entry, bool isNew)
    {
        if (!isNew && IsBelow(entry) && !_settled.Contains((nint)entry))
            _visit(entry);
        _settled.Add((nint)entry);
    }

    private ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    private long RankOfNext()
    {
        if (!_isBegun)
            return _set->Count - 1;
        long rank = _set->Tree->CountBefore(new MemberBound(_score, Name)) - 1;
        // The bound lies behind the member that had the last turn, if that is still there.
        return rank >= 0 && !IsBelow(_set->Tree->At(rank)) ? rank - 1 : rank;
    }

    private bool IsBelow(byte* member)
    {
        double score = SortedMember.ScoreOf(member);
        return !_isBegun || score < _score || score == _score && SortedMember.NameOf(member).SequenceCompareTo(Name) < 0;
    }

    private void Remember(byte* member)
    {
        ReadOnlySpan<byte> name = SortedMember.NameOf(member);
        if (_name.Length < name.Length)
            _name = new byte[name.Length];
        name.CopyTo(_name);
        _nameLength = name.Length;
        _score = SortedMember.ScoreOf(member);
        _isBegun = true;
    }
}
