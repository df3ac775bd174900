using System.Runtime.CompilerServices;
using RedisAot.Data;

namespace RedisAot.Server.Keyspace;

/// <summary>A walk over the members of a set.</summary>
internal unsafe ref struct SetEnumerator
{
    private readonly ValueEncoding _encoding;
    private HashTable<SetMember>.Enumerator _table;

    /// <summary>The intset; of a listpack the element that comes next.</summary>
    private byte* _address;
    private int _index;
    private readonly int _count;

    internal SetEnumerator(ValueEncoding encoding, byte* address)
    {
        _encoding = encoding;
        if (encoding == ValueEncoding.HashTable)
        {
            _table = ((MemberTable*)address)->Members.GetEnumerator();
            return;
        }
        bool isIntset = encoding == ValueEncoding.IntSet;
        _address = isIntset ? address : Listpack.First(address);
        _count = isIntset ? Intset.Count(address) : 0;
    }

    /// <summary>The member that the walk is at; its bytes are not owned.</summary>
    public ListpackValue Current { get; private set; }

    /// <summary>Goes to the next member; false after the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        if (_encoding != ValueEncoding.HashTable)
            return MoveNextOfFew();
        if (!_table.MoveNext())
            return false;
        Current = SetMember.ValueOf(_table.Current);
        return true;
    }

    /// <summary>The same in a set that is not a table.</summary>
    private bool MoveNextOfFew()
    {
        if (_encoding == ValueEncoding.IntSet)
        {
            if (_index == _count)
                return false;
            Current = ListpackValue.OfInteger(Intset.At(_address, _index++));
            return true;
        }
        if (_address == null)
            return false;
        Current = Listpack.Get(_address);
        _address = Listpack.Next(_address);
        return true;
    }

    /// <summary>Lets a table change its size again.</summary>
    public readonly void Dispose()
    {
        if (_encoding == ValueEncoding.HashTable)
            _table.Dispose();
    }
}
