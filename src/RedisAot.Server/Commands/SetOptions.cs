namespace RedisAot.Server.Commands;

/// <summary>When SET and DELEX act.</summary>
internal enum ValueCondition : byte
{
    Always,

    /// <summary><c>NX</c>: the key does not exist.</summary>
    Missing,

    /// <summary><c>XX</c>: the key exists.</summary>
    Exists,

    /// <summary><c>IFEQ</c>: the value is the given one.</summary>
    Equal,

    /// <summary><c>IFNE</c>: it is not.</summary>
    NotEqual,

    /// <summary><c>IFDEQ</c>: the value has the given digest.</summary>
    DigestEqual,

    /// <summary><c>IFDNE</c>: it has not.</summary>
    DigestNotEqual,
}

/// <summary>The options of SET.</summary>
internal struct SetOptions
{
    /// <summary>Whether the old value is asked for.</summary>
    public bool Get { get; private set; }

    /// <summary>When the value is set.</summary>
    public ValueCondition Condition { get; private set; }

    /// <summary>The argument that the condition compares with.</summary>
    public int ComparandIndex { get; private set; }

    /// <summary>What becomes of the time of expiry.</summary>
    public ExpiryOption Expiry;

    /// <summary>Whether the condition looks at the old value.</summary>
    public readonly bool Compares => Condition >= ValueCondition.Equal;

    /// <summary>Reads the options from argument <paramref name="index"/> on; false when the syntax error was replied.</summary>
    public static bool TryRead(CommandContext c, int index, out SetOptions options)
    {
        options = default;
        for (; index < c.ArgCount; index++)
        {
            if (options.TryReadOne(c, ref index))
                continue;
            c.SyntaxError();
            return false;
        }
        return true;
    }

    /// <summary>The condition of IFEQ, IFNE, IFDEQ or IFDNE; otherwise <see cref="ValueCondition.Always"/>.</summary>
    public static ValueCondition ComparisonOf(CommandContext c, int index) =>
        c.ArgIs(index, "ifeq"u8) ? ValueCondition.Equal
        : c.ArgIs(index, "ifne"u8) ? ValueCondition.NotEqual
        : c.ArgIs(index, "ifdeq"u8) ? ValueCondition.DigestEqual
        : c.ArgIs(index, "ifdne"u8) ? ValueCondition.DigestNotEqual
        : ValueCondition.Always;

    private bool TryReadOne(CommandContext c, ref int index)
    {
        if (c.ArgIs(index, "get"u8))
        {
            Get = true;
            return true;
        }
        if (c.ArgIs(index, "nx"u8))
            return TrySetCondition(ValueCondition.Missing);
        if (c.ArgIs(index, "xx"u8))
            return TrySetCondition(ValueCondition.Exists);
        ValueCondition comparison = ComparisonOf(c, index);
        if (comparison == ValueCondition.Always)
            return Expiry.TryRead(c, ref index) && Expiry.Form != ExpiryForm.Persist;
        if (Compares || index + 1 == c.ArgCount || !TrySetCondition(comparison))
            return false;
        ComparandIndex = ++index;
        return true;
    }

    // NX and XX may be repeated.
    private bool TrySetCondition(ValueCondition condition)
    {
        if (Condition != ValueCondition.Always && Condition != condition)
            return false;
        Condition = condition;
        return true;
    }
}
