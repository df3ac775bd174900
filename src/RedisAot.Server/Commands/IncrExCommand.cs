using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>INCREX: an increment within bounds, with a time of expiry. See https://redis.io/docs/latest/commands/increx/.</summary>
internal static unsafe class IncrExCommand
{
    private static ReadOnlySpan<byte> BoundsCrossed => "ERR LBOUND can't be greater than UBOUND"u8;

    private static void IncrEx(CommandContext c)
    {
        if (!Options.TryRead(c, out Options options))
            return;
        if (options.IsFloat)
            AddFloat(c, options);
        else
            AddInteger(c, options);
    }

    private static void AddInteger(CommandContext c, in Options options)
    {
        long increment = 1, lower = long.MinValue, upper = long.MaxValue;
        if ((options.IncrementIndex != 0 && !c.TryGetLong(options.IncrementIndex, out increment, "ERR Increment is not an integer or out of range"u8))
            || (options.LowerIndex != 0 && !c.TryGetLong(options.LowerIndex, out lower, "ERR LBOUND is not an integer or out of range"u8))
            || (options.UpperIndex != 0 && !c.TryGetLong(options.UpperIndex, out upper, "ERR UBOUND is not an integer or out of range"u8)))
            return;
        if (lower > upper)
        {
            c.Reply.Error(BoundsCrossed);
            return;
        }
        if (!options.Expiry.TryGetTime(c, out long expireAtMs))
            return;
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (!NumberCommands.TryReadInteger(c, entry, out long value))
            return;
        Int128 sum = (Int128)value + increment;
        if (!options.Saturate && (sum < lower || sum > upper))
        {
            ReplyIntegers(c, value, 0);
            return;
        }
        long result = (long)Int128.Clamp(sum, lower, upper);
        Span<byte> text = stackalloc byte[NumberText.MaxInt64Length];
        Store(c, options, entry, text[..NumberText.Format(result, text)], expireAtMs);
        ReplyIntegers(c, result, unchecked(result - value));
    }

    private static void AddFloat(CommandContext c, in Options options)
    {
        LongDouble lower = LongDouble.MinValue, upper = LongDouble.MaxValue;
        if (!TryGetFloat(c, options.IncrementIndex, "ERR Increment is not a valid float"u8, out LongDouble increment)
            || (options.LowerIndex != 0 && !TryGetFloat(c, options.LowerIndex, "ERR LBOUND is not a valid float"u8, out lower))
            || (options.UpperIndex != 0 && !TryGetFloat(c, options.UpperIndex, "ERR UBOUND is not a valid float"u8, out upper)))
            return;
        if (lower > upper)
        {
            c.Reply.Error(BoundsCrossed);
            return;
        }
        if (!options.Expiry.TryGetTime(c, out long expireAtMs))
            return;
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (!NumberCommands.TryReadFloat(c, entry, out LongDouble value))
            return;
        LongDouble sum = value + increment;
        if (sum.IsNaN)
        {
            c.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }
        if (!options.Saturate && (sum < lower || sum > upper))
        {
            ReplyFloats(c, value, default);
            return;
        }
        LongDouble result = sum < lower ? lower : sum > upper ? upper : sum;
        Span<byte> text = stackalloc byte[LongDouble.MaxTextLength];
        Store(c, options, entry, text[..result.Format(text)], expireAtMs);
        ReplyFloats(c, result, result + -value);
    }

    private static bool TryGetFloat(CommandContext c, int index, ReadOnlySpan<byte> error, out LongDouble value)
    {
        if (LongDouble.TryParse(c[index], out value))
            return true;
        c.Reply.Error(error);
        return false;
    }

    /// <summary>Stores the sum and does with the time of expiry what the options ask for.</summary>
    private static void Store(CommandContext c, in Options options, KeyEntry entry, ReadOnlySpan<byte> text, long expireAtMs)
    {
        bool expires = !entry.IsNull && entry.HasExpiry;
        bool keeps = options.Expiry.HasTime ? options.OnlyIfPersistent && expires : options.Expiry.Form != ExpiryForm.Persist || !expires;
        if (keeps)
            expireAtMs = Database.KeepExpiry;
        else if (options.Expiry.IsAbsolute && c.IsPast(expireAtMs))
        {
            if (!entry.IsNull)
                ExpireCommands.DeletePast(c, c[1]);
            return;
        }
        if (options.IsFloat)
            c.Db.SetText(c[1], text, expireAtMs);
        else
            c.Db.SetString(c[1], text, expireAtMs);
        c.Dirty++;
        Rewrite.AsSet(c, c[1], text, expireAtMs);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, options.IsFloat ? "incrbyfloat"u8 : "incrby"u8, c[1]);
        if (!keeps)
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, options.Expiry.HasTime ? "expire"u8 : "persist"u8, c[1]);
    }

    private static void ReplyIntegers(CommandContext c, long value, long applied)
    {
        c.Reply.ArrayHeader(2);
        c.Reply.Integer(value);
        c.Reply.Integer(applied);
    }

    private static void ReplyFloats(CommandContext c, in LongDouble value, in LongDouble applied)
    {
        c.Reply.ArrayHeader(2);
        ReplyFloat(c.Reply, value);
        ReplyFloat(c.Reply, applied);
    }

    private static void ReplyFloat(ReplyWriter reply, in LongDouble value)
    {
        Span<byte> text = stackalloc byte[LongDouble.MaxTextLength];
        reply.DoubleText(text[..value.Format(text)]);
    }

    private struct Options
    {
        public ExpiryOption Expiry;

        public int IncrementIndex { get; private set; }

        public bool IsFloat { get; private set; }

        public int LowerIndex { get; private set; }

        public int UpperIndex { get; private set; }

        public bool Saturate { get; private set; }

        /// <summary>ENX: a time of expiry is set only if there is none.</summary>
        public bool OnlyIfPersistent { get; private set; }

        public static bool TryRead(CommandContext c, out Options options)
        {
            options = default;
            for (int i = 2; i < c.ArgCount; i++)
            {
                if (options.TryReadOne(c, ref i))
                    continue;
                c.SyntaxError();
                return false;
            }
            if (!options.OnlyIfPersistent || options.Expiry.HasTime)
                return true;
            if (options.Expiry.Form == ExpiryForm.Persist)
                c.SyntaxError();
            else
                c.Reply.Error("ERR ENX flag requires an expiration"u8);
            return false;
        }

        private bool TryReadOne(CommandContext c, ref int index)
        {
            if (c.ArgIs(index, "saturate"u8))
                return !Saturate && (Saturate = true);
            if (c.ArgIs(index, "enx"u8))
                return !OnlyIfPersistent && (OnlyIfPersistent = true);
            bool isFloat = c.ArgIs(index, "byfloat"u8);
            if (isFloat || c.ArgIs(index, "byint"u8))
            {
                if (IncrementIndex != 0)
                    return false;
                IsFloat = isFloat;
                IncrementIndex = ++index;
            }
            else if (c.ArgIs(index, "lbound"u8))
            {
                if (LowerIndex != 0)
                    return false;
                LowerIndex = ++index;
            }
            else if (c.ArgIs(index, "ubound"u8))
            {
                if (UpperIndex != 0)
                    return false;
                UpperIndex = ++index;
            }
            else
            {
                return Expiry.Form == ExpiryForm.None && Expiry.TryRead(c, ref index) && Expiry.Form != ExpiryForm.Keep;
            }
            return index < c.ArgCount;
        }
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("increx", -2, &IncrEx)
        {
            Group = CommandGroup.String, Since = "8.8.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Increments the numeric value of a key by a number and sets its expiration time. Uses 0 as initial " +
                "value if the key doesn't exist.",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = """
                key#0 [increment('BYFLOAT' float:double | 'BYINT' integer:integer)] ['SATURATE'] ['LBOUND' lowerbound]
                ['UBOUND' upperbound]
                [expiration('EX' seconds:integer | 'PX' milliseconds:integer | 'EXAT' unix-time-seconds:unix-time
                  | 'PXAT' unix-time-milliseconds:unix-time | 'PERSIST')]
                ['ENX']
                """,
        });
    }
}
