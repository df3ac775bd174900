using RedisAot.Memory;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Persistence;
using RedisAot.Server.Process;

namespace RedisAot.Server.Commands;

/// <summary>DUMP and RESTORE. See https://redis.io/docs/latest/commands/restore/.</summary>
internal static unsafe class DumpCommands
{
    private const long NotGiven = -1;

    private static void Dump(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupRead(c[1]);
        if (entry.IsNull)
        {
            c.Reply.Null();
            return;
        }
        using RdbWriter writer = new(output: null, c.Server.Config.RdbCompression);
        DumpPayload.Write(writer, entry);
        c.Reply.Bulk(writer.Written, (nint)writer.Position);
    }

    private static void Restore(CommandContext c)
    {
        if (!TryReadOptions(c, out RestoreOptions options))
            return;
        if (!options.Replace && !c.Db.LookupWrite(c[1]).IsNull)
        {
            c.Reply.Error("BUSYKEY Target key name already exists."u8);
            return;
        }
        if (!TryReadTtl(c, options.AbsoluteTtl, out long expireAtMs))
            return;
        if (!DumpPayload.HasValidTrailer(c[3], c.Server.Snapshots.SkipsChecksums))
        {
            c.Reply.Error("ERR DUMP payload version or checksum are wrong"u8);
            return;
        }
        KeyEntry entry;
        try
        {
            entry = DumpPayload.Read(c[3], c[1], expireAtMs != KeyEntry.NoExpiry, c.Server.Config);
        }
        catch (RdbException e)
        {
            ServerLog.Verbose($"RESTORE refused a payload: {e.Message}");
            c.Reply.Error("ERR Bad data format"u8);
            return;
        }
        bool replaced = options.Replace && c.Db.Delete(c[1]);
        if (expireAtMs != KeyEntry.NoExpiry && c.IsPast(expireAtMs))
            ReplaceByNothing(c, entry, replaced);
        else
            Add(c, entry, expireAtMs, options);
        c.Reply.Ok();
    }

    private static void Add(CommandContext c, KeyEntry entry, long expireAtMs, in RestoreOptions options)
    {
        c.Db.Add(entry, expireAtMs);
        c.Server.AccessClock.Restore(entry, options.IdleSeconds, options.Frequency);
        if (expireAtMs != KeyEntry.NoExpiry && !options.AbsoluteTtl)
            Rewrite.WithAbsoluteTtl(c, 2, expireAtMs);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "restore"u8, c[1]);
        c.Dirty++;
    }

    // What would have expired already is not created, but what it replaces is gone.
    private static void ReplaceByNothing(CommandContext c, KeyEntry entry, bool replaced)
    {
        ValueMemory.FreeValue(entry);
        NativeHeap.Free(entry.Address);
        if (!replaced)
            return;
        Rewrite.AsDeletion(c, c[1], lazy: false);
        c.SignalModified(c[1]);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, c[1]);
        c.Dirty++;
    }

    private static bool TryReadTtl(CommandContext c, bool absolute, out long expireAtMs)
    {
        expireAtMs = KeyEntry.NoExpiry;
        if (!c.TryGetLong(2, out long ttl))
            return false;
        if (ttl < 0)
        {
            c.Reply.Error("ERR Invalid TTL value, must be >= 0"u8);
            return false;
        }
        if (ttl > 0)
            expireAtMs = absolute ? ttl : unchecked(ttl + c.NowMs);
        return true;
    }

    private static bool TryReadOptions(CommandContext c, out RestoreOptions options)
    {
        options = new RestoreOptions { IdleSeconds = NotGiven, Frequency = NotGiven };
        for (int i = 4; i < c.ArgCount; i++)
        {
            bool hasValue = i + 1 < c.ArgCount;
            if (c.ArgIs(i, "replace"u8))
            {
                options.Replace = true;
            }
            else if (c.ArgIs(i, "absttl"u8))
            {
                options.AbsoluteTtl = true;
            }
            else if (c.ArgIs(i, "idletime"u8) && hasValue && options.Frequency == NotGiven)
            {
                if (!TryGetValue(c, ++i, long.MaxValue, "ERR Invalid IDLETIME value, must be >= 0"u8, out options.IdleSeconds))
                    return false;
            }
            else if (c.ArgIs(i, "freq"u8) && hasValue && options.IdleSeconds == NotGiven)
            {
                if (!TryGetValue(c, ++i, byte.MaxValue, "ERR Invalid FREQ value, must be >= 0 and <= 255"u8, out options.Frequency))
                    return false;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        return true;
    }

    private static bool TryGetValue(CommandContext c, int index, long max, ReadOnlySpan<byte> error, out long value)
    {
        if (!c.TryGetLong(index, out value))
            return false;
        if (value >= 0 && value <= max)
            return true;
        c.Reply.Error(error);
        return false;
    }

    private struct RestoreOptions
    {
        public bool Replace;
        public bool AbsoluteTtl;
        public long IdleSeconds;
        public long Frequency;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("dump", 2, &Dump)
        {
            Group = CommandGroup.Generic, Since = "2.6.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.Keyspace,
            Summary = "Return a serialized version of the value stored at the specified key.",
            Complexity = "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis " +
                "objects composing the value and M their average size. For small string values the time complexity is thus " +
                "O(1)+O(1*M) where M is small, so simply O(1).",
            Tips = ["nondeterministic_output"],
            Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
            Arguments = "key#0",
        });

        table.Add(new("restore", -4, &Restore)
        {
            Group = CommandGroup.Generic, Since = "2.6.0", Flags = CommandFlags.Write | CommandFlags.DenyOom,
            Categories = AclCategories.Keyspace | AclCategories.Dangerous,
            Summary = "Create a key using the provided serialized value, previously obtained using DUMP.",
            Complexity = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is " +
                "the number of Redis objects composing the value and M their average size. For small string values the time " +
                "complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the " +
                "complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
            History =
            [
                ("3.0.0", "Added the `REPLACE` modifier."),
                ("5.0.0", "Added the `ABSTTL` modifier."),
                ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
            ],
            Keys = [KeySpec.At(1, KeyFlags.OW | KeyFlags.Update)],
            Arguments = """
                key#0 ttl:integer serialized-value ['REPLACE'@3.0.0] ['ABSTTL'@5.0.0] ['IDLETIME' seconds:integer@5.0.0]
                ['FREQ' frequency:integer@5.0.0]
                """,
        });
    }
}
