using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;
using RedisAot.Server.Persistence;
using RedisAot.Server.Process;
using RedisAot.Server.Text;

namespace RedisAot.Server.Commands;

/// <summary>DEBUG: what tests and people who look for faults need, never an application.</summary>
internal static unsafe class DebugCommands
{
    private delegate void Action(CommandContext c);

    private const int SigSegv = 11;

    // Name, fewest and most arguments (DEBUG and the name included), action.
    private static readonly (string Name, int Min, int Max, Action Run)[] s_actions =
    [
        ("help", 2, 2, Help),
        ("sleep", 3, 3, Sleep),
        ("set-active-expire", 3, 3, SetActiveExpire),
        ("pause-cron", 3, 3, PauseCron),
        ("object", 3, 3, Object),
        ("populate", 3, 5, Populate),
        ("reload", 2, int.MaxValue, Reload),
        ("loadaof", 2, 2, LoadAof),
        ("aof-flush-sleep", 3, 3, DelayAof),
        ("fail-save", 2, 2, FailSave),
        ("set-skip-checksum-validation", 3, 3, SkipChecksums),
        ("digest", 2, 2, Digest),
        ("digest-value", 2, int.MaxValue, DigestValue),
        ("protocol", 3, 3, Protocol),
        ("error", 3, 3, Error),
        ("log", 3, 3, Log),
        ("htstats", 3, 3, TableStats),
        ("htstats-key", 3, 3, KeyTableStats),
        ("sdslen", 3, 3, StringLengths),
        ("listpack", 3, 3, DumpListpack),
        ("quicklist-packed-threshold", 3, 3, QuicklistPackedThreshold),
        ("stringmatch-len", 4, 4, StringMatchLength),
        ("change-repl-id", 2, 2, ChangeReplicationId),
        ("config-rewrite-force-all", 2, 2, RewriteAllConfig),
        ("replybuffer", 4, 4, ReplyBuffer),
        ("set-disable-deny-scripts", 3, 3, c => c.Reply.Ok()),
        ("gcstats", 2, 2, CollectorStats),
        ("segfault", 2, 2, _ => CrashReport.Signal(SigSegv)),
        ("panic", 2, 2, _ => CrashReport.Panic("called by Unit Test")),
        ("assert", 2, int.MaxValue, _ => CrashReport.Assertion("1 == 2")),
    ];

    private static void Debug(CommandContext c)
    {
        string name = Encoding.Latin1.GetString(c[1]).ToLowerInvariant();
        foreach ((string actionName, int min, int max, Action run) in s_actions)
        {
            if (name != actionName || c.ArgCount < min || c.ArgCount > max)
                continue;
            run(c);
            return;
        }
        c.SubcommandSyntaxError();
    }

    // The whole server stands still, as official's does: that is what the test suite wants of it.
    private static void Sleep(CommandContext c)
    {
        if (!NumberText.TryParseDouble(c[2], out double seconds) || seconds < 0)
            seconds = 0;
        using ManualResetEventSlim never = new(false);
        never.Wait(TimeSpan.FromSeconds(Math.Min(seconds, 3600)));
        c.Reply.Ok();
    }

    private static void SetActiveExpire(CommandContext c)
    {
        c.Server.Cron.ActiveExpire = !c[2].SequenceEqual("0"u8);
        c.Server.Cron.WakeBy(0);
        c.Reply.Ok();
    }

    private static void PauseCron(CommandContext c)
    {
        c.Server.Cron.IsPaused = !c[2].SequenceEqual("0"u8);
        c.Reply.Ok();
    }

    private static void Object(CommandContext c)
    {
        if (!TryPeek(c, out KeyEntry entry))
            return;
        long bytes = RdbValue.LengthOf(entry, c.Server.Config.RdbCompression);
        c.Reply.SimpleString(Encoding.ASCII.GetBytes(
            $"Value at:0x{(nuint)entry.Address:x} refcount:{ObjectCommands.ReferencesOf(c, entry)} " +
            $"encoding:{Encoding.ASCII.GetString(ValueNames.OfEncoding(entry))} serializedlength:{bytes} " +
            $"lru:{entry.AccessClock} lru_seconds_idle:{c.Server.AccessClock.IdleSeconds(entry)}" +
            (entry.Type == DataType.List ? ListValue.Describe(entry) : "")));
    }

    private static void Populate(CommandContext c)
    {
        long size = 0;
        if (!TryGetPositive(c, 2, out long keys) || (c.ArgCount == 5 && !TryGetPositive(c, 4, out size)))
            return;
        byte[] prefix = c.ArgCount == 3 ? "key"u8.ToArray() : c[3].ToArray();
        byte[] value = new byte[size];
        for (long i = 0; i < keys; i++)
        {
            byte[] key = [.. prefix, .. Encoding.ASCII.GetBytes($":{i}")];
            if (!c.Db.LookupWrite(key).IsNull)
                continue;
            byte[] text = Encoding.ASCII.GetBytes($"value:{i}");
            if (size > 0)
                text.AsSpan(0, (int)Math.Min(size, text.Length)).CopyTo(value);
            c.Db.SetString(key, size == 0 ? text : value);
            c.SignalModified(key);
        }
        c.Reply.Ok();
    }

    private static bool TryGetPositive(CommandContext c, int index, out long value)
    {
        if (NumberText.TryParseLong(c[index], out value) && value >= 0)
            return true;
        c.Reply.Error("ERR value is out of range, must be positive"u8);
        return false;
    }

    private static void Reload(CommandContext c)
    {
        bool save = true, flush = true;
        RdbLoadOptions options = RdbLoadOptions.None;
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (c.ArgIs(i, "merge"u8))
            {
                options |= RdbLoadOptions.Merge;
            }
            else if (c.ArgIs(i, "noflush"u8))
            {
                flush = false;
            }
            else if (c.ArgIs(i, "nosave"u8))
            {
                save = false;
            }
            else
            {
                c.Reply.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."u8);
                return;
            }
        }
        if (save && !c.Server.Snapshots.TrySave())
            c.Reply.Error("ERR"u8);
        else if (!c.Server.Snapshots.TryReload(options, flush))
            c.Reply.Error("ERR Error trying to load the RDB dump, check server logs."u8);
        else
            c.Reply.Ok();
    }

    private static void LoadAof(CommandContext c)
    {
        if (c.Server.Aof.TryReload())
            c.Reply.Ok();
        else
            c.Reply.Error("ERR Error trying to load the AOF files, check server logs."u8);
    }

    private static void DelayAof(CommandContext c)
    {
        NumberText.TryParseLong(c[2], out long microseconds);
        c.Server.Aof.Writer.WriteDelay = Math.Clamp(microseconds, 0, 1_000_000_000);
        c.Reply.Ok();
    }

    private static void FailSave(CommandContext c)
    {
        c.Server.Snapshots.Background?.Fail();
        c.Reply.Ok();
    }

    private static void SkipChecksums(CommandContext c)
    {
        c.Server.Snapshots.SkipsChecksums = !c[2].SequenceEqual("0"u8);
        c.Reply.Ok();
    }

    private static void Digest(CommandContext c) => ReplyDigest(c, DataDigest.OfAll(c.Server));

    private static void DigestValue(CommandContext c)
    {
        c.Reply.ArrayHeader(c.ArgCount - 2);
        for (int i = 2; i < c.ArgCount; i++)
            ReplyDigest(c, DataDigest.OfValue(c.Db.Peek(c[i])));
    }

    private static void ReplyDigest(CommandContext c, byte[] digest) =>
        c.Reply.SimpleString(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(digest)));

    private static void Error(CommandContext c) => c.Reply.Error(c[2]);

    private static void Log(CommandContext c)
    {
        ServerLog.Warning($"DEBUG LOG: {Encoding.UTF8.GetString(c[2])}");
        c.Reply.Ok();
    }

    private static void TableStats(CommandContext c)
    {
        if (!c.TryGetLong(2, out long index))
            return;
        if (index < 0 || index >= c.Server.Databases.Length)
        {
            c.Reply.Error("ERR Out of range database"u8);
            return;
        }
        ref HashTable<KeyEntry> keys = ref c.Server.Databases[index].Keys;
        ReplyTableStats(c, keys.Count, keys.BucketCount, keys.BucketBytes);
    }

    private static void ReplyTableStats(CommandContext c, long count, long buckets, long bytes)
    {
        string stats = count == 0
            ? "[Dictionary HT]\nHash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n"
            : $"[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: {buckets}\n" +
              $" number of elements: {count}\n table bytes: {bytes}\n";
        c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes(stats));
    }

    private static bool TryPeek(CommandContext c, out KeyEntry entry)
    {
        entry = c.Db.Peek(c[2]);
        if (!entry.IsNull)
            return true;
        c.Reply.Error("ERR no such key"u8);
        return false;
    }

    private static void KeyTableStats(CommandContext c)
    {
        if (!TryPeek(c, out KeyEntry entry))
            return;
        if (entry.Encoding == ValueEncoding.HashTable && entry.Type == DataType.Hash)
            ReplyTableStats(c, HashValue.TableOf(entry)->Fields);
        else if (entry.Encoding == ValueEncoding.HashTable)
            ReplyTableStats(c, new SetContents(entry).Table->Members);
        else if (entry.Encoding == ValueEncoding.SkipList)
            ReplyTableStats(c, SortedSetValue.Members(entry)->Table);
        else
            c.Reply.Error("ERR The value stored at the specified key is not represented using an hash table"u8);
    }

    private static void ReplyTableStats<TEntry>(CommandContext c, in HashTable<TEntry> table)
        where TEntry : struct, IHashEntry => ReplyTableStats(c, table.Count, table.BucketCount, table.BucketBytes);

    private static void StringLengths(CommandContext c)
    {
        if (!TryPeek(c, out KeyEntry entry))
            return;
        if (entry.Type != DataType.String || entry.Encoding == ValueEncoding.Int)
        {
            c.Reply.Error("ERR Not an sds encoded string."u8);
            return;
        }
        long length = StringValue.Length(entry);
        long room = Math.Max(0, StringValue.ExternalBytes(entry) - length);
        c.Reply.SimpleString(Encoding.ASCII.GetBytes(
            $"key_sds_len:{entry.Key.Length}, key_sds_avail:0, key_zmalloc: {entry.EntryBytes}, " +
            $"val_sds_len:{length}, val_sds_avail:{room}, val_zmalloc: {StringValue.ExternalBytes(entry)}"));
    }

    private static void DumpListpack(CommandContext c)
    {
        if (!TryPeek(c, out KeyEntry entry))
            return;
        if (!ValueNames.OfEncoding(entry).StartsWith("listpack"u8))
        {
            c.Reply.Error("ERR Not a listpack encoded object."u8);
            return;
        }
        byte* listpack = entry.Type == DataType.Hash ? HashValue.ListpackOf(entry) : entry.External;
        ServerLog.Raw(LogLevel.Warning, Convert.ToHexStringLower(Listpack.AsBytes(listpack)) + "\n");
        c.Reply.SimpleString("Listpack structure printed on stdout"u8);
    }

    private static void QuicklistPackedThreshold(CommandContext c)
    {
        // Official's limit: the length of a node, and what is added to it, must fit 32 bits.
        const ulong most = (1UL << 32) - (1 << 20);
        if (!MemorySize.TryParse(c[2], out ulong bytes) || bytes > most)
        {
            c.Reply.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb"u8);
            return;
        }
        Quicklist.PackedThreshold = bytes == 0 ? Quicklist.DefaultPackedThreshold : (uint)bytes;
        c.Reply.Ok();
    }

    private static void StringMatchLength(CommandContext c)
    {
        if (!c.TryGetLong(3, out long length))
            return;
        byte[] text = new byte[Math.Clamp(length, 0, 512 * 1024 * 1024)];
        text.AsSpan().Fill((byte)'a');
        c.Reply.Integer(Glob.IsMatch(c[2], text) ? 1 : 0);
    }

    private static void ChangeReplicationId(CommandContext c)
    {
        ServerLog.Warning("Changing replication IDs after receiving DEBUG change-repl-id");
        c.Server.ReplicationId = RedisServer.NewRunId();
        c.Reply.Ok();
    }

    private static void RewriteAllConfig(CommandContext c) => ConfigCommands.Rewrite(c, everything: true);

    // Replies are written into a buffer that a loop's connections share, so there is nothing to resize.
    private static void ReplyBuffer(CommandContext c)
    {
        if (c.ArgIs(2, "peak-reset-time"u8))
        {
            long time;
            if (c.ArgIs(3, "never"u8))
                time = long.MaxValue;
            else if (c.ArgIs(3, "reset"u8))
                time = SharedBufferUse.DefaultReplyPeakMs;
            else if (!c.TryGetLong(3, out time))
                return;
            SharedBufferUse.ReplyPeakMs = time;
        }
        else if (!c.ArgIs(2, "resizing"u8))
        {
            c.SubcommandSyntaxError();
            return;
        }
        c.Reply.Ok();
    }

    private static void CollectorStats(CommandContext c)
    {
        c.Reply.MapHeader(3);
        c.Reply.Bulk("allocated_bytes"u8);
        c.Reply.Integer(GC.GetTotalAllocatedBytes(precise: true));
        c.Reply.Bulk("heap_bytes"u8);
        c.Reply.Integer(GC.GetTotalMemory(forceFullCollection: false));
        c.Reply.Bulk("collections"u8);
        c.Reply.Integer(GC.CollectionCount(0));
    }

    private static void Protocol(CommandContext c)
    {
        ReplyWriter reply = c.Reply;
        switch (Encoding.Latin1.GetString(c[2]).ToLowerInvariant())
        {
            case "string":
                reply.Bulk("Hello World"u8);
                break;
            case "integer":
                reply.Integer(12345);
                break;
            case "double":
                reply.Double(3.141);
                break;
            case "bignum":
                reply.BigNumber("1234567999999999999999999999999999999"u8);
                break;
            case "null":
                reply.Null();
                break;
            case "array":
                reply.ArrayHeader(3);
                WriteThreeIntegers(reply);
                break;
            case "set":
                reply.SetHeader(3);
                WriteThreeIntegers(reply);
                break;
            case "true":
                reply.Boolean(true);
                break;
            case "false":
                reply.Boolean(false);
                break;
            case "verbatim":
                reply.Verbatim("txt"u8, "This is a verbatim\nstring"u8);
                break;
            case "map":
                WriteMap(reply);
                break;
            case "attrib":
                WriteAttribute(reply);
                break;
            case "push":
                WritePush(reply);
                break;
            default:
                reply.Error("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"u8);
                break;
        }
    }

    private static void WriteThreeIntegers(ReplyWriter reply)
    {
        for (int i = 0; i < 3; i++)
            reply.Integer(i);
    }

    private static void WriteMap(ReplyWriter reply)
    {
        reply.MapHeader(3);
        for (int i = 0; i < 3; i++)
        {
            reply.Integer(i);
            reply.Boolean(i == 1);
        }
    }

    private static void WriteAttribute(ReplyWriter reply)
    {
        if (reply.IsResp3)
        {
            reply.AttributeHeader(1);
            reply.Bulk("key-popularity"u8);
            reply.ArrayHeader(2);
            reply.Bulk("key:123"u8);
            reply.Integer(90);
        }
        reply.Bulk("Some real reply following the attribute"u8);
    }

    private static void WritePush(ReplyWriter reply)
    {
        if (!reply.IsResp3)
        {
            reply.Error("ERR RESP2 is not supported by this command"u8);
            return;
        }
        reply.PushHeader(2);
        reply.Bulk("server-cpu-usage"u8);
        reply.Integer(42);
        reply.Bulk("Some real reply following the push reply"u8);
    }

    private static void Help(CommandContext c) => HelpReply.Write(
        c,
        "CHANGE-REPL-ID",
        "    Change the replication IDs of the instance.",
        "    Dangerous: should be used only for testing the replication subsystem.",
        "CONFIG-REWRITE-FORCE-ALL",
        "    Like CONFIG REWRITE but writes all configuration options, including",
        "    keywords not listed in original configuration file or default values.",
        "DIGEST",
        "    Output a hex signature representing the current DB content.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    Output a hex signature of the values of all the specified keys.",
        "ERROR <string>",
        "    Return a Redis protocol error with <string> as message. Useful for clients",
        "    unit tests to simulate Redis errors.",
        "LOG <message>",
        "    Write <message> to the server log.",
        "HTSTATS <dbid>",
        "    Return hash table statistics of the specified Redis database.",
        "HTSTATS-KEY <key>",
        "    Like HTSTATS but for the hash table stored as <key>'s value.",
        "LISTPACK <key>",
        "    Show low level info about the listpack encoding of <key>.",
        "OBJECT <key>",
        "    Show low level info about `key` and associated value.",
        "PANIC",
        "    Crash the server simulating a panic.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Create <count> string keys named key:<num>. If <prefix> is specified then",
        "    it is used instead of the 'key' prefix. These are not propagated to",
        "    replicas. Cluster slots are not respected so keys not belonging to the",
        "    current node can be created in cluster mode.",
        "PROTOCOL <type>",
        "    Reply with a test value of the specified type. <type> can be: string,",
        "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
        "    true, false.",
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "    Sets the threshold for elements to be inserted as plain vs packed nodes",
        "    Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.",
        "SDSLEN <key>",
        "    Show low level SDS string info representing `key` and value.",
        "SEGFAULT",
        "    Crash the server with sigsegv.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Setting it to 0 disables expiring keys in background when they are not",
        "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
        "    default.",
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "    Enables or disables checksum checks for RDB files and RESTORE's payload.",
        "SLEEP <seconds>",
        "    Stop the server for <seconds>. Decimals allowed.",
        "PAUSE-CRON <0|1>",
        "    Stop periodic cron job processing.",
        "RELOAD [option ...]",
        "    Save the RDB on disk and reload it back to memory. Valid <option> values:",
        "    * MERGE: conflicting keys will be loaded from RDB.",
        "    * NOFLUSH: the existing database will not be removed before load, but",
        "      conflicting keys will generate an exception and kill the server.",
        "    * NOSAVE: the database will be loaded from an existing RDB file.",
        "    Examples:",
        "    * DEBUG RELOAD: verify that the server is able to persist, flush and reload",
        "      the database.",
        "    * DEBUG RELOAD NOSAVE: replace the current database with the contents of an",
        "      existing RDB file.",
        "    * DEBUG RELOAD NOSAVE NOFLUSH MERGE: add the contents of an existing RDB",
        "      file to the database.",
        "REPLYBUFFER PEAK-RESET-TIME <NEVER||RESET|time>",
        "    Sets the time (in milliseconds) to wait between client reply buffer peak resets.",
        "    In case NEVER is provided the last observed peak will never be reset",
        "    In case RESET is provided the peak reset time will be restored to the default value",
        "REPLYBUFFER RESIZING <0|1>",
        "    Enable or disable the reply buffer resize cron job",
        "FAIL-SAVE",
        "    The save or the rewriting of the AOF that goes on in the background fails, as",
        "    when official's child process is killed.",
        "GCSTATS",
        "    Return what the managed heap has allocated and how often it was collected.");

    internal static void Register(CommandTable table)
    {
        table.Add(new("debug", -2, &Debug)
        {
            Group = CommandGroup.Server, Since = "1.0.0",
            Flags = CommandFlags.Administration |
                CommandFlags.Protected,
            Summary = "A container for debugging commands",
            Complexity = "Depends on subcommand.",
            DocFlags = CommandDocFlags.SysCmd,
        });

    }
}
