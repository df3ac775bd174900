using System.Text;
using RedisAot.Resp;

namespace RedisAot.Server.Diagnostics;

/// <summary>The last commands that took long. Used under the execution lock only.</summary>
public sealed class SlowLog
{
    private const int MaxArguments = 32;
    private const int MaxArgumentBytes = 128;

    private readonly LinkedList<Entry> _entries = new();
    private long _nextId;

    /// <summary>One command.</summary>
    /// <param name="Id">Grows by one with each entry and is never used again.</param>
    /// <param name="UnixSeconds">When it ended.</param>
    /// <param name="Microseconds">How long it ran.</param>
    /// <param name="Arguments">The arguments, cut to a bearable number and length.</param>
    /// <param name="Address">Who called.</param>
    /// <param name="ClientName">The caller's name.</param>
    public sealed record Entry(long Id, long UnixSeconds, long Microseconds, byte[][] Arguments, string Address, byte[] ClientName);

    /// <summary>Number of entries.</summary>
    public int Count => _entries.Count;

    /// <summary>The entries, the newest first.</summary>
    public IEnumerable<Entry> Entries => _entries;

    /// <summary>Adds a command.</summary>
    public void Add(ArgumentVector arguments, long microseconds, long unixSeconds, string address, byte[] clientName) =>
        _entries.AddFirst(new Entry(_nextId++, unixSeconds, microseconds, Copy(arguments), address, clientName));

    /// <summary>Drops the oldest entries beyond <paramref name="maxLength"/>.</summary>
    public void Trim(long maxLength)
    {
        while (_entries.Count > maxLength)
            _entries.RemoveLast();
    }

    /// <summary>Drops all entries.</summary>
    public void Clear() => _entries.Clear();

    private static byte[][] Copy(ArgumentVector arguments)
    {
        byte[][] copies = new byte[Math.Min(arguments.Count, MaxArguments)][];
        for (int i = 0; i < copies.Length; i++)
        {
            bool standsForRest = i == MaxArguments - 1 && arguments.Count > MaxArguments;
            copies[i] = standsForRest
                ? Encoding.ASCII.GetBytes($"... ({arguments.Count - MaxArguments + 1} more arguments)")
                : Copy(arguments[i]);
        }
        return copies;
    }

    private static byte[] Copy(ReadOnlySpan<byte> argument) => argument.Length <= MaxArgumentBytes
        ? argument.ToArray()
        : [.. argument[..MaxArgumentBytes], .. Encoding.ASCII.GetBytes($"... ({argument.Length - MaxArgumentBytes} more bytes)")];
}
