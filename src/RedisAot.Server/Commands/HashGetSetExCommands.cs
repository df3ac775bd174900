using RedisAot.Data;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>HGETEX, HSETEX and HGETDEL. See https://redis.io/docs/latest/commands/hgetex/ and its neighbours.</summary>
internal static unsafe class HashGetSetExCommands
{
    private static void HGetEx(CommandContext c)
    {
        if (!HashCommands.TryLookupWrite(c, out KeyEntry entry) || !HashExOptions.TryRead(c, forSet: false, out HashExOptions options))
            return;
        HashFieldList fields = options.Fields;
        c.Reply.ArrayHeader(fields.Count);
        bool persist = options.Form == ExpiryForm.Persist;
        bool changes = persist || options.HasTime;
        if (changes && !entry.IsNull)
            HashValue.PrepareForTimes(entry);
        int expired = 0, deleted = 0, updated = 0;
        for (int i = fields.First; i < fields.First + fields.Count; i++)
        {
            if (!HashCommands.ReplyLive(c, entry, c[i], ref expired) || !changes)
                continue;
            if (!persist)
            {
                bool remains = HashFieldTime.Set(c, entry, c[i], options.ExpireAtMs);
                updated += remains ? 1 : 0;
                deleted += remains ? 0 : 1;
            }
            else if (HashValue.TryFind(entry, c[i], out FieldValue found) && found.ExpireAtMs != HashField.NoExpiry)
            {
                HashValue.SetExpiry(entry, c[i], HashField.NoExpiry);
                updated++;
            }
        }
        if (expired + deleted + updated == 0)
            return;
        c.Dirty += deleted + updated;
        if (expired > 0)
            c.Db.NotifyFieldsExpired(entry);
        else
            c.SignalModified(c[1]);
        if (updated > 0)
        {
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, persist ? "hpersist"u8 : "hexpire"u8, c[1]);
            PropagateTimes(c, options);
        }
        else if (deleted > 0)
        {
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, "hdel"u8, c[1]);
            c.Effects.Suppress();
        }
        c.Db.DeleteIfEmpty(entry);
    }

    /// <summary>As HPERSIST or HPEXPIREAT of all the fields.</summary>
    private static void PropagateTimes(CommandContext c, in HashExOptions options)
    {
        if (!c.Effects.IsPropagating)
            return;
        List<byte[]> arguments = options.Form == ExpiryForm.Persist
            ? ["HPERSIST"u8.ToArray(), c[1].ToArray()]
            : ["HPEXPIREAT"u8.ToArray(), c[1].ToArray(), Rewrite.Number(options.ExpireAtMs)];
        arguments.Add("FIELDS"u8.ToArray());
        arguments.Add(Rewrite.Number(options.Fields.Count));
        for (int i = 0; i < options.Fields.Count; i++)
            arguments.Add(c[options.Fields.First + i].ToArray());
        c.Effects.Replace([.. arguments]);
    }

    private static void HSetEx(CommandContext c)
    {
        if (!HashExOptions.TryRead(c, forSet: true, out HashExOptions options) || !HashCommands.TryLookupWrite(c, out KeyEntry entry))
            return;
        if (entry.IsNull && options.Condition == ValueCondition.Exists)
        {
            c.Reply.Integer(0);
            return;
        }
        int expired = 0;
        bool holds = entry.IsNull || Holds(c, entry, options, ref expired);
        c.Reply.Integer(holds ? 1 : 0);
        if (expired > 0)
            c.Db.NotifyFieldsExpired(entry);
        if (holds)
            SetAll(c, ref entry, options);
        if (holds || expired > 0)
            c.Db.DeleteIfEmpty(entry);
    }

    private static bool Holds(CommandContext c, KeyEntry entry, in HashExOptions options, ref int expired)
    {
        if (options.Condition == ValueCondition.Always)
            return true;
        for (int i = 0; i < options.Fields.Count; i++)
        {
            bool exists = HashCommands.TryFindLive(c, entry, c[options.Fields.First + 2 * i], out _, ref expired);
            if (exists != (options.Condition == ValueCondition.Exists))
                return false;
        }
        return true;
    }

    private static void SetAll(CommandContext c, ref KeyEntry entry, in HashExOptions options)
    {
        if (entry.IsNull)
            entry = HashCommands.Create(c, options.Fields.First);
        if (options.HasTime)
            HashValue.PrepareForTimes(entry);
        int deleted = 0;
        for (int i = 0; i < options.Fields.Count; i++)
        {
            ReadOnlySpan<byte> field = c[options.Fields.First + 2 * i];
            HashValue.Set(entry, field, c[options.Fields.First + 2 * i + 1], c.Server.Config, keepExpiry: options.Form != ExpiryForm.None);
            if (options.HasTime && !HashFieldTime.Set(c, entry, field, options.ExpireAtMs))
                deleted++;
        }
        c.Dirty += options.Fields.Count;
        if (deleted > 0)
            c.Effects.Suppress();
        else if (options.HasTime && options.Form != ExpiryForm.AtMilliseconds)
            PropagateAbsolute(c, options);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, "hset"u8, c[1]);
        if (options.HasTime)
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, deleted > 0 ? "hdel"u8 : "hexpire"u8, c[1]);
    }

    private static void PropagateAbsolute(CommandContext c, in HashExOptions options)
    {
        if (!c.Effects.IsPropagating)
            return;
        byte[][] arguments = new byte[c.ArgCount][];
        for (int i = 0; i < arguments.Length; i++)
            arguments[i] = c[i].ToArray();
        arguments[options.TimeIndex - 1] = "PXAT"u8.ToArray();
        arguments[options.TimeIndex] = Rewrite.Number(options.ExpireAtMs);
        c.Effects.Replace(arguments);
    }

    private static void HGetDel(CommandContext c)
    {
        if (!HashCommands.TryLookupWrite(c, out KeyEntry entry) || !HashFieldList.TryReadRest(c, out HashFieldList fields))
            return;
        c.Reply.ArrayHeader(fields.Count);
        int expired = 0, deleted = 0;
        for (int i = fields.First; i < c.ArgCount; i++)
        {
            if (HashCommands.ReplyLive(c, entry, c[i], ref expired))
                deleted += HashValue.Remove(entry, c[i]) ? 1 : 0;
        }
        if (expired + deleted == 0)
            return;
        if (expired > 0)
            c.Db.NotifyFieldsExpired(entry);
        else
            c.SignalModified(c[1]);
        if (deleted > 0)
        {
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Hash, "hdel"u8, c[1]);
            c.Dirty += deleted;
            PropagateDeletion(c, fields);
        }
        c.Db.DeleteIfEmpty(entry);
    }

    private static void PropagateDeletion(CommandContext c, in HashFieldList fields)
    {
        if (!c.Effects.IsPropagating)
            return;
        List<byte[]> arguments = ["HDEL"u8.ToArray(), c[1].ToArray()];
        for (int i = fields.First; i < c.ArgCount; i++)
            arguments.Add(c[i].ToArray());
        c.Effects.Replace([.. arguments]);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("hgetex", -5, &HGetEx)
        {
            Group = CommandGroup.Hash, Since = "8.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Get the value of one or more fields of a given hash key, and optionally set their expiration.",
            Complexity = "O(N) where N is the number of specified fields",
            Keys =
            [
                KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Update).Note("RW and UPDATE because it changes the TTL"),
            ],
            Arguments = """
                key#0
                [expiration('EX' seconds:integer | 'PX' milliseconds:integer | 'EXAT' unix-time-seconds:unix-time
                  | 'PXAT' unix-time-milliseconds:unix-time | 'PERSIST')]
                'FIELDS' fields{numfields:integer field...}
                """,
        });

        table.Add(new("hsetex", -6, &HSetEx)
        {
            Group = CommandGroup.Hash, Since = "8.0.0", Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Set the value of one or more fields of a given hash key, and optionally set their expiration.",
            Complexity = "O(N) where N is the number of fields being set.",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Update)],
            Arguments = """
                key#0 [condition('FNX' | 'FXX')]
                [expiration('EX' seconds:integer | 'PX' milliseconds:integer | 'EXAT' unix-time-seconds:unix-time
                  | 'PXAT' unix-time-milliseconds:unix-time | 'KEEPTTL')]
                'FIELDS' fields{numfields:integer data{field value}...}
                """,
        });

        table.Add(new("hgetdel", -5, &HGetDel)
        {
            Group = CommandGroup.Hash, Since = "8.0.0", Flags = CommandFlags.Write | CommandFlags.Fast,
            Categories = AclCategories.Hash,
            Summary = "Returns the value of a field and deletes it from the hash.",
            Complexity = "O(N) where N is the number of specified fields",
            Keys = [KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete)],
            Arguments = "key#0 'FIELDS' fields{numfields:integer field...}",
        });
    }
}
