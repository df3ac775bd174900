using System.Buffers;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// HyperLogLogs, which are strings of a certain form. See https://redis.io/docs/latest/commands/?group=hyperloglog.
/// <see cref="HyperLogLogDebugCommands"/> look into them.
/// </summary>
internal static unsafe class HyperLogLogCommands
{
    private static void PfAdd(CommandContext c)
    {
        if (!TryOpen(c, 1, elements: c.ArgCount - 2, out Draft draft))
            return;
        long changes = draft.IsNew ? 1 : 0;
        HyperLogLogUpdate update = HyperLogLogUpdate.Unchanged;
        for (int i = 2; i < c.ArgCount && update != HyperLogLogUpdate.Corrupt; i++)
        {
            update = HyperLogLog.Add(draft.Buffer, ref draft.Length, c[i], c.Server.Config.HllSparseMaxBytes);
            changes += update == HyperLogLogUpdate.Changed ? 1 : 0;
        }
        if (changes > 0)
            HyperLogLog.InvalidateCached(draft.Buffer);
        draft.Close(c, 1);
        if (update == HyperLogLogUpdate.Corrupt)
        {
            Corrupt(c);
            return;
        }
        if (changes > 0)
            Changed(c, changes);
        c.Reply.Integer(changes > 0 ? 1 : 0);
    }

    private static void PfCount(CommandContext c)
    {
        if (c.ArgCount == 2)
        {
            CountOne(c);
            return;
        }
        Span<byte> registers = stackalloc byte[HyperLogLog.RegisterCount];
        if (TryMergeAll(c, registers, out _))
            c.Reply.Integer(HyperLogLog.Count(registers));
    }

    private static void CountOne(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!Check(c, entry))
            return;
        bool known = HyperLogLog.TryGetCached(StringValue.Read(entry, default), out long cardinality);
        if (!known || entry.Encoding != ValueEncoding.Raw)
        {
            Span<byte> value = Unshare(c, 1, entry);
            if (!known && !TryRecount(c, value, out cardinality))
                return;
        }
        c.Reply.Integer(cardinality);
    }

    /// <summary>Computes the cardinality and keeps it in the value, which is a change of it; false when the error was replied.</summary>
    private static bool TryRecount(CommandContext c, Span<byte> value, out long cardinality)
    {
        if (!HyperLogLog.TryCount(value, out cardinality))
        {
            Corrupt(c);
            return false;
        }
        HyperLogLog.SetCached(value, cardinality);
        c.SignalModified(c[1]);
        c.Dirty++;
        return true;
    }

    private static void PfMerge(CommandContext c)
    {
        Span<byte> registers = stackalloc byte[HyperLogLog.RegisterCount];
        if (!TryMergeAll(c, registers, out bool anyDense) || !TryOpen(c, 1, HyperLogLog.RegisterCount, out Draft draft))
            return;
        if (anyDense && !HyperLogLog.TryMakeDense(draft.Buffer, ref draft.Length))
            throw new InvalidOperationException("A HyperLogLog that could be merged cannot be made dense.");
        if (HyperLogLog.IsDense(draft.Buffer))
            HyperLogLog.WriteDense(draft.Buffer[..draft.Length], registers);
        else
            RaiseEach(draft.Buffer, ref draft.Length, registers, c.Server.Config.HllSparseMaxBytes);
        HyperLogLog.InvalidateCached(draft.Buffer);
        draft.Close(c, 1);
        Changed(c, 1);
        c.Reply.Ok();
    }

    // One by one, as official does: which runs are joined, and so the bytes, depend on it.
    private static void RaiseEach(Span<byte> buffer, ref int length, ReadOnlySpan<byte> registers, long sparseMaxBytes)
    {
        for (int i = 0; i < registers.Length; i++)
        {
            if (registers[i] > 0)
                HyperLogLog.Raise(buffer, ref length, i, registers[i], sparseMaxBytes);
        }
    }

    /// <summary>The highest of each register in all keys of the command; false when the error was replied.</summary>
    private static bool TryMergeAll(CommandContext c, Span<byte> registers, out bool anyDense)
    {
        anyDense = false;
        registers.Clear();
        for (int i = 1; i < c.ArgCount; i++)
        {
            KeyEntry entry = c.Db.LookupRead(c[i]);
            if (entry.IsNull)
                continue;
            if (!Check(c, entry))
                return false;
            ReadOnlySpan<byte> value = StringValue.Read(entry, default);
            anyDense |= HyperLogLog.IsDense(value);
            if (HyperLogLog.TryMergeInto(registers, value))
                continue;
            Corrupt(c);
            return false;
        }
        return true;
    }

    /// <summary>Whether the value of a key is a HyperLogLog; otherwise the error was replied.</summary>
    internal static bool Check(CommandContext c, KeyEntry entry)
    {
        if (entry.Type != DataType.String)
        {
            c.WrongType();
            return false;
        }
        if (entry.Encoding != ValueEncoding.Int && HyperLogLog.IsHyperLogLog(StringValue.Read(entry, default)))
            return true;
        c.Reply.Error("WRONGTYPE Key is not a valid HyperLogLog string value."u8);
        return false;
    }

    internal static void Corrupt(CommandContext c) => c.Reply.Error("INVALIDOBJ Corrupted HLL object detected"u8);

    /// <summary>The value for writing, raw from now on, as official has it even where nothing is written.</summary>
    internal static Span<byte> Unshare(CommandContext c, int key, KeyEntry entry)
    {
        c.Db.LookupWrite(c[key]);
        return c.Db.ResizeString(c[key], StringValue.Length(entry));
    }

    /// <summary>
    /// Opens the HyperLogLog at argument <paramref name="key"/>, a new one if there is none, for adding at most
    /// <paramref name="elements"/>; false when the error was replied.
    /// </summary>
    internal static bool TryOpen(CommandContext c, int key, int elements, out Draft draft)
    {
        draft = default;
        KeyEntry entry = c.Db.LookupWrite(c[key]);
        if (!entry.IsNull && !Check(c, entry))
            return false;
        draft = new Draft(c, key, entry, elements);
        return true;
    }

    private static void Changed(CommandContext c, long changes)
    {
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "pfadd"u8, c[1]);
        c.Dirty += changes;
    }

    /// <summary>
    /// A HyperLogLog that is being changed: a dense one in its place, a sparse one in a buffer with room to grow, from
    /// which it is put back.
    /// </summary>
    internal ref struct Draft
    {
        /// <summary>The value and room for its growth.</summary>
        public readonly Span<byte> Buffer;

        /// <summary>The value's length in bytes.</summary>
        public int Length;

        private readonly byte[]? _rented;

        public Draft(CommandContext c, int key, KeyEntry entry, int elements)
        {
            IsNew = entry.IsNull;
            ReadOnlySpan<byte> value = IsNew ? HyperLogLog.Empty : StringValue.Read(entry, default);
            Length = value.Length;
            if (HyperLogLog.IsDense(value))
            {
                Buffer = c.Db.ResizeString(c[key], Length);
                return;
            }
            Buffer = _rented = ArrayPool<byte>.Shared.Rent(HyperLogLog.BufferBytes(Length, elements));
            value.CopyTo(Buffer);
        }

        /// <summary>Whether there was no such key.</summary>
        public bool IsNew { get; }

        /// <summary>Puts the value back.</summary>
        public readonly void Close(CommandContext c, int key)
        {
            if (_rented == null)
                return;
            Buffer[..Length].CopyTo(c.Db.ResizeString(c[key], Length));
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("pfadd", -2, &PfAdd)
        {
            Group = CommandGroup.HyperLogLog, Since = "2.8.9",
            Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, Categories = AclCategories.HyperLogLog,
            Summary = "Adds the specified elements to the specified HyperLogLog.",
            Complexity = "O(1) to add every element.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "key#0 [element...]",
        });

        table.Add(new("pfcount", -2, &PfCount)
        {
            Group = CommandGroup.HyperLogLog, Since = "2.8.9", Flags = CommandFlags.ReadOnly | CommandFlags.MayReplicate,
            Categories = AclCategories.HyperLogLog,
            Summary = "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).",
            Complexity = "O(1) with a very small average constant time when called with a single key. O(N) with N being the " +
                "number of keys, and much bigger constant times, when called with multiple keys.",
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Access).To(-1)
                    .Note("RW because it may change the internal representation of the key, and propagate to replicas"),
            ],
            Arguments = "key#0...",
        });

        table.Add(new("pfmerge", -2, &PfMerge)
        {
            Group = CommandGroup.HyperLogLog, Since = "2.8.9", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.HyperLogLog,
            Summary = "Merge N different HyperLogLogs into a single one.",
            Complexity = "O(N) to merge N HyperLogLogs, but with high constant times.",
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Insert),
                KeySpec.At(2, KeyFlags.RO | KeyFlags.Access).To(-1),
            ],
            Arguments = "destkey#0 sourcekey#1...",
        });
    }
}
