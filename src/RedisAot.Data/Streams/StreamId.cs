using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;

namespace RedisAot.Data;

/// <summary>The ID of a stream entry: a time, Unix ms, and a number among the entries of that time. IDs are ordered as numbers of 128 bits.</summary>
/// <param name="ms">Unix ms.</param>
/// <param name="sequence">Number among the entries of that time.</param>
public readonly struct StreamId(ulong ms, ulong sequence) : IEquatable<StreamId>, IComparable<StreamId>
{
    /// <summary>Bytes of the binary form.</summary>
    public const int Bytes = 16;

    /// <summary>The longest text, in bytes: two numbers of 20 digits and a dash.</summary>
    public const int MaxTextLength = 41;

    /// <summary>The greatest ID.</summary>
    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>Unix ms.</summary>
    public ulong Ms => ms;

    /// <summary>Number among the entries of that time.</summary>
    public ulong Sequence => sequence;

    /// <summary>Whether it is 0-0, which no entry has.</summary>
    public bool IsZero => (ms | sequence) == 0;

    /// <summary>The next ID; the greatest has none, and gives 0-0.</summary>
    public bool TryNext(out StreamId next)
    {
        next = new StreamId(sequence == ulong.MaxValue ? unchecked(ms + 1) : ms, unchecked(sequence + 1));
        return !next.IsZero;
    }

    /// <summary>The ID before; 0-0 has none, and gives the greatest.</summary>
    public bool TryPrevious(out StreamId previous)
    {
        // It may be this very variable that is written to.
        bool hasPrevious = !IsZero;
        previous = new StreamId(sequence == 0 ? unchecked(ms - 1) : ms, unchecked(sequence - 1));
        return hasPrevious;
    }

    /// <summary>The ID that lies so far from this one, as stream nodes have it: both parts for themselves, without carry.</summary>
    public StreamId Plus(long msDelta, long sequenceDelta) =>
        new(unchecked(ms + (ulong)msDelta), unchecked(sequence + (ulong)sequenceDelta));

    /// <summary>How many leading bytes of the binary form are the same; 16 for equal IDs.</summary>
    public int CommonPrefix(StreamId other) => ms != other.Ms
        ? BitOperations.LeadingZeroCount(ms ^ other.Ms) >> 3
        : 8 + (BitOperations.LeadingZeroCount(sequence ^ other.Sequence) >> 3);

    /// <summary>Writes the binary form: both numbers, high byte first.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, ms);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], sequence);
    }

    /// <summary>Reads the binary form.</summary>
    public static StreamId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    /// <summary>Writes "ms-sequence" (or with another <paramref name="separator"/>); returns the part of <paramref name="destination"/> that is used.</summary>
    public ReadOnlySpan<byte> Format(Span<byte> destination, byte separator = (byte)'-')
    {
        Utf8Formatter.TryFormat(ms, destination, out int length);
        destination[length++] = separator;
        Utf8Formatter.TryFormat(sequence, destination[length..], out int digits);
        return destination[..(length + digits)];
    }

    /// <summary>The text as an array of its own.</summary>
    public byte[] ToBytes() => Format(stackalloc byte[MaxTextLength]).ToArray();

    /// <inheritdoc/>
    public override string ToString() => $"{ms}-{sequence}";

    /// <inheritdoc/>
    public int CompareTo(StreamId other) => this < other ? -1 : this > other ? 1 : 0;

    /// <inheritdoc/>
    public bool Equals(StreamId other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StreamId other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ms, sequence);

    /// <summary>Whether both are the same.</summary>
    public static bool operator ==(StreamId a, StreamId b) => a.Ms == b.Ms && a.Sequence == b.Sequence;

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(StreamId a, StreamId b) => !(a == b);

    /// <summary>Whether <paramref name="a"/> comes before <paramref name="b"/>.</summary>
    public static bool operator <(StreamId a, StreamId b) => a.Ms < b.Ms || (a.Ms == b.Ms && a.Sequence < b.Sequence);

    /// <summary>Whether <paramref name="a"/> comes after <paramref name="b"/>.</summary>
    public static bool operator >(StreamId a, StreamId b) => b < a;

    /// <summary>Whether <paramref name="a"/> does not come after <paramref name="b"/>.</summary>
    public static bool operator <=(StreamId a, StreamId b) => !(b < a);

    /// <summary>Whether <paramref name="a"/> does not come before <paramref name="b"/>.</summary>
    public static bool operator >=(StreamId a, StreamId b) => !(a < b);
}
