namespace RedisAot.Server.Commands;

/// <summary>The block <c>IDS count id …</c> among the arguments of a command.</summary>
/// <param name="First">Which argument is the first ID; 0: there is no block.</param>
/// <param name="Count">How many IDs there are.</param>
internal readonly record struct StreamIdBlock(int First, int Count)
{
    /// <summary>Which argument follows the IDs.</summary>
    public int End => First + Count;

    /// <summary>Reads the block whose word is argument <paramref name="at"/>; false when an error was replied.</summary>
    public static bool TryRead(CommandContext c, int at, out StreamIdBlock block)
    {
        block = default;
        ReadOnlySpan<byte> error = "ERR Number of IDs must be a positive integer"u8;
        if (at + 1 == c.ArgCount)
        {
            c.SyntaxError();
            return false;
        }
        if (!c.TryGetLongFrom(at + 1, 1, out long count, error))
            return false;
        if (count > c.ArgCount - at - 2)
        {
            c.Reply.Error("ERR The `numids` parameter must match the number of arguments"u8);
            return false;
        }
        block = new StreamIdBlock(at + 2, (int)count);
        return true;
    }

    /// <summary>Whether all of them are IDs, so that the command can be carried out as a whole; else an error is replied.</summary>
    public bool Check(CommandContext c)
    {
        for (int i = First; i < End; i++)
        {
            if (!StreamIdArgument.TryRead(c, i, out _))
                return false;
        }
        return true;
    }
}
