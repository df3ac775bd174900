using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>When keys expire. See https://redis.io/docs/latest/commands/expire/.</summary>
internal static unsafe class ExpireCommands
{
    [Flags]
    private enum Conditions
    {
        None = 0,
        Nx = 1,
        Xx = 2,
        Gt = 4,
        Lt = 8,
    }

    private static void Expire(CommandContext c) => SetExpiry(c, c.NowMs, seconds: true);

    private static void ExpireAt(CommandContext c) => SetExpiry(c, 0, seconds: true);

    private static void PExpire(CommandContext c) => SetExpiry(c, c.NowMs, seconds: false);

    private static void PExpireAt(CommandContext c) => SetExpiry(c, 0, seconds: false);

    private static void SetExpiry(CommandContext c, long baseMs, bool seconds)
    {
        if (!TryReadConditions(c, out Conditions conditions) || !TryGetTime(c, baseMs, seconds, out long unixMs))
            return;
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        if (entry.IsNull || !Allow(conditions, entry, unixMs))
        {
            c.Reply.Integer(0);
            return;
        }
        if (c.IsPast(unixMs))
            DeletePast(c, c[1]);
        else
            SetTime(c, c[1], unixMs, firstOption: 3);
        c.Reply.Integer(1);
    }

    private static bool TryReadConditions(CommandContext c, out Conditions conditions)
    {
        conditions = Conditions.None;
        for (int i = 3; i < c.ArgCount; i++)
        {
            Conditions condition = c.ArgIs(i, "nx"u8) ? Conditions.Nx
                : c.ArgIs(i, "xx"u8) ? Conditions.Xx
                : c.ArgIs(i, "gt"u8) ? Conditions.Gt
                : c.ArgIs(i, "lt"u8) ? Conditions.Lt
                : Conditions.None;
            if (condition == Conditions.None)
            {
                c.Reply.Error($"ERR Unsupported option {System.Text.Encoding.Latin1.GetString(c[i])}");
                return false;
            }
            conditions |= condition;
        }
        if ((conditions & Conditions.Nx) != 0 && conditions != Conditions.Nx)
        {
            c.Reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible"u8);
            return false;
        }
        if ((conditions & (Conditions.Gt | Conditions.Lt)) == (Conditions.Gt | Conditions.Lt))
        {
            c.Reply.Error("ERR GT and LT options at the same time are not compatible"u8);
            return false;
        }
        return true;
    }

    private static bool TryGetTime(CommandContext c, long baseMs, bool seconds, out long unixMs)
    {
        if (!c.TryGetLong(2, out unixMs))
            return false;
        bool fits = !seconds || unixMs is <= long.MaxValue / 1000 and >= long.MinValue / 1000;
        if (seconds && fits)
            unixMs *= 1000;
        if (!fits || unixMs > long.MaxValue - baseMs)
        {
            c.InvalidExpireTime();
            return false;
        }
        unixMs += baseMs;
        return true;
    }

    // A key that does not expire counts as one that expires in eternity.
    private static bool Allow(Conditions conditions, KeyEntry entry, long unixMs)
    {
        bool expires = entry.HasExpiry;
        if (conditions == Conditions.None)
            return true;
        if ((conditions & Conditions.Nx) != 0 && expires)
            return false;
        if ((conditions & Conditions.Xx) != 0 && !expires)
            return false;
        if ((conditions & Conditions.Gt) != 0 && (!expires || unixMs <= entry.ExpireAtMs))
            return false;
        return (conditions & Conditions.Lt) == 0 || !expires || unixMs < entry.ExpireAtMs;
    }

    /// <summary>Sets the time of expiry of a key that exists, and all that follows from it but the reply.</summary>
    internal static void SetTime(CommandContext c, ReadOnlySpan<byte> key, long unixMs, int firstOption)
    {
        c.Db.SetExpiry(key, unixMs);
        Rewrite.AsExpireAt(c, key, unixMs, firstOption);
        c.SignalModified(key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "expire"u8, key);
        c.Dirty++;
    }

    /// <summary>Deletes a key that was given a time of expiry in the past.</summary>
    internal static void DeletePast(CommandContext c, ReadOnlySpan<byte> key)
    {
        c.Db.Delete(key);
        c.Dirty++;
        Rewrite.AsDeletion(c, key, c.Server.Config.LazyFreeLazyExpire);
        c.SignalModified(key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
    }

    /// <summary>What follows from a key not expiring any more.</summary>
    internal static void Persisted(CommandContext c, ReadOnlySpan<byte> key)
    {
        c.SignalModified(key);
        Rewrite.AsPersist(c, key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "persist"u8, key);
        c.Dirty++;
    }

    private static void Persist(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupWrite(c[1]);
        bool persisted = !entry.IsNull && c.Db.ClearExpiry(entry);
        if (persisted)
            Persisted(c, c[1]);
        c.Reply.Integer(persisted ? 1 : 0);
    }

    private static void Ttl(CommandContext c) => ReplyTime(c, c.NowMs, seconds: true);

    private static void PTtl(CommandContext c) => ReplyTime(c, c.NowMs, seconds: false);

    private static void ExpireTime(CommandContext c) => ReplyTime(c, 0, seconds: true);

    private static void PExpireTime(CommandContext c) => ReplyTime(c, 0, seconds: false);

    private static void ReplyTime(CommandContext c, long sinceMs, bool seconds)
    {
        KeyEntry entry = c.Db.LookupReadUntouched(c[1]);
        if (entry.IsNull || !entry.HasExpiry)
        {
            c.Reply.Integer(entry.IsNull ? -2 : -1);
            return;
        }
        long time = Math.Max(0, entry.ExpireAtMs - sinceMs);
        c.Reply.Integer(seconds ? (time + 500) / 1000 : time);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("expire", -3, &Expire)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Set a key's time to live in seconds",
            Complexity = "O(1)",
            History = [("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 seconds:integer [condition('NX' | 'XX' | 'GT' | 'LT')@7.0.0]",
        });

        table.Add(new("expireat", -3, &ExpireAt)
        {
            Group = CommandGroup.Generic, Since = "1.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Set the expiration for a key as a UNIX timestamp",
            Complexity = "O(1)",
            History = [("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 unix-time-seconds:unix-time [condition('NX' | 'XX' | 'GT' | 'LT')@7.0.0]",
        });

        table.Add(new("expiretime", 2, &ExpireTime)
        {
            Group = CommandGroup.Generic, Since = "7.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Get the expiration Unix timestamp for a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("persist", 2, &Persist)
        {
            Group = CommandGroup.Generic, Since = "2.2.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Remove the expiration from a key",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0",
        });

        table.Add(new("pexpire", -3, &PExpire)
        {
            Group = CommandGroup.Generic, Since = "2.6.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Set a key's time to live in milliseconds",
            Complexity = "O(1)",
            History = [("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 milliseconds:integer [condition('NX' | 'XX' | 'GT' | 'LT')@7.0.0]",
        });

        table.Add(new("pexpireat", -3, &PExpireAt)
        {
            Group = CommandGroup.Generic, Since = "2.6.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
            Complexity = "O(1)",
            History = [("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 unix-time-milliseconds:unix-time [condition('NX' | 'XX' | 'GT' | 'LT')@7.0.0]",
        });

        table.Add(new("pexpiretime", 2, &PExpireTime)
        {
            Group = CommandGroup.Generic, Since = "7.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Get the expiration Unix timestamp for a key in milliseconds",
            Complexity = "O(1)",
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("pttl", 2, &PTtl)
        {
            Group = CommandGroup.Generic, Since = "2.6.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Get the time to live for a key in milliseconds",
            Complexity = "O(1)",
            History = [("2.8.0", "Added the -2 reply.")],
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("ttl", 2, &Ttl)
        {
            Group = CommandGroup.Generic, Since = "1.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Keyspace,
            Summary = "Get the time to live for a key in seconds",
            Complexity = "O(1)",
            History = [("2.8.0", "Added the -2 reply.")],
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });
    }
}
