using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>OBJECT. See https://redis.io/docs/latest/commands/object/.</summary>
internal static unsafe class ObjectCommands
{
    /// <summary>Official keeps one object for each integer from 0 to here, and says that it has this many references.</summary>
    private const long SharedIntegers = 10000;

    private const long SharedReferences = int.MaxValue;

    private static void ObjectEncoding(CommandContext c)
    {
        if (TryFind(c, out KeyEntry entry))
            c.Reply.Bulk(ValueNames.OfEncoding(entry));
    }

    private static void ObjectRefCount(CommandContext c)
    {
        if (TryFind(c, out KeyEntry entry))
            c.Reply.Integer(ReferencesOf(c, entry));
    }

    /// <summary>How many references official's value would have.</summary>
    internal static long ReferencesOf(CommandContext c, KeyEntry entry) => IsShared(c, entry) ? SharedReferences : 1;

    private static void ObjectIdleTime(CommandContext c)
    {
        if (!TryFind(c, out KeyEntry entry))
            return;
        if (c.Server.AccessClock.IsLfu)
        {
            c.Reply.Error("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8);
            return;
        }
        c.Reply.Integer(c.Server.AccessClock.IdleSeconds(entry));
    }

    private static void ObjectFreq(CommandContext c)
    {
        if (!TryFind(c, out KeyEntry entry))
            return;
        if (!c.Server.AccessClock.IsLfu)
        {
            c.Reply.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8);
            return;
        }
        c.Reply.Integer(c.Server.AccessClock.Counter(entry));
    }

    private static void ObjectHelp(CommandContext c) => HelpReply.Write(
        c,
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.");

    // Counted as a read, but neither an access nor a miss to tell about.
    private static bool TryFind(CommandContext c, out KeyEntry entry)
    {
        entry = c.Db.LookupLive(c[2]);
        if (!entry.IsNull)
        {
            c.Server.Stats.KeyspaceHits++;
            return true;
        }
        c.Server.Stats.KeyspaceMisses++;
        c.Reply.Null();
        return false;
    }

    private static bool IsShared(CommandContext c, KeyEntry entry) =>
        entry.Type == DataType.String && entry.Encoding == ValueEncoding.Int && (ulong)entry.Integer < SharedIntegers
        && (c.Server.Config.MaxMemory == 0 || !NeedsAccessClocks(c.Server.Config.MaxMemoryPolicy));

    private static bool NeedsAccessClocks(MaxMemoryPolicy policy) =>
        policy is MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru or MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu;

    internal static void Register(CommandTable table)
    {
        table.Add(new("object", -2, null)
        {
            Group = CommandGroup.Generic, Since = "2.2.3",
            Summary = "A container for object introspection commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("encoding", 3, &ObjectEncoding)
                {
                    Group = CommandGroup.Generic, Since = "2.2.3", Flags = CommandFlags.ReadOnly,
                    Categories = AclCategories.Keyspace,
                    Summary = "Inspect the internal encoding of a Redis object",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output"],
                    Keys = [KeySpec.At(2, KeyFlags.RO)],
                    Arguments = "key#0",
                },
                new("freq", 3, &ObjectFreq)
                {
                    Group = CommandGroup.Generic, Since = "4.0.0", Flags = CommandFlags.ReadOnly,
                    Categories = AclCategories.Keyspace,
                    Summary = "Get the logarithmic access frequency counter of a Redis object",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output"],
                    Keys = [KeySpec.At(2, KeyFlags.RO)],
                    Arguments = "key#0",
                },
                HelpReply.Row(CommandGroup.Generic, "6.2.0", &ObjectHelp, AclCategories.Keyspace),
                new("idletime", 3, &ObjectIdleTime)
                {
                    Group = CommandGroup.Generic, Since = "2.2.3", Flags = CommandFlags.ReadOnly,
                    Categories = AclCategories.Keyspace,
                    Summary = "Get the time since a Redis object was last accessed",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output"],
                    Keys = [KeySpec.At(2, KeyFlags.RO)],
                    Arguments = "key#0",
                },
                new("refcount", 3, &ObjectRefCount)
                {
                    Group = CommandGroup.Generic, Since = "2.2.3", Flags = CommandFlags.ReadOnly,
                    Categories = AclCategories.Keyspace,
                    Summary = "Get the number of references to the value of the key",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output"],
                    Keys = [KeySpec.At(2, KeyFlags.RO)],
                    Arguments = "key#0",
                },
            ],
        });
    }
}
