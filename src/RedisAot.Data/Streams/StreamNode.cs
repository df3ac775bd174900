using System.Runtime.CompilerServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A node of a stream: a listpack of entries, laid out as in official Redis and in RDB files. First the master entry
/// <code>
///   entries, deleted entries, number of fields, field ..., 0
/// </code>
/// with the fields of the first entry; then the entries
/// <code>
///   flags, ms, sequence, [number of fields], [field] value ..., number of these elements
/// </code>
/// where ms and sequence are relative to the node's ID, and an entry with the fields of the master entry does not repeat them.
/// </summary>
internal static unsafe class StreamNode
{
    /// <summary>The entry is deleted: it stays in the node, to be passed over.</summary>
    public const long DeletedFlag = 1;

    /// <summary>The entry has the fields of the master entry.</summary>
    public const long SameFieldsFlag = 2;

    private const int ScratchValues = 32;

    /// <summary>Number of entries that are not deleted.</summary>
    public static long Live(byte* lp) => Listpack.Get(Listpack.First(lp)).Integer;

    /// <summary>Number of deleted entries that are still in the node.</summary>
    public static long Deleted(byte* lp) => Listpack.Get(Listpack.Next(Listpack.First(lp))).Integer;

    /// <summary>The number of fields of the master entry, and the first of them (or the 0 behind them).</summary>
    public static byte* MasterFields(byte* lp, out long count)
    {
        byte* p = Listpack.Next(Listpack.Next(Listpack.First(lp)));
        count = Listpack.Get(p).Integer;
        return Listpack.Next(p);
    }

    /// <summary>A node with one entry, whose ID is the node's.</summary>
    /// <param name="elements">Field, value, field, value …</param>
    /// <param name="capacity">Bytes that the node may be expected to grow to.</param>
    [SkipLocalsInit]
    public static byte* Create(ReadOnlySpan<ListpackValue> elements, uint capacity)
    {
        int fields = elements.Length / 2;
        byte* lp = Listpack.Create(capacity);
        using Values values = new(stackalloc ListpackValue[ScratchValues], 4 + fields + 4 + fields);
        values.Add(1);
        values.Add(0);
        values.Add(fields);
        for (int i = 0; i < elements.Length; i += 2)
            values.Add(elements[i]);
        values.Add(0);
        AddEntry(ref lp, values, SameFieldsFlag, 0, 0, elements);
        return lp;
    }

    /// <summary>Adds an entry at the end.</summary>
    [SkipLocalsInit]
    public static void Append(ref byte* lp, StreamId node, StreamId id, ReadOnlySpan<ListpackValue> elements)
    {
        byte* first = Listpack.First(lp);
        Listpack.Replace(ref lp, first, Listpack.Get(first).Integer + 1);
        using Values values = new(stackalloc ListpackValue[ScratchValues], 5 + elements.Length);
        AddEntry(
            ref lp, values, HasMasterFields(lp, elements) ? SameFieldsFlag : 0,
            unchecked((long)(id.Ms - node.Ms)), unchecked((long)(id.Sequence - node.Sequence)), elements);
    }

    /// <summary>Marks an entry, whose flags are at <paramref name="flags"/>, as deleted; others must remain.</summary>
    public static void Delete(ref byte* lp, byte* flags)
    {
        Listpack.Replace(ref lp, flags, Listpack.Get(flags).Integer | DeletedFlag);
        AddToCounts(ref lp, 1);
    }

    /// <summary>Notes that entries were marked as deleted.</summary>
    public static void AddToCounts(ref byte* lp, long deleted)
    {
        byte* p = Listpack.First(lp);
        p = Listpack.Next(Listpack.Replace(ref lp, p, Listpack.Get(p).Integer - deleted));
        Listpack.Replace(ref lp, p, Listpack.Get(p).Integer + deleted);
    }

    /// <summary>
    /// Whether a valid listpack is a node with this ID, which is greater than <paramref name="after"/>: at least one entry, all of them
    /// complete, in ascending order and not before that ID, and right counts.
    /// </summary>
    public static bool Validate(byte* lp, StreamId node, StreamId after, out StreamId last)
    {
        last = after;
        byte* p = Listpack.First(lp);
        if (!TakeInteger(ref p, out long live) || !TakeInteger(ref p, out long deleted) || !TakeInteger(ref p, out long masterFields)
            || node <= after || live < 0 || deleted < 0 || masterFields < 0
            || !Skip(ref p, masterFields) || !TakeInteger(ref p, out long zero) || zero != 0 || p == null)
        {
            return false;
        }
        for (; p != null; live -= 1)
        {
            if (!TakeInteger(ref p, out long flags) || flags is < 0 or > (DeletedFlag | SameFieldsFlag)
                || !TakeInteger(ref p, out long ms) || !TakeInteger(ref p, out long sequence))
            {
                return false;
            }
            if ((flags & DeletedFlag) != 0)
            {
                deleted--;
                live++;
            }
            StreamId id = node.Plus(ms, sequence);
            long elements = masterFields;
            long count = masterFields + 3;
            if ((flags & SameFieldsFlag) == 0)
            {
                if (!TakeInteger(ref p, out long fields) || fields is < 0 or > Listpack.MaxBytes)
                    return false;
                elements = 2 * fields;
                count = elements + 4;
            }
            if (id <= last || id < node || !Skip(ref p, elements) || !TakeInteger(ref p, out long stated) || stated != count)
                return false;
            last = id;
        }
        return live == 0 && deleted == 0;
    }

    private static bool TakeInteger(ref byte* p, out long value)
    {
        value = 0;
        if (p == null || Listpack.Get(p) is not { IsInteger: true } element)
            return false;
        value = element.Integer;
        p = Listpack.Next(p);
        return true;
    }

    private static bool Skip(ref byte* p, long count)
    {
        for (; count > 0 && p != null; count--)
            p = Listpack.Next(p);
        return count == 0;
    }

    private static bool HasMasterFields(byte* lp, ReadOnlySpan<ListpackValue> elements)
    {
        byte* p = MasterFields(lp, out long count);
        if (count != elements.Length / 2)
            return false;
        for (int i = 0; i < elements.Length; i += 2)
        {
            ListpackValue master = Listpack.Get(p), field = elements[i];
            if (master.IsInteger != field.IsInteger
                || (field.IsInteger ? master.Integer != field.Integer : !master.Bytes.SequenceEqual(field.Bytes)))
            {
                return false;
            }
            p += ListpackEncoding.EntrySize(p);
        }
        return true;
    }

    private static void AddEntry(
        ref byte* lp, Values values, long flags, long ms, long sequence, ReadOnlySpan<ListpackValue> elements)
    {
        int before = values.Count;
        values.Add(flags);
        values.Add(ms);
        values.Add(sequence);
        if (flags == SameFieldsFlag)
        {
            for (int i = 1; i < elements.Length; i += 2)
                values.Add(elements[i]);
        }
        else
        {
            values.Add(elements.Length / 2);
            foreach (ListpackValue element in elements)
                values.Add(element);
        }
        values.Add(values.Count - before);
        Listpack.Append(ref lp, values.All);
    }

    /// <summary>What is to be appended: on the stack unless there is much of it.</summary>
    private ref struct Values
    {
        private readonly byte* _block;
        private readonly Span<ListpackValue> _values;

        public Values(Span<ListpackValue> scratch, int capacity)
        {
            _values = scratch;
            if (capacity <= scratch.Length)
                return;
            _block = NativeHeap.Allocate((nuint)capacity * (nuint)sizeof(ListpackValue));
            _values = new Span<ListpackValue>(_block, capacity);
        }

        public int Count { get; private set; }

        public readonly ReadOnlySpan<ListpackValue> All => _values[..Count];

        public void Add(long value) => Add(ListpackValue.OfInteger(value));

        public void Add(ListpackValue value) => _values[Count++] = value;

        public readonly void Dispose() => NativeHeap.Free(_block);
    }
}
