using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>The commands that count with strings.</summary>
internal static unsafe class NumberCommands
{
    private static void Incr(CommandContext c) => Add(c, 1);

    private static void Decr(CommandContext c) => Add(c, -1);

    private static void IncrBy(CommandContext c)
    {
        if (c.TryGetLong(2, out long increment))
            Add(c, increment);
    }

    private static void DecrBy(CommandContext c)
    {
        if (!c.TryGetLong(2, out long decrement))
            return;
        if (decrement == long.MinValue)
            c.Reply.Error("ERR decrement would overflow"u8);
        else
            Add(c, -decrement);
    }

    private static void Add(CommandContext c, long increment)
    {
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (!TryReadInteger(c, entry, out long value))
            return;
        long sum = unchecked(value + increment);
        // The sum has overflowed if its sign is that of neither operand.
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            c.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }
        if (!entry.IsNull && entry.Encoding == ValueEncoding.Int)
            Database.ChangeInteger(entry, sum);
        else
            c.Db.SetInteger(c[1], sum, Database.KeepExpiry);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "incrby"u8, c[1]);
        c.Dirty++;
        c.Reply.Integer(sum);
    }

    /// <summary>The integer that a key holds, 0 when it is missing; false when it holds none and the error was replied.</summary>
    internal static bool TryReadInteger(CommandContext c, KeyEntry entry, out long value)
    {
        value = 0;
        if (entry.IsNull)
            return true;
        if (entry.Type != DataType.String)
        {
            c.WrongType();
            return false;
        }
        if (entry.Encoding == ValueEncoding.Int)
        {
            value = entry.Integer;
            return true;
        }
        if (NumberText.TryParseLong(StringValue.Read(entry, default), out value))
            return true;
        c.Reply.Error("ERR value is not an integer or out of range"u8);
        return false;
    }

    private static void IncrByFloat(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (!TryReadFloat(c, entry, out LongDouble value))
            return;
        if (!LongDouble.TryParse(c[2], out LongDouble increment))
        {
            c.Reply.Error("ERR value is not a valid float"u8);
            return;
        }
        LongDouble sum = value + increment;
        if (!sum.IsFinite)
        {
            c.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }
        Span<byte> text = stackalloc byte[LongDouble.MaxTextLength];
        text = text[..sum.Format(text)];
        c.Db.SetText(c[1], text, Database.KeepExpiry);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "incrbyfloat"u8, c[1]);
        c.Dirty++;
        c.Reply.Bulk(text);
        // Not repeated but as its result, which must not depend on how another machine rounds.
        Rewrite.AsSet(c, c[1], text, Database.KeepExpiry);
    }

    /// <summary>The number that a key holds, 0 when it is missing; false when it holds none and the error was replied.</summary>
    internal static bool TryReadFloat(CommandContext c, KeyEntry entry, out LongDouble value)
    {
        value = default;
        if (entry.IsNull)
            return true;
        if (entry.Type != DataType.String)
        {
            c.WrongType();
            return false;
        }
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        if (LongDouble.TryParse(StringValue.Read(entry, scratch), out value))
            return true;
        c.Reply.Error("ERR value is not a valid float"u8);
        return false;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("decr", 2, &Decr)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Decrement the integer value of a key by one",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0",
        });

        table.Add(new("decrby", 3, &DecrBy)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Decrement the integer value of a key by the given number",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 decrement:integer",
        });

        table.Add(new("incr", 2, &Incr)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Increment the integer value of a key by one",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0",
        });

        table.Add(new("incrby", 3, &IncrBy)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Increment the integer value of a key by the given amount",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 increment:integer",
        });

        table.Add(new("incrbyfloat", 3, &IncrByFloat)
        {
            Group = CommandGroup.String, Since = "2.6.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Increment the float value of a key by the given amount",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 increment:double",
        });
    }
}
