using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>FIELDS, the number of fields, the fields: where a command has them among its arguments.</summary>
internal readonly struct HashFieldList
{
    /// <summary>The argument of the first field.</summary>
    public int First { get; private init; }

    /// <summary>The number of fields.</summary>
    public int Count { get; private init; }

    /// <summary>The argument that is the word FIELDS.</summary>
    public int Word => First - 2;

    /// <summary>Reads a list that begins at argument 2 and ends with the last; false when the official error was replied.</summary>
    public static bool TryReadRest(CommandContext c, out HashFieldList list)
    {
        list = default;
        if (!c.ArgIs(2, "fields"u8))
        {
            c.Reply.Error("ERR Mandatory argument FIELDS is missing or not at the right position"u8);
            return false;
        }
        if (!NumberText.TryParseLong(c[3], out long count) || count < 1)
        {
            c.Reply.Error("ERR Number of fields must be a positive integer"u8);
            return false;
        }
        list = new HashFieldList { First = 4, Count = c.ArgCount - 4 };
        if (count == list.Count)
            return true;
        c.Reply.Error("ERR The `numfields` parameter must match the number of arguments"u8);
        return false;
    }

    /// <summary>Reads the list whose word is at <paramref name="index"/> and moves on to its last argument; false when the official error was replied.</summary>
    /// <param name="argumentsPerField">1, or 2 where values go with the fields.</param>
    /// <param name="invalidCount">The error for a number of fields that is none.</param>
    public bool TryRead(CommandContext c, ref int index, int argumentsPerField, ReadOnlySpan<byte> invalidCount, out HashFieldList list)
    {
        list = this;
        if (Count != 0)
        {
            c.Reply.Error("ERR FIELDS keyword specified multiple times"u8);
            return false;
        }
        if (!NumberText.TryParseLong(c[index + 1], out long count) || count is < 1 or > int.MaxValue)
        {
            c.Reply.Error(invalidCount);
            return false;
        }
        if (index + 2 + count * argumentsPerField > c.ArgCount)
        {
            c.Reply.Error("ERR wrong number of arguments"u8);
            return false;
        }
        list = new HashFieldList { First = index + 2, Count = (int)count };
        index = list.First + list.Count * argumentsPerField - 1;
        return true;
    }
}
