using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>How an option gives a time of expiry.</summary>
internal enum ExpiryForm : byte
{
    None,

    /// <summary><c>EX</c>: in so many seconds.</summary>
    Seconds,

    /// <summary><c>PX</c>: in so many ms.</summary>
    Milliseconds,

    /// <summary><c>EXAT</c>: at that Unix time in seconds.</summary>
    AtSeconds,

    /// <summary><c>PXAT</c>: at that Unix time in ms.</summary>
    AtMilliseconds,

    /// <summary><c>KEEPTTL</c></summary>
    Keep,

    /// <summary><c>PERSIST</c></summary>
    Persist,
}

/// <summary>The options EX, PX, EXAT, PXAT, KEEPTTL and PERSIST, of which a command takes one.</summary>
internal struct ExpiryOption
{
    /// <summary>What was given.</summary>
    public ExpiryForm Form { get; private set; }

    /// <summary>Whether a time was given.</summary>
    public readonly bool HasTime => Form is not (ExpiryForm.None or ExpiryForm.Keep or ExpiryForm.Persist);

    /// <summary>Whether the time was given as a point in time, which may have passed already.</summary>
    public readonly bool IsAbsolute => Form is ExpiryForm.AtSeconds or ExpiryForm.AtMilliseconds;

    private int _timeIndex;

    /// <summary>
    /// Reads the option at <paramref name="index"/> and moves on to its last argument. False when there is none such,
    /// when it conflicts with an earlier one, or lacks its time. The same option may be given again; the last one counts.
    /// </summary>
    public bool TryRead(CommandContext c, ref int index)
    {
        ExpiryForm form = FormOf(c, index);
        if (form == ExpiryForm.None || (Form != ExpiryForm.None && Form != form))
            return false;
        if (form is not (ExpiryForm.Keep or ExpiryForm.Persist))
        {
            if (index + 1 == c.ArgCount)
                return false;
            _timeIndex = ++index;
        }
        Form = form;
        return true;
    }

    /// <summary>
    /// The time of expiry in Unix ms, <see cref="KeyEntry.NoExpiry"/> or <see cref="Database.KeepExpiry"/>; false
    /// when the time is no good and the official error was replied.
    /// </summary>
    public readonly bool TryGetTime(CommandContext c, out long unixMs)
    {
        unixMs = Form == ExpiryForm.Keep ? Database.KeepExpiry : KeyEntry.NoExpiry;
        return !HasTime || TryGetTime(c, _timeIndex, Form, out unixMs);
    }

    /// <summary>The time of expiry that the argument means in the given form; false when the official error was replied.</summary>
    public static bool TryGetTime(CommandContext c, int index, ExpiryForm form, out long unixMs)
    {
        if (!c.TryGetLong(index, out unixMs))
            return false;
        bool seconds = form is ExpiryForm.Seconds or ExpiryForm.AtSeconds;
        if (unixMs > 0 && (!seconds || unixMs <= long.MaxValue / 1000))
        {
            if (seconds)
                unixMs *= 1000;
            if (form is ExpiryForm.AtSeconds or ExpiryForm.AtMilliseconds)
                return true;
            unixMs = unchecked(unixMs + c.NowMs);
            if (unixMs > 0)
                return true;
        }
        c.InvalidExpireTime();
        return false;
    }

    /// <summary>The option that the argument names, if it does.</summary>
    public static ExpiryForm FormOf(CommandContext c, int index) =>
        c.ArgIs(index, "ex"u8) ? ExpiryForm.Seconds
        : c.ArgIs(index, "px"u8) ? ExpiryForm.Milliseconds
        : c.ArgIs(index, "exat"u8) ? ExpiryForm.AtSeconds
        : c.ArgIs(index, "pxat"u8) ? ExpiryForm.AtMilliseconds
        : c.ArgIs(index, "keepttl"u8) ? ExpiryForm.Keep
        : c.ArgIs(index, "persist"u8) ? ExpiryForm.Persist
        : ExpiryForm.None;
}
