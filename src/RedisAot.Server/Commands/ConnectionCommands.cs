using System.Text;
using RedisAot.Server.Clients;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Commands;

/// <summary>What a client says about its connection. See https://redis.io/docs/latest/commands/?group=connection.</summary>
internal static unsafe class ConnectionCommands
{
    private static void Ping(CommandContext c)
    {
        if (c.ArgCount > 2)
        {
            c.Reply.Error("ERR wrong number of arguments for 'ping' command"u8);
            return;
        }
        if (c.Client.SubscriptionCount > 0 && !c.Reply.IsResp3)
        {
            c.Reply.ArrayHeader(2);
            c.Reply.Bulk("pong"u8);
            c.Reply.Bulk(c.ArgCount == 1 ? default : c[1]);
        }
        else if (c.ArgCount == 1)
        {
            c.Reply.SimpleString("PONG"u8);
        }
        else
        {
            c.Reply.Bulk(c[1]);
        }
    }

    private static void Echo(CommandContext c) => c.Reply.Bulk(c[1]);

    private static void Select(CommandContext c)
    {
        if (!c.TryGetLong(1, out long index))
            return;
        if (index < 0 || index >= c.Server.Databases.Length)
        {
            c.Reply.Error("ERR DB index is out of range"u8);
            return;
        }
        c.Client.Database = c.Server.Databases[index];
        c.Reply.Ok();
    }

    private static void Quit(CommandContext c)
    {
        c.Reply.Ok();
        c.Client.CloseAfterReply = true;
    }

    private static void Reset(CommandContext c)
    {
        if (c.Client.IsReplica)
        {
            c.Reply.Error("ERR can only reset normal client connections"u8);
            return;
        }
        c.Client.Reset();
        c.Reply.Protocol = c.Client.Protocol;
        c.Reply.SimpleString("RESET"u8);
    }

    private static void Auth(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.SyntaxError();
            return;
        }
        for (int i = 1; i < c.ArgCount; i++)
            c.Redact(i);
        if (c.ArgCount == 2 && !c.Server.PasswordRequired)
        {
            c.Reply.Error(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"u8);
            return;
        }
        if (c.Server.Acl.TryLogIn(c, c.ArgCount == 2 ? "default"u8 : c[1], c[c.ArgCount - 1]))
            c.Reply.Ok();
        else
            c.Reply.Error("WRONGPASS invalid username-password pair or user is disabled."u8);
    }

    private static void Hello(CommandContext c)
    {
        long version = c.Client.Protocol;
        if (c.ArgCount >= 2 && !c.TryGetLong(1, out version, "ERR Protocol version is not an integer or out of range"u8))
            return;
        if (version is < 2 or > 3)
        {
            c.Reply.Error("NOPROTO unsupported protocol version"u8);
            return;
        }
        if (!ApplyHelloOptions(c))
            return;
        if (!c.Client.Authenticated)
        {
            c.Reply.Error(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"u8);
            return;
        }
        c.Client.Protocol = c.Reply.Protocol = (int)version;
        ReplyToHello(c);
    }

    private static bool ApplyHelloOptions(CommandContext c)
    {
        for (int i = 2; i < c.ArgCount; i++)
        {
            int more = c.ArgCount - 1 - i;
            if (c.ArgIs(i, "auth"u8) && more >= 2)
            {
                c.Redact(i + 1);
                c.Redact(i + 2);
                if (!c.Server.Acl.TryLogIn(c, c[i + 1], c[i + 2]))
                {
                    c.Reply.Error("WRONGPASS invalid username-password pair or user is disabled."u8);
                    return false;
                }
                i += 2;
            }
            else if (c.ArgIs(i, "setname"u8) && more >= 1)
            {
                if (!ClientCommands.TrySetName(c, c[++i]))
                    return false;
            }
            else
            {
                c.Reply.Error($"ERR Syntax error in HELLO option '{Encoding.Latin1.GetString(c[i])}'");
                return false;
            }
        }
        return true;
    }

    private static void ReplyToHello(CommandContext c)
    {
        c.Reply.MapHeader(7);
        c.Reply.Bulk("server"u8);
        c.Reply.Bulk("redis"u8);
        c.Reply.Bulk("version"u8);
        c.Reply.Bulk(ServerVersion.Official);
        c.Reply.Bulk("proto"u8);
        c.Reply.Integer(c.Client.Protocol);
        c.Reply.Bulk("id"u8);
        c.Reply.Integer(c.Client.Id);
        c.Reply.Bulk("mode"u8);
        c.Reply.Bulk("standalone"u8);
        c.Reply.Bulk("role"u8);
        c.Reply.Bulk("master"u8);
        c.Reply.Bulk("modules"u8);
        c.Reply.ArrayHeader(0);
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("auth", -2, &Auth)
        {
            Group = CommandGroup.Connection, Since = "1.0.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.NoAuth | CommandFlags.AllowBusy, Categories = AclCategories.Connection,
            Summary = "Authenticate to the server",
            Complexity = "O(N) where N is the number of passwords defined for the user",
            History = [("6.0.0", "Added ACL style (username and password).")],
            Arguments = "[username@6.0.0] password",
        });

        table.Add(new("echo", 2, &Echo)
        {
            Group = CommandGroup.Connection, Since = "1.0.0",
            Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Categories = AclCategories.Connection,
            Summary = "Echo the given string",
            Complexity = "O(1)",
            Arguments = "message",
        });

        table.Add(new("hello", -1, &Hello)
        {
            Group = CommandGroup.Connection, Since = "6.0.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.NoAuth | CommandFlags.AllowBusy, Categories = AclCategories.Connection,
            Summary = "Handshake with Redis",
            Complexity = "O(1)",
            History =
            [
                ("6.2.0", "`protover` made optional; when called without arguments the command reports the current connection's context."),
            ],
            Arguments = "[arguments{protover:integer ['AUTH' username_password{username password}] ['SETNAME' clientname]}]",
        });

        table.Add(new("ping", -1, &Ping)
        {
            Group = CommandGroup.Connection, Since = "1.0.0", Flags = CommandFlags.Fast, Categories = AclCategories.Connection,
            Summary = "Ping the server",
            Complexity = "O(1)",
            Tips = ["request_policy:all_shards", "response_policy:all_succeeded"],
            Arguments = "[message]",
        });

        table.Add(new("quit", -1, &Quit)
        {
            Group = CommandGroup.Connection, Since = "1.0.0",
            Flags = CommandFlags.AllowBusy | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale |
                CommandFlags.Fast | CommandFlags.NoAuth, Categories = AclCategories.Connection,
            Summary = "Close the connection",
            Complexity = "O(1)",
        });

        table.Add(new("reset", 1, &Reset)
        {
            Group = CommandGroup.Connection, Since = "6.2.0",
            Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.NoAuth | CommandFlags.AllowBusy, Categories = AclCategories.Connection,
            Summary = "Reset the connection",
            Complexity = "O(1)",
        });

        table.Add(new("select", 2, &Select)
        {
            Group = CommandGroup.Connection, Since = "1.0.0",
            Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Categories = AclCategories.Connection,
            Databases = DatabaseUse.First,
            Summary = "Change the selected database for the current connection",
            Complexity = "O(1)",
            Arguments = "index:integer",
        });

    }
}
