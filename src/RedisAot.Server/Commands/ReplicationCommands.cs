using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;
using RedisAot.Server.Replication;

namespace RedisAot.Server.Commands;

/// <summary>
/// REPLCONF, SYNC, PSYNC: what replicas, and <c>redis-cli --rdb</c>, send. See
/// https://redis.io/docs/latest/operate/oss_and_stack/management/replication/.
/// </summary>
internal static unsafe class ReplicationCommands
{
    /// <summary>The longest address that a replica may give, exclusively (official's NET_HOST_STR_LEN).</summary>
    private const int MaxAddressBytes = 256;

    private static void ReplConf(CommandContext c)
    {
        if (c.ArgCount % 2 == 0)
        {
            c.SyntaxError();
            return;
        }
        if (c.Client.Connection == null)
            return;
        ReplicaLink link = c.Client.Replica ??= new ReplicaLink(c.Client);
        for (int i = 1; i < c.ArgCount; i += 2)
        {
            if (c.ArgIs(i, "ack"u8))
            {
                Acknowledge(c, link, i + 1);
                return;
            }
            // A replica would answer; a master has nothing to say.
            if (c.ArgIs(i, "getack"u8) || !TryConfigure(c, link, i))
                return;
        }
        c.Reply.Ok();
    }

    private static void Acknowledge(CommandContext c, ReplicaLink link, int index)
    {
        if (link.IsActive && NumberText.TryParseLong(c[index], out long offset))
            link.AcknowledgedOffset = Math.Max(link.AcknowledgedOffset, offset);
    }

    private static bool TryConfigure(CommandContext c, ReplicaLink link, int i)
    {
        if (c.ArgIs(i, "listening-port"u8))
        {
            if (!c.TryGetLong(i + 1, out long port))
                return false;
            link.ListeningPort = port;
            return true;
        }
        if (c.ArgIs(i, "ip-address"u8))
            return TrySetAddress(c, link, i + 1);
        if (c.ArgIs(i, "capa"u8))
        {
            link.KnowsEndMark |= c.ArgIs(i + 1, "eof"u8);
            return true;
        }
        if (c.ArgIs(i, "rdb-only"u8))
            return TrySetRdbOnly(c, link, i + 1);
        if (c.ArgIs(i, "rdb-filter-only"u8))
            return TrySetFilter(c, link, i + 1);
        c.Reply.Error([.. "ERR Unrecognized REPLCONF option: "u8, .. c[i]]);
        return false;
    }

    private static bool TrySetAddress(CommandContext c, ReplicaLink link, int index)
    {
        if (c[index].Length >= MaxAddressBytes)
        {
            c.Reply.Error($"ERR REPLCONF ip-address provided by replica instance is too long: {c[index].Length} bytes");
            return false;
        }
        link.AnnouncedAddress = Encoding.Latin1.GetString(c[index]);
        return true;
    }

    private static bool TrySetRdbOnly(CommandContext c, ReplicaLink link, int index)
    {
        if (!c.TryGetLong(index, out long value))
            return false;
        if (value is not (0 or 1))
        {
            c.Reply.Error("ERR value is out of range, value must between 0 and 1"u8);
            return false;
        }
        link.WantsRdbOnly = value == 1;
        return true;
    }

    private static bool TrySetFilter(CommandContext c, ReplicaLink link, int index)
    {
        if (ArgumentSplitter.Split(c[index]) is not { } wanted)
        {
            c.Reply.Error("ERR Missing rdb-filter-only values"u8);
            return false;
        }
        link.IsFiltered = true;
        foreach (byte[] part in wanted)
        {
            if (Ascii.EqualsIgnoreCase(part, "functions"u8))
                continue;
            c.Reply.Error([.. "ERR Unsupported rdb-filter-only option: "u8, .. part]);
            return false;
        }
        return true;
    }

    private static void Sync(CommandContext c)
    {
        if (CheckSync(c) && CheckRequest(c))
            Begin(c, wantsHistory: false);
    }

    private static void PSync(CommandContext c)
    {
        if (c.Client.Replica is { IsActive: true } || c.Client.IsMonitor)
            return;
        if (c.ArgCount > 3 && c.ArgIs(3, "failover"u8))
        {
            c.Reply.Error("ERR PSYNC FAILOVER can't be sent to a master."u8);
            return;
        }
        if (!CheckSync(c) || !c.TryGetLong(2, out _) || !CheckRequest(c))
            return;
        // There is no backlog to go on from.
        if (!c[1].StartsWith("?"u8))
            c.Server.Stats.RefusedPartialSynchronizations++;
        Begin(c, wantsHistory: true);
    }

    /// <summary>Whether this server and connection can be synchronised with; otherwise that was replied, if anything is to be.</summary>
    private static bool CheckSync(CommandContext c)
    {
        if (c.Client.Replica is { IsActive: true } || c.Client.IsMonitor || c.Client.Connection == null)
            return false;
        if (c.Server.Config.ReplicaOfHost != null)
        {
            c.Reply.Error("NOMASTERLINK Can't SYNC while not connected with my master"u8);
            return false;
        }
        if (c.Reply.Buffer.Length > 0 || c.Client.Connection.PendingOutputBytes > 0)
        {
            c.Reply.Error("ERR SYNC and PSYNC are invalid with pending output"u8);
            return false;
        }
        if (c.Client.Replica is not { IsFiltered: true, KnowsEndMark: false })
            return true;
        c.Reply.Error("ERR Filtered replica requires EOF capability"u8);
        return false;
    }

    // A copy that then misses every change would be taken for a good one.
    private static bool CheckRequest(CommandContext c)
    {
        if (c.Client.Replica is { WantsRdbOnly: true })
            return true;
        c.Reply.Error("ERR replication is not supported yet: this server gives a snapshot to who asks for nothing else (REPLCONF rdb-only 1), but no stream of changes after it"u8);
        return false;
    }

    private static void Begin(CommandContext c, bool wantsHistory)
    {
        ReplicaLink link = c.Client.Replica!;
        link.WantsHistory = wantsHistory;
        ServerLog.Notice($"Replica {link.Name} asks for synchronization");
        c.Server.Replicas.Synchronize(link);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("psync", -3, &PSync)
        {
            Group = CommandGroup.Server, Since = "2.8.0",
            Flags = CommandFlags.NoAsyncLoading | CommandFlags.Admin | CommandFlags.NoMulti | CommandFlags.NoScript,
            Summary = "Internal command used for replication",
            Arguments = "replicationid offset:integer",
        });

        table.Add(new("replconf", -1, &ReplConf)
        {
            Group = CommandGroup.Server, Since = "3.0.0",
            Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale |
                CommandFlags.AllowBusy,
            Summary = "An internal command for configuring the replication stream",
            Complexity = "O(1)",
            DocFlags = CommandDocFlags.SysCmd,
        });

        table.Add(new("sync", 1, &Sync)
        {
            Group = CommandGroup.Server, Since = "1.0.0",
            Flags = CommandFlags.NoAsyncLoading | CommandFlags.Admin | CommandFlags.NoMulti | CommandFlags.NoScript,
            Summary = "Internal command used for replication",
        });
    }
}
