using System.Runtime.CompilerServices;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>The commands that set strings. See https://redis.io/docs/latest/commands/set/.</summary>
internal static unsafe class SetStringCommands
{
    private static void Set(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            SetWithOptions(c);
            return;
        }
        StoreArgument(c, 2, KeyEntry.NoExpiry);
        c.Dirty++;
        c.Reply.Ok();
    }

    private static void SetWithOptions(CommandContext c)
    {
        if (!SetOptions.TryRead(c, 3, out SetOptions options) || !options.Expiry.TryGetTime(c, out long expireAtMs))
            return;
        bool holds = true;
        if (options.Condition != ValueCondition.Always && !TryTest(c, options, out holds))
            return;
        if (options.Get)
        {
            if (!StringCommands.ReplyOldValue(c, out _))
                return;
        }
        else if (!holds)
        {
            c.Reply.Null();
        }
        if (!holds)
            return;
        StoreArgument(c, 2, expireAtMs);
        c.Dirty++;
        if (options.Expiry.HasTime || options.Compares)
            Rewrite.AsSet(c, c[1], c[2], expireAtMs);
        else if (options.Get)
            Rewrite.WithoutGet(c);
        if (!options.Get)
            c.Reply.Ok();
    }

    private static bool TryTest(CommandContext c, in SetOptions options, out bool holds)
    {
        KeyEntry old = c.Db.LookupWrite(c[1]);
        holds = options.Condition switch
        {
            ValueCondition.Missing => old.IsNull,
            ValueCondition.Exists => !old.IsNull,
            _ => false,
        };
        if (!options.Compares)
            return true;
        if (!old.IsNull && old.Type != DataType.String)
        {
            c.WrongType();
            return false;
        }
        return Comparison.TryTest(c, old, options.Condition, options.ComparandIndex, out holds);
    }

    private static void SetNx(CommandContext c)
    {
        if (!c.Db.LookupWrite(c[1]).IsNull)
        {
            c.Reply.Integer(0);
            return;
        }
        StoreArgument(c, 2, KeyEntry.NoExpiry);
        c.Dirty++;
        c.Reply.Integer(1);
    }

    private static void SetEx(CommandContext c) => SetFor(c, ExpiryForm.Seconds);

    private static void PSetEx(CommandContext c) => SetFor(c, ExpiryForm.Milliseconds);

    private static void SetFor(CommandContext c, ExpiryForm form)
    {
        if (!ExpiryOption.TryGetTime(c, 2, form, out long expireAtMs))
            return;
        StoreArgument(c, 3, expireAtMs);
        c.Dirty++;
        Rewrite.AsSet(c, c[1], c[3], expireAtMs);
        c.Reply.Ok();
    }

    private static void GetSet(CommandContext c)
    {
        if (!StringCommands.ReplyOldValue(c, out _))
            return;
        StoreArgument(c, 2, KeyEntry.NoExpiry);
        c.Dirty++;
        Rewrite.AsSet(c, c[1], c[2], KeyEntry.NoExpiry);
    }

    private static void MSet(CommandContext c)
    {
        if (!CheckPairs(c))
            return;
        StorePairs(c);
        c.Reply.Ok();
    }

    private static void MSetNx(CommandContext c)
    {
        if (!CheckPairs(c))
            return;
        for (int i = 1; i < c.ArgCount; i += 2)
        {
            if (c.Db.LookupWrite(c[i]).IsNull)
                continue;
            c.Reply.Integer(0);
            return;
        }
        StorePairs(c);
        c.Reply.Integer(1);
    }

    private static bool CheckPairs(CommandContext c)
    {
        if (c.ArgCount % 2 == 1)
            return true;
        c.WrongArgumentCount();
        return false;
    }

    private static void StorePairs(CommandContext c)
    {
        for (int i = 1; i < c.ArgCount; i += 2)
            Store(c, c[i], c[i + 1], KeyEntry.NoExpiry);
        c.Dirty += (c.ArgCount - 1) / 2;
    }

    /// <summary>Sets a string with all that follows from it but the count of changes and the reply.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(CommandContext c, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expireAtMs)
    {
        c.Db.SetString(key, value, expireAtMs);
        OnStored(c, key, expireAtMs);
    }

    // As Store: the first argument's string, the only one that the command sets, becomes another argument.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreArgument(CommandContext c, int index, long expireAtMs)
    {
        c.Db.SetArgument(c[1], c.Arguments, index, expireAtMs);
        OnStored(c, c[1], expireAtMs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OnStored(CommandContext c, ReadOnlySpan<byte> key, long expireAtMs)
    {
        Database db = c.Db;
        db.SignalModified(key);
        KeyspaceEvents events = c.Server.KeyspaceEvents;
        events.Notify(KeyspaceEventClass.String, "set"u8, key, db);
        if (expireAtMs >= 0)
            events.Notify(KeyspaceEventClass.Generic, "expire"u8, key, db);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("getset", 3, &GetSet)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Set the string value of a key and return its old value",
            Complexity = "O(1)",
            DocFlags = CommandDocFlags.Deprecated,
            DeprecatedSince = "6.2.0",
            ReplacedBy = "`SET` with the `!GET` argument",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update)],
            Arguments = "key#0 value",
        });

        table.Add(new("mset", -3, &MSet)
        {
            Group = CommandGroup.String, Since = "1.0.1", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Set multiple keys to multiple values",
            Complexity = "O(N) where N is the number of keys to set.",
            Tips = ["request_policy:multi_shard", "response_policy:all_succeeded"],
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update).To(-1, 2)],
            Arguments = "key_value{key#0 value}...",
        });

        table.Add(new("msetnx", -3, &MSetNx)
        {
            Group = CommandGroup.String, Since = "1.0.1", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Set multiple keys to multiple values, only if none of the keys exist",
            Complexity = "O(N) where N is the number of keys to set.",
            Tips = ["request_policy:multi_shard", "response_policy:agg_min"],
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Insert).To(-1, 2)],
            Arguments = "key_value{key#0 value}...",
        });

        table.Add(new("psetex", 4, &PSetEx)
        {
            Group = CommandGroup.String, Since = "2.6.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Set the value and expiration in milliseconds of a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update)],
            Arguments = "key#0 milliseconds:integer value",
        });

        table.Add(new("set", -3, &Set)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Set the string value of a key",
            Complexity = "O(1)",
            History =
            [
                ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
                ("6.0.0", "Added the `KEEPTTL` option."),
                ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
                ("7.0.0", "Allowed the `NX` and `GET` options to be used together."),
                ("8.4.0", "Added 'IFEQ', 'IFNE', 'IFDEQ', 'IFDNE' options."),
            ],
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update | KeyFlags.VariableFlags)
                    .Note("RW and ACCESS due to the optional `GET` argument"),
            ],
            KeyFinder = KeyFinder.Set,
            Arguments = """
                key#0 value
                [condition('NX' | 'XX' | 'IFEQ' ifeq-value@8.4.0 | 'IFNE' ifne-value@8.4.0 | 'IFDEQ' ifdeq-digest@8.4.0
                  | 'IFDNE' ifdne-digest@8.4.0)@2.6.12]
                ['GET'@6.2.0]
                [expiration('EX' seconds:integer@2.6.12 | 'PX' milliseconds:integer@2.6.12
                  | 'EXAT' unix-time-seconds:unix-time@6.2.0 | 'PXAT' unix-time-milliseconds:unix-time@6.2.0 | 'KEEPTTL'@6.0.0)]
                """,
        });

        table.Add(new("setex", 4, &SetEx)
        {
            Group = CommandGroup.String, Since = "2.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.String,
            Summary = "Set the value and expiration of a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update)],
            Arguments = "key#0 seconds:integer value",
        });

        table.Add(new("setnx", 3, &SetNx)
        {
            Group = CommandGroup.String, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.String,
            Summary = "Set the value of a key, only if the key does not exist",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Insert)],
            Arguments = "key#0 value",
        });
    }
}
