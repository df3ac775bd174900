using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>Hashes. See https://redis.io/docs/latest/commands/?group=hash.</summary>
internal static unsafe class HashCommands
{
    /// <summary>What a listpack needs for itself and for a short element beside its bytes.</summary>
    private const int ListpackBytes = 7;
    private const int ElementBytes = 2;

    /// <summary>A bigger hash than this is not made room for in one piece: it does not stay a listpack.</summary>
    private const int MaxExpectedBytes = 64 * 1024;

    private static void HSet(CommandContext c)
    {
        if (TrySetPairs(c, out long created))
            c.Reply.Integer(created);
    }

    private static void HMSet(CommandContext c)
    {
        if (TrySetPairs(c, out _))
            c.Reply.Ok();
    }

    /// <summary>Sets the pairs from argument 2 on; false when an error was replied.</summary>
    private static bool TrySetPairs(CommandContext c, out long created)
    {
        created = 0;
        if (c.ArgCount % 2 == 1)
        {
            c.WrongArgumentCount();
            return false;
        }
        if (!TryLookupWrite(c, out KeyEntry entry))
            return false;
        if (entry.IsNull)
            entry = Create(c, firstElement: 2);
        for (int i = 2; i < c.ArgCount; i += 2)
            created += HashValue.Set(entry, c[i], c[i + 1], c.Server.Config) ? 1 : 0;
        Changed(c, entry, "hset"u8, c.ArgCount / 2 - 1);
        return true;
    }

    private static void HSetNx(CommandContext c)
    {
        if (!TryLookupWrite(c, out KeyEntry entry))
            return;
        if (TryGetLive(c, ref entry, c[2], out _))
        {
            c.Reply.Integer(0);
            return;
        }
        if (entry.IsNull)
            entry = Create(c, firstElement: 2);
        HashValue.Set(entry, c[2], c[3], c.Server.Config);
        Changed(c, entry, "hset"u8, 1);
        c.Reply.Integer(1);
    }

    private static void HGet(CommandContext c)
    {
        if (!TryLookupRead(c, out KeyEntry entry))
            return;
        if (TryGetLive(c, ref entry, c[2], out FieldValue found))
            ElementReply.Write(c.Reply, found.Value);
        else
            c.Reply.Null();
    }

    private static void HMGet(CommandContext c)
    {
        if (!TryLookupRead(c, out KeyEntry entry))
            return;
        c.Reply.ArrayHeader(c.ArgCount - 2);
        int expired = 0;
        for (int i = 2; i < c.ArgCount; i++)
            ReplyLive(c, entry, c[i], ref expired);
        if (expired == 0)
            return;
        c.Db.NotifyFieldsExpired(entry);
        c.Db.DeleteIfEmpty(entry);
    }

    private static void HGetAll(CommandContext c) => ReplyAll(c, names: true, values: true);

    private static void HKeys(CommandContext c) => ReplyAll(c, names: true, values: false);

    private static void HVals(CommandContext c) => ReplyAll(c, names: false, values: true);

    private static void ReplyAll(CommandContext c, bool names, bool values)
    {
        if (!TryLookupRead(c, out KeyEntry entry))
            return;
        long nowMs = c.NowMs;
        long count = entry.IsNull ? 0 : HashValue.Count(entry) - HashValue.CountExpired(entry, nowMs);
        if (names && values)
            c.Reply.MapHeader(count);
        else
            c.Reply.ArrayHeader(count);
        if (count == 0)
            return;
        if (entry.Encoding == ValueEncoding.ListPack)
        {
            ReplyAllPairs(c, entry.External, names, values);
            return;
        }
        foreach (HashFieldView field in HashValue.Fields(entry))
        {
            if (field.IsExpired(nowMs))
                continue;
            if (names)
                ElementReply.Write(c.Reply, field.Name);
            if (values)
                ElementReply.Write(c.Reply, field.Value);
        }
    }

    private static void ReplyAllPairs(CommandContext c, byte* listpack, bool names, bool values)
    {
        for (byte* name = Listpack.First(listpack); name != null;)
        {
            byte* value = Listpack.Next(name);
            if (names)
                ElementReply.Write(c.Reply, Listpack.Get(name));
            if (values)
                ElementReply.Write(c.Reply, Listpack.Get(value));
            name = Listpack.Next(value);
        }
    }

    private static void HLen(CommandContext c)
    {
        if (TryLookupRead(c, out KeyEntry entry))
            c.Reply.Integer(entry.IsNull ? 0 : HashValue.Count(entry));
    }

    private static void HStrLen(CommandContext c)
    {
        if (!TryLookupRead(c, out KeyEntry entry))
            return;
        int length = 0;
        if (TryGetLive(c, ref entry, c[2], out FieldValue found))
            length = found.Value.IsInteger ? NumberText.Length(found.Value.Integer) : found.Value.Bytes.Length;
        c.Reply.Integer(length);
    }

    private static void HExists(CommandContext c)
    {
        if (TryLookupRead(c, out KeyEntry entry))
            c.Reply.Integer(TryGetLive(c, ref entry, c[2], out _) ? 1 : 0);
    }

    private static void HDel(CommandContext c)
    {
        if (!TryLookupWrite(c, out KeyEntry entry))
            return;
        int deleted = 0;
        for (int i = 2; i < c.ArgCount && !entry.IsNull; i++)
            deleted += HashValue.Remove(entry, c[i]) ? 1 : 0;
        if (deleted > 0)
        {
            c.SignalModified(c[1]);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, "hdel"u8, c[1]);
            c.Db.DeleteIfEmpty(entry);
            c.Dirty += deleted;
        }
        c.Reply.Integer(deleted);
    }

    private static void HIncrBy(CommandContext c)
    {
        if (!c.TryGetLong(3, out long increment) || !TryLookupWrite(c, out KeyEntry entry))
            return;
        long value = 0;
        if (TryGetLive(c, ref entry, c[2], out FieldValue found))
        {
            value = found.Value.Integer;
            if (!found.Value.IsInteger && !NumberText.TryParseLong(found.Value.Bytes, out value))
            {
                c.Reply.Error("ERR hash value is not an integer"u8);
                return;
            }
        }
        long sum = unchecked(value + increment);
        // The sum has overflowed if its sign is that of neither operand.
        if (((value ^ sum) & (increment ^ sum)) < 0)
        {
            c.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        SetNumber(c, entry, DecimalInteger.Format(sum, scratch), "hincrby"u8);
        c.Reply.Integer(sum);
    }

    private static void HIncrByFloat(CommandContext c)
    {
        if (!LongDouble.TryParse(c[3], out LongDouble increment))
        {
            c.Reply.Error("ERR value is not a valid float"u8);
            return;
        }
        if (!increment.IsFinite)
        {
            c.Reply.Error("ERR value is NaN or Infinity"u8);
            return;
        }
        if (!TryLookupWrite(c, out KeyEntry entry))
            return;
        LongDouble sum = increment;
        bool expires = false;
        if (TryGetLive(c, ref entry, c[2], out FieldValue found))
        {
            Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
            if (!LongDouble.TryParse(found.Value.AsBytes(scratch), out LongDouble value))
            {
                c.Reply.Error("ERR hash value is not a float"u8);
                return;
            }
            sum = value + increment;
            expires = found.ExpireAtMs != HashField.NoExpiry;
        }
        if (!sum.IsFinite)
        {
            c.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }
        Span<byte> text = stackalloc byte[LongDouble.MaxTextLength];
        text = text[..sum.Format(text)];
        SetNumber(c, entry, text, "hincrbyfloat"u8);
        c.Reply.Bulk(text);
        // Not repeated but as its result, which must not depend on how another machine rounds.
        Rewrite.AsHSet(c, c[1], c[2], text, keepExpiry: expires);
    }

    private static void SetNumber(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> text, ReadOnlySpan<byte> eventName)
    {
        if (entry.IsNull)
            entry = Create(c, firstElement: c.ArgCount);
        HashValue.Set(entry, c[2], text, c.Server.Config, keepExpiry: true);
        Changed(c, entry, eventName, 1);
    }

    private static void HScan(CommandContext c)
    {
        if (!ScanCursor.TryRead(c, 2, out ulong cursor))
            return;
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
        {
            ScanCursor.ReplyNothing(c.Reply);
            return;
        }
        if (!IsHash(c, entry) || !ScanOptions.TryRead(c, 3, DataType.Hash, out ScanOptions options))
            return;
        c.Reply.ArrayHeader(2);
        if (entry.Encoding == ValueEncoding.HashTable)
            ScanTable(c, HashValue.TableOf(entry), cursor, options);
        else
            ScanListpack(c, entry, options);
    }

    private static void ScanTable(CommandContext c, FieldTable* table, ulong cursor, in ScanOptions options)
    {
        List<nint> found = ScanCursor.Collect(ref table->Fields, ref cursor, options.Count);
        ScanCursor.Reply(c.Reply, cursor);
        nint mark = c.Reply.BeginDeferred();
        int replied = 0;
        foreach (nint address in found)
        {
            HashField field = new((byte*)address);
            if (new FieldValue(field).IsExpired(c.NowMs) || !options.Matches(c, field.Name))
                continue;
            c.Reply.Bulk(field.Name);
            if (!options.NoValues)
                c.Reply.Bulk(field.Value);
            replied += options.NoValues ? 1 : 2;
        }
        c.Reply.EndDeferredArray(mark, replied);
    }

    private static void ScanListpack(CommandContext c, KeyEntry entry, in ScanOptions options)
    {
        ScanCursor.Reply(c.Reply, 0);
        nint mark = c.Reply.BeginDeferred();
        int replied = 0;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        foreach (HashFieldView field in HashValue.Fields(entry))
        {
            if (field.IsExpired(c.NowMs) || !options.Matches(c, field.Name.AsBytes(scratch)))
                continue;
            ElementReply.Write(c.Reply, field.Name);
            if (!options.NoValues)
                ElementReply.Write(c.Reply, field.Value);
            replied += options.NoValues ? 1 : 2;
        }
        c.Reply.EndDeferredArray(mark, replied);
    }

    /// <summary>Looks up the hash to read; null entry when missing, false when the key holds something else and the error was replied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryLookupRead(CommandContext c, out KeyEntry entry)
    {
        entry = c.Db.LookupRead(c[1]);
        return entry.IsNull || IsHash(c, entry);
    }

    /// <summary>Looks up the hash to change it; null entry when missing, false when the key holds something else and the error was replied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryLookupWrite(CommandContext c, out KeyEntry entry)
    {
        entry = c.Db.LookupWrite(c[1]);
        return entry.IsNull || IsHash(c, entry);
    }

    private static bool IsHash(CommandContext c, KeyEntry entry)
    {
        if (entry.Type == DataType.Hash)
            return true;
        c.WrongType();
        return false;
    }

    /// <summary>A new hash for the elements from an argument on.</summary>
    internal static KeyEntry Create(CommandContext c, int firstElement)
    {
        int bytes = ListpackBytes;
        for (int i = firstElement; i < c.ArgCount && bytes < MaxExpectedBytes; i++)
            bytes += Math.Min(c[i].Length, MaxExpectedBytes) + ElementBytes;
        return HashValue.Create(c.Db, c[1], (nuint)Math.Min(bytes, MaxExpectedBytes));
    }

    /// <summary>What follows from fields having been set, but for the reply.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Changed(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> eventName, long changes)
    {
        c.Db.FieldTimesChanged(entry);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, eventName, c[1]);
        c.Dirty += changes;
    }

    /// <summary>Finds a field that has not expired. One that has is removed, and with the last one the key: the entry is null then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryGetLive(CommandContext c, ref KeyEntry entry, ReadOnlySpan<byte> name, out FieldValue found)
    {
        found = default;
        if (entry.IsNull || !HashValue.TryFind(entry, name, out found))
            return false;
        if (found.ExpireAtMs == HashField.NoExpiry)
            return true;
        int expired = 0;
        if (IsLive(c, entry, name, found, ref expired))
            return true;
        if (expired == 0)
            return false;
        c.Db.NotifyFieldsExpired(entry);
        if (c.Db.DeleteIfEmpty(entry))
            entry = default;
        return false;
    }

    /// <summary>
    /// Replies with the value of a field that has not expired, or null, and says whether there is one. One that has expired is
    /// removed and counted, for the caller to do what follows from that.
    /// </summary>
    internal static bool ReplyLive(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> name, ref int expired)
    {
        if (!TryFindLive(c, entry, name, out FieldValue found, ref expired))
        {
            c.Reply.Null();
            return false;
        }
        ElementReply.Write(c.Reply, found.Value);
        return true;
    }

    /// <summary>Finds a field that has not expired. One that has is removed and counted, for the caller to do what follows from that.</summary>
    internal static bool TryFindLive(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> name, out FieldValue found, ref int expired)
    {
        found = default;
        return !entry.IsNull && HashValue.TryFind(entry, name, out found) && IsLive(c, entry, name, found, ref expired);
    }

    private static bool IsLive(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> name, in FieldValue found, ref int expired)
    {
        if (!found.IsExpired(c.NowMs))
            return true;
        if (!c.Server.Pause.IsActive)
        {
            c.Db.RemoveExpiredField(entry, name);
            expired++;
        }
        return false;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("hdel", -3, &HDel)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Delete one or more hash fields",
            Complexity = "O(N) where N is the number of fields to be removed.",
            History = [("2.4.0", "Accepts multiple `field` arguments.")],
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Delete)],
            Arguments = "key#0 field...",
        });

        table.Add(new("hexists", 3, &HExists)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Determine if a hash field exists",
            Complexity = "O(1)",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0 field",
        });

        table.Add(new("hget", 3, &HGet)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Get the value of a hash field",
            Complexity = "O(1)",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 field",
        });

        table.Add(new("hgetall", 2, &HGetAll)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Hash,
            Summary = "Get all the fields and values in a hash",
            Complexity = "O(N) where N is the size of the hash.",
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("hincrby", 4, &HIncrBy)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Increment the integer value of a hash field by the given number",
            Complexity = "O(1)",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 field increment:integer",
        });

        table.Add(new("hincrbyfloat", 4, &HIncrByFloat)
        {
            Group = CommandGroup.Hash, Since = "2.6.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Increment the float value of a hash field by the given amount",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 field increment:double",
        });

        table.Add(new("hkeys", 2, &HKeys)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Hash,
            Summary = "Get all the fields in a hash",
            Complexity = "O(N) where N is the size of the hash.",
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("hlen", 2, &HLen)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Get the number of fields in a hash",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0",
        });

        table.Add(new("hmget", -3, &HMGet)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Get the values of all the given hash fields",
            Complexity = "O(N) where N is the number of fields being requested.",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 field...",
        });

        table.Add(new("hmset", -4, &HMSet)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Set multiple hash fields to multiple values",
            Complexity = "O(N) where N is the number of fields being set.",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "4.0.0",
            ReplacedBy = "`HSET` with multiple field-value pairs",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 field_value{field value}...",
        });

        table.Add(new("hscan", -3, &HScan)
        {
            Group = CommandGroup.Hash, Since = "2.8.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Hash,
            Summary = "Incrementally iterate hash fields and associated values",
            Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor " +
                "to return back to 0. N is the number of elements inside the collection..",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 cursor:integer ['MATCH' pattern:pattern] ['COUNT' count:integer] ['NOVALUES'@7.4.0]",
        });

        table.Add(new("hset", -4, &HSet)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Set the string value of a hash field",
            Complexity = "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is " +
                "called with multiple field/value pairs.",
            History = [("4.0.0", "Accepts multiple `field` and `value` arguments.")],
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 field_value{field value}...",
        });

        table.Add(new("hsetnx", 4, &HSetNx)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Set the value of a hash field, only if the field does not exist",
            Complexity = "O(1)",
            MemberArgument = 2,
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Insert)],
            Arguments = "key#0 field value",
        });

        table.Add(new("hstrlen", 3, &HStrLen)
        {
            Group = CommandGroup.Hash, Since = "3.2.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Get the length of the value of a hash field",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO)],
            Arguments = "key#0 field",
        });

        table.Add(new("hvals", 2, &HVals)
        {
            Group = CommandGroup.Hash, Since = "2.0.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Hash,
            Summary = "Get all the values in a hash",
            Complexity = "O(N) where N is the size of the hash.",
            Tips = ["nondeterministic_output_order"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });
    }
}
