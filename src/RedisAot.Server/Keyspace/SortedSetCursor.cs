using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using RedisAot.Data;

namespace RedisAot.Server.Keyspace;

/// <summary>A place in a sorted set that moves in rank order either way, while the set does not change.</summary>
public unsafe ref struct SortedSetCursor
{
    private readonly byte* _listpack;
    private byte* _member;
    private SortedTreeCursor _tree;
    private fixed byte _scratch[DecimalInteger.MaxLength];

    /// <summary>At the member of a rank; nowhere when there is no such rank.</summary>
    public SortedSetCursor(KeyEntry entry, long rank)
    {
        if (entry.Encoding == ValueEncoding.ListPack)
        {
            _listpack = entry.External;
            _member = SortedListpack.At(_listpack, rank);
        }
        else
        {
            _tree = new SortedTreeCursor(SortedSetValue.Members(entry)->Tree, rank);
            _member = _tree.IsValid ? _tree.Current : null;
        }
    }

    /// <summary>Whether there is a member here.</summary>
    public readonly bool IsValid => _member != null;

    /// <summary>The member's name, good until the cursor moves.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Name
    {
        get
        {
            if (_listpack == null)
                return SortedMember.NameOf(_member);
            return SortedListpack.NameOf(_member, MemoryMarshal.CreateSpan(ref _scratch[0], DecimalInteger.MaxLength));
        }
    }

    /// <summary>The member as <see cref="SortedSetValue.NameOf"/> takes it.</summary>
    internal readonly byte* Member => _member;

    /// <summary>The member's score.</summary>
    public readonly double Score => _listpack == null ? SortedMember.ScoreOf(_member) : SortedListpack.ScoreOf(_member);

    /// <summary>Goes to the next higher rank; false after the last one.</summary>
    public bool MoveNext()
    {
        if (_listpack != null)
            _member = SortedListpack.Next(_member);
        else
            _member = _tree.MoveNext() ? _tree.Current : null;
        return _member != null;
    }

    /// <summary>Goes to the next lower rank; false before the first one.</summary>
    public bool MovePrevious()
    {
        if (_listpack != null)
            _member = SortedListpack.Previous(_listpack, _member);
        else
            _member = _tree.MovePrevious() ? _tree.Current : null;
        return _member != null;
    }
}
