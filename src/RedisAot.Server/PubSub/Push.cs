using RedisAot.Resp;

namespace RedisAot.Server.PubSub;

/// <summary>
/// A message to one client or many, encoded once. RESP2 and RESP3 differ in the first byte only: an array or a push. A long
/// message to several clients is shared by their connections.
/// </summary>
internal readonly ref struct Push
{
    /// <summary>From here on a copy for each receiver costs more than what it takes to share.</summary>
    private const int ShareFromBytes = 4096;

    /// <param name="encoded">The message as an array; the caller keeps it while it is being sent.</param>
    /// <param name="receivers">To how many clients it goes.</param>
    public Push(OutputBuffer encoded, int receivers)
    {
        Body = encoded.UnconsumedSpan[1..];
        Shared = receivers > 1 && Body.Length >= ShareFromBytes ? new SharedBytes(Body) : null;
    }

    /// <summary>All but the first byte.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>The same, where connections are to share it.</summary>
    public SharedBytes? Shared { get; }

    /// <summary>The first byte for a client that speaks this protocol.</summary>
    public static byte TypeFor(int protocol) => protocol == 3 ? (byte)'>' : (byte)'*';

    /// <summary>Gives up the sender's part of what is shared.</summary>
    public void Dispose() => Shared?.Release();
}
