using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// Strings: reading them and changing them in place. See https://redis.io/docs/latest/commands/?group=string.
/// <see cref="SetStringCommands"/> sets them, <see cref="NumberCommands"/> count with them.
/// </summary>
internal static unsafe class StringCommands
{
    private static ReadOnlySpan<byte> TooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8;

    private static void Get(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
            c.Reply.Null();
        else if (entry.Type != DataType.String)
            c.WrongType();
        else
            ReplyValue(c, entry);
    }

    private static void MGet(CommandContext c)
    {
        c.Reply.ArrayHeader(c.ArgCount - 1);
        for (int i = 1; i < c.ArgCount; i++)
        {
            KeyEntry entry = c.Db.LookupRead(c[i]);
            if (entry.IsNull || entry.Type != DataType.String)
                c.Reply.Null();
            else
                ReplyValue(c, entry);
        }
    }

    private static void GetDel(CommandContext c)
    {
        if (!ReplyOldValue(c, out KeyEntry entry) || entry.IsNull)
            return;
        c.Db.Delete(c[1]);
        Rewrite.AsDeletion(c, c[1], c.Server.Config.LazyFreeLazyUserDel);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, c[1]);
        c.Dirty++;
    }

    private static void GetEx(CommandContext c)
    {
        ExpiryOption expiry = default;
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (expiry.TryRead(c, ref i) && expiry.Form != ExpiryForm.Keep)
                continue;
            c.SyntaxError();
            return;
        }
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        if (entry.Type != DataType.String)
        {
            c.WrongType();
            return;
        }
        if (!expiry.TryGetTime(c, out long unixMs))
            return;
        ReplyValue(c, entry);
        if (expiry.HasTime && expiry.IsAbsolute && c.IsPast(unixMs))
            ExpireCommands.DeletePast(c, c[1]);
        else if (expiry.HasTime)
            ExpireCommands.SetTime(c, c[1], unixMs, firstOption: c.ArgCount);
        else if (expiry.Form == ExpiryForm.Persist && c.Db.ClearExpiry(entry))
            ExpireCommands.Persisted(c, c[1]);
    }

    private static void StrLen(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
            c.Reply.Integer(0);
        else if (entry.Type != DataType.String)
            c.WrongType();
        else
            c.Reply.Integer(StringValue.Length(entry));
    }

    private static void GetRange(CommandContext c)
    {
        if (!c.TryGetLong(2, out long start) || !c.TryGetLong(3, out long end))
            return;
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
        {
            c.Reply.Bulk(default(ReadOnlySpan<byte>));
            return;
        }
        if (entry.Type != DataType.String)
        {
            c.WrongType();
            return;
        }
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        c.Reply.Bulk(Slice(StringValue.Read(entry, scratch), start, end));
    }

    /// <summary>The bytes from start to end, both included, negative ones counted from the end.</summary>
    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> text, long start, long end)
    {
        if (start < 0 && end < 0 && start > end)
            return default;
        start = Math.Max(start < 0 ? text.Length + start : start, 0);
        end = Math.Min(Math.Max(end < 0 ? text.Length + end : end, 0), text.Length - 1L);
        return start > end ? default : text.Slice((int)start, (int)(end - start + 1));
    }

    private static void Append(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        long length = c[2].Length;
        if (entry.IsNull)
        {
            c.Db.SetArgument(c[1], c.Arguments, 2);
        }
        else
        {
            if (entry.Type != DataType.String)
            {
                c.WrongType();
                return;
            }
            int oldLength = StringValue.Length(entry);
            length += oldLength;
            if (!CheckLength(c, length))
                return;
            c[2].CopyTo(c.Db.ResizeString(c[1], (int)length)[oldLength..]);
        }
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "append"u8, c[1]);
        c.Dirty++;
        c.Reply.Integer(length);
    }

    private static void SetRange(CommandContext c)
    {
        if (!c.TryGetLong(2, out long offset))
            return;
        if (offset < 0)
        {
            c.Reply.Error("ERR offset is out of range"u8);
            return;
        }
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (!entry.IsNull && entry.Type != DataType.String)
        {
            c.WrongType();
            return;
        }
        int oldLength = entry.IsNull ? 0 : StringValue.Length(entry);
        ReadOnlySpan<byte> value = c[3];
        if (value.IsEmpty)
        {
            c.Reply.Integer(oldLength);
            return;
        }
        if (!CheckLength(c, unchecked(offset + value.Length)))
            return;
        int length = (int)Math.Max(oldLength, offset + value.Length);
        value.CopyTo(c.Db.ResizeString(c[1], length)[(int)offset..]);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.String, "setrange"u8, c[1]);
        c.Dirty++;
        c.Reply.Integer(length);
    }

    /// <summary>Whether a string may become that long; a length that has overflowed is negative. Otherwise the error was replied.</summary>
    internal static bool CheckLength(CommandContext c, long length)
    {
        if (length >= 0 && length <= Math.Min(c.Server.Config.ProtoMaxBulkLen, StringValue.MaxBytes))
            return true;
        c.Reply.Error(TooLong);
        return false;
    }

    /// <summary>Replies the value of the key at argument 1, or null; false when it is no string and the error was replied.</summary>
    internal static bool ReplyOldValue(CommandContext c, out KeyEntry entry)
    {
        entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
        {
            c.Reply.Null();
            return true;
        }
        if (entry.Type != DataType.String)
        {
            c.WrongType();
            return false;
        }
        ReplyValue(c, entry);
        return true;
    }

    private static void ReplyValue(CommandContext c, KeyEntry entry)
    {
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        c.Reply.Bulk(StringValue.Read(entry, scratch));
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("append", 3, &Append)
        {
            Group = CommandGroup.String, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Append a value to a key",
            Complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already " +
                "present value is of any size, since the dynamic string library used by Redis will double the free space " +
                "available on every reallocation.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "key#0 value",
        });

        table.Add(new("get", 2, &Get)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Get the value of a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("getdel", 2, &GetDel)
        {
            Group = CommandGroup.String, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Get the value of a key and delete the key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0",
        });

        table.Add(new("getex", -2, &GetEx)
        {
            Group = CommandGroup.String, Since = "6.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Get the value of a key and optionally set its expiration",
            Complexity = "O(1)",
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update).Note("RW and UPDATE because it changes the TTL"),
            ],
            Arguments = """
                key#0
                [expiration('EX' seconds:integer | 'PX' milliseconds:integer | 'EXAT' unix-time-seconds:unix-time
                  | 'PXAT' unix-time-milliseconds:unix-time | 'PERSIST')]
                """,
        });

        table.Add(new("getrange", 4, &GetRange)
        {
            Group = CommandGroup.String, Since = "2.4.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.String,
            Summary = "Get a substring of the string stored at a key",
            Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the " +
                "returned length, but because creating a substring from an existing string is very cheap, it can be " +
                "considered O(1) for small strings.",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 start:integer end:integer",
        });

        table.Add(new("mget", -2, &MGet)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Get the values of all the given keys",
            Complexity = "O(N) where N is the number of keys to retrieve.",
            Tips = ["request_policy:multi_shard"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access).To(-1)],
            Arguments = "key#0...",
        });

        table.Add(new("setrange", 4, &SetRange)
        {
            Group = CommandGroup.String, Since = "2.2.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Overwrite part of a string at key starting at the specified offset",
            Complexity = "O(1), not counting the time taken to copy the new string in place. Usually, this string is very " +
                "small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the " +
                "value argument.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 offset:integer value",
        });

        table.Add(new("strlen", 2, &StrLen)
        {
            Group = CommandGroup.String, Since = "2.2.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Get the length of the value stored in a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0",
        });

        table.Add(new("substr", 4, &GetRange)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.String,
            Summary = "Get a substring of the string stored at a key",
            Complexity = "O(N) where N is the length of the returned string. The complexity is ultimately determined by the " +
                "returned length, but because creating a substring from an existing string is very cheap, it can be " +
                "considered O(1) for small strings.",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "2.0.0",
            ReplacedBy = "`GETRANGE`",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 start:integer end:integer",
        });
    }
}
