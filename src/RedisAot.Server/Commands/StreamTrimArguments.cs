using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>The options of XADD and XTRIM, and, of XADD, the ID.</summary>
internal unsafe struct StreamTrimArguments
{
    private const long NodesAtOnce = 100;
    private const long DefaultLimit = 10_000;
    private const long MaxDefaultLimit = 1_000_000;

    /// <summary>How to trim.</summary>
    public StreamTrim Trim;

    /// <summary>XADD: the ID; with <see cref="IsSequenceGiven"/> unset its sequence is to be found.</summary>
    public StreamId Id;

    /// <summary>XADD: whether the ID's time was given.</summary>
    public bool IsIdGiven;

    /// <summary>XADD: whether the ID's sequence was given.</summary>
    public bool IsSequenceGiven;

    /// <summary>XADD: whether only a stream that exists is added to.</summary>
    public bool IsNoMkStream;

    /// <summary>Which argument is the threshold; the operator, if any, stands before it.</summary>
    public int ThresholdAt;

    /// <summary>XADD: which argument is the ID.</summary>
    public int IdAt;

    private bool _isLimitGiven;
    private bool _isPolicyGiven;

    /// <summary>Reads the arguments from the third on; false when an error was replied.</summary>
    public static bool TryRead(CommandContext c, bool isAdd, out StreamTrimArguments arguments)
    {
        arguments = default;
        int at = 2;
        for (; at < c.ArgCount; at++)
        {
            if (isAdd && c[at] is [(byte)'*'])
                break;
            bool hasMore = at + 1 < c.ArgCount;
            if (hasMore && c.ArgIs(at, "maxlen"u8))
            {
                if (!arguments.ReadThreshold(c, ref at, TrimStrategy.MaxLength))
                    return false;
            }
            else if (hasMore && c.ArgIs(at, "minid"u8))
            {
                if (!arguments.ReadThreshold(c, ref at, TrimStrategy.MinId))
                    return false;
            }
            else if (hasMore && c.ArgIs(at, "limit"u8))
            {
                if (!arguments.ReadLimit(c, ++at))
                    return false;
            }
            else if (isAdd && c.ArgIs(at, "nomkstream"u8))
            {
                arguments.IsNoMkStream = true;
            }
            else if (StreamReferenceArgument.TryParse(c, at, out ReferencePolicy policy))
            {
                if (arguments._isPolicyGiven)
                {
                    c.SyntaxError();
                    return false;
                }
                arguments._isPolicyGiven = true;
                arguments.Trim.References = policy;
            }
            else if (isAdd)
            {
                if (!arguments.ReadId(c, at))
                    return false;
                break;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        arguments.IdAt = at;
        return arguments.Check(c, isAdd);
    }

    /// <summary>
    /// Has the command propagated in a form that does the same again: with the ID that an entry got (null: the one given), and trimmed
    /// exactly to what is left.
    /// </summary>
    public readonly void Propagate(CommandContext c, StreamData* stream, byte[]? id)
    {
        if (!c.Effects.IsPropagating || (id == null && !Trim.IsApproximate))
            return;
        byte[][] arguments = new byte[c.ArgCount][];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = c[i].ToArray();
        if (Trim.IsApproximate)
        {
            arguments[ThresholdAt - 1] = "="u8.ToArray();
            arguments[ThresholdAt] = Trim.Strategy == TrimStrategy.MaxLength
                ? Rewrite.Number(stream->Length)
                : stream->FirstEntryId(withDeleted: true).ToBytes();
        }
        if (id != null)
            arguments[IdAt] = id;
        c.Effects.Replace(arguments);
    }

    private bool ReadThreshold(CommandContext c, ref int at, TrimStrategy strategy)
    {
        if (Trim.Strategy != TrimStrategy.None)
        {
            c.Reply.Error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible"u8);
            return false;
        }
        Trim.IsApproximate = false;
        if (at + 2 < c.ArgCount && c[at + 1] is [(byte)'~' or (byte)'='])
            Trim.IsApproximate = c[++at][0] == '~';
        at++;
        Trim.Strategy = strategy;
        ThresholdAt = at;
        if (strategy == TrimStrategy.MinId)
            return StreamIdArgument.TryRead(c, at, out Trim.MinId);
        if (!c.TryGetLong(at, out Trim.MaxLength))
            return false;
        if (Trim.MaxLength >= 0)
            return true;
        c.Reply.Error("ERR The MAXLEN argument must be >= 0."u8);
        return false;
    }

    private bool ReadLimit(CommandContext c, int at)
    {
        _isLimitGiven = true;
        if (!c.TryGetLong(at, out Trim.Limit))
            return false;
        if (Trim.Limit >= 0)
            return true;
        c.Reply.Error("ERR The LIMIT argument must be >= 0."u8);
        return false;
    }

    private bool ReadId(CommandContext c, int at)
    {
        ReadOnlySpan<byte> text = c[at];
        IsIdGiven = true;
        IsSequenceGiven = !text.EndsWith("-*"u8);
        if (IsSequenceGiven)
            return StreamIdArgument.TryRead(c, at, out Id);
        bool isTime = StreamIdArgument.TryParseNumber(text[..^2], out ulong ms);
        Id = new StreamId(ms, 0);
        return isTime || StreamIdArgument.Invalid(c);
    }

    private bool Check(CommandContext c, bool isAdd)
    {
        ReadOnlySpan<byte> error = default;
        if (Trim.Limit != 0 && Trim.Strategy == TrimStrategy.None)
            error = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"u8;
        else if (!isAdd && Trim.Strategy == TrimStrategy.None)
            error = "ERR syntax error, XTRIM must be called with a trimming strategy"u8;
        else if (_isLimitGiven && !Trim.IsApproximate && !c.Server.IsLoading)
            error = "ERR syntax error, LIMIT cannot be used without the special ~ option"u8;
        if (!error.IsEmpty)
        {
            c.Reply.Error(error);
            return false;
        }
        if (!_isLimitGiven && Trim.IsApproximate)
            Trim.Limit = LimitUnlessGiven(c.Server.Config.StreamNodeMaxEntries);
        return true;
    }

    /// <summary>A hundred nodes are what one command may free, as in official Redis.</summary>
    private static long LimitUnlessGiven(long nodeEntries) => nodeEntries switch
    {
        <= 0 => DefaultLimit,
        > MaxDefaultLimit / NodesAtOnce => MaxDefaultLimit,
        _ => nodeEntries * NodesAtOnce,
    };
}
