namespace RedisAot.Server.Commands;

/// <summary>How many more entries belong into a reply, within one stream and in all.</summary>
internal struct StreamReplyLimit
{
    private readonly long _countOfEach;
    private readonly nint _fullLength;
    private long _left;
    private long _leftInAll;

    /// <summary>Limits of a reply that begins here.</summary>
    /// <param name="c">The command.</param>
    /// <param name="count">Of each stream; 0: all.</param>
    /// <param name="maxCount">Of all streams together; 0: all.</param>
    /// <param name="maxBytes">Length of the reply from which on it is full, once it has an entry; 0: no limit.</param>
    public StreamReplyLimit(CommandContext c, long count, long maxCount = 0, long maxBytes = 0)
    {
        _countOfEach = count == 0 ? long.MaxValue : count;
        _leftInAll = maxCount == 0 ? long.MaxValue : maxCount;
        nint length = c.Reply.Buffer.Length;
        _fullLength = maxBytes == 0 || maxBytes > nint.MaxValue - length ? nint.MaxValue : length + (nint)maxBytes;
        Written = 0;
        BeginStream();
    }

    /// <summary>Entries of the current stream that were written.</summary>
    public long Written { get; private set; }

    /// <summary>Whether nothing more of any stream belongs into the reply.</summary>
    public readonly bool IsAllReached => _leftInAll == 0;

    /// <summary>Goes on to another stream.</summary>
    public void BeginStream()
    {
        Written = 0;
        _left = Math.Min(_countOfEach, _leftInAll);
    }

    /// <summary>Whether nothing more of the current stream belongs into the reply.</summary>
    public readonly bool IsReached => _left == 0;

    /// <summary>Notes that an entry was written.</summary>
    public void Note(CommandContext c)
    {
        Written++;
        _left--;
        _leftInAll--;
        if (c.Reply.Buffer.Length >= _fullLength || c.IsReplyLost)
            _left = _leftInAll = 0;
    }
}
