namespace RedisAot.Server.Clients;

/// <summary>
/// What a client has lately used of the buffers that all connections of a loop share. CLIENT LIST shows it where official
/// shows the sizes of the client's own buffers, which grow with use and shrink when idle just so; here it costs no memory.
/// </summary>
internal struct SharedBufferUse(long nowMs)
{
    /// <summary>How long a peak of what was replied is remembered, in ms (official's reply_buffer_peak_reset_time).</summary>
    public const long DefaultReplyPeakMs = 5000;

    private const long QueryBytes = 16 * 1024;
    private const long MinReplyBytes = 1024;
    private const long MaxReplyBytes = 16 * 1024;
    private const long QueryPeakMs = 500;
    private const long IdleMs = 2000;

    private RecentPeak _query = new(0, nowMs);
    private RecentPeak _reply = new(MaxReplyBytes, nowMs);

    /// <summary>See <see cref="DefaultReplyPeakMs"/>; DEBUG REPLYBUFFER PEAK-RESET-TIME sets it.</summary>
    public static long ReplyPeakMs { get; set; } = DefaultReplyPeakMs;

    /// <summary>Called after each batch.</summary>
    public void Note(long queryBytes, long replyBytes, long nowMs)
    {
        _query.Note(queryBytes, nowMs, QueryPeakMs);
        _reply.Note(replyBytes, nowMs, ReplyPeakMs);
    }

    /// <summary>What the client may be sending into, in bytes; nothing once it has been idle for so long.</summary>
    public readonly long QueryRoom(long nowMs, long idleMs) =>
        idleMs > IdleMs ? 0 : Math.Max(QueryBytes, _query.At(nowMs, QueryPeakMs));

    /// <summary>The largest batch of replies lately, in bytes.</summary>
    public readonly long ReplyPeak(long nowMs) => _reply.At(nowMs, ReplyPeakMs);

    /// <summary>The room that suits such batches.</summary>
    public readonly long ReplyRoom(long nowMs) => Math.Clamp(ReplyPeak(nowMs), MinReplyBytes, MaxReplyBytes);
}
