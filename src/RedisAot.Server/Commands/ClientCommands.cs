using System.Text;
using RedisAot.Server.Clients;

namespace RedisAot.Server.Commands;

/// <summary>CLIENT. See https://redis.io/docs/latest/commands/client/.</summary>
internal static unsafe class ClientCommands
{
    /// <summary>Names the calling client; false when an error was replied.</summary>
    public static bool TrySetName(CommandContext c, ReadOnlySpan<byte> name)
    {
        if (!IsPlainText(name))
        {
            c.Reply.Error("ERR Client names cannot contain spaces, newlines or special characters."u8);
            return false;
        }
        c.Client.Name = name.ToArray();
        return true;
    }

    private static void ClientId(CommandContext c) => c.Reply.Integer(c.Client.Id);

    private static void ClientInfo(CommandContext c) =>
        c.Reply.Verbatim("txt"u8, Encoding.Latin1.GetBytes(ClientDescription.Of(c.Client, c.NowMs) + "\n"));

    private static void ClientList(CommandContext c)
    {
        ClientFilter filter = new(skipMe: false);
        if (!filter.TryParse(c, 2, manyIds: true))
            return;
        StringBuilder list = new();
        foreach (Client client in c.Server.Clients.All)
        {
            if (filter.Matches(client, c.Client, c.NowMs))
                list.Append(ClientDescription.Of(client, c.NowMs)).Append('\n');
        }
        c.Reply.Verbatim("txt"u8, Encoding.Latin1.GetBytes(list.ToString()));
    }

    private static void ClientKill(CommandContext c)
    {
        bool oldForm = c.ArgCount == 3;
        ClientFilter filter = oldForm ? ClientFilter.ByAddress(c[2]) : new ClientFilter(skipMe: true);
        if (!oldForm && !filter.TryParse(c, 2, manyIds: false))
            return;
        int killed = 0;
        foreach (Client client in c.Server.Clients.Snapshot())
        {
            if (!filter.Matches(client, c.Client, c.NowMs))
                continue;
            killed++;
            if (client == c.Client)
                client.CloseAfterReply = true;
            else
                c.Server.FreeClient(client);
        }
        if (!oldForm)
            c.Reply.Integer(killed);
        else if (killed == 0)
            c.Reply.Error("ERR No such client"u8);
        else
            c.Reply.Ok();
    }

    private static void ClientReply(CommandContext c)
    {
        if (c.ArgIs(2, "on"u8))
            c.Client.ReplyMode = ReplyMode.On;
        else if (c.ArgIs(2, "off"u8))
            c.Client.ReplyMode = ReplyMode.Off;
        else if (!c.ArgIs(2, "skip"u8))
            c.SyntaxError();
        else if (c.Client.ReplyMode != ReplyMode.Off)
            c.Client.ReplyMode = ReplyMode.SkipNext;
        c.Client.UpdateGate();
        if (c.ArgIs(2, "on"u8))
            c.Reply.Ok();
    }

    private static void ClientNoEvict(CommandContext c)
    {
        if (TryGetSwitch(c, 2, out bool on))
            c.Client.NoEvict = on;
    }

    private static void ClientNoTouch(CommandContext c)
    {
        if (TryGetSwitch(c, 2, out bool on))
            c.Client.NoTouch = on;
    }

    private static bool TryGetSwitch(CommandContext c, int index, out bool on)
    {
        on = c.ArgIs(index, "on"u8);
        if (!on && !c.ArgIs(index, "off"u8))
        {
            c.SyntaxError();
            return false;
        }
        c.Reply.Ok();
        return true;
    }

    private static void ClientSetName(CommandContext c)
    {
        if (TrySetName(c, c[2]))
            c.Reply.Ok();
    }

    private static void ClientGetName(CommandContext c)
    {
        if (c.Client.Name.Length > 0)
            c.Reply.Bulk(c.Client.Name);
        else
            c.Reply.Null();
    }

    private static void ClientSetInfo(CommandContext c)
    {
        bool name = c.ArgIs(2, "lib-name"u8);
        if (!name && !c.ArgIs(2, "lib-ver"u8))
        {
            c.Reply.Error($"ERR Unrecognized option '{Encoding.Latin1.GetString(c[2])}'");
            return;
        }
        if (!IsPlainText(c[3]))
        {
            c.Reply.Error($"ERR {(name ? "lib-name" : "lib-ver")} cannot contain spaces, newlines or special characters.");
            return;
        }
        if (name)
            c.Client.LibraryName = c[3].ToArray();
        else
            c.Client.LibraryVersion = c[3].ToArray();
        c.Reply.Ok();
    }

    private static void ClientCapa(CommandContext c) => c.Reply.Ok();

    private static void ClientPause(CommandContext c)
    {
        bool all = true;
        if (c.ArgCount > 4)
        {
            c.SubcommandSyntaxError();
            return;
        }
        if (c.ArgCount == 4 && !c.ArgIs(3, "all"u8))
        {
            all = false;
            if (!c.ArgIs(3, "write"u8))
            {
                c.Reply.Error("ERR CLIENT PAUSE mode must be WRITE or ALL"u8);
                return;
            }
        }
        if (!c.TryGetLong(2, out long timeout, "ERR timeout is not an integer or out of range"u8))
            return;
        if (timeout < 0)
        {
            c.Reply.Error("ERR timeout is negative"u8);
            return;
        }
        c.Server.Pause.Begin(timeout == 0 ? 0 : timeout + c.NowMs, all);
        c.Reply.Ok();
    }

    private static void ClientUnpause(CommandContext c)
    {
        c.Server.Pause.End();
        c.Reply.Ok();
    }

    private static void ClientUnblock(CommandContext c)
    {
        bool error = c.ArgCount == 4 && c.ArgIs(3, "error"u8);
        if (c.ArgCount > 4)
        {
            c.SubcommandSyntaxError();
            return;
        }
        if (c.ArgCount == 4 && !error && !c.ArgIs(3, "timeout"u8))
        {
            c.Reply.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8);
            return;
        }
        if (!c.TryGetLong(2, out long id))
            return;
        bool cancelled = c.Server.Clients.Find(id) is { } client && c.Server.BlockedClients.Cancel(client, error);
        c.Reply.Integer(cancelled ? 1 : 0);
    }

    private static bool IsPlainText(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'!', (byte)'~');

    private static void ClientHelp(CommandContext c) => HelpReply.Write(
        c,
        "CACHING (YES|NO)",
        "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
        "GETREDIR",
        "    Return the client ID we are redirecting to when tracking is enabled.",
        "GETNAME",
        "    Return the name of the current connection.",
        "ID",
        "    Return the ID of the current connection.",
        "INFO",
        "    Return information about the current client connection.",
        "KILL <ip:port>",
        "    Kill connection made from <ip:port>.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Kill connections. Options are:",
        "    * ADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made from the specified address",
        "    * LADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made to specified local address",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Kill connections by type.",
        "    * USER <username>",
        "      Kill connections authenticated by <username>.",
        "    * SKIPME (YES|NO)",
        "      Skip killing current connection (default: yes).",
        "LIST [options ...]",
        "    Return information about client connections. Options:",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Return clients of specified type.",
        "UNPAUSE",
        "    Stop the current client pause, resuming traffic.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Suspend all, or just write, clients for <timeout> milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Control the replies sent to the current connection.",
        "SETNAME <name>",
        "    Assign the name <name> to the current connection.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    Unblock the specified blocked client.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
        "         [OPTIN] [OPTOUT] [NOLOOP]",
        "    Control server assisted client side caching.",
        "TRACKINGINFO",
        "    Report tracking status for the current connection.",
        "NO-EVICT (ON|OFF)",
        "    Protect current client connection from eviction.");

    internal static void Register(CommandTable table)
    {
        table.Add(new("client", -2, null)
        {
            Group = CommandGroup.Connection, Since = "2.4.0",
            Summary = "A container for client connection commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("caching", 3, &ClientTrackingCommands.Caching)
                {
                    Group = CommandGroup.Connection, Since = "6.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Instruct the server about tracking or not keys in the next request",
                    Complexity = "O(1)",
                    Arguments = "mode('YES' | 'NO')",
                },
                new("getname", 2, &ClientGetName)
                {
                    Group = CommandGroup.Connection, Since = "2.6.9",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Get the current connection name",
                    Complexity = "O(1)",
                },
                new("getredir", 2, &ClientTrackingCommands.GetRedir)
                {
                    Group = CommandGroup.Connection, Since = "6.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Get tracking notifications redirection client ID if any",
                    Complexity = "O(1)",
                },
                HelpReply.Row(CommandGroup.Connection, "5.0.0", &ClientHelp, AclCategories.Connection),
                new("id", 2, &ClientId)
                {
                    Group = CommandGroup.Connection, Since = "5.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Returns the client ID for the current connection",
                    Complexity = "O(1)",
                },
                new("info", 2, &ClientInfo)
                {
                    Group = CommandGroup.Connection, Since = "6.2.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Returns information about the current client connection.",
                    Complexity = "O(1)",
                    Tips = ["nondeterministic_output"],
                },
                new("kill", -3, &ClientKill)
                {
                    Group = CommandGroup.Connection, Since = "2.4.0",
                    Flags = CommandFlags.Administration,
                    Categories = AclCategories.Connection,
                    Summary = "Kill the connection of a client",
                    Complexity = "O(N) where N is the number of client connections",
                    History =
                    [
                        ("2.8.12", "Added new filter format."),
                        ("2.8.12", "`ID` option."),
                        ("3.2.0", "Added `master` type in for `TYPE` option."),
                        ("5.0.0", "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility."),
                        ("6.2.0", "`LADDR` option."),
                        ("7.4.0", "`MAXAGE` option."),
                        ("8.0.0", "`MAXAGE` option in Valkey; replaced `master` `TYPE` with `primary`."),
                        ("8.1.0", "`ID` option accepts multiple IDs."),
                        ("9.0.0", "Added filters NAME, IDLE, FLAGS, LIB-NAME, LIB-VER, DB, CAPA, and IP."),
                    ],
                    Arguments = """
                        filter(ip:port:string!2.8.12 | new-format(['ID' client-id:integer@2.8.12]
                          | ['TYPE' normal_master_slave_pubsub('NORMAL' | 'MASTER'@3.2.0 | 'SLAVE' | 'REPLICA'@5.0.0
                          | 'PUBSUB')@2.8.12] | ['USER' username] | ['ADDR' ip:port:string] | ['LADDR' ip:port:string@6.2.0]
                          | ['SKIPME' yes/no] | ['MAXAGE' maxage:integer@8.0.0] | ['NAME' name@9.0.0]
                          | ['IDLE' idle:integer@9.0.0] | ['FLAGS' flags@9.0.0] | ['LIB-NAME' lib-name@9.0.0]
                          | ['LIB-VER' lib-ver@9.0.0] | ['DB' db:integer@9.0.0] | ['CAPA' capa@9.0.0] | ['IP' ip@9.0.0])...)
                        """,
                },

                new("list", -2, &ClientList)
                {
                    Group = CommandGroup.Connection, Since = "2.4.0",
                    Flags = CommandFlags.Administration,
                    Categories = AclCategories.Connection,
                    Summary = "Get the list of client connections",
                    Complexity = "O(N) where N is the number of client connections",
                    History =
                    [
                        ("2.8.12", "Added unique client `id` field."),
                        ("5.0.0", "Added optional `TYPE` filter."),
                        ("6.0.0", "Added `user` field."),
                        ("6.2.0", "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."),
                        ("7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."),
                        ("7.0.3", "Added `ssub` field."),
                        ("8.1.0", "Added filters USER, ADDR, LADDR, SKIPME, and MAXAGE"),
                        ("9.0.0", "Added filters NAME, IDLE, FLAGS, LIB-NAME, LIB-VER, DB, CAPA, and IP."),
                    ],
                    Tips = ["nondeterministic_output"],
                    Arguments = """
                        ['TYPE' normal_master_replica_pubsub('NORMAL' | 'MASTER' | 'REPLICA' | 'PUBSUB')@5.0.0]
                        ['ID' id{client-id:integer...}@6.2.0] ['USER' username@8.1.0] ['ADDR' addr@8.1.0] ['LADDR' laddr@8.1.0]
                        ['SKIPME' skipme('YES' | 'NO')@8.1.0] ['MAXAGE' maxage:integer@8.1.0] ['NAME' name@9.0.0]
                        ['IDLE' idle:integer@9.0.0] ['FLAGS' flags@9.0.0] ['LIB-NAME' lib-name@9.0.0] ['LIB-VER' lib-ver@9.0.0]
                        ['DB' db:integer@9.0.0] ['CAPA' capa@9.0.0] ['IP' ip@9.0.0]
                        """,
                },

                new("no-touch", 3, &ClientNoTouch)
                {
                    Group = CommandGroup.Connection, Since = "7.2.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
                    Complexity = "O(1)",
                    Arguments = "enabled('ON' | 'OFF')",
                },

                new("setinfo", 4, &ClientSetInfo)
                {
                    Group = CommandGroup.Connection, Since = "7.2.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Sets information specific to the client or connection.",
                    Complexity = "O(1)",
                    Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    Arguments = "attr('LIB-NAME' libname | 'LIB-VER' libver)",
                },

                new("capa", -3, &ClientCapa)
                {
                    Group = CommandGroup.Connection, Since = "8.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "A client claims its capability.",
                    Complexity = "O(1)",
                    Arguments = "capability...",
                },

                new("no-evict", 3, &ClientNoEvict)
                {
                    Group = CommandGroup.Connection, Since = "7.0.0",
                    Flags = CommandFlags.Administration,
                    Categories = AclCategories.Connection,
                    Summary = "Set client eviction mode for the current connection",
                    Complexity = "O(1)",
                    Arguments = "enabled('ON' | 'OFF')",
                },
                new("pause", -3, &ClientPause)
                {
                    Group = CommandGroup.Connection, Since = "2.9.50",
                    Flags = CommandFlags.Administration,
                    Categories = AclCategories.Connection,
                    Summary = "Stop processing commands from clients for some time",
                    Complexity = "O(1)",
                    History = [("6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option.")],
                    Arguments = "timeout:integer [mode('WRITE' | 'ALL')@6.2.0]",
                },
                new("reply", 3, &ClientReply)
                {
                    Group = CommandGroup.Connection, Since = "3.2.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Instruct the server whether to reply to commands",
                    Complexity = "O(1)",
                    Arguments = "on_off_skip('ON' | 'OFF' | 'SKIP')",
                },
                new("setname", 3, &ClientSetName)
                {
                    Group = CommandGroup.Connection, Since = "2.6.9",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Set the current connection name",
                    Complexity = "O(1)",
                    Arguments = "connection-name",
                },
                new("tracking", -3, &ClientTrackingCommands.Tracking)
                {
                    Group = CommandGroup.Connection, Since = "6.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Enable or disable server assisted client side caching support",
                    Complexity = "O(1). Some options may introduce additional complexity.",
                    Arguments = """
                        status('ON' | 'OFF') ['REDIRECT' client-id:integer] ['PREFIX'+ prefix...] ['BCAST'] ['OPTIN'] ['OPTOUT']
                        ['NOLOOP']
                        """,
                },
                new("trackinginfo", 2, &ClientTrackingCommands.TrackingInfo)
                {
                    Group = CommandGroup.Connection, Since = "6.2.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Return information about server assisted client side caching for the current connection",
                    Complexity = "O(1)",
                },
                new("unblock", -3, &ClientUnblock)
                {
                    Group = CommandGroup.Connection, Since = "5.0.0",
                    Flags = CommandFlags.Administration,
                    Categories = AclCategories.Connection,
                    Summary = "Unblock a client blocked in a blocking command from a different connection",
                    Complexity = "O(log N) where N is the number of client connections",
                    Arguments = "client-id:integer [timeout_error('TIMEOUT' | 'ERROR')]",
                },
                new("unpause", 2, &ClientUnpause)
                {
                    Group = CommandGroup.Connection, Since = "6.2.0",
                    Flags = CommandFlags.Administration,
                    Categories = AclCategories.Connection,
                    Summary = "Resume processing of clients that were paused",
                    Complexity = "O(N) Where N is the number of paused clients",
                },
            ],
        });
    }
}
