using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// Strings as rows of bits. See https://redis.io/docs/latest/commands/?group=bitmap. <see cref="BitFieldCommands"/> treat them as
/// rows of integers.
/// </summary>
internal static unsafe class BitmapCommands
{
    private const int MaxBitFieldBytes = 8;

    private static void SetBit(CommandContext c)
    {
        if (!TryGetOffset(c, 2, out long offset))
            return;
        ReadOnlySpan<byte> error = "ERR bit is not an integer or out of range"u8;
        if (!c.TryGetLong(3, out long bit, error))
            return;
        if (bit is not (0 or 1))
        {
            c.Reply.Error(error);
            return;
        }
        if (!TryGetForWriting(c, offset, out Span<byte> bytes, out bool grown))
            return;
        ref byte target = ref bytes[(int)(offset >> 3)];
        int mask = 0x80 >> (int)(offset & 7);
        bool before = (target & mask) != 0;
        if (grown || before != (bit == 1))
        {
            target = (byte)(bit == 1 ? target | mask : target & ~mask);
            Changed(c, 1);
        }
        c.Reply.Integer(before ? 1 : 0);
    }

    private static void GetBit(CommandContext c)
    {
        if (!TryGetOffset(c, 2, out long offset) || !TryGetForReading(c, out KeyEntry entry))
            return;
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        ReadOnlySpan<byte> bytes = entry.IsNull ? default : StringValue.Read(entry, scratch);
        c.Reply.Integer((long)Bits.GetUnsigned(bytes, offset, 1));
    }

    private static void BitCount(CommandContext c)
    {
        if (!TryGetForReading(c, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        if (c.ArgCount is not (2 or 4 or 5))
        {
            c.SyntaxError();
            return;
        }
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        ReadOnlySpan<byte> bytes = StringValue.Read(entry, scratch);
        if (c.ArgCount == 2)
        {
            c.Reply.Integer(Bits.Count(bytes));
            return;
        }
        if (!c.TryGetLong(2, out long start) || !c.TryGetLong(3, out long end))
            return;
        if (start < 0 && end < 0 && start > end)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!TryGetUnit(c, 4, out bool inBits))
            return;
        bool any = TryResolve(bytes.Length, inBits, start, end, out long first, out long last);
        c.Reply.Integer(any ? Bits.Count(bytes, first, last) : 0);
    }

    private static void BitPos(CommandContext c)
    {
        if (!c.TryGetLong(2, out long bit))
            return;
        if (bit is not (0 or 1))
        {
            c.Reply.Error("ERR The bit argument must be 1 or 0."u8);
            return;
        }
        if (!TryGetForReading(c, out KeyEntry entry))
            return;
        if (entry.IsNull)
        {
            c.Reply.Integer(-bit);
            return;
        }
        if (c.ArgCount > 6)
        {
            c.SyntaxError();
            return;
        }
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        ReadOnlySpan<byte> bytes = StringValue.Read(entry, scratch);
        long start = 0, end = -1;
        if ((c.ArgCount > 3 && !c.TryGetLong(3, out start))
            || !TryGetUnit(c, 5, out bool inBits)
            || (c.ArgCount > 4 && !c.TryGetLong(4, out end)))
        {
            return;
        }
        if (!TryResolve(bytes.Length, inBits, start, end, out long first, out long last))
        {
            c.Reply.Integer(-1);
            return;
        }
        long position = Bits.Find(bytes, bit == 1, first, last);
        // Without an explicit end the string counts as followed by zeros.
        if (position < 0 && bit == 0 && c.ArgCount <= 4)
            position = last + 1;
        c.Reply.Integer(position);
    }

    private static bool TryGetUnit(CommandContext c, int index, out bool inBits)
    {
        inBits = index < c.ArgCount && c.ArgIs(index, "bit"u8);
        if (inBits || index >= c.ArgCount || c.ArgIs(index, "byte"u8))
            return true;
        c.SyntaxError();
        return false;
    }

    /// <summary>Makes a range whose negative ends count from the end into one of bits within the string; false if it is empty.</summary>
    private static bool TryResolve(int length, bool inBits, long start, long end, out long first, out long last)
    {
        long total = inBits ? (long)length * 8 : length;
        start = Math.Max(start < 0 ? total + start : start, 0);
        end = Math.Min(Math.Max(end < 0 ? total + end : end, 0), total - 1);
        first = inBits ? start : unchecked(start * 8);
        last = inBits ? end : end * 8 + 7;
        return start <= end;
    }

    private static void BitOp(CommandContext c)
    {
        if (!TryGetOperation(c, out BitOperation operation))
        {
            c.SyntaxError();
            return;
        }
        int count = c.ArgCount - 3;
        if (operation == BitOperation.Not && count != 1)
        {
            c.Reply.Error("ERR BITOP NOT must be called with a single source key."u8);
            return;
        }
        if (operation is BitOperation.Diff or BitOperation.Diff1 or BitOperation.AndOr && count < 2)
        {
            c.Reply.Error([.. "ERR BITOP "u8, .. NameOf(operation), .. " must be called with at least two source keys."u8]);
            return;
        }
        KeyEntry[] entries = new KeyEntry[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = c.Db.LookupRead(c[i + 3]);
            if (!entries[i].IsNull && entries[i].Type != DataType.String)
            {
                c.WrongType();
                return;
            }
        }
        EntryStrings strings = new(entries);
        Store(c, operation, ref strings);
    }

    private static void Store(CommandContext c, BitOperation operation, ref EntryStrings strings)
    {
        int length = strings.LongestLength;
        if (length > 0)
        {
            byte* block = StringValue.AllocateBlock(length);
            Bits.Combine(operation, ref strings, strings.Count, StringValue.Block(block));
            c.Db.SetExternal(c[2], DataType.String, ValueEncoding.Raw, block);
            c.SignalModified(c[2]);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "set"u8, c[2]);
            c.Dirty++;
        }
        else if (c.Db.Delete(c[2]))
        {
            c.SignalModified(c[2]);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, c[2]);
            c.Dirty++;
        }
        c.Reply.Integer(length);
    }

    private static bool TryGetOperation(CommandContext c, out BitOperation operation)
    {
        operation = BitOperation.And;
        foreach (BitOperation candidate in (ReadOnlySpan<BitOperation>)[BitOperation.And, BitOperation.Or, BitOperation.Xor, BitOperation.Not,
            BitOperation.Diff, BitOperation.Diff1, BitOperation.AndOr, BitOperation.One])
        {
            operation = candidate;
            if (System.Text.Ascii.EqualsIgnoreCase(c[1], NameOf(candidate)))
                return true;
        }
        return false;
    }

    private static ReadOnlySpan<byte> NameOf(BitOperation operation) => operation switch
    {
        BitOperation.And => "AND"u8,
        BitOperation.Or => "OR"u8,
        BitOperation.Xor => "XOR"u8,
        BitOperation.Not => "NOT"u8,
        BitOperation.Diff => "DIFF"u8,
        BitOperation.Diff1 => "DIFF1"u8,
        BitOperation.AndOr => "ANDOR"u8,
        _ => "ONE"u8,
    };

    /// <summary>Reads the offset of a bit, or replies with the official error. <c>#n</c> counts fields of so many bits.</summary>
    internal static bool TryGetOffset(CommandContext c, int index, out long offset, int fieldBits = 0)
    {
        ReadOnlySpan<byte> text = c[index];
        bool inFields = fieldBits > 0 && !text.IsEmpty && text[0] == '#';
        long maxBytes = Math.Min(c.Server.Config.ProtoMaxBulkLen, StringValue.MaxBytes - MaxBitFieldBytes);
        if (NumberText.TryParseLong(inFields ? text[1..] : text, out offset))
        {
            if (inFields)
                offset = unchecked(offset * fieldBits);
            if (offset >= 0 && offset >> 3 < maxBytes)
                return true;
        }
        c.Reply.Error("ERR bit offset is not an integer or out of range"u8);
        return false;
    }

    /// <summary>Looks up argument 1; false, after the reply, if it is no string.</summary>
    internal static bool TryGetForReading(CommandContext c, out KeyEntry entry)
    {
        entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull || entry.Type == DataType.String)
            return true;
        c.WrongType();
        return false;
    }

    /// <summary>The bytes of argument 1, made long enough for a bit; false, after the reply, if it is no string.</summary>
    internal static bool TryGetForWriting(CommandContext c, long lastBit, out Span<byte> bytes, out bool grown)
    {
        bytes = default;
        grown = false;
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (!entry.IsNull && entry.Type != DataType.String)
        {
            c.WrongType();
            return false;
        }
        int length = entry.IsNull ? 0 : StringValue.Length(entry);
        int needed = (int)(lastBit >> 3) + 1;
        grown = needed > length;
        bytes = c.Db.ResizeString(c[1], Math.Max(length, needed));
        return true;
    }

    /// <summary>Says that bits of argument 1 were changed.</summary>
    internal static void Changed(CommandContext c, int changes)
    {
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "setbit"u8, c[1]);
        c.Dirty += changes;
    }

    /// <summary>The sources of BITOP; keys that are missing count as empty.</summary>
    private readonly struct EntryStrings(KeyEntry[] entries) : IBitSource
    {
        // Integers become text each in its own place, as several are looked at together.
        private readonly byte[] _scratch = new byte[entries.Length * StringValue.ScratchBytes];

        public int Count => entries.Length;

        public ReadOnlySpan<byte> this[int index] => entries[index].IsNull
            ? default
            : StringValue.Read(entries[index], _scratch.AsSpan(index * StringValue.ScratchBytes, StringValue.ScratchBytes));

        public int LongestLength
        {
            get
            {
                int longest = 0;
                for (int i = 0; i < entries.Length; i++)
                    longest = Math.Max(longest, this[i].Length);
                return longest;
            }
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("bitcount", -2, &BitCount)
        {
            Group = CommandGroup.Bitmap, Since = "2.6.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Bitmap,
            Summary = "Count set bits in a string",
            Complexity = "O(N)",
            History = [("7.0.0", "Added the `BYTE|BIT` option.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 [index{start:integer end:integer [index_unit('BYTE' | 'BIT')@7.0.0]}]",
        });

        table.Add(new("bitfield", -2, &BitFieldCommands.Execute)
        {
            Group = CommandGroup.Bitmap, Since = "3.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Bitmap,
            Summary = "Perform arbitrary bitfield integer operations on strings",
            Complexity = "O(1) for each subcommand specified",
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Update | KeyFlags.Access | KeyFlags.VariableFlags)
                    .Note("This command allows both access and modification of the key"),
            ],
            KeyFinder = KeyFinder.BitField,
            Arguments = """
                key#0
                [operation('GET' encoding_offset{encoding offset:integer} | write{['OVERFLOW' wrap_sat_fail('WRAP' | 'SAT'
                  | 'FAIL')] write_operation('SET' encoding_offset_value{encoding offset:integer value:integer}
                  | 'INCRBY' encoding_offset_increment{encoding offset:integer increment:integer})})...]
                """,
        });

        table.Add(new("bitfield_ro", -2, &BitFieldCommands.ExecuteReadOnly)
        {
            Group = CommandGroup.Bitmap, Since = "6.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Bitmap,
            Summary = "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD",
            Complexity = "O(1) for each subcommand specified",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 ['GET'+ encoding_offset{encoding offset:integer}...]",
        });

        table.Add(new("bitop", -4, &BitOp)
        {
            Group = CommandGroup.Bitmap, Since = "2.6.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Bitmap,
            Summary = "Perform bitwise operations between strings",
            Complexity = "O(N)",
            History = [("8.2.0", "Added the `DIFF`, `DIFF1`, `ANDOR`, and `ONE` operations.")],
            Keys = [KeySpec.At(2, KeyFlags.OW | KeyFlags.Update), KeySpec.At(3, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "operation('AND' | 'OR' | 'XOR' | 'NOT' | 'DIFF' | 'DIFF1' | 'ANDOR' | 'ONE') destkey#0 key#1...",
        });

        table.Add(new("bitpos", -3, &BitPos)
        {
            Group = CommandGroup.Bitmap, Since = "2.8.7", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Bitmap,
            Summary = "Find first bit set or clear in a string",
            Complexity = "O(N)",
            History = [("7.0.0", "Added the `BYTE|BIT` option.")],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 bit:integer [index{start:integer [end_index{end:integer [index_unit('BYTE' | 'BIT')@7.0.0]}]}]",
        });

        table.Add(new("getbit", 3, &GetBit)
        {
            Group = CommandGroup.Bitmap, Since = "2.2.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Bitmap,
            Summary = "Returns the bit value at offset in the string value stored at key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 offset:integer",
        });

        table.Add(new("setbit", 4, &SetBit)
        {
            Group = CommandGroup.Bitmap, Since = "2.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Bitmap,
            Summary = "Sets or clears the bit at offset in the string value stored at key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 offset:integer value:integer",
        });
    }
}
