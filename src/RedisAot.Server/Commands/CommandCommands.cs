using RedisAot.Server.Text;

namespace RedisAot.Server.Commands;

/// <summary>COMMAND: what clients can learn about commands.</summary>
internal static unsafe class CommandCommands
{
    private static void All(CommandContext c) => InfoOfAll(c);

    private static void Count(CommandContext c) => c.Reply.Integer(c.Server.Commands.Commands.Count);

    private static void Info(CommandContext c)
    {
        if (c.ArgCount == 2)
        {
            InfoOfAll(c);
            return;
        }

        c.Reply.ArrayHeader(c.ArgCount - 2);
        for (var i = 2; i < c.ArgCount; i++)
        {
            if (c.Server.Commands.FindFullName(c[i]) is { } row)
                CommandReplies.Info(c.Reply, row);
            else
                c.Reply.Null();
        }
    }

    private static void InfoOfAll(CommandContext c)
    {
        var rows = c.Server.Commands.Commands;
        c.Reply.ArrayHeader(rows.Count);
        foreach (var row in rows)
            CommandReplies.Info(c.Reply, row);
    }

    private static void Docs(CommandContext c)
    {
        var rows = new List<CommandRow>();
        if (c.ArgCount == 2)
            rows.AddRange(c.Server.Commands.Commands);
        for (var i = 2; i < c.ArgCount; i++)
        {
            if (c.Server.Commands.FindFullName(c[i]) is { } row)
                rows.Add(row);
        }

        c.Reply.MapHeader(rows.Count);
        foreach (var row in rows)
            CommandReplies.NamedDocs(c.Reply, row);
    }

    private static void List(CommandContext c)
    {
        var filter = new ListFilter(c, out var valid);
        if (!valid)
        {
            c.SyntaxError();
            return;
        }

        var mark = c.Reply.BeginDeferred();
        var count = 0;
        foreach (var row in c.Server.Commands.Commands)
        {
            count += ListOne(c, row, filter);
            foreach (var subcommand in row.Subcommands)
                count += ListOne(c, subcommand, filter);
        }

        c.Reply.EndDeferredArray(mark, count);
    }

    private static int ListOne(CommandContext c, CommandRow row, in ListFilter filter)
    {
        if (!filter.Accepts(row))
            return 0;

        c.Reply.Bulk(row.FullNameUtf8);
        return 1;
    }

    private static void GetKeys(CommandContext c) => ReplyWithKeys(c, withFlags: false);

    private static void GetKeysAndFlags(CommandContext c) => ReplyWithKeys(c, withFlags: true);

    private static void ReplyWithKeys(CommandContext c, bool withFlags)
    {
        const int skip = 2;
        if (c.Server.Commands.Find(c.Arguments, skip) is not { } row)
        {
            c.Reply.Error("ERR Invalid command specified"u8);
            return;
        }

        if (!KeyExtraction.HasKeys(row))
        {
            c.Reply.Error("ERR The command has no key arguments"u8);
            return;
        }

        if (!row.AcceptsArgumentCount(c.ArgCount - skip))
        {
            c.Reply.Error("ERR Invalid number of arguments specified for command"u8);
            return;
        }

        var keys = new List<KeyReference>();
        KeyExtraction.Find(row, c.Arguments, skip, keys);
        if (keys.Count == 0 && (row.Flags & CommandFlags.NoMandatoryKeys) == 0)
        {
            c.Reply.Error("ERR Invalid arguments specified for command"u8);
            return;
        }

        c.Reply.ArrayHeader(keys.Count);
        foreach (var key in keys)
        {
            if (withFlags)
                c.Reply.ArrayHeader(2);
            c.Reply.Bulk(c[key.Index + skip]);
            if (withFlags)
                CommandReplies.KeyFlagSet(c.Reply, key.Flags);
        }
    }

    private static void Help(CommandContext c) => HelpReply.Write(
        c,
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.");

    /// <summary>FILTERBY MODULE, ACLCAT or PATTERN; without it everything is accepted.</summary>
    private readonly ref struct ListFilter
    {
        private readonly Kind _kind;
        private readonly ReadOnlySpan<byte> _pattern;
        private readonly AclCategories _category;

        private enum Kind
        {
            None,
            Module,
            Category,
            Pattern,
        }

        public ListFilter(CommandContext c, out bool valid)
        {
            valid = c.ArgCount == 2;
            if (c.ArgCount != 5 || !c.ArgIs(2, "filterby"u8))
                return;

            _kind = c.ArgIs(3, "module"u8) ? Kind.Module
                : c.ArgIs(3, "aclcat"u8) ? Kind.Category
                : c.ArgIs(3, "pattern"u8) ? Kind.Pattern
                : Kind.None;
            _pattern = c[4];
            _category = AclCategoryNames.Parse(_pattern);
            valid = _kind != Kind.None;
        }

        public bool Accepts(CommandRow row) => _kind switch
        {
            Kind.Module => false, // No command comes from a module.
            Kind.Category => (row.Categories & _category) != 0,
            Kind.Pattern => Glob.IsMatch(_pattern, row.FullNameUtf8, ignoreCase: true),
            _ => true,
        };
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("command", -1, &All)
        {
            Group = CommandGroup.Server, Since = "2.8.13", Flags = CommandFlags.Loading | CommandFlags.Stale,
            Categories = AclCategories.Connection,
            Summary = "Get array of Redis command details",
            Complexity = "O(N) where N is the total number of Redis commands",
            Tips = ["nondeterministic_output_order"],
            Subcommands =
            [
                new("count", 2, &Count)
                {
                    Group = CommandGroup.Server, Since = "2.8.13", Flags = CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Get total number of Redis commands",
                    Complexity = "O(1)",
                },
                new("docs", -2, &Docs)
                {
                    Group = CommandGroup.Server, Since = "7.0.0", Flags = CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Get array of specific Redis command documentation",
                    Complexity = "O(N) where N is the number of commands to look up",
                    Tips = ["nondeterministic_output_order"],
                    Arguments = "[command-name...]",
                },
                new("getkeys", -4, &GetKeys)
                {
                    Group = CommandGroup.Server, Since = "2.8.13", Flags = CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Extract keys given a full Redis command",
                    Complexity = "O(N) where N is the number of arguments to the command",
                },
                new("getkeysandflags", -4, &GetKeysAndFlags)
                {
                    Group = CommandGroup.Server, Since = "7.0.0", Flags = CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Extract keys and access flags given a full Redis command",
                    Complexity = "O(N) where N is the number of arguments to the command",
                },
                HelpReply.Row(CommandGroup.Server, "5.0.0", &Help, AclCategories.Connection),
                new("info", -2, &Info)
                {
                    Group = CommandGroup.Server, Since = "2.8.13", Flags = CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Get array of specific Redis command details, or all when no argument is given.",
                    Complexity = "O(N) where N is the number of commands to look up",
                    History = [("7.0.0", "Allowed to be called with no argument to get info on all commands.")],
                    Tips = ["nondeterministic_output_order"],
                    Arguments = "[command-name...]",
                },
                new("list", -2, &List)
                {
                    Group = CommandGroup.Server, Since = "7.0.0", Flags = CommandFlags.Loading | CommandFlags.Stale,
                    Categories = AclCategories.Connection,
                    Summary = "Get an array of Redis command names",
                    Complexity = "O(N) where N is the total number of Redis commands",
                    Tips = ["nondeterministic_output_order"],
                    Arguments = "['FILTERBY' filterby('MODULE' module-name | 'ACLCAT' category | 'PATTERN' pattern:pattern)]",
                },
            ],
        });
    }
}
