using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>BITFIELD and BITFIELD_RO: strings as rows of integers of any width. The rows are those of <see cref="BitmapCommands"/>.</summary>
internal static class BitFieldCommands
{
    private enum Verb
    {
        Get,
        Set,
        IncrBy,
    }

    private readonly record struct Operation(Verb Verb, bool Signed, int Bits, long Offset, long Operand, BitFieldOverflow Overflow);

    internal static void Execute(CommandContext c)
    {
        if (!TryParse(c, out List<Operation> operations))
            return;
        if (LastWrittenBit(operations) is var last && last >= 0)
            ReadAndWrite(c, operations, last);
        else
            Read(c, operations);
    }

    internal static void ExecuteReadOnly(CommandContext c)
    {
        if (!TryParse(c, out List<Operation> operations))
            return;
        if (LastWrittenBit(operations) < 0)
            Read(c, operations);
        else
            c.Reply.Error("ERR BITFIELD_RO only supports the GET subcommand"u8);
    }

    private static bool TryParse(CommandContext c, out List<Operation> operations)
    {
        operations = [];
        BitFieldOverflow overflow = BitFieldOverflow.Wrap;
        int i = 2;
        while (i < c.ArgCount)
        {
            int rest = c.ArgCount - i - 1;
            if (c.ArgIs(i, "overflow"u8) && rest >= 1)
            {
                if (!TryParseOverflow(c, i + 1, ref overflow))
                    return false;
                i += 2;
                continue;
            }
            Verb verb;
            if (c.ArgIs(i, "get"u8) && rest >= 2)
            {
                verb = Verb.Get;
            }
            else if (c.ArgIs(i, "set"u8) && rest >= 3)
            {
                verb = Verb.Set;
            }
            else if (c.ArgIs(i, "incrby"u8) && rest >= 3)
            {
                verb = Verb.IncrBy;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
            if (!TryParseOperation(c, i, verb, overflow, out Operation operation))
                return false;
            operations.Add(operation);
            i += verb == Verb.Get ? 3 : 4;
        }
        return true;
    }

    private static bool TryParseOverflow(CommandContext c, int index, ref BitFieldOverflow overflow)
    {
        if (c.ArgIs(index, "wrap"u8))
        {
            overflow = BitFieldOverflow.Wrap;
        }
        else if (c.ArgIs(index, "sat"u8))
        {
            overflow = BitFieldOverflow.Saturate;
        }
        else if (c.ArgIs(index, "fail"u8))
        {
            overflow = BitFieldOverflow.Fail;
        }
        else
        {
            c.Reply.Error("ERR Invalid OVERFLOW type specified"u8);
            return false;
        }
        return true;
    }

    private static bool TryParseOperation(CommandContext c, int index, Verb verb, BitFieldOverflow overflow, out Operation operation)
    {
        operation = default;
        long operand = 0;
        if (!TryParseType(c, index + 1, out bool signed, out int bits)
            || !BitmapCommands.TryGetOffset(c, index + 2, out long offset, bits)
            || (verb != Verb.Get && !c.TryGetLong(index + 3, out operand)))
        {
            return false;
        }
        operation = new Operation(verb, signed, bits, offset, operand, overflow);
        return true;
    }

    private static bool TryParseType(CommandContext c, int index, out bool signed, out int bits)
    {
        ReadOnlySpan<byte> text = c[index];
        signed = !text.IsEmpty && text[0] == 'i';
        bits = 0;
        if (signed || (!text.IsEmpty && text[0] == 'u'))
        {
            // Official takes the width for a C string: a zero byte ends it.
            ReadOnlySpan<byte> width = text[1..];
            int end = width.IndexOf((byte)0);
            if (NumberText.TryParseLong(end < 0 ? width : width[..end], out long parsed) && parsed >= 1 && parsed <= (signed ? 64 : 63))
            {
                bits = (int)parsed;
                return true;
            }
        }
        c.Reply.Error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."u8);
        return false;
    }

    /// <summary>The last bit that an operation writes; -1 if none does.</summary>
    private static long LastWrittenBit(List<Operation> operations)
    {
        long last = -1;
        foreach (Operation operation in operations)
        {
            if (operation.Verb != Verb.Get)
                last = Math.Max(last, operation.Offset + operation.Bits - 1);
        }
        return last;
    }

    private static void Read(CommandContext c, List<Operation> operations)
    {
        if (!BitmapCommands.TryGetForReading(c, out KeyEntry entry))
            return;
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        ReadOnlySpan<byte> bytes = entry.IsNull ? default : StringValue.Read(entry, scratch);
        c.Reply.ArrayHeader(operations.Count);
        foreach (Operation operation in operations)
            ReplyValue(c, operation, bytes);
    }

    private static void ReadAndWrite(CommandContext c, List<Operation> operations, long lastBit)
    {
        if (!BitmapCommands.TryGetForWriting(c, lastBit, out Span<byte> bytes, out bool grown))
            return;
        int changes = 0;
        c.Reply.ArrayHeader(operations.Count);
        foreach (Operation operation in operations)
        {
            if (operation.Verb == Verb.Get)
                ReplyValue(c, operation, bytes);
            else if ((operation.Signed ? WriteSigned(c, operation, bytes) : WriteUnsigned(c, operation, bytes)) is { } changed && (changed || grown))
                changes++;
        }
        if (changes > 0)
            BitmapCommands.Changed(c, changes);
    }

    private static void ReplyValue(CommandContext c, in Operation operation, ReadOnlySpan<byte> bytes) => c.Reply.Integer(
        operation.Signed
            ? Bits.GetSigned(bytes, operation.Offset, operation.Bits)
            : (long)Bits.GetUnsigned(bytes, operation.Offset, operation.Bits));

    /// <summary>Stores and replies; whether the field has another value now, or null if nothing was stored.</summary>
    private static bool? WriteSigned(CommandContext c, in Operation operation, Span<byte> bytes)
    {
        long old = Bits.GetSigned(bytes, operation.Offset, operation.Bits);
        bool incr = operation.Verb == Verb.IncrBy;
        bool fits = BitFieldArithmetic.TryAddSigned(
            incr ? old : operation.Operand, incr ? operation.Operand : 0, operation.Bits, operation.Overflow, out long value);
        if (!fits && operation.Overflow == BitFieldOverflow.Fail)
        {
            c.Reply.Null();
            return null;
        }
        c.Reply.Integer(incr ? value : old);
        Bits.Set(bytes, operation.Offset, operation.Bits, (ulong)value);
        return old != value;
    }

    /// <inheritdoc cref="WriteSigned"/>
    private static bool? WriteUnsigned(CommandContext c, in Operation operation, Span<byte> bytes)
    {
        ulong old = Bits.GetUnsigned(bytes, operation.Offset, operation.Bits);
        bool incr = operation.Verb == Verb.IncrBy;
        bool fits = BitFieldArithmetic.TryAddUnsigned(
            incr ? old : (ulong)operation.Operand, incr ? operation.Operand : 0, operation.Bits, operation.Overflow, out ulong value);
        if (!fits && operation.Overflow == BitFieldOverflow.Fail)
        {
            c.Reply.Null();
            return null;
        }
        c.Reply.Integer((long)(incr ? value : old));
        Bits.Set(bytes, operation.Offset, operation.Bits, value);
        return old != value;
    }
}
