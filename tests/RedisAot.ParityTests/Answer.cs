using RedisAot.TestSupport;

namespace RedisAot.ParityTests;

/// <summary>What a server did in answer to one step: a reply's bytes, or a reason why there is none.</summary>
internal sealed record Answer(byte[] Raw, string? Failure = null)
{
    public static Answer TimedOut { get; } = new([], "(no reply)");

    /// <summary>In place of a reply that only the other server has sent.</summary>
    public static Answer None { get; } = new([], "(one reply less)");

    public static Answer Closed { get; } = new([], "(connection closed)");

    /// <summary>The reply on one line with every byte visible, cut where nobody would read on.</summary>
    public override string ToString()
    {
        const int Longest = 1500;
        string text = Failure ?? RespText.Escape(Raw);
        return text.Length <= Longest ? text : text[..Longest] + $"...({Raw.Length} bytes)";
    }
}
