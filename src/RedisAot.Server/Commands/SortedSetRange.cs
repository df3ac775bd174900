using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>What the bounds of a range of a sorted set are.</summary>
internal enum SortedSetRangeKind
{
    /// <summary>Ranks from 0; negative ones count from the end.</summary>
    Rank,

    /// <summary>BYSCORE.</summary>
    Score,

    /// <summary>BYLEX: names, in a set whose scores are all the same.</summary>
    Name,
}

/// <summary>A range of a sorted set as arguments give it. Whatever its kind, it comes to so many members from a rank on.</summary>
internal readonly ref struct SortedSetRange
{
    private readonly SortedSetRangeKind _kind;
    private readonly long _start;
    private readonly long _stop;
    private readonly ScoreBound _fromScore;
    private readonly ScoreBound _toScore;
    private readonly NameEdge _fromName;
    private readonly NameEdge _toName;

    private SortedSetRange(long start, long stop)
    {
        _kind = SortedSetRangeKind.Rank;
        _start = start;
        _stop = stop;
    }

    private SortedSetRange(ScoreBound from, ScoreBound to)
    {
        _kind = SortedSetRangeKind.Score;
        _fromScore = from;
        _toScore = to;
    }

    private SortedSetRange(NameEdge from, NameEdge to)
    {
        _kind = SortedSetRangeKind.Name;
        _fromName = from;
        _toName = to;
    }

    /// <summary>Reads the arguments at two indexes, or replies with the official error.</summary>
    public static bool TryRead(CommandContext c, SortedSetRangeKind kind, int minIndex, int maxIndex, out SortedSetRange range) => kind switch
    {
        SortedSetRangeKind.Score => TryReadScores(c, minIndex, maxIndex, out range),
        SortedSetRangeKind.Name => TryReadNames(c, minIndex, maxIndex, out range),
        _ => TryReadRanks(c, minIndex, maxIndex, out range),
    };

    /// <summary>
    /// The members of a set that are in the range. Ranks are counted from the highest score if <paramref name="reverse"/>;
    /// the result never is.
    /// </summary>
    public void Resolve(KeyEntry entry, bool reverse, out long rank, out long count)
    {
        long end;
        switch (_kind)
        {
            case SortedSetRangeKind.Score:
                rank = SortedSetValue.CountBefore(entry, _fromScore);
                end = SortedSetValue.CountBefore(entry, _toScore);
                break;
            case SortedSetRangeKind.Name:
                rank = _fromName.CountBefore(entry);
                end = _toName.CountBefore(entry);
                break;
            default:
                ResolveRanks(SortedSetValue.Count(entry), reverse, out rank, out end);
                break;
        }
        count = Math.Max(end - rank, 0);
    }

    private void ResolveRanks(long length, bool reverse, out long rank, out long end)
    {
        long start = Math.Clamp(_start < 0 ? _start + length : _start, 0, length);
        long stop = Math.Clamp(_stop < 0 ? _stop + length : _stop, -1, length - 1);
        rank = reverse ? length - 1 - stop : start;
        end = reverse ? length - start : stop + 1;
    }

    private static bool TryReadRanks(CommandContext c, int minIndex, int maxIndex, out SortedSetRange range)
    {
        range = default;
        if (!c.TryGetLong(minIndex, out long start) || !c.TryGetLong(maxIndex, out long stop))
            return false;
        range = new SortedSetRange(start, stop);
        return true;
    }

    private static bool TryReadScores(CommandContext c, int minIndex, int maxIndex, out SortedSetRange range)
    {
        range = default;
        if (!TryReadScore(c[minIndex], out double min, out bool withoutMin) || !TryReadScore(c[maxIndex], out double max, out bool withoutMax))
        {
            c.Reply.Error("ERR min or max is not a float"u8);
            return false;
        }
        range = new SortedSetRange(new ScoreBound(min, afterEqual: withoutMin), new ScoreBound(max, afterEqual: !withoutMax));
        return true;
    }

    private static bool TryReadScore(ReadOnlySpan<byte> text, out double score, out bool excluded)
    {
        excluded = !text.IsEmpty && text[0] == '(';
        return NumberText.TryParseBound(excluded ? text[1..] : text, out score);
    }

    private static bool TryReadNames(CommandContext c, int minIndex, int maxIndex, out SortedSetRange range)
    {
        range = default;
        if (!NameEdge.TryRead(c[minIndex], isMax: false, out NameEdge from) || !NameEdge.TryRead(c[maxIndex], isMax: true, out NameEdge to))
        {
            c.Reply.Error("ERR min or max not valid string range item"u8);
            return false;
        }
        range = new SortedSetRange(from, to);
        return true;
    }

    /// <summary>One end of a range of names: before or after a name, or where all names begin or end.</summary>
    private readonly ref struct NameEdge
    {
        private readonly NameBound _bound;
        private readonly byte _sign;

        private NameEdge(byte sign) => _sign = sign;

        private NameEdge(NameBound bound) => _bound = bound;

        public static bool TryRead(ReadOnlySpan<byte> text, bool isMax, out NameEdge edge)
        {
            edge = default;
            if (text.IsEmpty)
                return false;
            switch (text[0])
            {
                case (byte)'-' or (byte)'+':
                    edge = new NameEdge(text[0]);
                    // As a C string, which ends at a NUL.
                    return text.Length == 1 || text[1] == 0;
                case (byte)'[':
                    edge = new NameEdge(new NameBound(text[1..], afterEqual: isMax));
                    return true;
                case (byte)'(':
                    edge = new NameEdge(new NameBound(text[1..], afterEqual: !isMax));
                    return true;
                default:
                    return false;
            }
        }

        public long CountBefore(KeyEntry entry) => _sign switch
        {
            (byte)'-' => 0,
            (byte)'+' => SortedSetValue.Count(entry),
            _ => SortedSetValue.CountBefore(entry, _bound),
        };
    }
}
