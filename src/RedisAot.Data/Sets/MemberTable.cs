using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>The members of a big set by their bytes. It owns them and lives in a block of the native heap itself.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct MemberTable
{
    private HashTable<SetMember> _table;

    /// <summary>The number of members.</summary>
    public readonly long Count => _table.Count;

    /// <summary>A new empty table.</summary>
    public static MemberTable* Create()
    {
        var members = (MemberTable*)NativeHeap.Allocate((nuint)sizeof(MemberTable));
        members->_table = default;
        return members;
    }

    /// <summary>A copy with members of its own.</summary>
    public static MemberTable* Duplicate(MemberTable* members)
    {
        MemberTable* copy = Create();
        foreach (byte* member in members->_table)
        {
            ReadOnlySpan<byte> bytes = SetMember.KeyOf(member);
            copy->_table.Insert(Hashing.Hash(bytes), SetMember.Create(bytes));
        }
        return copy;
    }

    /// <summary>Frees about so many members and, after the last one, the table: true when it is gone. Once begun, nothing else may be done with it.</summary>
    public static bool FreeSome(MemberTable* members, long budget)
    {
        MemberFreer freer = default;
        if (!members->_table.FreeSlice(budget, ref freer))
            return false;
        NativeHeap.Free((byte*)members);
        return true;
    }

    /// <summary>Whether there is a member with these bytes, whose hash is given.</summary>
    public readonly bool Contains(ReadOnlySpan<byte> bytes, ulong hash) => !_table.Find(bytes, hash).IsNone;

    /// <summary>Adds a member; false when it was there.</summary>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        ulong hash = Hashing.Hash(bytes);
        if (!_table.Find(bytes, hash).IsNone)
            return false;
        byte* member = SetMember.Create(bytes);
        try
        {
            _table.Insert(hash, member);
        }
        catch (OutOfMemoryException)
        {
            NativeHeap.Free(member);
            throw;
        }
        return true;
    }

    /// <summary>Removes a member; false when there is none with these bytes, which may be the member's own.</summary>
    public bool Remove(ReadOnlySpan<byte> bytes)
    {
        byte* member = _table.Remove(bytes, Hashing.Hash(bytes));
        if (member == null)
            return false;
        NativeHeap.Free(member);
        return true;
    }

    /// <summary>A member drawn at random, each with the same chance; there is one.</summary>
    public readonly byte* Random(ref FastRandom random) => _table.Random(ref random);

    /// <summary>The members, for walks over them.</summary>
    [UnscopedRef]
    public ref HashTable<SetMember> Members => ref _table;

    /// <summary>The same, which stay where they are as long as the set.</summary>
    public static HashTable<SetMember>* MembersOf(MemberTable* members) => &members->_table;

    /// <summary>Native memory in all, in bytes, estimated from so many members.</summary>
    public long MemoryBytes(long samples)
    {
        long seen = 0, bytes = 0;
        foreach (byte* member in _table)
        {
            if (seen == samples)
                break;
            bytes += (long)NativeHeap.UsableSize(member);
            seen++;
        }
        long ofMembers = seen == 0 ? 0 : (long)((double)bytes / seen * Count);
        return sizeof(MemberTable) + _table.BucketBytes + ofMembers;
    }

    private struct MemberFreer : IEntryFreer
    {
        public readonly void Free(byte* entry) => NativeHeap.Free(entry);
    }
}
