using System.Numerics;
using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>When fields of hashes expire. See https://redis.io/docs/latest/commands/hexpire/ and its neighbours.</summary>
internal static unsafe class HashExpiryCommands
{
    // What the commands answer for a field.
    private const int NoField = -2;
    private const int NoTime = -1;
    private const int ConditionNotMet = 0;
    private const int Done = 1;
    private const int Deleted = 2;

    private const int FirstOption = 3;

    [Flags]
    private enum Conditions
    {
        None = 0,
        Nx = 1,
        Xx = 2,
        Gt = 4,
        Lt = 8,
    }

    private static void HExpire(CommandContext c) => Expire(c, c.NowMs, seconds: true);

    private static void HPExpire(CommandContext c) => Expire(c, c.NowMs, seconds: false);

    private static void HExpireAt(CommandContext c) => Expire(c, 0, seconds: true);

    private static void HPExpireAt(CommandContext c) => Expire(c, 0, seconds: false);

    private static void Expire(CommandContext c, long baseMs, bool seconds)
    {
        if (!HashCommands.TryLookupWrite(c, out KeyEntry entry)
            || !HashFieldTime.TryRead(c, 2, baseMs, seconds, out long unixMs)
            || !TryReadOptions(c, out Conditions conditions, out HashFieldList fields))
            return;
        c.Reply.ArrayHeader(fields.Count);
        if (entry.IsNull)
        {
            for (int i = 0; i < fields.Count; i++)
                c.Reply.Integer(NoField);
            return;
        }
        HashValue.PrepareForTimes(entry);
        List<byte[]>? updated = c.Effects.IsPropagating ? [] : null;
        int updatedCount = 0, deletedCount = 0;
        for (int i = fields.First; i < fields.First + fields.Count; i++)
        {
            int result = Expire(c, entry, c[i], unixMs, conditions);
            c.Reply.Integer(result);
            updatedCount += result == Done ? 1 : 0;
            deletedCount += result == Deleted ? 1 : 0;
            if (result == Done)
                updated?.Add(c[i].ToArray());
        }
        if (updatedCount + deletedCount == 0)
            return;
        c.Dirty += updatedCount + deletedCount;
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, deletedCount > 0 ? "hdel"u8 : "hexpire"u8, c[1]);
        Propagate(c, unixMs, fields, updated);
        c.Db.DeleteIfEmpty(entry);
    }

    private static int Expire(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> field, long unixMs, Conditions conditions)
    {
        if (!HashValue.TryFind(entry, field, out FieldValue found) || found.IsExpired(c.NowMs))
            return NoField;
        if (!Allow(conditions, found.ExpireAtMs, unixMs))
            return ConditionNotMet;
        return HashFieldTime.Set(c, entry, field, unixMs) ? Done : Deleted;
    }

    private static bool TryReadOptions(CommandContext c, out Conditions conditions, out HashFieldList fields)
    {
        conditions = Conditions.None;
        fields = default;
        for (int i = FirstOption; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "fields"u8))
            {
                if (fields.Count == 0 && i >= c.ArgCount - 2)
                {
                    c.Reply.Error("ERR FIELDS requires at least numfields and one field argument"u8);
                    return false;
                }
                if (!fields.TryRead(c, ref i, 1, "ERR Parameter `numFields` should be greater than 0"u8, out fields))
                    return false;
                continue;
            }
            Conditions condition = ConditionOf(c, i);
            if (condition == Conditions.None)
            {
                c.Reply.Error([.. "ERR unknown argument: "u8, .. c[i]]);
                return false;
            }
            conditions |= condition;
        }
        if (fields.Count == 0)
        {
            c.Reply.Error("ERR missing FIELDS argument"u8);
            return false;
        }
        if (BitOperations.PopCount((uint)conditions) > 1)
        {
            c.Reply.Error("ERR Multiple condition flags specified"u8);
            return false;
        }
        return true;
    }

    private static Conditions ConditionOf(CommandContext c, int index) =>
        c.ArgIs(index, "nx"u8) ? Conditions.Nx
        : c.ArgIs(index, "xx"u8) ? Conditions.Xx
        : c.ArgIs(index, "gt"u8) ? Conditions.Gt
        : c.ArgIs(index, "lt"u8) ? Conditions.Lt
        : Conditions.None;

    // A field that does not expire counts as one that expires in eternity.
    private static bool Allow(Conditions conditions, long oldMs, long newMs)
    {
        bool expires = oldMs != HashField.NoExpiry;
        return conditions switch
        {
            Conditions.Nx => !expires,
            Conditions.Xx => expires,
            Conditions.Gt => expires && newMs > oldMs,
            Conditions.Lt => !expires || newMs < oldMs,
            _ => true,
        };
    }

    /// <summary>As HPEXPIREAT of the fields that were given the time; removed ones have been propagated already.</summary>
    private static void Propagate(CommandContext c, long unixMs, in HashFieldList fields, List<byte[]>? updated)
    {
        if (updated == null)
            return;
        if (updated.Count == 0)
        {
            c.Effects.Suppress();
            return;
        }
        List<byte[]> arguments = ["HPEXPIREAT"u8.ToArray(), c[1].ToArray(), Rewrite.Number(unixMs)];
        for (int i = FirstOption; i <= fields.Word; i++)
            arguments.Add(c[i].ToArray());
        arguments.Add(Rewrite.Number(updated.Count));
        arguments.AddRange(updated);
        for (int i = fields.First + fields.Count; i < c.ArgCount; i++)
            arguments.Add(c[i].ToArray());
        c.Effects.Replace([.. arguments]);
    }

    private static void HTtl(CommandContext c) => ReplyTimes(c, c.NowMs, seconds: true);

    private static void HPTtl(CommandContext c) => ReplyTimes(c, c.NowMs, seconds: false);

    private static void HExpireTime(CommandContext c) => ReplyTimes(c, 0, seconds: true);

    private static void HPExpireTime(CommandContext c) => ReplyTimes(c, 0, seconds: false);

    private static void ReplyTimes(CommandContext c, long sinceMs, bool seconds)
    {
        if (!HashCommands.TryLookupRead(c, out KeyEntry entry) || !HashFieldList.TryReadRest(c, out HashFieldList fields))
            return;
        c.Reply.ArrayHeader(fields.Count);
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            if (entry.IsNull || !HashValue.TryFind(entry, c[i], out FieldValue found) || found.IsExpired(c.NowMs))
                c.Reply.Integer(NoField);
            else if (found.ExpireAtMs == HashField.NoExpiry)
                c.Reply.Integer(NoTime);
            else
                c.Reply.Integer(seconds ? (found.ExpireAtMs - sinceMs + 999) / 1000 : found.ExpireAtMs - sinceMs);
        }
    }

    private static void HPersist(CommandContext c)
    {
        if (!HashCommands.TryLookupWrite(c, out KeyEntry entry) || !HashFieldList.TryReadRest(c, out HashFieldList fields))
            return;
        c.Reply.ArrayHeader(fields.Count);
        bool changed = false;
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            int result = entry.IsNull ? NoField : Persist(c, entry, c[i]);
            c.Reply.Integer(result);
            changed |= result == Done;
        }
        if (changed)
            HashCommands.Changed(c, entry, "hpersist"u8, 1);
    }

    private static int Persist(CommandContext c, KeyEntry entry, ReadOnlySpan<byte> field)
    {
        if (!HashValue.TryFind(entry, field, out FieldValue found) || found.IsExpired(c.NowMs))
            return NoField;
        if (found.ExpireAtMs == HashField.NoExpiry)
            return NoTime;
        HashValue.SetExpiry(entry, field, HashField.NoExpiry);
        return Done;
    }

    internal static void Register(CommandTable table)
    {
        AddSetter(table, "hexpire", &HExpire, "seconds:integer", "Set expiry for hash field using relative time to expire (seconds)");
        AddSetter(table, "hpexpire", &HPExpire, "milliseconds:integer",
            "Set expiry for hash field using relative time to expire (milliseconds)");
        AddSetter(table, "hexpireat", &HExpireAt, "unix-time-seconds:unix-time",
            "Set expiry for hash field using an absolute Unix timestamp (seconds)");
        AddSetter(table, "hpexpireat", &HPExpireAt, "unix-time-milliseconds:unix-time",
            "Set expiry for hash field using an absolute Unix timestamp (milliseconds)");
        AddGetter(table, "httl", &HTtl, "Returns the TTL in seconds of a hash field.");
        AddGetter(table, "hpttl", &HPTtl, "Returns the TTL in milliseconds of a hash field.");
        AddGetter(table, "hexpiretime", &HExpireTime, "Returns the expiration time of a hash field as a Unix timestamp, in seconds.");
        AddGetter(table, "hpexpiretime", &HPExpireTime, "Returns the expiration time of a hash field as a Unix timestamp, in msec.");

        table.Add(new("hpersist", -5, &HPersist)
        {
            Group = CommandGroup.Hash, Since = "7.4.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Removes the expiration time for each specified field",
            Complexity = "O(N) where N is the number of specified fields",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = "key#0 'FIELDS' fields{numfields:integer field...}",
        });
    }
    private static void AddSetter(
        CommandTable table, string name, delegate*<CommandContext, void> handler, string time, string summary) =>
        table.Add(new(name, -6, handler)
        {
            Group = CommandGroup.Hash, Since = "7.4.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = summary,
            Complexity = "O(N) where N is the number of specified fields",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = $"key#0 {time} [condition('NX' | 'XX' | 'GT' | 'LT')] 'FIELDS' fields{{numfields:integer field...}}",
        });

    private static void AddGetter(CommandTable table, string name, delegate*<CommandContext, void> handler, string summary) =>
        table.Add(new(name, -5, handler)
        {
            Group = CommandGroup.Hash, Since = "7.4.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = summary,
            Complexity = "O(N) where N is the number of specified fields",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0 'FIELDS' fields{numfields:integer field...}",
        });
}
