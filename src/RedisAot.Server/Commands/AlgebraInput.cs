using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>One input of a union, intersection or difference: a sorted set, a set, whose members have the score 1, or a missing key.</summary>
internal unsafe struct AlgebraInput(KeyEntry entry, int index)
{
    /// <summary>What scores are multiplied by.</summary>
    public double Weight = 1;

    private readonly KeyEntry _entry = entry;
    private readonly int _index = index;

    /// <summary>The number of members.</summary>
    public readonly long Count = entry.IsNull ? 0 : entry.Type == DataType.Set ? SetValue.Count(entry) : SortedSetValue.Count(entry);

    /// <summary>The score of a member, whose hash is given too; false when there is none of that name.</summary>
    public readonly bool TryGetScore(ReadOnlySpan<byte> name, ulong hash, out double score)
    {
        score = 1;
        if (_entry.IsNull)
            return false;
        if (_entry.Type == DataType.SortedSet)
            return SortedSetValue.TryGetScore(_entry, name, hash, out score);
        SetContents set = new(_entry);
        return set.Encoding == ValueEncoding.HashTable ? set.Table->Contains(name, hash) : set.Contains(name);
    }

    /// <summary>The members, for a walk during which no input changes; there is one at least.</summary>
    public readonly AlgebraEnumerator GetEnumerator() => new(_entry);

    /// <summary>By number of members; equal ones stay in the order of the arguments, because sums depend on it.</summary>
    public static int BySize(AlgebraInput x, AlgebraInput y)
    {
        int bySize = x.Count.CompareTo(y.Count);
        return bySize != 0 ? bySize : x._index.CompareTo(y._index);
    }
}

/// <summary>A walk over the members of an input.</summary>
internal unsafe ref struct AlgebraEnumerator
{
    private readonly bool _isSet;
    private bool _begun;
    private SetEnumerator _set;
    private SortedSetCursor _sorted;
    private fixed byte _scratch[DecimalInteger.MaxLength];

    public AlgebraEnumerator(KeyEntry entry)
    {
        _isSet = entry.Type == DataType.Set;
        if (_isSet)
            _set = new SetContents(entry).GetEnumerator();
        else
            _sorted = new SortedSetCursor(entry, 0);
    }

    /// <summary>The member's name, good until the walk goes on.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Name =>
        _isSet ? _set.Current.AsBytes(MemoryMarshal.CreateSpan(ref _scratch[0], DecimalInteger.MaxLength)) : _sorted.Name;

    /// <summary>The member's score.</summary>
    public readonly double Score => _isSet ? 1 : _sorted.Score;

    /// <summary>Goes to the next member, first to the first; false after the last.</summary>
    public bool MoveNext()
    {
        if (_isSet)
            return _set.MoveNext();
        if (_begun)
            return _sorted.MoveNext();
        _begun = true;
        return _sorted.IsValid;
    }

    /// <summary>Ends the walk.</summary>
    public readonly void Dispose()
    {
        if (_isSet)
            _set.Dispose();
    }
}
