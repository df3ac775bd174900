namespace RedisAot.Server.Commands;

/// <summary>The options of HGETEX and HSETEX, the fields among them, in whatever order.</summary>
internal struct HashExOptions
{
    /// <summary>The fields.</summary>
    public HashFieldList Fields;

    /// <summary>When HSETEX sets: always, or if all fields exist (FXX), or if none does (FNX).</summary>
    public ValueCondition Condition { get; private set; }

    /// <summary>What becomes of the times of expiry.</summary>
    public ExpiryForm Form { get; private set; }

    /// <summary>The time of expiry, Unix ms; where one was given.</summary>
    public long ExpireAtMs { get; private set; }

    /// <summary>The argument that is the time.</summary>
    public int TimeIndex { get; private set; }

    /// <summary>Whether a time was given.</summary>
    public readonly bool HasTime => TimeIndex != 0;

    /// <summary>Reads the options; false when the official error was replied.</summary>
    /// <param name="forSet">Whether they are those of HSETEX.</param>
    public static bool TryRead(CommandContext c, bool forSet, out HashExOptions options)
    {
        options = default;
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (!options.TryReadOne(c, ref i, forSet))
                return false;
        }
        if (options.Fields.Count == 0)
        {
            c.Reply.Error("ERR missing FIELDS argument"u8);
            return false;
        }
        bool foreign = forSet
            ? options.Form == ExpiryForm.Persist
            : options.Form == ExpiryForm.Keep || options.Condition != ValueCondition.Always;
        if (foreign)
            c.Reply.Error("ERR unknown argument"u8);
        return !foreign;
    }

    private bool TryReadOne(CommandContext c, ref int index, bool forSet)
    {
        if (c.ArgIs(index, "fields"u8))
        {
            if (Fields.Count == 0 && index + 1 == c.ArgCount)
            {
                c.WrongArgumentCount();
                return false;
            }
            return Fields.TryRead(c, ref index, forSet ? 2 : 1, "ERR invalid number of fields"u8, out Fields);
        }
        if (c.ArgIs(index, "fxx"u8))
            return TrySetCondition(c, ValueCondition.Exists);
        if (c.ArgIs(index, "fnx"u8))
            return TrySetCondition(c, ValueCondition.Missing);
        ExpiryForm form = ExpiryOption.FormOf(c, index);
        if (form != ExpiryForm.None)
            return TryReadExpiry(c, ref index, form, forSet);
        c.Reply.Error([.. "ERR unknown argument: "u8, .. c[index]]);
        return false;
    }

    private bool TrySetCondition(CommandContext c, ValueCondition condition)
    {
        if (Condition != ValueCondition.Always)
        {
            c.Reply.Error("ERR Only one of FXX or FNX arguments can be specified"u8);
            return false;
        }
        Condition = condition;
        return true;
    }

    private bool TryReadExpiry(CommandContext c, ref int index, ExpiryForm form, bool forSet)
    {
        if (Form != ExpiryForm.None)
        {
            c.Reply.Error(forSet
                ? "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"u8
                : "ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified"u8);
            return false;
        }
        Form = form;
        if (form is ExpiryForm.Keep or ExpiryForm.Persist)
            return true;
        if (index + 1 == c.ArgCount)
        {
            c.Reply.Error("ERR missing expire time"u8);
            return false;
        }
        TimeIndex = ++index;
        long baseMs = form is ExpiryForm.Seconds or ExpiryForm.Milliseconds ? c.NowMs : 0;
        bool seconds = form is ExpiryForm.Seconds or ExpiryForm.AtSeconds;
        bool valid = HashFieldTime.TryRead(c, index, baseMs, seconds, out long unixMs);
        ExpireAtMs = unixMs;
        return valid;
    }
}
