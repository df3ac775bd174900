using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Acl;

namespace RedisAot.Server.Commands;

/// <summary>ACL: users and what they may do. See https://redis.io/docs/latest/commands/acl/.</summary>
internal static unsafe class AclCommands
{
    private const int MaxPasswordBits = 4096;
    private const int DefaultPasswordBits = 256;
    private const long DefaultLogCount = 10;
    private const int MaxQuotedCategoryBytes = 128;

    private static void Cat(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.SubcommandSyntaxError();
            return;
        }
        if (c.ArgCount == 2)
        {
            c.Reply.ArrayHeader(AclCategoryNames.All.Length);
            foreach (string name in AclCategoryNames.All)
                c.Reply.Bulk(name);
            return;
        }
        AclCategories category = AclCategoryNames.Parse(c[2]);
        if (category == AclCategories.None)
        {
            c.Reply.Error($"ERR Unknown category '{Latin1(c[2][..Math.Min(c[2].Length, MaxQuotedCategoryBytes)])}'");
            return;
        }
        nint mark = c.Reply.BeginDeferred();
        int count = 0;
        foreach (CommandRow row in c.Server.Commands.ById)
        {
            if ((row.Categories & category) == 0)
                continue;
            c.Reply.Bulk(row.FullNameUtf8);
            count++;
        }
        c.Reply.EndDeferredArray(mark, count);
    }

    private static void SetUser(CommandContext c)
    {
        byte[][] words = new byte[c.ArgCount - 3][];
        for (int i = 2; i < c.ArgCount; i++)
            c.Redact(i);
        for (int i = 0; i < words.Length; i++)
            words[i] = c[i + 3].ToArray();
        if (Selector.HasSpaces(c[2]))
            c.Reply.Error("ERR Usernames can't contain spaces or null characters"u8);
        else if (c.Server.Acl.SetUser(c[2].ToArray(), words) is { } error)
            c.Reply.Error("ERR " + error);
        else
            c.Reply.Ok();
    }

    private static void DelUser(CommandContext c)
    {
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (!c[i].SequenceEqual(c.Server.Acl.Default.Name))
                continue;
            c.Reply.Error("ERR The 'default' user cannot be removed"u8);
            return;
        }
        int deleted = 0;
        for (int i = 2; i < c.ArgCount; i++)
        {
            if (c.Server.Acl.Delete(c[i]))
                deleted++;
        }
        c.Reply.Integer(deleted);
    }

    private static void GetUser(CommandContext c)
    {
        if (c.Server.Acl.Find(c[2]) is not { } user)
        {
            c.Reply.Null();
            return;
        }
        // Official Redis knows nothing of databases in ACLs: who does not use them sees its replies.
        bool withDatabases = user.Selectors.Any(selector => !selector.Databases.AllowsAll);
        c.Reply.MapHeader(withDatabases ? 7 : 6);
        c.Reply.Bulk("flags"u8);
        nint mark = c.Reply.BeginDeferred();
        int flags = 0;
        foreach (string flag in user.Flags)
        {
            c.Reply.Bulk(flag);
            flags++;
        }
        c.Reply.EndDeferredSet(mark, flags);
        c.Reply.Bulk("passwords"u8);
        c.Reply.ArrayHeader(user.Passwords.Count);
        foreach (string hash in user.Passwords)
            c.Reply.Bulk(hash);
        WriteSelector(c, user.Selectors[0], withDatabases);
        c.Reply.Bulk("selectors"u8);
        c.Reply.ArrayHeader(user.Selectors.Count - 1);
        for (int i = 1; i < user.Selectors.Count; i++)
        {
            c.Reply.MapHeader(withDatabases ? 4 : 3);
            WriteSelector(c, user.Selectors[i], withDatabases);
        }
    }

    private static void WriteSelector(CommandContext c, Selector selector, bool withDatabases)
    {
        c.Reply.Bulk("commands"u8);
        c.Reply.Bulk(Encoding.Latin1.GetBytes(selector.Commands.Describe()));
        c.Reply.Bulk("keys"u8);
        c.Reply.Bulk(Encoding.Latin1.GetBytes(selector.DescribeKeys()));
        c.Reply.Bulk("channels"u8);
        c.Reply.Bulk(Encoding.Latin1.GetBytes(selector.DescribeChannels()));
        if (!withDatabases)
            return;
        c.Reply.Bulk("databases"u8);
        c.Reply.Bulk(selector.Databases.Describe(explicitly: true));
    }

    private static void ListUsers(CommandContext c)
    {
        c.Reply.ArrayHeader(c.Server.Acl.Users.Count);
        foreach (User user in c.Server.Acl.Users)
            c.Reply.Bulk(Encoding.Latin1.GetBytes("user " + AccessControl.DescribeUser(user)));
    }

    private static void UserNames(CommandContext c)
    {
        c.Reply.ArrayHeader(c.Server.Acl.Users.Count);
        foreach (User user in c.Server.Acl.Users)
            c.Reply.Bulk(user.Name);
    }

    private static void WhoAmI(CommandContext c) => c.Reply.Bulk(c.Client.User.Name);

    private static void Load(CommandContext c)
    {
        if (!HasFile(c))
            return;
        if (AclFile.Load(c.Server.Acl, c.Server.Config.AclFile) is { } errors)
            c.Reply.Error("ERR " + errors);
        else
            c.Reply.Ok();
    }

    private static void Save(CommandContext c)
    {
        if (!HasFile(c))
            return;
        if (AclFile.Save(c.Server.Acl, c.Server.Config.AclFile))
            c.Reply.Ok();
        else
            c.Reply.Error("ERR There was an error trying to save the ACLs. Please check the server logs for more information"u8);
    }

    private static bool HasFile(CommandContext c)
    {
        if (c.Server.Config.AclFile.Length > 0)
            return true;
        c.Reply.Error("ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER "
            + "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in "
            + "the Redis configuration.");
        return false;
    }

    private static void GenPass(CommandContext c)
    {
        if (c.ArgCount > 3)
        {
            c.SubcommandSyntaxError();
            return;
        }
        long bits = DefaultPasswordBits;
        if (c.ArgCount == 3 && !c.TryGetLong(2, out bits))
            return;
        if (bits is <= 0 or > MaxPasswordBits)
        {
            c.Reply.Error($"ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to {MaxPasswordBits}");
            return;
        }
        const int BitsPerDigit = 4;
        int digits = (int)(bits + BitsPerDigit - 1) / BitsPerDigit;
        c.Reply.Bulk(RandomHexadecimal(digits));
    }

    // From the kernel: the generator of the base library would need OpenSSL.
    private static string RandomHexadecimal(int digits)
    {
        byte[] random = new byte[(digits + 1) / 2];
        using (FileStream source = new("/dev/urandom", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0))
            source.ReadExactly(random);
        return Convert.ToHexStringLower(random)[..digits];
    }

    private static void ShowLog(CommandContext c)
    {
        long count = DefaultLogCount;
        if (c.ArgCount > 3)
        {
            c.SubcommandSyntaxError();
            return;
        }
        if (c.ArgCount == 3)
        {
            if (c.ArgIs(2, "reset"u8))
            {
                c.Server.Acl.Log.Clear();
                c.Reply.Ok();
                return;
            }
            if (!c.TryGetLong(2, out count))
                return;
        }
        IReadOnlyCollection<AclLog.Entry> entries = c.Server.Acl.Log.Entries;
        count = Math.Clamp(count, 0, entries.Count);
        c.Reply.ArrayHeader(count);
        foreach (AclLog.Entry entry in entries)
        {
            if (count-- == 0)
                break;
            WriteLogEntry(c, entry);
        }
    }

    private static void WriteLogEntry(CommandContext c, AclLog.Entry entry)
    {
        ReplyWriter reply = c.Reply;
        reply.MapHeader(7);
        reply.Bulk("count"u8);
        reply.Integer(entry.Count);
        reply.Bulk("reason"u8);
        reply.Bulk(entry.Reason switch
        {
            DenialReason.Command => "command"u8,
            DenialReason.Key => "key"u8,
            DenialReason.Channel => "channel"u8,
            DenialReason.Database => "database"u8,
            _ => "auth"u8,
        });
        reply.Bulk("context"u8);
        reply.Bulk(entry.Context switch
        {
            DenialContext.TopLevel => "toplevel"u8,
            DenialContext.Multi => "multi"u8,
            _ => "lua"u8,
        });
        reply.Bulk("object"u8);
        reply.Bulk(entry.Object);
        reply.Bulk("username"u8);
        reply.Bulk(entry.UserName);
        reply.Bulk("age-seconds"u8);
        reply.Double((c.NowMs - entry.UnixMs) / 1000.0);
        reply.Bulk("client-info"u8);
        reply.Bulk(Encoding.Latin1.GetBytes(entry.ClientInfo));
    }

    private static void DryRun(CommandContext c)
    {
        const int Skip = 3;
        if (c.Server.Acl.Find(c[2]) is not { } user)
        {
            c.Reply.Error($"ERR User '{Latin1(c[2])}' not found");
            return;
        }
        if (c.Server.Commands.Find(c.Arguments, Skip) is not { } row)
        {
            c.Reply.Error($"ERR Command '{Latin1(c[Skip])}' not found");
            return;
        }
        if (!row.AcceptsArgumentCount(c.ArgCount - Skip))
        {
            c.Reply.Error($"ERR wrong number of arguments for '{row.FullName}' command");
            return;
        }
        Denial denial = c.Server.Acl.Check(c, user, row, Skip);
        if (denial.IsNone)
        {
            c.Reply.Ok();
            return;
        }
        if (denial.Reason == DenialReason.Database)
        {
            c.Reply.Bulk($"User {Latin1(c[2])} has no permissions to access database {Latin1(c[denial.Argument + Skip])}");
            return;
        }
        string what = denial.Reason switch
        {
            DenialReason.Command => $"run the '{row.FullName}' command",
            DenialReason.Key => $"access the '{Latin1(c[denial.Argument + Skip])}' key",
            _ => $"access the '{Latin1(c[denial.Argument + Skip])}' channel",
        };
        c.Reply.Bulk(Encoding.Latin1.GetBytes("This user has no permissions to " + what));
    }

    private static void Help(CommandContext c) => HelpReply.Write(
        c,
        "CAT [<category>]",
        "    List all commands that belong to <category>, or all command categories",
        "    when no category is specified.",
        "DELUSER <username> [<username> ...]",
        "    Delete a list of users.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Returns whether the user can execute the given command without executing the command.",
        "GETUSER <username>",
        "    Get the user's details.",
        "GENPASS [<bits>]",
        "    Generate a secure 256-bit user password. The optional `bits` argument can",
        "    be used to specify a different size.",
        "LIST",
        "    Show users details in config file format.",
        "LOAD",
        "    Reload users from the ACL file.",
        "LOG [<count> | RESET]",
        "    Show the ACL log entries.",
        "SAVE",
        "    Save the current config to the ACL file.",
        "SETUSER <username> <attribute> [<attribute> ...]",
        "    Create or modify a user with the specified attributes.",
        "USERS",
        "    List all the registered usernames.",
        "WHOAMI",
        "    Return the current connection username.");

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    internal static void Register(CommandTable table)
    {
        table.Add(new("acl", -2, null)
        {
            Group = CommandGroup.Server, Since = "6.0.0",
            Summary = "A container for Access List Control commands ",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("cat", -2, &Cat)
                {
                    Group = CommandGroup.Server, Since = "6.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "List the ACL categories or the commands inside a category",
                    Complexity = "O(1) since the categories and commands are a fixed set.",
                    Arguments = "[categoryname]",
                },
                new("deluser", -3, &DelUser)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "Remove the specified ACL users and the associated rules",
                    Complexity = "O(1) amortized time considering the typical user.",
                    Arguments = "username...",
                },
                new("dryrun", -4, &DryRun)
                {
                    Group = CommandGroup.Server, Since = "7.0.0", Flags = CommandFlags.Administration,
                    Summary = "Returns whether the user can execute the given command without executing the command.",
                    Complexity = "O(1).",
                    Arguments = "username command [arg...]",
                },
                new("genpass", -2, &GenPass)
                {
                    Group = CommandGroup.Server, Since = "6.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Generate a pseudorandom secure password to use for ACL users",
                    Complexity = "O(1)",
                    Arguments = "[bits:integer]",
                },
                new("getuser", 3, &GetUser)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "Get the rules for a specific ACL user",
                    Complexity = "O(N). Where N is the number of password, command and pattern rules that the user has.",
                    History =
                    [
                        ("6.2.0", "Added Pub/Sub channel patterns."),
                        ("7.0.0", "Added selectors and changed the format of key and channel patterns from a list to their rule representation."),
                    ],
                    Arguments = "username",
                },
                HelpReply.Row(CommandGroup.Server, "6.0.0", &Help),
                new("list", 2, &ListUsers)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "List the current ACL rules in ACL config file format",
                    Complexity = "O(N). Where N is the number of configured users.",
                },
                new("load", 2, &Load)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "Reload the ACLs from the configured ACL file",
                    Complexity = "O(N). Where N is the number of configured users.",
                },
                new("log", -2, &ShowLog)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "List latest events denied because of ACLs in place",
                    Complexity = "O(N) with N being the number of entries shown.",
                    Arguments = "[operation(count:integer | 'RESET')]",
                },
                new("save", 2, &Save)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "Save the current ACL rules in the configured ACL file",
                    Complexity = "O(N). Where N is the number of configured users.",
                },
                new("setuser", -3, &SetUser)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "Modify or create the rules for a specific ACL user",
                    Complexity = "O(N). Where N is the number of rules provided.",
                    History =
                    [
                        ("6.2.0", "Added Pub/Sub channel patterns."),
                        ("7.0.0", "Added selectors and key based permissions."),
                    ],
                    Arguments = "username [rule...]",
                },
                new("users", 2, &UserNames)
                {
                    Group = CommandGroup.Server, Since = "6.0.0", Flags = CommandFlags.Administration,
                    Summary = "List the username of all the configured ACL rules",
                    Complexity = "O(N). Where N is the number of configured users.",
                },
                new("whoami", 2, &WhoAmI)
                {
                    Group = CommandGroup.Server, Since = "6.0.0",
                    Flags = CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Return the name of the user associated to the current connection",
                    Complexity = "O(1)",
                },
            ],
        });
    }
}
